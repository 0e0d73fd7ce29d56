//! JSON lines with a length limit and a version: the one codec of faces and agents.

pub mod face;

use std::collections::BTreeMap;
use std::marker::PhantomData;

use futures_util::{SinkExt, StreamExt};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

use crate::engine::event::PublicEvent;
use crate::engine::message::{Failure, Message};
use crate::engine::node::Cluster;
use crate::engine::picture::Picture;
use crate::engine::{Intent, Millis, Order, Report};

/// The version of everything below; the first line of either side carries it.
pub const VERSION: u32 = 1;

/// The longest line from a peer that is not confirmed yet, in bytes.
pub const SHORT_LINE: usize = 64 * 1024;

/// The longest line from a confirmed peer or a face, in bytes.
pub const LONG_LINE: usize = 4 * 1024 * 1024;

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
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(#[from] std::io::Error),
}

/// A connection that sends `S` and receives `R`, one JSON object a line.
#[derive(Debug)]
pub struct Wire<T, S, R> {
    lines: Framed<T, LinesCodec>,
    limit: usize,
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
        let codec = LinesCodec::new_with_max_length(limit);
        Self {
            lines: Framed::new(stream, codec),
            limit,
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

    fn codec_error(&self, error: LinesCodecError) -> WireError {
        match error {
            LinesCodecError::MaxLineLengthExceeded => WireError::TooLong(self.limit),
            LinesCodecError::Io(error) => WireError::Io(error),
        }
    }
}

/// From a face to its node's daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "t")]
pub enum ToDaemon {
    /// The first line.
    Hello {
        /// [`VERSION`].
        v: u32,
        /// Whether the face wants pictures; every face gets events.
        pictures: bool,
    },
    /// What the operator wants.
    Intent {
        /// The intent.
        intent: Intent,
    },
    /// What the operator wants, with a secret that stays outside the state.
    Join {
        /// This node's name by the preseed, where there is one.
        name: Option<String>,
        /// The join token as it was written.
        token: Secret,
    },
    /// A question about the cluster; one answer follows.
    Ask {
        /// The question.
        question: Question,
    },
}

/// From a node's daemon to a face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "t")]
pub enum FromDaemon {
    /// The first line.
    Hello {
        /// [`VERSION`].
        v: u32,
        /// mcloud's version.
        mcloud: String,
        /// The undertaking whose events come first; see [`FromDaemon::Event`].
        undertaking: u64,
    },
    /// The face's version is another, or it may not do this.
    Refused {
        /// Why.
        failure: Failure,
    },
    /// What there is to see now.
    Picture {
        /// The picture.
        picture: Box<Picture>,
    },
    /// What happened; past events of the undertaking come first.
    Event {
        /// Which undertaking of this daemon it belongs to: a face that began a new one passes over
        /// what is left of the last.
        undertaking: u64,
        /// The event.
        event: Box<PublicEvent>,
    },
    /// The answer to a question.
    Answer {
        /// The answer.
        answer: Answer,
    },
}

/// What a face can ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask")]
pub enum Question {
    /// The nodes of the cluster.
    Nodes,
    /// The cluster itself.
    Cluster,
    /// The join tokens.
    Tokens,
    /// Make a join token.
    CreateToken {
        /// The node it is for.
        node: String,
        /// How long it lasts, in ms.
        ttl_ms: u64,
    },
    /// Make a join token worthless.
    RevokeToken {
        /// Its id.
        id: String,
    },
}

/// What the daemon answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "answer")]
pub enum Answer {
    /// The nodes.
    Nodes {
        /// One row a node.
        nodes: Vec<NodeInfo>,
    },
    /// The cluster.
    Cluster {
        /// Its row; none before there is one.
        cluster: Option<ClusterInfo>,
    },
    /// The tokens.
    Tokens {
        /// One row a token.
        tokens: Vec<TokenInfo>,
    },
    /// A token was made.
    Token {
        /// Its row.
        info: TokenInfo,
        /// The token itself, shown once.
        token: Secret,
    },
    /// It was done.
    Done,
    /// It could not be done.
    Failed {
        /// Why.
        failure: Failure,
    },
}

/// A node, as `mcloud node list` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeInfo {
    /// Its name.
    pub name: String,
    /// Its node id.
    pub id: String,
    /// `leader` or `worker`.
    pub role: String,
    /// Its address.
    pub address: String,
    /// Whether its agent is connected.
    pub connected: bool,
    /// When it joined.
    pub joined: Millis,
}

/// A cluster, as `mcloud cluster list` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterInfo {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The leader's epoch.
    pub epoch: u64,
    /// When it was made.
    pub created: Millis,
    /// How many nodes have a certificate.
    pub nodes: usize,
    /// The leader's name.
    pub leader: String,
}

/// A token, as `mcloud token list` shows it: never its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenInfo {
    /// Its id.
    pub id: String,
    /// The node it is for.
    pub node: String,
    /// When it was made.
    pub created: Millis,
    /// When it ends.
    pub expires: Millis,
    /// `open`, `used`, `revoked` or `expired`.
    pub state: String,
}

/// From an agent to its leader.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "t")]
pub enum ToLeader {
    /// The first line.
    Hello {
        /// [`VERSION`].
        v: u32,
        /// mcloud's version.
        mcloud: String,
        /// The highest epoch the agent has seen.
        epoch: u64,
        /// How many of the undertaking's events the agent holds.
        events: u64,
        /// When the undertaking began whose events those are.
        began: Millis,
    },
    /// What the agent found or did.
    Report {
        /// The report.
        report: Box<Report>,
    },
    /// A sign of life, every 2 s.
    Beat {
        /// The agent's clock.
        now: Millis,
    },
    /// The agent gives the undertaking up.
    Leave,
}

/// From the leader to an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "t")]
pub enum ToAgent {
    /// The leader's state, whole.
    Cluster {
        /// The state.
        cluster: Box<Cluster>,
    },
    /// A public event.
    Event {
        /// Its number in the undertaking, from 0.
        seq: u64,
        /// When the undertaking began.
        began: Millis,
        /// The event.
        event: Box<PublicEvent>,
    },
    /// Look at your node.
    Gather,
    /// Do something with a step of the plan you hold.
    Order {
        /// The order.
        order: Order,
        /// What only the leader could give: a join token, the cluster's certificate.
        inputs: Inputs,
    },
    /// Stop what you do at the next safe place.
    Cancel,
    /// The leader will not speak with this agent.
    Refused {
        /// Why.
        why: Message,
    },
}

/// The one request of `mcloud-join/1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JoinAsk {
    /// [`VERSION`].
    pub v: u32,
    /// The token's id.
    pub token: String,
    /// The token's secret, base64url.
    pub secret: Secret,
    /// The joiner's node id: the certificate is for this key alone.
    pub id: String,
    /// The certificate request, DER, base64url.
    pub csr: String,
    /// The name the joiner goes by, where its preseed says.
    pub name: Option<String>,
    /// mcloud's version.
    pub mcloud: String,
}

/// Its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "t")]
pub enum JoinAnswer {
    /// The joiner is in.
    Welcome {
        /// Its certificate, DER, base64url.
        certificate: String,
        /// Its name in the cluster.
        name: String,
        /// The cluster's id.
        cluster_id: String,
        /// The cluster's name.
        cluster: String,
        /// The leader's node id.
        leader: String,
        /// The leader's epoch.
        epoch: u64,
    },
    /// It is not.
    Refused {
        /// Why.
        why: Message,
    },
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
