//! The connection after the confirmations: beats both ways while two persons are asked.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until, timeout};

use super::{ANSWER, BEAT, SILENCE, TrustError};
use crate::wire::{Wire, WireError};

/// A confirmed connection. Receiving may be dropped and begun again at any time.
#[derive(Debug)]
pub(super) struct Link<T, S, R> {
    wire: Wire<T, S, R>,
    pulse: Interval,
    heard: Instant,
}

impl<T, S, R> Link<T, S, R>
where
    T: AsyncRead + AsyncWrite + Unpin,
    S: Serialize,
    R: DeserializeOwned,
{
    pub(super) fn new(wire: Wire<T, S, R>) -> Self {
        let mut pulse = interval(BEAT);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            wire,
            pulse,
            heard: Instant::now(),
        }
    }

    /// The next thing said, beats included; says `beat` while it waits. After [`SILENCE`] without a
    /// word the other side is gone.
    pub(super) async fn next(&mut self, beat: &S) -> Result<R, TrustError> {
        loop {
            tokio::select! {
                biased;
                said = self.wire.receive() => {
                    self.heard = Instant::now();
                    return said.map_err(|error| broken(&error));
                }
                _ = self.pulse.tick() => self.send(beat).await?,
                () = sleep_until(self.heard + SILENCE) => return Err(TrustError::Gone),
            }
        }
    }

    /// Says one thing, to a side that must take it in time.
    pub(super) async fn send(&mut self, said: &S) -> Result<(), TrustError> {
        match timeout(ANSWER, self.wire.send(said)).await {
            Err(_) | Ok(Err(WireError::Closed | WireError::Io(_))) => Err(TrustError::Gone),
            Ok(Err(error)) => Err(TrustError::Own(error.to_string())),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Says the last thing, and waits a little until the other side has hung up: closing on what it
    /// still sends would reset the connection, and the last thing would be lost.
    pub(super) async fn part(mut self, said: &S) -> Result<(), TrustError> {
        self.send(said).await?;
        let gone = async { while self.wire.receive().await.is_ok() {} };
        // One that does not go is left.
        let _ = timeout(ANSWER, gone).await;
        Ok(())
    }
}

fn broken(error: &WireError) -> TrustError {
    match error {
        WireError::TooLong(_) => TrustError::Nonsense("a line is too long"),
        WireError::NotUnderstood(_) | WireError::LeftOut => {
            TrustError::Nonsense("a line makes no sense")
        }
        WireError::Closed | WireError::Io(_) => TrustError::Gone,
    }
}
