//! The line face that asks: the operator at a terminal without a screen.

use std::io::{IsTerminal, Read, Write};
use std::sync::OnceLock;

use tokio::io::{AsyncWriteExt, BufReader, DuplexStream, duplex};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::Exit;
use super::watch::{Ending, timing};
use crate::cli::Common;
use crate::headless::ask::{self, Options};
use crate::text::say;
use crate::wire::face::{FaceLink, How};

/// How much of what is typed ahead is kept, in bytes.
const AHEAD: usize = 4096;

/// Whether the operator is asked line by line: lines were asked for, and somebody can answer.
pub(super) fn asks(common: &Common) -> bool {
    common.lines && !common.json && std::io::stdin().is_terminal()
}

/// Asks until the undertaking ends or the face is left, and says what became of the run.
pub(super) async fn talk(link: &mut FaceLink, options: Options) -> Result<Ending, Exit> {
    let goes_on = options.can_detach;
    let mut out = std::io::stdout();
    let mut input = typed().lock().await;
    let how = ask::run(link, options, &mut *input, &mut out).await;
    let how = how.map_err(Exit::failed)?;
    let code = match how {
        How::Detached | How::Gone if goes_on => Some("front.run-goes-on"),
        How::Detached | How::Gone => Some("front.rehearsal-ended"),
        How::DaemonEnded => Some("front.daemon-ended"),
        How::Left if link.picture.touched => Some("front.left-touched"),
        How::Left => Some("front.left"),
        How::Done(_) | How::Closed | How::Rehearse => None,
    };
    if let Some(code) = code {
        // Nobody reads it where this fails.
        let _ = writeln!(out, "mcloud: {}", say(code));
    }
    Ok(Ending {
        exit: how.exit(),
        erases: None,
        rehearse: how == How::Rehearse,
        timing: timing(link),
    })
}

/// What is typed on standard input, which a process has once. A thread of its own reads it: a read
/// that waits for a key must not keep the process from ending.
fn typed() -> &'static Mutex<BufReader<DuplexStream>> {
    static TYPED: OnceLock<Mutex<BufReader<DuplexStream>>> = OnceLock::new();
    TYPED.get_or_init(|| {
        let (mut to, from) = duplex(AHEAD);
        let handle = Handle::current();
        std::thread::spawn(move || {
            let mut bytes = [0; AHEAD];
            while let Ok(count @ 1..) = std::io::stdin().read(&mut bytes) {
                let read = bytes.get(..count).unwrap_or_default();
                if handle.block_on(to.write_all(read)).is_err() {
                    return;
                }
            }
            // A terminal that has gone is no answer: SIGHUP ends this face, and nothing else.
            if is_hung_up() {
                loop {
                    std::thread::park();
                }
            }
        });
        Mutex::new(BufReader::new(from))
    })
}

/// Whether standard input is a terminal that was taken away.
fn is_hung_up() -> bool {
    rustix::termios::tcgetattr(std::io::stdin()).err() == Some(rustix::io::Errno::IO)
}
