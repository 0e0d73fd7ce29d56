//! The terminal as a device: opened, and given back whatever happens.
//!
//! Every ratatui terminal here draws through [`Paint`], every key comes through [`Rejoin`], and
//! nothing in this room ever asks the terminal a question: a serial line may not answer.

mod backend;
mod keys;
mod line;
mod look;
mod signals;
mod style;
mod tty;
mod wait;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect, Size};
use ratatui::{Frame, Terminal};
use tokio::net::unix::pipe;

pub use backend::{Device, Paint};
pub use keys::{HOLD, Rejoin};
pub use line::{Hush, Kind, size_of};
pub use look::{Environment, GLYPHS, Look, NoSuchLook, Wish, is_allowed};

use signals::{Signals, Told};
use tty::{Screen, Tty, is_about_a_gone_terminal};
use wait::{Pause, drain, read};

/// Up to this speed, in baud, a line is slow: a whole screen takes a second and more.
const SLOW: u32 = 19_200;
/// Bits on the line for one byte: start, eight, stop.
const BITS_A_BYTE: f64 = 10.0;

/// How to open the console.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// What `--look` says.
    pub look: Wish,
    /// The terminal's device file; none is the one on standard input.
    pub device: Option<PathBuf>,
    /// What the environment says about the terminal.
    pub environment: Environment,
}

impl Options {
    /// The terminal on standard input, with the environment of this process.
    pub fn of_process(look: Wish) -> Self {
        Self {
            look,
            device: None,
            environment: Environment::of_process(),
        }
    }
}

/// What happened at the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A key. Backspace, Enter and Shift-Tab are the same however the terminal sends them.
    Key(KeyEvent),
    /// The terminal has another size, or was out of our hands for a while: draw.
    Resize,
    /// A frame was left out because the line was busy, and the line is free now: draw.
    Ready,
    /// SIGTERM or SIGQUIT: end, in order.
    Terminate,
    /// SIGHUP, or the terminal has gone: detach. Nothing more will come from the keyboard.
    Hangup,
    /// SIGINT from outside; Ctrl-C at the keyboard is a key.
    Interrupt,
}

/// The terminal, ours from [`open`](Self::open) to [`close`](Self::close), a drop or a panic. Not
/// to [`std::process::exit`]: close it first.
#[derive(Debug)]
pub struct Console {
    terminal: Terminal<Paint<Screen>>,
    tty: Arc<Tty>,
    input: pipe::Receiver,
    signals: Signals,
    keys: Rejoin,
    /// Runs while `keys` holds the beginning of a sequence.
    hold: Pause,
    /// Runs while the last frame is still on its way over a serial line.
    line: Pause,
    /// The device has taken only a part of the last frame.
    is_full: bool,
    /// A frame was left out.
    owes_frame: bool,
    /// The keyboard has gone.
    is_gone: bool,
}

enum Happened {
    Told(Told),
    Read(io::Result<Vec<u8>>),
    HoldOver,
    LineFree,
    Drained(io::Result<()>),
}

impl Console {
    /// Opens the console: raw mode, alternate screen, cleared, cursor hidden, the kernel's
    /// messages off the machine's own screen; and from now on signals are events, to the end of
    /// the process. Call it inside a tokio runtime with I/O and time.
    ///
    /// Fails where standard input is no terminal.
    pub fn open(options: Options) -> io::Result<Self> {
        let signals = Signals::catch()?;
        let tty = Tty::open(options.device.as_deref())?;
        let look = options.look.resolve(tty.kind(), &options.environment);
        let screen = Screen::new(Arc::clone(&tty), options.environment)?;
        let input = tty.input()?;
        let mut console = Self {
            terminal: Terminal::new(Paint::new(screen, look))?,
            tty,
            input,
            signals,
            keys: Rejoin::default(),
            hold: Pause::default(),
            line: Pause::default(),
            is_full: false,
            owes_frame: false,
            is_gone: false,
        };
        console.repaint()?;
        Ok(console)
    }

    /// Gives the terminal back, as a drop does, and says whether that went well. To a terminal
    /// that has gone there is nothing to give.
    pub fn close(self) -> io::Result<()> {
        match self.tty.give_back() {
            Err(error) if self.is_gone || is_about_a_gone_terminal(&error) => Ok(()),
            given => given,
        }
    }

    /// Draws a frame: the cells that changed, in one write. While the last frame is still on its
    /// way nothing is drawn and nothing queued; [`Event::Ready`] tells when to draw again.
    ///
    /// On a terminal that has gone nothing is drawn; [`Event::Hangup`] says so. Fails when the
    /// terminal was given back because some thread panicked.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if self.tty.is_given_back() {
            return Err(io::Error::other(
                "the terminal was given back after a panic",
            ));
        }
        if self.is_full || self.line.is_on() {
            self.owes_frame = true;
            return Ok(());
        }
        self.owes_frame = false;
        match self.paint(render) {
            Err(error) if is_about_a_gone_terminal(&error) => return Ok(()),
            painted => self.is_full = !painted?,
        }
        let bytes = self.bytes();
        if bytes > 0 {
            self.line.set(self.time_for(bytes));
        }
        Ok(())
    }

    /// Draws, and says whether the device has taken all of it.
    fn paint(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<bool> {
        self.terminal.draw(render)?;
        self.terminal.backend_mut().drain()
    }

    /// Has the next frame draw the whole screen, and supposes nothing of what is on it.
    pub fn repaint(&mut self) -> io::Result<()> {
        let area = Rect::from((Position::ORIGIN, self.size()));
        self.terminal.resize(area)
    }

    /// Draws in another look from the next frame on, the whole screen first.
    pub fn set_look(&mut self, look: Look) -> io::Result<()> {
        self.terminal.backend_mut().set_look(look);
        self.repaint()
    }

    /// The look.
    pub fn look(&self) -> Look {
        self.terminal.backend().look()
    }

    /// The size in cells, never zero: the terminal's, else `COLUMNS` and `LINES`, else 80×24.
    pub fn size(&self) -> Size {
        self.terminal.backend().device().size()
    }

    /// How many bytes the last frame was.
    pub fn bytes(&self) -> usize {
        self.terminal.backend().bytes()
    }

    /// The terminal's device file, for example `/dev/ttyAMA10`.
    pub fn device(&self) -> &Path {
        self.tty.name()
    }

    /// What kind of line it is.
    pub fn kind(&self) -> Kind {
        self.tty.kind()
    }

    /// Whether it is a serial line of at most 19200 baud, where a whole screen takes seconds.
    pub fn is_slow(&self) -> bool {
        self.tty.baud().is_some_and(|baud| baud <= SLOW)
    }

    /// What happens next. Cancel-safe: in a `select!` nothing is lost.
    pub async fn next_event(&mut self) -> Event {
        loop {
            if let Some(key) = self.keys.next_key() {
                return Event::Key(key);
            }
            let happened = self.wait().await;
            if let Some(event) = self.take(happened) {
                return event;
            }
        }
    }

    async fn wait(&mut self) -> Happened {
        let paint = self.terminal.backend_mut();
        // What has come in is read before the hold on its beginning is over.
        tokio::select! {
            biased;
            told = self.signals.next() => Happened::Told(told),
            read = read(&self.input), if !self.is_gone => Happened::Read(read),
            drained = drain(paint), if self.is_full => Happened::Drained(drained),
            () = self.hold.end() => Happened::HoldOver,
            () = self.line.end() => Happened::LineFree,
        }
    }

    fn take(&mut self, happened: Happened) -> Option<Event> {
        match happened {
            Happened::Told(told) => return Some(self.obey(told)),
            Happened::Read(Ok(bytes)) if !bytes.is_empty() => {
                self.keys.feed(&bytes);
                self.hold.set(self.keys.is_holding().then_some(HOLD));
                return None;
            }
            Happened::Read(_) | Happened::Drained(Err(_)) => {
                self.is_gone = true;
                self.is_full = false;
                return Some(Event::Hangup);
            }
            Happened::HoldOver => {
                self.keys.give_up();
                return None;
            }
            Happened::LineFree => {}
            Happened::Drained(Ok(())) => self.is_full = false,
        }
        let is_free = !self.line.is_on() && !self.is_full;
        (is_free && self.owes_frame).then_some(Event::Ready)
    }

    fn obey(&mut self, told: Told) -> Event {
        match told {
            Told::End => Event::Terminate,
            Told::HangUp => Event::Hangup,
            Told::Interrupt => Event::Interrupt,
            Told::Resize => Event::Resize,
            Told::Continue => {
                // Where either fails the terminal has gone, and the next read says so.
                self.tty.make_raw().ok();
                self.repaint().ok();
                Event::Resize
            }
        }
    }

    /// How long a serial line takes for so many bytes.
    fn time_for(&self, bytes: usize) -> Option<Duration> {
        let bytes = f64::from(u32::try_from(bytes).ok()?);
        let baud = f64::from(self.tty.baud()?);
        Some(Duration::from_secs_f64(bytes * BITS_A_BYTE / baud))
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // Nobody is left who could be told.
        self.tty.give_back().ok();
    }
}
