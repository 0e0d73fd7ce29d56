//! JSON lines with a length limit and a version: the one codec of faces and agents.

mod abridged;
mod agents;
pub mod face;
mod faces;
pub mod trust;

use std::collections::BTreeMap;
use std::marker::PhantomData;

use futures_util::{SinkExt, StreamExt};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

pub use abridged::{LeftOut, abridge};
pub use agents::{JoinAnswer, JoinAsk, ToAgent, ToLeader};
pub use faces::{
    Answer, ClusterInfo, FromDaemon, NodeInfo, Offer, Offers, Question, ToDaemon, TokenInfo,
};

/// The version of everything below; the first line of either side carries it.
pub const VERSION: u32 = 1;

/// The longest line from a peer that is not confirmed yet, in bytes.
pub const SHORT_LINE: usize = 64 * 1024;

/// The longest line from a confirmed peer or a face, in bytes.
pub const LONG_LINE: usize = 4 * 1024 * 1024;

/// The longest line from an agent to its leader, in bytes: what one node tells of itself goes to every
/// node with the leader's state, which must stay shorter than [`LONG_LINE`].
pub const REPORT_LINE: usize = 256 * 1024;

/// Why a line could not be sent or understood.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The other side closed.
    #[error("the other side closed the connection")]
    Closed,
    /// A line was longer than allowed.
    #[error("a line was longer than {0} bytes")]
    TooLong(usize),
    /// A line was not what was expected.
    #[error("a line was not understood: {0}")]
    NotUnderstood(#[from] serde_json::Error),
    /// Something was left out that is not known here.
    #[error("something was left out that is not known here")]
    LeftOut,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(#[from] std::io::Error),
}

/// A connection that sends `S` and receives `R`, one JSON object a line.
#[derive(Debug)]
pub struct Wire<T, S, R> {
    lines: Framed<T, LinesCodec>,
    limit: usize,
    received: usize,
    kinds: PhantomData<fn(S) -> R>,
}

impl<T, S, R> Wire<T, S, R>
where
    T: AsyncRead + AsyncWrite + Unpin,
    S: Serialize,
    R: DeserializeOwned,
{
    /// Speaks over `stream`; a line of more than `limit` bytes ends the connection.
    pub fn new(stream: T, limit: usize) -> Self {
        Self::uneven(stream, limit, limit)
    }

    /// The same with a limit for what is sent and one for what is received.
    pub fn uneven(stream: T, sent: usize, received: usize) -> Self {
        let codec = LinesCodec::new_with_max_length(received);
        Self {
            lines: Framed::new(stream, codec),
            limit: sent,
            received,
            kinds: PhantomData,
        }
    }

    /// Sends one object.
    pub async fn send(&mut self, object: &S) -> Result<(), WireError> {
        let line = serde_json::to_string(object)?;
        if line.len() > self.limit {
            return Err(WireError::TooLong(self.limit));
        }
        self.lines
            .send(line)
            .await
            .map_err(|error| self.codec_error(error))
    }

    /// Receives one object. Dropping the future loses nothing.
    pub async fn receive(&mut self) -> Result<R, WireError> {
        match self.lines.next().await {
            None => Err(WireError::Closed),
            Some(Err(error)) => Err(self.codec_error(error)),
            Some(Ok(line)) => Ok(serde_json::from_str(&line)?),
        }
    }

    /// The same connection once both sides say other things; nothing that came already is lost.
    pub fn turned<S2, R2>(self) -> Wire<T, S2, R2> {
        Wire {
            lines: self.lines,
            limit: self.limit,
            received: self.received,
            kinds: PhantomData,
        }
    }

    fn codec_error(&self, error: LinesCodecError) -> WireError {
        match error {
            LinesCodecError::MaxLineLengthExceeded => WireError::TooLong(self.received),
            LinesCodecError::Io(error) => WireError::Io(error),
        }
    }
}

/// Text that is never printed, logged or kept; only this codec writes it out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What only the leader can give to a step of another node, by name.
pub type Inputs = BTreeMap<String, Secret>;
