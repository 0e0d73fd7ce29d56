//! The preseed's text, as far as messages need it.

use unicode_width::UnicodeWidthStr;

use super::error::{PreseedError, hidden};
use super::keys::known;
use crate::engine::message::{Message, plain};
use crate::text::sentence;

/// How many characters of a line are shown.
const SHOWN: usize = 100;

/// A place in a preseed, both from 1, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// The text of a preseed, by lines, and what it is called.
#[derive(Debug, Clone)]
pub(super) struct Source {
    name: String,
    lines: Vec<String>,
}

impl Source {
    pub(super) fn new(text: &str, name: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        Self {
            name: plain(name),
            lines: text.lines().map(ToOwned::to_owned).collect(),
        }
    }

    /// The lines with their numbers, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.lines.iter().map(String::as_str))
    }

    pub(super) fn error(&self, at: Position, what: &Message, mend: &Message) -> PreseedError {
        PreseedError {
            source: self.name.clone(),
            line: at.line,
            column: at.column,
            what: sentence(what),
            mend: sentence(mend),
            shown: self.shown(at),
        }
    }

    /// The last of the preseed's own keys that stands before `at`.
    pub(super) fn key_before(&self, at: Position) -> Option<&'static str> {
        let upto = self.lines.get(..at.line).unwrap_or(&self.lines);
        let mut found = None;
        for (number, line) in (1..).zip(upto) {
            let length = if number == at.line {
                at.column - 1
            } else {
                usize::MAX
            };
            let text: String = line.chars().take(length).collect();
            let last = keys(&text).filter_map(|(key, _)| known(key)).last();
            found = last.or(found);
        }
        found
    }

    /// The line with a caret under the column; nothing where there is no such line.
    fn shown(&self, at: Position) -> Option<String> {
        let line = self.lines.get(at.line.checked_sub(1)?)?;
        let begin = (at.column + SHOWN / 4).saturating_sub(SHOWN);
        let tame = |c: char| if c.is_control() { ' ' } else { c };
        let whole: String = without_secrets(line).chars().map(tame).collect();
        let text: String = whole.chars().skip(begin).take(SHOWN).collect();
        let before: String = text.chars().take(at.column - 1 - begin).collect();
        let gap = " ".repeat(before.width());
        let number = at.line;
        let gutter = " ".repeat(number.to_string().len());
        Some(format!(
            "  {number} | {}\n  {gutter} | {gap}^",
            text.trim_end()
        ))
    }
}

/// The words that stand as keys in a line, each with the character after its colon.
fn keys(line: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut begin = 0;
    line.split_inclusive([' ', '\t']).filter_map(move |piece| {
        begin += piece.chars().count();
        let word = piece.trim_end();
        let end = begin - (piece.chars().count() - word.chars().count());
        let key = word.strip_suffix(':')?;
        let key = key.trim_start_matches(['-', '{', '[', ',', '"', '\'']);
        Some((key.trim_end_matches(['"', '\'']), end))
    })
}

/// The line with stars, one a character, for what could be a secret: the value of a key that is
/// none of the preseed's, and anything that looks like a token.
fn without_secrets(line: &str) -> String {
    let stranger = keys(line).find(|(key, _)| known(key).is_none());
    let end = stranger.map_or(usize::MAX, |(_, end)| end);
    let star = |(number, c): (usize, char)| {
        if number < end || c.is_whitespace() {
            c
        } else {
            '*'
        }
    };
    hidden(&line.chars().enumerate().map(star).collect::<String>())
}
