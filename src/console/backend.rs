//! ratatui's backend over a slow line: one write a frame, few bytes, and never a question.

use std::io::{self, ErrorKind, Write};

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::text::Span;

use super::look::{Look, is_allowed};
use super::style::Pen;

/// From how many blanks at the end of a row on they are erased (three bytes) instead of drawn.
const WORTH_ERASING: u16 = 4;

/// What a [`Paint`] draws on: takes bytes, knows its size.
pub trait Device: Write {
    /// The size in cells, neither width nor height zero.
    fn size(&self) -> Size;
}

/// ratatui's backend. It remembers where the cursor is and how the terminal draws, so that it
/// never has to ask and says nothing twice.
#[derive(Debug)]
pub struct Paint<D: Device> {
    device: D,
    look: Look,
    /// The width in cells when the frame began.
    width: u16,
    /// The frame being made.
    frame: Vec<u8>,
    /// What the device has not taken yet of the last frame.
    rest: Vec<u8>,
    /// The bytes of the last frame.
    bytes: usize,
    /// Where the cursor is; none: nobody knows.
    cursor: Option<Position>,
    /// How the terminal draws; none: nobody knows.
    pen: Option<Pen>,
    /// Whether the cursor is shown; none: nobody knows.
    shown: Option<bool>,
    /// Whether all that was not drawn since is blank.
    cleared: bool,
    /// Blanks not drawn yet, as the row may end with them: where they begin, how many, the pen.
    blanks: Option<(Position, u16, Pen)>,
}

impl<D: Device> Paint<D> {
    /// A backend that draws on `device`, of whose state it supposes nothing.
    pub fn new(device: D, look: Look) -> Self {
        Self {
            device,
            look,
            width: 0,
            frame: Vec::new(),
            rest: Vec::new(),
            bytes: 0,
            cursor: None,
            pen: None,
            shown: None,
            cleared: false,
            blanks: None,
        }
    }

    /// The device.
    pub fn device(&self) -> &D {
        &self.device
    }

    /// How many bytes the last frame was.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The look in which frames are drawn.
    pub fn look(&self) -> Look {
        self.look
    }

    /// Draws in another look from the next frame on. What is on the screen stays as it is: have
    /// the whole screen drawn again.
    pub fn set_look(&mut self, look: Look) {
        self.look = look;
    }

    /// Gives the device what it did not take of the last frame; whether it has taken everything.
    pub fn drain(&mut self) -> io::Result<bool> {
        while !self.rest.is_empty() {
            match self.device.write(&self.rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(taken) => {
                    self.rest.drain(..taken);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn put(&mut self, place: Position, cell: &Cell) {
        let pen = Pen::of(cell, self.look);
        if cell.symbol() == " " && pen.leaves_blanks() {
            self.put_blank(place, pen);
            return;
        }
        self.draw_blanks();
        self.go_to(place);
        self.take(pen);
        let text = self.look.shows(cell.symbol());
        self.frame.extend_from_slice(text.as_bytes());
        // Terminals do not agree on the widths of the other characters.
        self.cursor = text
            .chars()
            .all(is_allowed)
            .then(|| u16::try_from(Span::raw(&*text).width()).ok())
            .flatten()
            .and_then(|width| self.right_of(place, width));
    }

    fn put_blank(&mut self, place: Position, pen: Pen) {
        let (start, count, pen) = match self.blanks {
            Some((start, count, pen)) if start.y == place.y && start.x + count == place.x => {
                (start, count + 1, pen)
            }
            _ => {
                self.draw_blanks();
                (place, 1, pen)
            }
        };
        self.blanks = Some((start, count, pen));
        if self.right_of(place, 1).is_none() && count >= WORTH_ERASING {
            self.blanks = None;
            self.go_to(start);
            self.take_for_blanks(pen);
            self.frame.extend_from_slice(b"\x1b[K");
        }
    }

    fn draw_blanks(&mut self) {
        if let Some((start, count, pen)) = self.blanks.take() {
            self.go_to(start);
            self.take_for_blanks(pen);
            self.frame
                .extend(std::iter::repeat_n(b' ', usize::from(count)));
            self.cursor = self.right_of(start, count);
        }
    }

    /// Where the cursor is after `columns` cells drawn at `place`; none at the right edge, where
    /// some terminals go to the next row and others wait.
    fn right_of(&self, place: Position, columns: u16) -> Option<Position> {
        let x = place.x.saturating_add(columns);
        (x < self.width).then_some(Position { x, y: place.y })
    }

    fn go_to(&mut self, place: Position) {
        let (row, column) = (place.y.saturating_add(1), place.x.saturating_add(1));
        let sequence = match self.cursor {
            Some(at) if at == place => return,
            Some(at) if at.y == place.y && self.can_step(at.x, place.x) => {
                " ".repeat(usize::from(place.x - at.x))
            }
            Some(at) if at.y == place.y && at.x + 1 == place.x => "\x1b[C".to_owned(),
            Some(at) if at.y == place.y && at.x < place.x => format!("\x1b[{}C", place.x - at.x),
            _ if column == 1 && row == 1 => "\x1b[H".to_owned(),
            _ if column == 1 => format!("\x1b[{row}H"),
            _ => format!("\x1b[{row};{column}H"),
        };
        self.frame.extend_from_slice(sequence.as_bytes());
        self.cursor = Some(place);
    }

    /// Whether drawing blanks from one column to another is shorter than a sequence, and right.
    fn can_step(&self, from: u16, to: u16) -> bool {
        self.cleared
            && (from..from.saturating_add(WORTH_ERASING)).contains(&to)
            && self.pen.is_some_and(Pen::leaves_blanks)
    }

    fn take(&mut self, pen: Pen) {
        self.frame.extend_from_slice(pen.after(self.pen).as_bytes());
        self.pen = Some(pen);
    }

    /// Blanks look the same with every pen that leaves them blank.
    fn take_for_blanks(&mut self, pen: Pen) {
        if !self.pen.is_some_and(Pen::leaves_blanks) {
            self.take(pen);
        }
    }

    fn show(&mut self, shown: bool) {
        if self.shown != Some(shown) {
            self.shown = Some(shown);
            self.frame
                .extend_from_slice(if shown { b"\x1b[?25h" } else { b"\x1b[?25l" });
        }
    }

    /// Supposes nothing of the terminal any more and clears it. The character set is chosen again
    /// too: noise on a serial line can have changed it.
    fn start_afresh(&mut self) {
        self.frame.clear();
        self.cursor = None;
        self.shown = None;
        self.cleared = true;
        self.frame.extend_from_slice(b"\x1b(B\x0f\x1b[m\x1b[2J");
        self.pen = Some(Pen::default());
    }
}

impl<D: Device> Backend for Paint<D> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.width = self.device.size().width;
        for (x, y, cell) in content {
            self.put(Position { x, y }, cell);
        }
        self.draw_blanks();
        self.cleared = false;
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.show(false);
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.show(true);
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.go_to(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        let sequence: &[u8] = match clear_type {
            ClearType::All => {
                self.start_afresh();
                return Ok(());
            }
            ClearType::AfterCursor => b"\x1b[J",
            ClearType::BeforeCursor => b"\x1b[1J",
            ClearType::CurrentLine => b"\x1b[2K",
            ClearType::UntilNewLine => b"\x1b[K",
        };
        self.take_for_blanks(Pen::default());
        self.frame.extend_from_slice(sequence);
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.device.size())
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.device.size(),
            pixels: Size::ZERO,
        })
    }

    /// Gives the device the frame in one write. What it does not take at once waits for
    /// [`Paint::drain`].
    fn flush(&mut self) -> io::Result<()> {
        self.bytes = self.frame.len();
        self.rest.append(&mut self.frame);
        self.drain().map(|_| ())
    }
}
