//! The voice of the dialog: whole lines, and a prompt that stays the last thing said.

use std::io::{self, Write};

use crate::engine::event::{PublicEvent, What};
use crate::engine::picture::Picture;
use crate::headless::lines;

/// Writes lines and the prompt below them.
#[derive(Debug)]
pub(super) struct Voice<W> {
    out: W,
    /// Whether the last line is a prompt, which has no end.
    prompted: bool,
}

impl<W: Write> Voice<W> {
    pub(super) const fn new(out: W) -> Self {
        Self {
            out,
            prompted: false,
        }
    }

    /// The operator ended the line of the prompt.
    pub(super) const fn answered(&mut self) {
        self.prompted = false;
    }

    /// Says whole lines.
    pub(super) fn say(&mut self, lines: &[String]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        if std::mem::take(&mut self.prompted) {
            writeln!(self.out)?;
        }
        for line in lines {
            writeln!(self.out, "{line}")?;
        }
        self.out.flush()
    }

    /// Says a line between a question and its answer: what was asked is asked again below it.
    pub(super) fn interject(&mut self, line: String, prompt: &str) -> io::Result<()> {
        let prompted = self.prompted;
        self.say(&[line])?;
        if prompted { self.ask(prompt) } else { Ok(()) }
    }

    /// Asks, unless it just did.
    pub(super) fn ask(&mut self, prompt: &str) -> io::Result<()> {
        if prompt.is_empty() || std::mem::replace(&mut self.prompted, true) {
            return Ok(());
        }
        write!(self.out, "{prompt} ")?;
        self.out.flush()
    }
}

/// The line of an event that the page does not tell: of a run all of them, before it the grave ones.
pub(super) fn told(event: &PublicEvent, picture: &Picture) -> Option<String> {
    let always = matches!(
        event.what,
        What::Step { .. } | What::Failure { .. } | What::Done { .. }
    );
    let runs = picture.install.is_some() && !matches!(event.what, What::Plan { .. });
    (always || runs).then(|| lines::line(event)).flatten()
}
