//! Something to type: what the keys do to it, and how it looks.

use ratatui::text::{Line, Span};

use super::words::Chooser;
use crate::forms::FieldKind;
use crate::screens::keymap::{Command, Text};
use crate::screens::parts::text::{cut, pad, width};
use crate::screens::theme;

/// The most characters that are taken.
const MOST: usize = 120;

/// What is remembered of a text while it is typed.
#[derive(Clone, Default)]
pub(in crate::screens) struct Editor {
    /// How many characters stand behind the cursor.
    behind: usize,
    chooser: Chooser,
}

/// The chooser may hold letters of the session's words.
impl std::fmt::Debug for Editor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Editor").finish_non_exhaustive()
    }
}

/// A text as it is to be drawn.
pub(in crate::screens) struct Drawn<'a> {
    /// What is asked.
    pub(in crate::screens) label: &'a str,
    /// How wide the labels around it are.
    pub(in crate::screens) beside: usize,
    /// What is in it.
    pub(in crate::screens) value: &'a str,
    /// How many columns it takes where there is room.
    pub(in crate::screens) wide: usize,
    /// Where the cursor is, where it has the focus.
    pub(in crate::screens) editor: Option<&'a Editor>,
    /// Whether it cannot stay as it is.
    pub(in crate::screens) wrong: bool,
}

impl From<FieldKind> for Text {
    fn from(kind: FieldKind) -> Self {
        match kind {
            FieldKind::Name => Self::Name,
            FieldKind::Address => Self::Address,
            FieldKind::Network => Self::Network,
            FieldKind::Words => Self::Words,
        }
    }
}

impl Editor {
    /// What `value` becomes by a key; none where the key does nothing to it.
    pub(in crate::screens) fn edit(
        &mut self,
        text: Text,
        value: &str,
        command: Command,
    ) -> Option<String> {
        if text == Text::Words {
            return self.edit_words(value, command);
        }
        let mut letters: Vec<char> = value.chars().collect();
        let at = letters.len().saturating_sub(self.behind);
        match command {
            Command::Character(c) if letters.len() < MOST => letters.insert(at, c),
            Command::Erase if at > 0 => drop(letters.remove(at - 1)),
            Command::Clear => {
                letters.clear();
                self.behind = 0;
            }
            Command::Delete if at < letters.len() => {
                letters.remove(at);
                self.behind = self.behind.saturating_sub(1);
            }
            Command::Left => self.behind = (self.behind + 1).min(letters.len()),
            Command::Right => self.behind = self.behind.saturating_sub(1),
            Command::Home => self.behind = letters.len(),
            Command::End => self.behind = 0,
            _ => return None,
        }
        Some(letters.into_iter().collect())
    }

    fn edit_words(&mut self, value: &str, command: Command) -> Option<String> {
        match command {
            Command::Character(c) => Some(self.chooser.letter(value, c)),
            Command::Erase => Some(self.chooser.erase(value)),
            Command::Clear => {
                self.chooser = Chooser::default();
                Some(String::new())
            }
            Command::Toggle => {
                self.chooser.blank(value);
                Some(value.to_owned())
            }
            Command::Press => self.chooser.take(value),
            _ => None,
        }
    }

    /// Whether Enter takes a letter that is offered.
    pub(in crate::screens) fn offers(&self) -> bool {
        self.chooser.trial().is_some()
    }
}

impl Drawn<'_> {
    /// The text in lines of at most `room` columns: beside its label, or below it.
    pub(in crate::screens) fn lines(&self, room: usize) -> Vec<Line<'static>> {
        let focused = self.editor.is_some();
        let mark = match (focused, self.wrong) {
            (true, _) => "▶ ",
            (false, true) => "× ",
            (false, false) => "  ",
        };
        let label = pad(self.label, self.beside.min(room.saturating_sub(2)));
        let rest = room.saturating_sub(self.beside + 4);
        let head = [Span::raw(mark), Span::raw(label)];
        if rest < self.wide && rest < room / 2 {
            let mut below = vec![Span::raw("  ")];
            below.extend(self.inside(self.wide.min(room.saturating_sub(2))));
            return vec![Line::from(head.to_vec()), Line::from(below)];
        }
        let mut spans = head.to_vec();
        spans.push(Span::raw("  "));
        spans.extend(self.inside(self.wide.min(rest)));
        vec![Line::from(spans)]
    }

    /// The box of `wide` columns and what is in sight of the text.
    fn inside(&self, wide: usize) -> Vec<Span<'static>> {
        let room = wide.saturating_sub(4).max(1);
        let Some(editor) = self.editor else {
            let text = pad(&cut(self.value, room), room);
            return vec![Span::raw(format!("[ {text} ]"))];
        };
        let trial = editor.chooser.trial();
        let mut letters: Vec<char> = self.value.chars().collect();
        let at = letters.len().saturating_sub(editor.behind);
        let end = trial.unwrap_or('_');
        if at >= letters.len() {
            letters.push(end);
        }
        let from = (at + 1).saturating_sub(room);
        let part = |from: usize, to: usize| -> String {
            let letters = letters.iter().skip(from);
            letters.take(to.saturating_sub(from)).collect()
        };
        let after = part(at + 1, from + room);
        let used = at + 1 - from + width(&after);
        vec![
            Span::raw(format!("[ {}", part(from, at))),
            Span::styled(part(at, at + 1), theme::focus()),
            Span::raw(format!(
                "{after}{} ]",
                " ".repeat(room.saturating_sub(used))
            )),
        ]
    }
}
