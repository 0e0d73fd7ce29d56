//! Sentences of this room, and the words of a session as they are typed into a line.

use crate::forms::{Note, Tone};
use crate::wordlist::complete;

pub(super) use crate::text::{fill, list};

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

/// The words that were typed, each completed where its letters decide.
pub(super) fn completed(text: &str) -> String {
    let words = text.split_whitespace();
    let whole = |word: &str| complete(word).map_or_else(|| word.to_lowercase(), str::to_owned);
    words.map(whole).collect::<Vec<_>>().join(" ")
}
