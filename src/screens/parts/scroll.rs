//! A window on more lines than fit.

use std::cell::Cell;
use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::super::theme;

/// Which part of the lines is shown. How many there are and how many fit is known to who draws:
/// drawing notes it, and the next key goes by it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scroll {
    top: Cell<usize>,
    total: Cell<usize>,
    height: Cell<usize>,
}

impl Scroll {
    /// Whether there is more than fits.
    pub(crate) fn overflows(&self) -> bool {
        self.most() > 0
    }

    /// Whether the last line is shown.
    pub(crate) fn is_at_end(&self) -> bool {
        self.top.get() >= self.most()
    }

    /// Whether the first line is shown.
    pub(crate) fn at_top(&self) -> bool {
        self.top.get().min(self.most()) == 0
    }

    /// Goes down one line; whether it could.
    pub(crate) fn down(&mut self) -> bool {
        let could = self.top.get() < self.most();
        self.go(self.top.get().saturating_add(1));
        could
    }

    /// Goes up one line; whether it could.
    pub(crate) fn up(&mut self) -> bool {
        let before = self.top.get().min(self.most());
        self.go(before.saturating_sub(1));
        before > 0
    }

    /// Goes down one window; one line stays in sight.
    pub(crate) fn page_down(&mut self) {
        self.go(self.top.get().saturating_add(self.page()));
    }

    /// Goes up one window.
    pub(crate) fn page_up(&mut self) {
        self.go(self.top.get().min(self.most()).saturating_sub(self.page()));
    }

    /// Goes to the first line.
    pub(crate) fn home(&mut self) {
        self.top.set(0);
    }

    /// Goes to the last line.
    pub(crate) fn end(&mut self) {
        self.top.set(self.most());
    }

    /// Notes that `total` lines are drawn into `height` rows, and says which of them are shown.
    pub(crate) fn window(&self, total: usize, height: usize) -> Range<usize> {
        self.total.set(total);
        self.height.set(height);
        let top = self.top.get().min(self.most());
        top..top.saturating_add(height).min(total)
    }

    /// Draws `lines` into `area`, its last column kept for the signs that there is more.
    pub(crate) fn draw(&self, lines: &[Line], area: Rect, buffer: &mut Buffer) {
        let shown = self.window(lines.len(), area.height.into());
        let rows = lines.get(shown.clone()).unwrap_or_default();
        for (line, y) in rows.iter().zip(area.y..area.bottom()) {
            buffer.set_line(area.x, y, line, area.width.saturating_sub(1));
        }
        let x = area.right().saturating_sub(1);
        if shown.start > 0 && area.height > 0 {
            buffer.set_string(x, area.y, "▲", theme::busy());
        }
        if shown.end < lines.len() && area.height > 0 {
            let y = area.bottom().saturating_sub(1);
            buffer.set_string(x, y, "▼", theme::busy());
        }
    }

    /// Brings `lines` into sight, and of what stands `around` them as much as fits. How many lines
    /// there are and how many fit was noted before.
    pub(crate) fn show(&self, lines: &Range<usize>, around: &Range<usize>) {
        let height = self.height.get();
        let mut top = self.top.get().min(self.most());
        for wanted in [around, lines] {
            top = top.max(wanted.end.saturating_sub(height)).min(wanted.start);
        }
        self.top.set(top.min(self.most()));
    }

    fn most(&self) -> usize {
        self.total.get().saturating_sub(self.height.get())
    }

    /// How many lines a window goes on by.
    pub(crate) fn page(&self) -> usize {
        self.height.get().saturating_sub(1).max(1)
    }

    fn go(&mut self, top: usize) {
        self.top.set(top.min(self.most()));
    }
}
