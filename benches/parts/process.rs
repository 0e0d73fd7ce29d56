//! mcloud as its users run it: processes, with a terminal or without, and the memory they take.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use mcloud::world::Clock;
use portable_pty::{Child, CommandBuilder, MasterPty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::device::{cells, pty_size, text_of, watch};

/// No condition takes longer than this; what does is not measured.
pub(crate) const BOUND: Duration = Duration::from_secs(20);

/// How often it is looked whether a file is there.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What a figure is, or why there is none.
pub(crate) type Found<T> = Result<T, String>;

/// mcloud on an 80x24 terminal. It is killed when this goes.
pub(crate) struct Seat {
    child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    eye: vt100::Parser,
    _master: Box<dyn MasterPty + Send>,
    /// What is temporary goes with the seat: a process that is killed tidies nothing up.
    _temporary: TempDir,
}

impl Seat {
    /// Starts mcloud with these words.
    pub(crate) fn run(words: &[&str]) -> Found<Self> {
        let failed = |error: &dyn std::fmt::Display| format!("no terminal: {error}");
        let pair = native_pty_system().openpty(pty_size(80, 24));
        let pair = pair.map_err(|error| failed(&error))?;
        let output = watch(&*pair.master, Arc::default());
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mcloud"));
        let temporary = tempfile::tempdir().map_err(|error| error.to_string())?;
        command.env("TMPDIR", temporary.path());
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.args(words);
        let child = pair.slave.spawn_command(command);
        Ok(Self {
            child: child.map_err(|error| failed(&error))?,
            output,
            eye: vt100::Parser::new(cells(24, 24), cells(80, 80), 0),
            _master: pair.master,
            _temporary: temporary,
        })
    }

    /// Waits until `text` is to be read.
    pub(crate) fn until(&mut self, text: &str) -> Found<()> {
        let clock = Clock::real();
        let end = clock.now() + u64::try_from(BOUND.as_millis()).unwrap_or(u64::MAX);
        while !text_of(self.eye.screen()).contains(text) {
            let left = Duration::from_millis(end.saturating_sub(clock.now()));
            let Ok(bytes) = self.output.recv_timeout(left) else {
                return Err(format!("no {text:?} on the screen for {BOUND:?}"));
            };
            self.eye.process(&bytes);
        }
        Ok(())
    }

    /// Waits until there is a file, while the screen goes on.
    pub(crate) fn until_file(&mut self, path: &Path) -> Found<()> {
        let clock = Clock::real();
        let end = clock.now() + u64::try_from(BOUND.as_millis()).unwrap_or(u64::MAX);
        while !path.exists() {
            if clock.now() > end {
                return Err(format!("no {} for {BOUND:?}", path.display()));
            }
            if let Ok(bytes) = self.output.recv_timeout(LOOK_AGAIN) {
                self.eye.process(&bytes);
            }
        }
        Ok(())
    }

    /// Its resident memory in MiB.
    pub(crate) fn memory(&self) -> Found<f64> {
        let pid = self.child.process_id().ok_or("it has gone")?;
        resident(Path::new(&format!("/proc/{pid}")))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The daemon of the node whose state is in a directory. It is killed when this goes.
pub(crate) struct Daemon {
    process: PathBuf,
}

impl Daemon {
    /// The process that has the lock of this node, once a face has started it.
    pub(crate) fn of(state: &Path) -> Found<Self> {
        let lock = fs::canonicalize(state.join("run/lock")).map_err(|error| error.to_string())?;
        let processes = fs::read_dir("/proc").map_err(|error| error.to_string())?;
        let mut processes = processes.flatten().map(|entry| entry.path());
        let process = processes.find(|process| has_open(process, &lock));
        let process = process.ok_or("no process has the node's lock")?;
        Ok(Self { process })
    }

    /// Its resident memory in MiB.
    pub(crate) fn memory(&self) -> Found<f64> {
        resident(&self.process)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let name = self.process.file_name().and_then(|name| name.to_str());
        let pid = name.and_then(|name| Pid::from_raw(name.parse().ok()?));
        if let Some(pid) = pid {
            kill_process(pid, Signal::KILL).ok();
        }
    }
}

fn has_open(process: &Path, file: &Path) -> bool {
    let open = fs::read_dir(process.join("fd")).into_iter().flatten();
    open.flatten()
        .any(|fd| fs::read_link(fd.path()).is_ok_and(|link| link == file))
}

/// `VmRSS` of a process, in MiB (proc(5) tells it in KiB).
fn resident(process: &Path) -> Found<f64> {
    let status = fs::read_to_string(process.join("status"));
    let status = status.map_err(|error| error.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kib.map(|kib| kib / 1024.0)
        .ok_or("proc says nothing".to_owned())
}
