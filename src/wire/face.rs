//! A face's end of the daemon's socket.

mod asked;
mod left;

use std::path::Path;

use tokio::net::UnixStream;

use super::{
    Answer, FromDaemon, LONG_LINE, Offers, Question, Secret, ToDaemon, VERSION, Wire, WireError,
};
use crate::engine::Intent;
use crate::engine::message::Failure;
use crate::engine::picture::Picture;

pub use asked::{Asked, News, words_of};
pub use left::How;

/// A face that is connected to its node's daemon.
#[derive(Debug)]
pub struct FaceLink {
    wire: Wire<UnixStream, ToDaemon, FromDaemon>,
    /// The undertaking that was under way, or the last one, when the face came.
    pub undertaking: u64,
    /// What there was to see when the face came.
    pub picture: Box<Picture>,
}

/// Why a face is not connected.
#[derive(Debug, thiserror::Error)]
pub enum FaceError {
    /// Nobody listens: no daemon runs.
    #[error("no mcloud daemon runs on this node")]
    NoDaemon,
    /// Only root may speak with the node's daemon.
    #[error("only root may speak with this node's mcloud daemon: run mcloud as root")]
    NotPermitted,
    /// The daemon would not speak with this face.
    #[error("the daemon refused")]
    Refused(Box<Failure>),
    /// The daemon ended, or spoke strangely.
    #[error("the daemon's link broke: {0}")]
    Wire(#[from] WireError),
}

impl FaceLink {
    /// Connects to the daemon behind `socket`. With `pictures` the daemon sends a picture at every
    /// change, ten a second at most.
    pub async fn connect(socket: &Path, pictures: bool) -> Result<Self, FaceError> {
        let stream = UnixStream::connect(socket)
            .await
            .map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused => {
                    FaceError::NoDaemon
                }
                std::io::ErrorKind::PermissionDenied => FaceError::NotPermitted,
                _ => FaceError::Wire(error.into()),
            })?;
        let mut wire = Wire::new(stream, LONG_LINE);
        wire.send(&ToDaemon::Hello {
            v: VERSION,
            pictures,
        })
        .await?;
        let undertaking = match wire.receive().await? {
            FromDaemon::Hello { undertaking, .. } => undertaking,
            FromDaemon::Refused { failure } => return Err(FaceError::Refused(Box::new(failure))),
            _ => return Err(WireError::Closed.into()),
        };
        match wire.receive().await? {
            FromDaemon::Picture { picture } => Ok(Self {
                wire,
                undertaking,
                picture,
            }),
            _ => Err(WireError::Closed.into()),
        }
    }

    /// Says something to the daemon.
    pub async fn send(&mut self, what: &ToDaemon) -> Result<(), WireError> {
        self.wire.send(what).await
    }

    /// Says what the operator wants, in this order. Fails where the daemon has gone.
    pub async fn intend(
        &mut self,
        intents: impl IntoIterator<Item = Intent>,
    ) -> Result<(), WireError> {
        for intent in intents {
            self.send(&ToDaemon::Intent { intent }).await?;
        }
        Ok(())
    }

    /// Gives the daemon the session's words as they were typed: it calls the initiator with them.
    /// Fails where the daemon has gone.
    pub async fn call(&mut self, words: String) -> Result<(), WireError> {
        let words = Secret(words);
        self.send(&ToDaemon::Words { words }).await
    }

    /// Asks and waits for the answer; no other question may be open. Of what else the daemon says
    /// meanwhile its newest picture is kept, and events are passed over. Fails where the daemon has gone.
    pub async fn ask(&mut self, question: Question) -> Result<Answer, WireError> {
        self.send(&ToDaemon::Ask { question }).await?;
        loop {
            match self.receive().await? {
                FromDaemon::Answer { answer } => return Ok(answer),
                FromDaemon::Picture { picture } => self.picture = picture,
                _ => {}
            }
        }
    }

    /// What a cluster that is ready offers: nothing where this node does not lead it. Fails where the
    /// daemon has gone.
    pub async fn offers(&mut self) -> Result<Offers, WireError> {
        match self.ask(Question::Offers).await? {
            Answer::Offers { offers } => Ok(offers),
            _ => Ok(Offers::default()),
        }
    }

    /// Hears what the daemon says. Dropping the future loses nothing.
    pub async fn receive(&mut self) -> Result<FromDaemon, WireError> {
        self.wire.receive().await
    }
}
