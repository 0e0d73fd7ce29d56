//! The words and the check words as they stand on a screen: one by one, and below each other.

use super::super::Known;
use crate::engine::trust::{Knock, KnockState, Session};

/// The words apart from each other, so that they are read one by one.
pub(super) fn apart<'a>(words: impl Iterator<Item = &'a str>) -> String {
    in_columns(words, &[])
}

/// The same, each word as wide as its column; the last one ends the line.
pub(super) fn in_columns<'a>(words: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let padded = words.enumerate().map(|(at, word)| {
        let wide = widths.get(at).copied().unwrap_or(0);
        format!("{word:wide$}")
    });
    let line = padded.collect::<Vec<_>>().join("  ");
    line.trim_end().to_owned()
}

/// Whether its check words are on the screen: it asks, or its operator is still comparing.
pub(super) fn shows(knock: &Knock) -> bool {
    let compares = knock.state == KnockState::Accepted && !knock.theirs;
    compares || knock.state == KnockState::Asking
}

/// How wide the first, second, third and fourth words are of all that are on the screen: they stand
/// below each other, to be compared.
pub(super) fn columns(known: Known<'_>, session: &Session) -> Vec<usize> {
    let own: Vec<_> = known
        .words
        .into_iter()
        .flat_map(str::split_whitespace)
        .collect();
    let shown = session.knocks.iter().filter(|knock| shows(knock));
    let theirs = shown.map(|knock| knock.check.iter().map(String::as_str).collect::<Vec<_>>());
    let all: Vec<_> = std::iter::once(own).chain(theirs).collect();
    let most = all.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |at: usize| {
        let words = all.iter().filter_map(|words| words.get(at));
        words.map(|word| word.chars().count()).max().unwrap_or(0)
    };
    (0..most).map(widest).collect()
}

/// The check words of one that asks.
pub(super) fn check_words(knock: &Knock, columns: &[usize]) -> String {
    in_columns(knock.check.iter().map(String::as_str), columns)
}
