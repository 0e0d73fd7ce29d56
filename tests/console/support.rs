//! A device in memory, and a terminal emulator to look at what was drawn on it.

use std::io::{self, Write};
use std::num::NonZero;

use mcloud::console::{Device, Look, Paint};
use ratatui::Terminal;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Size;

/// A device that remembers each write; it takes `room` bytes at most until it gets more room.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) size: Size,
    pub(crate) room: usize,
    pub(crate) writes: Vec<Vec<u8>>,
}

impl Memory {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        Self {
            size: Size { width, height },
            room: usize::MAX,
            writes: vec![],
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.writes.concat()
    }
}

impl Write for &mut Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.room);
        if taken == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.room -= taken;
        self.writes.push(bytes[..taken].to_vec());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Device for &mut Memory {
    fn size(&self) -> Size {
        self.size
    }
}

pub(crate) type Painter<'a> = Terminal<Paint<&'a mut Memory>>;

/// ratatui's terminal on `memory`.
pub(crate) fn painter(memory: &mut Memory, look: Look) -> Painter<'_> {
    Terminal::new(Paint::new(memory, look)).unwrap()
}

/// Draws a whole buffer.
pub(crate) fn show(painter: &mut Painter<'_>, picture: &Buffer) {
    painter
        .draw(|frame| *frame.buffer_mut() = picture.clone())
        .unwrap();
}

/// The terminal emulator after these bytes.
pub(crate) fn emulate(size: Size, bytes: &[u8]) -> vt100::Parser {
    let rows = NonZero::new(size.height).unwrap();
    let columns = NonZero::new(size.width).unwrap();
    let mut parser = vt100::Parser::new(rows, columns, 0);
    parser.process(bytes);
    parser
}

/// Lines of text as a buffer of this size.
pub(crate) fn lines(width: u16, height: u16, text: &str) -> Buffer {
    let mut picture = Buffer::empty(ratatui::layout::Rect::new(0, 0, width, height));
    for (row, line) in (0..height).zip(text.lines()) {
        picture.set_string(0, row, line, ratatui::style::Style::new());
    }
    picture
}

/// The cell at a place of a buffer.
pub(crate) fn cell(picture: &Buffer, x: u16, y: u16) -> &Cell {
    picture.cell((x, y)).unwrap()
}
