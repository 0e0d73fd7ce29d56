//! What the screens look like on a terminal without lines and colours: the bytes as they go out in
//! the ASCII look, read back as a terminal would.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use mcloud::console::{Device, Look, Paint};
use ratatui::Terminal;
use ratatui::layout::Size;

use crate::desk::Desk;
use crate::{generic, pictures};

/// A terminal of 80x24 that keeps every byte.
#[derive(Clone, Default)]
struct Tape(Rc<RefCell<Vec<u8>>>);

impl Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Device for Tape {
    fn size(&self) -> Size {
        Size::new(80, 24)
    }
}

fn ascii(name: &str, desk: Desk) {
    let desk = desk.sized(80, 24);
    let tape = Tape::default();
    let mut terminal = Terminal::new(Paint::new(tape.clone(), Look::Ascii)).unwrap();
    let view = |frame: &mut ratatui::Frame| {
        desk.screens.view(&desk.picture, &desk.log, desk.now, frame);
    };
    terminal.draw(view).unwrap();
    let bytes = tape.0.borrow().clone();
    assert!(bytes.is_ascii(), "{name} sends more than ASCII");
    let (rows, columns) = (24.try_into().unwrap(), 80.try_into().unwrap());
    let mut parser = vt100::Parser::new(rows, columns, 0);
    parser.process(&bytes);
    insta::assert_snapshot!(format!("{name}-ascii"), parser.screen().contents());
}

#[test]
fn every_screen_reads_well_in_ascii() {
    let mut ready = pictures::ready();
    ready.typed("2");
    ascii("review-ready", ready);
    ascii("review-waiting", pictures::waiting());
    ascii("install-running", pictures::running());
    ascii("install-failed", pictures::failed());
    ascii("done", pictures::done());
    ascii("done-badly", pictures::done_badly());
    for wanted in ["address", "peers", "disks"] {
        ascii(&format!("form-{wanted}"), generic::at(wanted, 3));
    }
}
