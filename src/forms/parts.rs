//! What the forms are put together from: sentences, notes, rows, buttons.

use std::net::IpAddr;

use super::{Button, Deed, Field, Form, Known, Note, Part, Step, Tone, Wish, way};
use crate::engine::message::{Failure, plain};
use crate::engine::picture::Picture;
use crate::engine::{Intent, Millis};
use crate::text::{self, say, sentence};

pub(super) use crate::text::{fill, list};

/// Foreign text as a cell shows it; what is not known is a hyphen.
pub(super) fn cell(text: &str) -> String {
    let text = plain(text);
    if text.is_empty() {
        "-".to_owned()
    } else {
        text
    }
}

/// The heads of a table.
pub(super) fn heads(codes: &[&str]) -> Vec<String> {
    codes.iter().map(|code| say(code)).collect()
}

pub(super) fn note(tone: Tone, text: impl Into<String>) -> Note {
    Note {
        tone,
        text: text.into(),
    }
}

pub(super) fn line(tone: Tone, text: impl Into<String>) -> Part {
    Part::Note(note(tone, text))
}

/// A named value; `name` is a code.
pub(super) fn named(name: &str, tone: Tone, value: impl Into<String>) -> Part {
    Part::Named {
        name: say(name),
        value: note(tone, value),
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "rows and fields take an optional deed"
)]
pub(super) const fn deed(label: &'static str, wish: Wish) -> Option<Deed> {
    Some(Deed { label, wish })
}

pub(super) fn intend(intent: Intent) -> Wish {
    Wish::Intents(vec![intent])
}

/// A button; `label` is a code.
pub(super) fn button(id: &str, label: &str, wish: Option<Wish>, about: Vec<Note>) -> Button {
    Button {
        id: id.to_owned(),
        label: say(label),
        wish,
        about,
    }
}

/// The way back; where there is none, leaving is asked for.
pub(super) fn back(step: Step, picture: &Picture) -> Button {
    match way::back(step, picture) {
        Some(before) => button(
            "back",
            "form.back",
            Some(Wish::Go(before)),
            vec![note(Tone::Dim, say("form.back-about"))],
        ),
        None => leave(),
    }
}

pub(super) fn leave() -> Button {
    let about = vec![note(Tone::Dim, say("form.leave-about"))];
    button("leave", "key.leave", Some(Wish::Leave), about)
}

/// The button that goes on: it does `wish`, or says why it cannot.
pub(super) fn next(wish: Result<Wish, String>) -> Button {
    match wish {
        Ok(wish) => button("next", "form.next", Some(wish), Vec::new()),
        Err(why) => button("next", "form.next", None, vec![note(Tone::Warning, why)]),
    }
}

/// What happened, why, and what to do about it.
pub(super) fn failure(failure: &Failure) -> Vec<Note> {
    let mut notes = vec![note(Tone::Bad, sentence(&failure.what))];
    let causes = failure.causes.iter();
    notes.extend(
        causes.map(|cause| note(Tone::Dim, fill("form.because", &[("text", cause.as_str())]))),
    );
    let hint = failure.hint.iter();
    notes.extend(hint.map(|hint| note(Tone::Plain, sentence(hint))));
    notes
}

/// The same as parts of a form, where something that was asked for could not be done.
pub(super) fn trouble(picture: &Picture) -> Vec<Part> {
    let trouble = picture.wizard.trouble.iter();
    trouble.flat_map(failure).map(Part::Note).collect()
}

/// How long ago `at` was.
pub(super) fn ago(known: Known<'_>, at: Millis) -> String {
    text::ago(known.now.saturating_sub(at))
}

/// `1 node`, `3 nodes`.
pub(super) fn nodes(n: usize) -> String {
    format!("{n} {}", if n == 1 { "node" } else { "nodes" })
}

/// What was typed into the field called `id`.
pub(super) fn typed<'a>(known: Known<'a>, id: &str) -> Option<&'a str> {
    known.typed.0.get(id).map(String::as_str)
}

/// The address that `text` is, blanks around it left out.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    text.trim().parse().ok()
}

/// The name of a leader in a sentence, also where it is not known.
pub(super) fn leader(name: &str) -> String {
    if name.is_empty() {
        say("form.the-initiator")
    } else {
        plain(name)
    }
}

impl Field {
    /// Whether what is in it cannot stay.
    pub fn is_wrong(&self) -> bool {
        self.about.iter().any(|note| note.tone == Tone::Bad)
    }
}

impl Form {
    /// A form that says `code` and holds `parts`.
    pub(super) fn new(says: String, parts: Vec<Part>) -> Self {
        Self {
            says: vec![says],
            parts,
            ..Self::default()
        }
    }

    /// With these buttons; the focus begins at `first`.
    pub(super) fn with(mut self, buttons: Vec<Button>, first: &str) -> Self {
        self.buttons = buttons;
        first.clone_into(&mut self.first);
        self
    }
}
