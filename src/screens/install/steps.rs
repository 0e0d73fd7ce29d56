//! The middle of Install: the steps that run now.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::engine::picture::{Install, StepRow};
use crate::screens::frame::Room;
use crate::screens::parts::text::{cut, ends, shortened, width};
use crate::screens::{Now, theme, words};
use crate::text::sentence;

/// A step that was silent for longer says so, in ms.
const SILENT_MS: u64 = 4_000;
/// What the first column keeps at least.
const LEAST: usize = 24;

/// The steps that run, in always the same number of lines, so that what stands below stays where
/// it is; less than half of `room.1` rows are used.
pub(super) fn lines(run: &Install, now: Now, room: (Room, usize)) -> Vec<Line<'static>> {
    let (Room { width: room, .. }, rest) = room;
    let reserved = match rest {
        0..3 => rest,
        _ => (rest / 2)
            .max(3)
            .min(run.rows.first().map_or(3, |row| row.cells.len() + 2)),
    };
    let mut lines = Vec::new();
    let details = reserved.saturating_sub(run.running.len());
    let mut shown = 0;
    for (at, step) in run.running.iter().enumerate() {
        let left = run.running.len() - at;
        if lines.len() + 1 >= reserved && left > 1 {
            break;
        }
        lines.push(one(step, now, room));
        shown += 1;
        let text = detail(step, now).filter(|_| at < details);
        lines.extend(text.map(|text| {
            Line::styled(
                format!("    {}", shortened(&text, room.saturating_sub(4))),
                theme::dim(),
            )
        }));
    }
    if shown < run.running.len() {
        let more = (run.running.len() - shown).to_string();
        let text = words::fill("install-screen.more-steps", &[("count", &more)]);
        lines.push(Line::styled(format!("  {text}"), theme::dim()));
    }
    lines.truncate(reserved);
    lines.resize(reserved, Line::default());
    lines
}

/// One step: where, what, which attempt, how long, and how long usually.
fn one(step: &StepRow, now: Now, room: usize) -> Line<'static> {
    let gone = now.saturating_sub(step.started);
    let late = gone > words::usual_most(step.usual_ms);
    let range = words::range(step.usual_ms);
    let code = if late {
        "install-screen.longer"
    } else {
        "install-screen.usually"
    };
    let usual = words::fill(code, &[("range", &range)]);
    let attempt = step.attempt.to_string();
    let attempt = words::fill("install-screen.attempt", &[("attempt", &attempt)]);
    let time = words::clock(gone);
    let rights = [
        format!("{attempt}, {time}, {usual}"),
        format!("{time}, {usual}"),
        format!("{attempt}, {time}"),
        time,
    ];
    let fits = |right: &&String| width(right) + LEAST + 2 <= room;
    let right = rights
        .iter()
        .find(fits)
        .map(String::as_str)
        .unwrap_or_default();
    let left = format!("{}  {}", step.node, words::step(&step.id));
    let text = ends(
        &cut(&left, room.saturating_sub(width(right) + 3)),
        right,
        room.saturating_sub(2),
    );
    let style = if late { theme::warn() } else { Style::new() };
    Line::from(vec![
        Span::styled("• ", theme::busy()),
        Span::styled(text, style),
    ])
}

/// What the step is doing, and how long it has been silent.
fn detail(step: &StepRow, now: Now) -> Option<String> {
    let silent = now.saturating_sub(step.heard);
    let silent = (silent > SILENT_MS).then(|| {
        let time = words::took(silent);
        words::fill("install-screen.silent", &[("time", &time)])
    });
    let doing = step.doing.as_ref().map(sentence);
    let parts: Vec<_> = doing.into_iter().chain(silent).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
