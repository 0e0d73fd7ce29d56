//! A terminal as a device: its size, what comes out of it, and the program that runs on it.

use std::fs::File;
use std::io::Read;
use std::num::NonZeroU16;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use portable_pty::{Child, MasterPty, PtySize};
use rustix::fs::OFlags;

/// What is to be read on a screen, without the blanks that end its lines.
pub(crate) fn text_of(screen: &vt100::Screen) -> String {
    let rows = screen.rows(0, u16::MAX);
    let trimmed: Vec<_> = rows.map(|row| row.trim_end().to_owned()).collect();
    trimmed.join("\n") + "\n"
}

pub(crate) fn pty_size(width: u16, height: u16) -> PtySize {
    PtySize {
        rows: height,
        cols: width,
        ..PtySize::default()
    }
}

pub(crate) fn cells(told: u16, usual: u16) -> NonZeroU16 {
    NonZeroU16::new(told)
        .or(NonZeroU16::new(usual))
        .expect("the usual size is not zero")
}

pub(crate) fn open(path: &Path) -> File {
    let flags = i32::try_from(OFlags::NOCTTY.bits()).expect("a small number");
    let mut options = File::options();
    let options = options.read(true).write(true).custom_flags(flags);
    options.open(path).expect("the device opens")
}

/// What comes out of the terminal, until the terminal goes.
pub(crate) fn watch(master: &dyn MasterPty, goes: Arc<AtomicBool>) -> Receiver<Vec<u8>> {
    let mut reader = master.try_clone_reader().expect("it can be read");
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = vec![0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            let read = bytes.iter().take(count).copied().collect();
            if goes.load(Ordering::SeqCst) || sender.send(read).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The exit code, once there is one; none where a signal ended it.
pub(crate) fn end_of(mut child: Box<dyn Child + Send + Sync>) -> Receiver<Option<u32>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let ended = child.wait().expect("it is ours to wait for");
        let code = ended.signal().is_none().then(|| ended.exit_code());
        // The test has gone if nobody receives.
        sender.send(code).ok();
    });
    receiver
}
