//! What the screens cost on a serial line: whole frames, ticks of the clock, keys.

use std::io::{self, Write};

use mcloud::console::{Device, Look, Paint};
use ratatui::Terminal;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Rect, Size};

use crate::desk::Desk;
use crate::{generic, pictures};

const LOOKS: [Look; 3] = [Look::Color, Look::Mono, Look::Ascii];

/// A serial console of some size: it takes what it gets.
pub(crate) struct Line(Size);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Device for Line {
    fn size(&self) -> Size {
        self.0
    }
}

/// The same console on a line, as the face draws it.
pub(crate) struct Drawn {
    pub(crate) desk: Desk,
    terminal: Terminal<Paint<Line>>,
}

impl Drawn {
    pub(crate) fn new(desk: Desk, look: Look) -> Self {
        let size = Size::from(desk.size);
        let terminal = Terminal::new(Paint::new(Line(size), look)).unwrap();
        Self { desk, terminal }
    }

    /// The bytes of a frame that draws the whole screen.
    pub(crate) fn whole(&mut self) -> usize {
        let (width, height) = self.desk.size;
        self.terminal
            .resize(Rect::new(0, 0, width, height))
            .unwrap();
        self.frame()
    }

    /// The bytes of a frame.
    pub(crate) fn frame(&mut self) -> usize {
        let desk = &self.desk;
        let view = |frame: &mut ratatui::Frame| {
            desk.screens.view(&desk.picture, &desk.log, desk.now, frame);
        };
        self.terminal.draw(view).unwrap();
        self.terminal.backend().bytes()
    }

    fn press(&mut self, code: KeyCode, modifiers: KeyModifiers) -> usize {
        let key = KeyEvent::new(code, modifiers);
        self.desk.screens.press(&self.desk.picture, key);
        self.frame()
    }
}

#[test]
fn every_screen_is_at_most_4_kb_whole_whatever_lies_on_top() {
    let on_top = [
        (KeyCode::Null, KeyModifiers::NONE),
        (KeyCode::F(1), KeyModifiers::NONE),
        (KeyCode::F(6), KeyModifiers::NONE),
        (KeyCode::Char('c'), KeyModifiers::CONTROL),
    ];
    for look in LOOKS {
        for (code, modifiers) in on_top {
            for (name, desk) in pictures::all() {
                let mut drawn = Drawn::new(desk, look);
                drawn.frame();
                drawn.press(code, modifiers);
                let bytes = drawn.whole();
                assert!(bytes > 200, "{name} is empty");
                assert!(bytes <= 4_000, "{name}, {look:?}, {code:?}: {bytes} bytes");
            }
        }
    }
}

#[test]
fn a_second_that_goes_by_is_at_most_200_bytes_on_every_screen() {
    for look in LOOKS {
        for (name, desk) in pictures::all() {
            let mut drawn = Drawn::new(desk, look);
            drawn.whole();
            let mut second = || {
                drawn.desk.now += 1_000;
                drawn.frame()
            };
            let mut ticks: Vec<_> = (0..75).map(|_| second()).collect();
            ticks.sort_unstable_by(|one, other| other.cmp(one));
            // Now and then several steps become late in the same second, and a sentence says so.
            let (news, usual) = ticks.split_at(2);
            assert!(news[0] <= 300, "{name}, {look:?}: {news:?} bytes");
            assert!(usual[0] <= 200, "{name}, {look:?}: {} bytes", usual[0]);
        }
    }
}

#[test]
fn a_key_in_review_is_at_most_200_bytes() {
    let keys = [
        KeyCode::Char('2'),
        KeyCode::Backspace,
        KeyCode::Tab,
        KeyCode::Right,
    ];
    for look in LOOKS {
        for desk in [pictures::ready(), pictures::ready_without_erasures()] {
            let mut drawn = Drawn::new(desk, look);
            drawn.whole();
            for key in keys {
                let bytes = drawn.press(key, KeyModifiers::NONE);
                assert!(bytes <= 200, "{key:?}, {look:?}: {bytes} bytes");
            }
        }
    }
}

#[test]
fn a_form_is_at_most_4_kb_whole_and_a_key_on_it_200_bytes() {
    let keys = [KeyCode::Down, KeyCode::Down, KeyCode::Up, KeyCode::Tab];
    for look in LOOKS {
        for wanted in ["address", "peers", "disks"] {
            // All that the keys go through is in one table.
            let nodes = if wanted == "peers" { 5 } else { 3 };
            let mut drawn = Drawn::new(generic::at(wanted, nodes), look);
            let bytes = drawn.whole();
            assert!((200..=4_000).contains(&bytes), "{wanted}: {bytes} bytes");
            for key in keys {
                let bytes = drawn.press(key, KeyModifiers::NONE);
                // From field to field and group to group the key bar changes too.
                let table = wanted != "address" && key != KeyCode::Tab;
                let most = if table { 200 } else { 400 };
                assert!(bytes <= most, "{wanted}, {key:?}, {look:?}: {bytes} bytes");
            }
        }
        let mut drawn = Drawn::new(generic::at("address", 3), look);
        drawn.whole();
        for key in [KeyCode::Char('x'), KeyCode::Backspace, KeyCode::Left] {
            let bytes = drawn.press(key, KeyModifiers::NONE);
            assert!(bytes <= 100, "{key:?}, {look:?}: {bytes} bytes");
        }
    }
}

#[test]
fn a_list_that_scrolls_by_one_row_is_less_than_half_a_screen() {
    for look in LOOKS {
        let mut drawn = Drawn::new(pictures::ready_with_many(), look);
        let whole = drawn.whole();
        drawn.press(KeyCode::BackTab, KeyModifiers::NONE);
        for _ in 0..3 {
            let bytes = drawn.press(KeyCode::Down, KeyModifiers::NONE);
            assert!(bytes > 0, "it scrolls");
            assert!(bytes * 2 < whole, "{look:?}: {bytes} of {whole} bytes");
        }
    }
}
