//! What stopped: what happened, why, what it means for the data, and what to do.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::engine::message::{Failure, plain};
use crate::engine::node::Stage;
use crate::engine::picture::{Install, Picture};
use crate::screens::frame::Room;
use crate::screens::parts::framed::{EDGES, Title, framed};
use crate::screens::parts::text::{marked, paragraph};
use crate::screens::{theme, words};
use crate::text::sentence;

/// The box of the failure that has the focus.
pub(super) fn lines(
    picture: &Picture,
    run: &Install,
    which: usize,
    room: Room,
) -> Vec<Line<'static>> {
    let Some(failed) = run.failures.get(which).or(run.failures.first()) else {
        return Vec::new();
    };
    let holes = [("phase", failed.phase.title()), ("node", &*failed.node)];
    let title = words::fill("install-screen.stopped-at", &holes);
    let attempt = failed.attempt.to_string();
    let mut right = words::fill("install-screen.attempt", &[("attempt", &attempt)]);
    if run.failures.len() > 1 {
        let (one, all) = ((which + 1).to_string(), run.failures.len().to_string());
        let count = words::fill("install-screen.one-of", &[("one", &one), ("all", &all)]);
        right = format!("{right}, {count}");
    }
    let inner = room.width.saturating_sub(EDGES);
    let mut inside = story(&failed.failure, inner);
    if picture.stage == Stage::Installing && !run.running.is_empty() {
        let text = words::say("install-screen.rest-goes-on");
        inside.extend(paragraph(&text, inner, Style::new()));
    }
    let title = Title {
        left: &title,
        right: &right,
        style: theme::bad(),
    };
    framed(&title, inside, room.width)
}

/// What happened, the causes, what to do, and what it means for the data.
pub(in crate::screens) fn story(failure: &Failure, room: usize) -> Vec<Line<'static>> {
    let mut lines = paragraph(&sentence(&failure.what), room, theme::strong());
    if !failure.causes.is_empty() {
        let causes: Vec<_> = failure.causes.iter().map(|cause| plain(cause)).collect();
        let text = causes.join("  »  ");
        lines.extend(marked(&Span::raw("  "), &text, room));
    }
    if let Some(hint) = &failure.hint {
        lines.extend(marked(
            &Span::styled("→ ", theme::busy()),
            &sentence(hint),
            room,
        ));
    }
    lines.extend(paragraph(&sentence(&failure.data), room, Style::new()));
    lines
}
