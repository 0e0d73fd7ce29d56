//! Bytes to keys, joined again where a slow line tore a sequence apart.
//!
//! crossterm's own reader is not used: it has no escape delay, so that an arrow key torn by a
//! tenth of a millisecond becomes Esc, `[`, `A`; and it spins for ever on a terminal that has
//! gone. The keys are crossterm's all the same.

use std::collections::VecDeque;
use std::str;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// How long the beginning of a sequence is held for its rest. At 9600 baud a byte takes 1 ms.
pub const HOLD: Duration = Duration::from_millis(50);

/// The longest control sequence that is read; keys have at most 8 bytes.
const LONGEST: usize = 64;

const ESC: u8 = 0x1b;

/// Joins the bytes of a terminal into keys. It has no clock: who feeds it waits for [`HOLD`] while
/// it [is holding](Self::is_holding) and says when that [is over](Self::give_up).
#[derive(Debug, Default)]
pub struct Rejoin {
    held: Vec<u8>,
    keys: VecDeque<KeyEvent>,
}

/// What the bytes held so far are.
enum Sense {
    /// The beginning of something.
    Wait,
    /// All of a key, or of something that is none.
    Whole(Option<KeyEvent>),
    /// All of a key, or of something that is none, before the last byte, which begins anew.
    Cut(Option<KeyEvent>),
}

impl Rejoin {
    /// Takes what the terminal sent. Keys that are whole come out of [`next_key`](Self::next_key).
    pub fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.held.push(*byte);
            while let Some(last) = self.held.last().copied() {
                let (key, again) = match sense(&self.held) {
                    Sense::Wait => break,
                    Sense::Whole(key) => (key, None),
                    Sense::Cut(key) => (key, Some(last)),
                };
                self.keys.extend(key);
                self.held.clear();
                self.held.extend(again);
            }
        }
    }

    /// The next whole key.
    pub fn next_key(&mut self) -> Option<KeyEvent> {
        self.keys.pop_front()
    }

    /// Whether the beginning of a sequence is held.
    pub fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// The rest did not come within [`HOLD`]: a lone Esc is the key, anything longer was torn
    /// beyond repair and is nothing.
    pub fn give_up(&mut self) {
        if self.held == [ESC] {
            self.keys.push_back(plain(KeyCode::Esc));
        }
        self.held.clear();
    }
}

fn plain(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

fn sense(held: &[u8]) -> Sense {
    match held {
        [] | [ESC] | [ESC, b'O'] => Sense::Wait,
        [ESC, ESC] => Sense::Cut(Some(plain(KeyCode::Esc))),
        [ESC, b'[', rest @ ..] => control(rest),
        [ESC, b'O', last] => Sense::Whole(single_shift(*last)),
        [ESC, b']' | b'P' | b'X' | b'^' | b'_', rest @ ..] => answer(rest),
        [ESC, rest @ ..] => text(rest, KeyModifiers::ALT),
        rest => text(rest, KeyModifiers::NONE),
    }
}

/// One character in UTF-8, or one control character.
fn text(held: &[u8], modifiers: KeyModifiers) -> Sense {
    match str::from_utf8(held) {
        Ok(text) => Sense::Whole(
            text.chars()
                .next()
                .and_then(|typed| character(typed, modifiers)),
        ),
        Err(error) if error.error_len().is_none() => Sense::Wait,
        Err(_) if held.len() == 1 => Sense::Whole(None),
        Err(_) => Sense::Cut(None),
    }
}

fn character(typed: char, modifiers: KeyModifiers) -> Option<KeyEvent> {
    let code = match typed {
        '\r' => KeyCode::Enter,
        // The second half of CR LF.
        '\n' => return None,
        // Shift-Tab on the Linux console (`Meta_Tab` in Debian's keymaps).
        '\t' if modifiers == KeyModifiers::ALT => return Some(back_tab()),
        '\t' => KeyCode::Tab,
        '\u{8}' | '\u{7f}' => KeyCode::Backspace,
        '\0' => {
            return Some(KeyEvent::new(
                KeyCode::Char(' '),
                modifiers | KeyModifiers::CONTROL,
            ));
        }
        control @ '\u{1}'..='\u{1a}' => return with_control(control, b'a' - 1, modifiers),
        control @ '\u{1c}'..='\u{1f}' => return with_control(control, b'4' - 0x1c, modifiers),
        other if other.is_control() => return None,
        other if other.is_uppercase() => {
            return Some(KeyEvent::new(
                KeyCode::Char(other),
                modifiers | KeyModifiers::SHIFT,
            ));
        }
        other => KeyCode::Char(other),
    };
    Some(KeyEvent::new(code, modifiers))
}

fn with_control(control: char, offset: u8, modifiers: KeyModifiers) -> Option<KeyEvent> {
    let letter = u8::try_from(control).ok()?.checked_add(offset)?;
    Some(KeyEvent::new(
        KeyCode::Char(char::from(letter)),
        modifiers | KeyModifiers::CONTROL,
    ))
}

fn back_tab() -> KeyEvent {
    KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT)
}

/// SS3 and its byte: the keypad in application mode, and xterm's F1 to F4.
fn single_shift(last: u8) -> Option<KeyEvent> {
    match last {
        b'M' => Some(plain(KeyCode::Enter)),
        other => cursor_or_function(other).map(plain),
    }
}

fn cursor_or_function(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'P'..=b'S' => KeyCode::F(last - b'P' + 1),
        _ => return None,
    })
}

/// A control sequence after its `ESC [` (ECMA-48, 5.4): parameters, then one final byte.
fn control(rest: &[u8]) -> Sense {
    match rest {
        // F1 to F5 of the Linux console have a second bracket.
        [] | [b'['] => Sense::Wait,
        [b'[', last @ b'A'..=b'E'] => Sense::Whole(Some(plain(KeyCode::F(last - b'A' + 1)))),
        [b'[', _] => Sense::Whole(None),
        [parameters @ .., last @ 0x40..=0x7e] => Sense::Whole(sequence(parameters, *last)),
        [.., 0x20..=0x3f] if rest.len() < LONGEST => Sense::Wait,
        [.., 0x20..=0x3f] => Sense::Whole(None),
        [..] => Sense::Cut(None),
    }
}

fn sequence(parameters: &[u8], last: u8) -> Option<KeyEvent> {
    let mut parameters = str::from_utf8(parameters).ok()?.split(';');
    let first = parameters.next().unwrap_or_default();
    let mut second = parameters.next().unwrap_or("1").split(':');
    let modifiers = modifiers(second.next().unwrap_or_default().parse().ok()?);
    // The kitty protocol's kind of event: 3 is a key let go.
    if second.next() == Some("3") {
        return None;
    }
    let code = match last {
        b'Z' => return Some(back_tab()),
        b'~' => numbered(first.parse().ok()?)?,
        _ if first.is_empty() || first == "1" => cursor_or_function(last)?,
        _ => return None,
    };
    Some(KeyEvent::new(code, modifiers))
}

/// xterm's modifiers: one more than the sum of 1 for Shift, 2 for Alt, 4 for Ctrl.
fn modifiers(parameter: u8) -> KeyModifiers {
    let bits = parameter.saturating_sub(1);
    [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
    ]
    .into_iter()
    .filter(|(bit, _)| bits & bit != 0)
    .map(|(_, modifier)| modifier)
    .collect()
}

/// The keys of the VT220 and its descendants, by their number before `~`.
fn numbered(number: u8) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number - 10),
        17..=21 => KeyCode::F(number - 11),
        23 | 24 => KeyCode::F(number - 12),
        _ => return None,
    })
}

/// A string that answers a question somebody else put to the terminal, up to BEL or `ESC \`.
fn answer(rest: &[u8]) -> Sense {
    match rest {
        [.., 0x07] | [.., ESC, b'\\'] => Sense::Whole(None),
        [.., ESC, _] => Sense::Cut(None),
        _ if rest.len() < LONGEST * LONGEST => Sense::Wait,
        _ => Sense::Whole(None),
    }
}
