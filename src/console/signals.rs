//! Signals as events: none of them ends the process in the middle of a screen.

use std::io;

use rustix::process::Signal as Number;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What the process was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// SIGTERM or SIGQUIT.
    End,
    /// SIGHUP.
    HangUp,
    /// SIGINT.
    Interrupt,
    /// SIGWINCH.
    Resize,
    /// SIGCONT: the shell has had the terminal meanwhile.
    Continue,
}

#[derive(Debug)]
pub(super) struct Signals {
    terminate: Signal,
    quit: Signal,
    hang_up: Signal,
    interrupt: Signal,
    resize: Signal,
    resume: Signal,
}

impl Signals {
    /// From here on the signals are events, to the end of the process.
    pub(super) fn catch() -> io::Result<Self> {
        // Outside a runtime the next calls would panic.
        tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            resize: signal(SignalKind::window_change())?,
            resume: signal(SignalKind::from_raw(Number::CONT.as_raw()))?,
        })
    }

    /// The next signal. Cancel-safe.
    pub(super) async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::End,
            _ = self.quit.recv() => Told::End,
            _ = self.hang_up.recv() => Told::HangUp,
            _ = self.interrupt.recv() => Told::Interrupt,
            _ = self.resize.recv() => Told::Resize,
            _ = self.resume.recv() => Told::Continue,
        }
    }
}
