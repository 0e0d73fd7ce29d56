//! Sentences of this room, and the words of a session as they are typed into a line.

use crate::engine::message::Message;
use crate::forms::{Note, Tone};
use crate::text::sentence;
use crate::wordlist::complete;

/// The sentence of `code` with its holes filled; what fills them is stripped of control characters.
pub(super) fn fill(code: &str, with: &[(&str, &str)]) -> String {
    let message = with
        .iter()
        .fold(Message::new(code), |message, (hole, value)| {
            message.with(hole, value)
        });
    sentence(&message)
}

/// A note with the word for its weight.
pub(super) fn weighed(note: &Note) -> String {
    // A glyph that carries the weight on a screen is a word here.
    let text = note.text.trim_start_matches("! ");
    let text = [("text", text)];
    match note.tone {
        Tone::Warning => fill("ask-lines.warning", &text),
        Tone::Bad => fill("ask-lines.wrong", &text),
        _ => note.text.clone(),
    }
}

/// `pi-a`, `pi-a and pi-b`, `pi-a, pi-b and pi-c`.
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => {
            let with = [("all", &*first.join(", ")), ("last", last)];
            fill("ask-lines.and", &with)
        }
    }
}

/// The words that were typed, each completed where its letters decide.
pub(super) fn completed(text: &str) -> String {
    let words = text.split_whitespace();
    let whole = |word: &str| complete(word).map_or_else(|| word.to_lowercase(), str::to_owned);
    words.map(whole).collect::<Vec<_>>().join(" ")
}
