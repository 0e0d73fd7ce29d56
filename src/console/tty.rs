//! The terminal's device file: made ours, and made again what it was, whatever happens.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, Weak};

use ratatui::layout::Size;
use rustix::fs::OFlags;
use rustix::termios::{self, OptionalActions, QueueSelector, Termios};
use tokio::net::unix::pipe;

use super::backend::Device;
use super::line::{Hush, Kind, size_of};
use super::look::Environment;

/// Alternate screen, plain style, all cleared, cursor hidden.
const HELLO: &[u8] = b"\x1b[?1049h\x1b[m\x1b[2J\x1b[H\x1b[?25l";
/// The same undone. It clears first: the Linux console has had an alternate screen only lately.
const GOODBYE: &[u8] = b"\x1b(B\x0f\x1b[m\x1b[2J\x1b[H\x1b[?1049l\x1b[?25h";

/// What the kernel may write over a console.
const PRINTK: &str = "/proc/sys/kernel/printk";
/// Which devices stand behind `/dev/console`; the last one is the one that is read.
const ACTIVE_CONSOLES: &str = "/sys/class/tty/console/active";

/// A terminal that is ours until it is given back.
#[derive(Debug)]
pub(super) struct Tty {
    file: File,
    name: PathBuf,
    before: Termios,
    hush: Option<Hush>,
    given_back: AtomicBool,
}

static OURS: Mutex<Vec<Weak<Tty>>> = Mutex::new(Vec::new());
static PANIC_HOOK: Once = Once::new();

impl Tty {
    /// Opens the terminal at `path`, or the one on standard input, and makes it ours.
    pub(super) fn open(path: Option<&Path>) -> io::Result<Arc<Self>> {
        let (file, name) = match path {
            Some(path) => (open(path)?, path.to_path_buf()),
            None => open_stdin()?,
        };
        let kind = Kind::of(&name);
        let tty = Arc::new(Self {
            before: termios::tcgetattr(&file)?,
            hush: (kind == Kind::Vt)
                .then(|| Hush::begin(Path::new(PRINTK)))
                .flatten(),
            given_back: AtomicBool::new(false),
            file,
            name,
        });
        give_back_on_panic(&tty);
        let taken = tty.make_raw().and_then(|()| tty.say(HELLO));
        if let Err(error) = taken {
            tty.give_back().ok();
            return Err(error);
        }
        Ok(tty)
    }

    /// No echo, no lines, no signals, no translation: every byte is a key. Also needed after the
    /// process was stopped and went on.
    pub(super) fn make_raw(&self) -> io::Result<()> {
        let mut raw = self.before.clone();
        raw.make_raw();
        termios::tcsetattr(&self.file, OptionalActions::Now, &raw)?;
        Ok(())
    }

    pub(super) fn name(&self) -> &Path {
        &self.name
    }

    pub(super) fn kind(&self) -> Kind {
        Kind::of(&self.name)
    }

    /// Bits a second of a serial line; none where the speed means nothing.
    pub(super) fn baud(&self) -> Option<u32> {
        Some(self.before.output_speed()).filter(|baud| self.kind() == Kind::Serial && *baud > 0)
    }

    /// What is typed, as tokio waits for it. A pipe's end is tokio's one type that reads any
    /// file that can be waited for and needs no unsafe code.
    pub(super) fn input(&self) -> io::Result<pipe::Receiver> {
        pipe::Receiver::from_file_unchecked(self.file.try_clone()?)
    }

    pub(super) fn is_given_back(&self) -> bool {
        self.given_back.load(Ordering::SeqCst)
    }

    /// Makes the terminal what it was. Only the first call does anything.
    pub(super) fn give_back(&self) -> io::Result<()> {
        if self.given_back.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let said = self.say(GOODBYE);
        let set = termios::tcsetattr(&self.file, OptionalActions::Now, &self.before);
        let hushed = self.hush.as_ref().map_or(Ok(()), Hush::end);
        said.and(set.map_err(io::Error::from)).and(hushed)
    }

    /// Writes a few bytes now. Where the line is full, what is still in it is thrown away: it
    /// belongs to a screen that is no more.
    fn say(&self, bytes: &[u8]) -> io::Result<()> {
        let written = (&self.file).write_all(bytes);
        match written {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                termios::tcflush(&self.file, QueueSelector::OFlush)?;
                (&self.file).write_all(bytes)
            }
            other => other,
        }
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        // Nobody is left who could be told.
        self.give_back().ok();
    }
}

impl AsFd for Tty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Opened anew, so that not blocking is ours alone and not the shell's too.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(i32::try_from(flags.bits()).map_err(io::Error::other)?)
        .open(path)?;
    if file.is_terminal() {
        Ok(file)
    } else {
        Err(not_a_terminal(path))
    }
}

fn open_stdin() -> io::Result<(File, PathBuf)> {
    if !io::stdin().is_terminal() {
        return Err(not_a_terminal(Path::new("standard input")));
    }
    let link = Path::new("/proc/self/fd/0");
    let name = behind(fs::read_link(link)?);
    // The link opens the very device, also where its name means another one here (a container);
    // `/dev/tty` opens where the device belongs to another user (after `su`).
    let file = open(link).or_else(|_| open(Path::new("/dev/tty")))?;
    Ok((file, name))
}

fn behind(name: PathBuf) -> PathBuf {
    if name != Path::new("/dev/console") {
        return name;
    }
    let active = fs::read_to_string(ACTIVE_CONSOLES).unwrap_or_default();
    active
        .split_whitespace()
        .last()
        .map_or(name, |last| Path::new("/dev").join(last))
}

fn not_a_terminal(path: &Path) -> io::Error {
    io::Error::new(
        ErrorKind::Unsupported,
        format!("{} is not a terminal; use --lines", path.display()),
    )
}

fn give_back_on_panic(tty: &Arc<Tty>) {
    PANIC_HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |message| {
            give_all_back();
            before(message);
        }));
    });
    if let Ok(mut ours) = OURS.lock() {
        ours.retain(|one| one.strong_count() > 0);
        ours.push(Arc::downgrade(tty));
    }
}

/// Whether this is what the kernel answers once a terminal was hung up: EIO, whatever is asked.
pub(super) fn is_about_a_gone_terminal(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}

/// Inside a panic: must neither panic nor wait for a lock that the same thread may hold.
fn give_all_back() {
    if let Ok(ours) = OURS.try_lock() {
        for tty in ours.iter().filter_map(Weak::upgrade) {
            tty.give_back().ok();
        }
    }
}

/// The same terminal as a device to draw on.
#[derive(Debug)]
pub(super) struct Screen {
    tty: Arc<Tty>,
    environment: Environment,
    /// The same file, as tokio waits for it; see [`Tty::input`].
    outlet: pipe::Sender,
}

impl Screen {
    pub(super) fn new(tty: Arc<Tty>, environment: Environment) -> io::Result<Self> {
        let outlet = pipe::Sender::from_file_unchecked(tty.file.try_clone()?)?;
        Ok(Self {
            tty,
            environment,
            outlet,
        })
    }

    /// Waits until the terminal may take more.
    pub(super) async fn writable(&self) -> io::Result<()> {
        self.outlet.writable().await
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match (&self.tty.file).write(bytes) {
            // Tells tokio that it is full, too: from here on `writable` waits.
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.outlet.try_write(bytes),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Device for Screen {
    fn size(&self) -> Size {
        let told = termios::tcgetwinsize(&*self.tty).ok().map(|told| Size {
            width: told.ws_col,
            height: told.ws_row,
        });
        size_of(told, &self.environment)
    }
}
