//! A seat at a console: a terminal device, mcloud on it, an eye and ten fingers.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use mcloud::world::Clock;
use portable_pty::{CommandBuilder, MasterPty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{Termios, tcgetattr};
use tempfile::TempDir;

pub(crate) use crate::device::text_of;
use crate::device::{cells, end_of, open, pty_size, watch};

pub(crate) const ENTER: &[u8] = b"\r";
pub(crate) const ESC: &[u8] = b"\x1b";
pub(crate) const CTRL_C: &[u8] = b"\x03";
pub(crate) const LEFT: &[u8] = b"\x1b[D";
pub(crate) const RIGHT: &[u8] = b"\x1b[C";
pub(crate) const DOWN: &[u8] = b"\x1b[B";
pub(crate) const HOME: &[u8] = b"\x1b[H";
pub(crate) const F1: &[u8] = b"\x1bOP";
pub(crate) const F3: &[u8] = b"\x1bOR";
pub(crate) const F4: &[u8] = b"\x1bOS";
pub(crate) const F6: &[u8] = b"\x1b[17~";
pub(crate) const F7: &[u8] = b"\x1b[18~";
pub(crate) const F10: &[u8] = b"\x1b[21~";

/// What stands on the terminal before mcloud comes.
pub(crate) const PROMPT: &str = "pi@pi-a:~$ mcloud";

/// No condition takes longer than this, on any machine.
const BOUND: Duration = Duration::from_mins(5);

/// What the test writes behind all that the program wrote.
const END: &[u8] = b"\0the end\0";

/// A seat that nobody has taken yet.
#[derive(Debug)]
pub(crate) struct Console {
    size: (u16, u16),
    variables: Vec<(&'static str, &'static str)>,
}

/// A terminal of this size, in columns and rows, as a window in a UTF-8 world.
pub(crate) fn console(width: u16, height: u16) -> Console {
    Console {
        size: (width, height),
        variables: vec![("TERM", "xterm-256color"), ("LANG", "C.UTF-8")],
    }
}

/// A terminal with mcloud on it.
pub(crate) struct Seat {
    master: Option<Box<dyn MasterPty + Send>>,
    typist: Option<Box<dyn Write + Send>>,
    /// The device itself, held open so that it can be looked at when the program has gone.
    device: File,
    before: Termios,
    output: Receiver<Vec<u8>>,
    goes: Arc<AtomicBool>,
    eye: vt100::Parser,
    /// All that the program wrote.
    pub(crate) bytes: Vec<u8>,
    pid: Pid,
    ended: Receiver<Option<u32>>,
    exit: Option<u32>,
    /// Where the program keeps what is temporary.
    pub(crate) temporary: TempDir,
}

impl Console {
    /// With another environment variable.
    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.retain(|(other, _)| *other != name);
        self.variables.push((name, value));
        self
    }

    /// Starts `mcloud` with these words.
    pub(crate) fn run(self, words: &[&str]) -> Seat {
        let (width, height) = self.size;
        let pair = native_pty_system()
            .openpty(pty_size(width, height))
            .expect("there are terminals");
        let path = pair.master.tty_name().expect("the device has a name");
        let mut device = open(&path);
        let before = tcgetattr(&device).expect("it is a terminal");
        device
            .write_all(format!("{PROMPT}\n").as_bytes())
            .expect("the terminal takes a line");
        let goes = Arc::new(AtomicBool::new(false));
        let output = watch(&*pair.master, Arc::clone(&goes));
        let temporary = tempfile::tempdir().expect("a directory of its own");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mcloud"));
        command.env_clear();
        command.env("TMPDIR", temporary.path());
        for (name, value) in self.variables {
            command.env(name, value);
        }
        command.args(words);
        let child = pair
            .slave
            .spawn_command(command)
            .expect("the program starts");
        let pid = child.process_id().and_then(|pid| i32::try_from(pid).ok());
        Seat {
            typist: pair.master.take_writer().ok(),
            master: Some(pair.master),
            device,
            before,
            output,
            goes,
            eye: vt100::Parser::new(cells(height, 24), cells(width, 80), 0),
            bytes: Vec::new(),
            pid: pid.and_then(Pid::from_raw).expect("it is a process"),
            ended: end_of(child),
            exit: None,
            temporary,
        }
    }
}

impl Seat {
    /// Presses keys, as the bytes the terminal sends.
    pub(crate) fn press(&mut self, bytes: &[u8]) {
        let typist = self.typist.as_mut().expect("somebody sits there");
        typist.write_all(bytes).expect("the terminal takes keys");
        typist.flush().expect("the terminal takes keys");
    }

    /// What is to be read on the screen.
    pub(crate) fn text(&self) -> String {
        text_of(self.eye.screen())
    }

    /// The screen.
    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.eye.screen()
    }

    /// Waits until `text` is to be read.
    pub(crate) fn until(&mut self, text: &str) {
        self.until_screen(text, |screen| text_of(screen).contains(text));
    }

    /// Waits until `text` is not to be read any more.
    pub(crate) fn until_gone(&mut self, text: &str) {
        self.until_screen(text, |screen| !text_of(screen).contains(text));
    }

    /// Waits until the screen is as wished; `wish` says what that is.
    pub(crate) fn until_screen(&mut self, wish: &str, is: impl Fn(&vt100::Screen) -> bool) {
        // A screen with a clock on it changes for ever: the time is bounded, not the silence.
        let clock = Clock::real();
        let began = clock.now();
        while !is(self.eye.screen()) {
            let goes_on = u128::from(clock.now() - began) < BOUND.as_millis();
            let seen = goes_on && self.look(BOUND);
            assert!(seen, "no {wish:?} on\n{}", self.text());
        }
    }

    /// Looks on for `time`, or until `text` is to be read, and says whether it is.
    pub(crate) fn sees_within(&mut self, time: Duration, text: &str) -> bool {
        self.sees_screen_within(time, |screen| text_of(screen).contains(text))
    }

    /// Looks on for `time`, or until the screen is as wished, and says whether it is.
    pub(crate) fn sees_screen_within(
        &mut self,
        time: Duration,
        is: impl Fn(&vt100::Screen) -> bool,
    ) -> bool {
        let clock = Clock::real();
        let began = clock.now();
        while !is(self.eye.screen()) {
            let long = u128::from(clock.now() - began) >= BOUND.as_millis() / 4;
            if long || !self.look(time) {
                return false;
            }
        }
        true
    }

    /// Takes in what comes next, if anything comes within `time`.
    fn look(&mut self, time: Duration) -> bool {
        match self.output.recv_timeout(time) {
            Ok(bytes) => {
                self.eye.process(&bytes);
                self.bytes.extend(bytes);
                true
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }

    /// Somebody else writes on the terminal.
    pub(crate) fn scribble(&mut self, text: &str) {
        self.device
            .write_all(text.as_bytes())
            .expect("the terminal takes text");
    }

    /// The terminal gets another size.
    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        let master = self.master.as_ref().expect("the terminal is there");
        self.eye.set_size(cells(height, 24), cells(width, 80));
        master
            .resize(pty_size(width, height))
            .expect("the terminal has sizes");
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("the program runs");
    }

    /// Takes the terminal away, as a window that is closed does.
    pub(crate) fn hang_up(&mut self) {
        self.goes.store(true, Ordering::SeqCst);
        // Wakes the eye, which lets go of the terminal then.
        self.scribble(" ");
        while self.look(BOUND) {}
        drop((self.typist.take(), self.master.take()));
    }

    /// Waits for the end of the program: its exit code. All that it wrote has been read then.
    pub(crate) fn exit(&mut self) -> u32 {
        let exit = self.ended.recv_timeout(BOUND);
        let exit = exit.unwrap_or_else(|_| panic!("it goes on, with\n{}", self.text()));
        let exit = exit.expect("no signal ends it on the spot");
        self.exit = Some(exit);
        if self.master.is_some() {
            self.device.write_all(END).expect("the terminal is there");
            while !self.bytes.ends_with(END) {
                assert!(self.look(BOUND), "what was written can be read");
            }
            self.bytes.truncate(self.bytes.len() - END.len());
        }
        exit
    }

    /// Fails unless the terminal is as it was before the program came.
    pub(crate) fn assert_given_back(&self) {
        let (screen, text) = (self.eye.screen(), self.text());
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is to be seen");
        assert!(text.starts_with(PROMPT), "what was there is there:\n{text}");
        let now = tcgetattr(&self.device).expect("it is a terminal");
        assert_eq!(now.local_modes, self.before.local_modes);
        assert_eq!(now.input_modes, self.before.input_modes);
        assert_eq!(now.output_modes, self.before.output_modes);
        assert_eq!(now.control_modes, self.before.control_modes);
    }

    /// Fails unless nothing temporary is left.
    pub(crate) fn assert_nothing_left(&self) {
        let left = self.temporary.path().read_dir();
        let left: Vec<_> = left.expect("the directory").collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.exit.is_none() {
            // It may have ended by itself just now.
            kill_process(self.pid, Signal::KILL).ok();
        }
    }
}
