//! What the console waits for: bytes, room for bytes, and the end of a pause. All cancel-safe.

use std::future;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::time::Duration;

use tokio::net::unix::pipe;
use tokio::time::{Sleep, sleep};

use super::backend::Paint;
use super::tty::Screen;

/// A pause that goes on however often its waiter is dropped.
#[derive(Debug, Default)]
pub(super) struct Pause(Option<Pin<Box<Sleep>>>);

impl Pause {
    /// Begins anew; without a length there is none.
    pub(super) fn set(&mut self, length: Option<Duration>) {
        self.0 = length.map(|length| Box::pin(sleep(length)));
    }

    pub(super) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Waits for the end of the pause, which then is no more; for ever where there is none.
    pub(super) async fn end(&mut self) {
        match &mut self.0 {
            Some(timer) => timer.as_mut().await,
            None => future::pending().await,
        }
        self.0 = None;
    }
}

/// What was typed; nothing when the terminal has gone.
pub(super) async fn read(input: &pipe::Receiver) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 256];
    loop {
        input.readable().await?;
        match input.try_read(&mut bytes) {
            Err(error)
                if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            read => {
                bytes.truncate(read?);
                return Ok(bytes);
            }
        }
    }
}

/// Waits until the terminal takes more and gives it the rest of the frame.
pub(super) async fn drain(paint: &mut Paint<Screen>) -> io::Result<()> {
    loop {
        paint.device().writable().await?;
        if paint.drain()? {
            return Ok(());
        }
    }
}
