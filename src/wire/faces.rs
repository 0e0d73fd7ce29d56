//! What faces and their daemon say to each other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Secret;
use crate::engine::answers::Newcomer;
use crate::engine::event::PublicEvent;
use crate::engine::message::Failure;
use crate::engine::picture::Picture;
use crate::engine::services::NodeFacts;
use crate::engine::{Intent, Millis};

/// From a face to its node's daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "t")]
pub enum ToDaemon {
    /// The first line.
    Hello {
        /// [`super::VERSION`].
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
        /// What this node wants of a cluster that is there already.
        #[serde(default)]
        newcomer: Newcomer,
    },
    /// The session's words as they were typed: the daemon calls the initiator with them.
    Words {
        /// The words.
        words: Secret,
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
        /// [`super::VERSION`].
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
    /// The words of the session that is open here.
    Words,
    /// The answers as a preseed.
    Preseed,
    /// What a cluster that is ready offers its operator.
    Offers,
    /// What is known of the nodes of the cluster that this node leads.
    Facts,
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
    /// The session's words.
    Words {
        /// The session's id; none where no session is open.
        session: Option<String>,
        /// The words, blanks between them.
        words: Secret,
    },
    /// The answers as a preseed.
    Preseed {
        /// The file's text.
        text: String,
    },
    /// What the cluster offers.
    Offers {
        /// It.
        offers: Offers,
    },
    /// What is known of the nodes.
    Facts {
        /// The cluster's id.
        cluster: String,
        /// The facts of those that were looked at, by name.
        nodes: BTreeMap<String, NodeFacts>,
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

/// What a cluster that is ready offers its operator; nothing where this node does not lead it. Secrets,
/// so they are asked for, and are in no event and no picture.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offers {
    /// A token with which one more node joins, once.
    pub join: Option<Offer>,
    /// The address of LXD's web interface, with which a browser is let in.
    pub web: Option<Offer>,
}

/// One secret that is good for some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The token or the address.
    pub secret: Secret,
    /// When it ends.
    pub expires: Millis,
}
