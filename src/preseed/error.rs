//! What is wrong with a preseed: where, what, and how to mend it.

use std::fmt;

use crate::engine::message::{Message, plain};

/// From how many characters on a word can be a token or a key.
const SECRET_LENGTH: usize = 24;

/// How much of a wrong value a message repeats, in characters.
const REPEATED: usize = 60;

/// A preseed that cannot be used. It is shown as `FILE:LINE:COLUMN: what — mend`, with the line
/// and a caret below; what could be a secret is starred out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreseedError {
    /// How the preseed is called.
    pub source: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
    /// The line and the caret, ready to be shown; none where there is no such line.
    pub shown: Option<String>,
}

impl fmt::Display for PreseedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            source,
            line,
            column,
            what,
            mend,
            shown,
        } = self;
        write!(f, "{source}:{line}:{column}: {what} — {mend}")?;
        match shown {
            Some(shown) => write!(f, "\n{shown}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PreseedError {}

/// A sentence by its code.
pub(super) fn say(code: &str) -> Message {
    Message::new(code)
}

/// A value of the file as a message repeats it: short, plain, in quotes, without secrets.
pub(super) fn quoted(value: &str) -> String {
    let value = hidden(&plain(value));
    let short: String = value.chars().take(REPEATED).collect();
    let more = if short.len() < value.len() { "…" } else { "" };
    format!("\"{short}{more}\"")
}

/// The text with stars, one a character, for every word that looks like a token.
pub(super) fn hidden(text: &str) -> String {
    let mut tame = String::new();
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_ascii_alphanumeric() || "-_+/=.".contains(c) {
            word.push(c);
            continue;
        }
        if is_secret(&word) {
            tame.push_str(&"*".repeat(word.len()));
        } else {
            tame.push_str(&word);
        }
        word.clear();
        tame.push(c);
    }
    tame.pop();
    tame
}

/// Whether a word could be a token (base64) or a key (hex): long, and mixed as no name is.
fn is_secret(word: &str) -> bool {
    let has = |kind: fn(char) -> bool| word.contains(kind);
    let mixed = has(|c| c.is_ascii_uppercase())
        && has(|c| c.is_ascii_lowercase())
        && has(|c| c.is_ascii_digit());
    word.len() >= SECRET_LENGTH && (mixed || word.chars().all(|c| c.is_ascii_hexdigit()))
}

/// The candidate that is nearest to `word`, if any is near enough to be meant.
pub(super) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let near = candidates
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate));
    let (distance, candidate) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + candidate.len() / 4).then_some(candidate)
}

/// How many characters must be put in, left out or changed to turn `a` into `b` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, above) in b.chars().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(x != y))
                .min(above + 1)
                .min(left + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
