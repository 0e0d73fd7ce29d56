//! The screens on a line that takes everything at once: what a frame costs before the wire does.

use std::fmt;
use std::io::{self, Write};

use mcloud::console::{Device, Look, Paint};
use ratatui::Terminal;
use ratatui::layout::{Rect, Size};

use crate::desk::Desk;
use crate::pictures;

/// A screen's name, and a console that shows it.
type Screen = (&'static str, fn() -> Desk);

/// The screens that are measured, each in a situation that fills it. A new one is a line here.
pub(crate) const SCREENS: &[Screen] = &[
    ("Review", pictures::ready),
    ("Install", pictures::running),
    ("Done", pictures::done),
];

/// The consoles that are measured, in columns and rows: the oldest, two usual ones, a wide one.
pub(crate) const SIZES: [(u16, u16); 4] = [(80, 24), (100, 30), (132, 43), (200, 60)];

/// The dearest look on the wire, and the cheapest.
pub(crate) const LOOKS: [Look; 2] = [Look::Color, Look::Ascii];

/// A screen on a console of some size in some look.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) screen: &'static str,
    pub(crate) size: (u16, u16),
    pub(crate) look: Look,
    make: fn() -> Desk,
}

/// Every screen on every console in every look.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for &(screen, make) in SCREENS {
        for size in SIZES {
            cases.extend(LOOKS.map(|look| Case {
                screen,
                size,
                look,
                make,
            }));
        }
    }
    cases
}

impl Case {
    /// This console, drawn once.
    pub(crate) fn drawn(&self) -> Drawn {
        let (width, height) = self.size;
        let line = Line(Size::new(width, height));
        let terminal = Terminal::new(Paint::new(line, self.look)).expect("a line has a size");
        let desk = (self.make)();
        let mut drawn = Drawn { desk, terminal };
        drawn.whole();
        drawn
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (width, height) = self.size;
        let (screen, look) = (self.screen, self.look.name());
        write!(f, "{screen} {width}x{height} {look}")
    }
}

/// A line that takes what it gets.
#[derive(Debug)]
pub(crate) struct Line(Size);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(std::hint::black_box(bytes).len())
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

/// A console as the face draws it, through the backend that mcloud ships.
pub(crate) struct Drawn {
    desk: Desk,
    terminal: Terminal<Paint<Line>>,
}

impl Drawn {
    /// Draws the whole screen anew; the bytes of the frame.
    pub(crate) fn whole(&mut self) -> usize {
        let Size { width, height } = self.terminal.backend().device().size();
        let all = Rect::new(0, 0, width, height);
        self.terminal.resize(all).expect("the line takes it");
        self.frame()
    }

    /// Draws what a second changes; the bytes of the frame.
    pub(crate) fn tick(&mut self) -> usize {
        self.desk.now += 1_000;
        self.frame()
    }

    fn frame(&mut self) -> usize {
        let desk = &self.desk;
        let view = |frame: &mut ratatui::Frame| {
            desk.screens.view(&desk.picture, &desk.log, desk.now, frame);
        };
        self.terminal.draw(view).expect("the line takes it");
        self.terminal.backend().bytes()
    }
}
