//! Help: this screen, its keys from the table of keys, and what the words mean.

use ratatui::style::Style;
use ratatui::text::Line;

use super::frame::{Body, Room};
use super::keymap::{Can, Command, Context, Place, TABLE};
use super::parts::scroll::Scroll;
use super::parts::text::{pad, paragraph, width, wrap};
use super::which::Which;
use super::{theme, words};
use crate::forms::Step;

const REVIEW: &str = include_str!("../../assets/help/review.txt");
const INSTALL: &str = include_str!("../../assets/help/install.txt");
const DONE: &str = include_str!("../../assets/help/done.txt");
const GLOSSARY: &str = include_str!("../../assets/help/glossary.txt");

/// What Help says on a form.
const fn of_form(step: Step) -> &'static str {
    match step {
        Step::Welcome => include_str!("../../assets/help/welcome.txt"),
        Step::Preflight => include_str!("../../assets/help/preflight.txt"),
        Step::Address => include_str!("../../assets/help/address.txt"),
        Step::Peers => include_str!("../../assets/help/peers.txt"),
        Step::Trust => include_str!("../../assets/help/trust.txt"),
        Step::Disks => include_str!("../../assets/help/disks.txt"),
        Step::Network => include_str!("../../assets/help/network.txt"),
        Step::Home => include_str!("../../assets/help/home.txt"),
    }
}

/// The width of the first column: keys, and words that are explained.
const NAME: usize = 18;

/// Help's own memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Help {
    pub(super) scroll: Scroll,
}

impl Help {
    /// What the keys can do here.
    pub(super) fn context(&self) -> Context {
        Context::at(Place::Help).with(Can::Scroll, self.scroll.overflows())
    }

    /// Does what a key asks for.
    pub(super) fn press(&mut self, command: Command) {
        match command {
            Command::Down => drop(self.scroll.down()),
            Command::Up => drop(self.scroll.up()),
            Command::PageDown => self.scroll.page_down(),
            Command::PageUp => self.scroll.page_up(),
            Command::Home => self.scroll.home(),
            Command::End => self.scroll.end(),
            _ => {}
        }
    }
}

/// Help on a screen whose keys are those of `context`.
pub(super) fn body(which: Which, context: &Context, room: Room) -> Body {
    let text = match which {
        Which::Form(step) => of_form(step),
        Which::Review => REVIEW,
        Which::Install => INSTALL,
        Which::Done => DONE,
    };
    let mut lines = Vec::new();
    for part in text.split("\n\n") {
        let part = part.replace('\n', " ");
        lines.extend(paragraph(&part, room.width, Style::new()));
        lines.push(Line::default());
    }
    lines.push(Line::styled(
        words::say("screen.keys-here"),
        theme::strong(),
    ));
    for row in TABLE.iter().filter(|row| row.works(context)) {
        let name = if row.also.is_empty() {
            row.name.to_owned()
        } else {
            words::fill("screen.or", &[("one", row.name), ("other", row.also)])
        };
        lines.extend(entry(&name, &words::say(row.label_in(context)), room));
    }
    lines.push(Line::default());
    lines.push(Line::styled(
        words::say("screen.words-used"),
        theme::strong(),
    ));
    for line in GLOSSARY.lines() {
        let (name, meaning) = line.split_once(": ").unwrap_or((line, ""));
        lines.extend(entry(name, meaning, room));
    }
    Body {
        lines,
        ..Body::default()
    }
}

/// A name, and beside it what it means.
fn entry(name: &str, meaning: &str, room: Room) -> Vec<Line<'static>> {
    let first = format!("  {}", pad(name, NAME.max(width(name) + 1)));
    let rest = room.width.saturating_sub(width(&first));
    let lines = wrap(meaning, rest).into_iter().enumerate();
    let with_name = |(row, line)| match row {
        0 => Line::raw(format!("{first}{line}")),
        _ => Line::raw(format!("{}{line}", " ".repeat(width(&first)))),
    };
    lines.map(with_name).collect()
}
