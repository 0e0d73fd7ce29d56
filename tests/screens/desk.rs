//! A console with somebody at it: a screen of some size, and keys.

use mcloud::engine::event::PublicEvent;
use mcloud::engine::picture::Picture;
use mcloud::screens::{Act, Options, Screens};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A console. Every key is pressed on what was drawn.
pub(crate) struct Desk {
    pub(crate) screens: Screens,
    pub(crate) picture: Picture,
    pub(crate) log: Vec<PublicEvent>,
    pub(crate) now: u64,
    pub(crate) size: (u16, u16),
}

impl Desk {
    pub(crate) fn of(stage: &crate::stage::Stage) -> Self {
        Self::at(stage.picture(), stage)
    }

    pub(crate) fn at(picture: Picture, stage: &crate::stage::Stage) -> Self {
        Self {
            screens: Screens::new(Options {
                can_detach: true,
                ..Options::default()
            }),
            picture,
            log: stage.log.clone(),
            now: stage.now,
            size: (80, 24),
        }
    }

    pub(crate) fn sized(mut self, width: u16, height: u16) -> Self {
        self.size = (width, height);
        self
    }

    /// What the console shows, without what blanks end its lines.
    pub(crate) fn draw(&self) -> String {
        let mut terminal = Terminal::new(TestBackend::new(self.size.0, self.size.1)).unwrap();
        let frame = terminal
            .draw(|frame| self.screens.view(&self.picture, &self.log, self.now, frame))
            .unwrap();
        let buffer = frame.buffer;
        let mut text = String::new();
        for y in 0..self.size.1 {
            let cells = (0..self.size.0).map(|x| buffer[(x, y)].symbol());
            text.push_str(cells.collect::<String>().trim_end());
            text.push('\n');
        }
        text
    }

    pub(crate) fn key(&mut self, key: KeyEvent) -> Option<Act> {
        self.draw();
        self.screens.press(&self.picture, key)
    }

    pub(crate) fn press(&mut self, code: KeyCode) -> Option<Act> {
        self.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    pub(crate) fn ctrl(&mut self, letter: char) -> Option<Act> {
        self.key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL))
    }

    pub(crate) fn typed(&mut self, text: &str) {
        for c in text.chars() {
            assert_eq!(self.press(KeyCode::Char(c)), None);
        }
    }

    pub(crate) fn shows(&self, text: &str) -> bool {
        self.draw().contains(text)
    }
}
