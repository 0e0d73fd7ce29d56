//! A terminal device whose other end is the test.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crossterm::event::KeyCode;
use mcloud::console::{Console, Environment, Event, Look, Options, Wish};
use portable_pty::{MasterPty, PtyPair, PtySize, native_pty_system};
use rustix::termios::{LocalModes, Termios, tcgetattr};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

/// Signals and panics reach every console of the process.
static ALONE: Mutex<()> = Mutex::const_new(());

/// A terminal of 80×24 whose other end is the test.
pub(crate) struct Window {
    pub(crate) pair: PtyPair,
    pub(crate) typist: Box<dyn Write + Send>,
    pub(crate) path: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

impl Window {
    pub(crate) async fn new() -> Self {
        let alone = ALONE.lock().await;
        let pair = native_pty_system().openpty(size(80, 24)).unwrap();
        Self {
            typist: pair.master.take_writer().unwrap(),
            path: pair.master.tty_name().unwrap(),
            pair,
            _alone: alone,
        }
    }

    pub(crate) fn open(&self) -> Console {
        Console::open(Options {
            look: Wish::Fixed(Look::Color),
            device: Some(self.path.clone()),
            environment: Environment::default(),
        })
        .unwrap()
    }

    pub(crate) fn termios(&self) -> Termios {
        tcgetattr(std::fs::File::open(&self.path).unwrap()).unwrap()
    }

    pub(crate) fn is_raw(&self) -> bool {
        let modes = self.termios().local_modes;
        !modes.intersects(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
    }

    pub(crate) fn press(&mut self, bytes: &[u8]) {
        self.typist.write_all(bytes).unwrap();
        self.typist.flush().unwrap();
    }
}

pub(crate) fn size(cols: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        ..PtySize::default()
    }
}

/// What comes out of the terminal, read from now on.
pub(crate) fn watch(master: &dyn MasterPty) -> Receiver<Vec<u8>> {
    let mut reader = master.try_clone_reader().unwrap();
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = vec![0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            if sender.send(bytes[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Reads until the screen is as wished.
pub(crate) fn until(
    output: &Receiver<Vec<u8>>,
    parser: &mut vt100::Parser,
    wish: impl Fn(&vt100::Screen) -> bool,
) {
    while !wish(parser.screen()) {
        let bytes = output.recv_timeout(Duration::from_secs(20));
        parser.process(&bytes.expect("the screen becomes as wished"));
    }
}

pub(crate) async fn next(console: &mut Console) -> Event {
    timeout(Duration::from_secs(20), console.next_event())
        .await
        .expect("something happens")
}

pub(crate) async fn next_code(console: &mut Console) -> KeyCode {
    match next(console).await {
        Event::Key(key) => key.code,
        other => panic!("a key was pressed, not {other:?}"),
    }
}
