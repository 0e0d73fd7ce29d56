//! The trust session as the engine knows it: who knocks, who said yes. The words are not here.

mod initiator;
mod joiner;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::Millis;
use super::message::Failure;

/// The session that this leader has open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// When it was opened.
    pub opened: Millis,
    /// When it closes by itself.
    pub until: Millis,
    /// The node ids of the peers the operator does not want.
    pub left_out: BTreeSet<String>,
    /// The joiners that typed the right words, in the order in which they came.
    pub knocks: Vec<Knock>,
}

/// A joiner that typed the right words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knock {
    /// Its node id, proven by its key.
    pub id: String,
    /// The name it gives itself.
    pub name: String,
    /// Where it called from.
    pub address: IpAddr,
    /// Its board model, by its own word.
    pub model: String,
    /// Its mcloud's version.
    pub mcloud: String,
    /// The four check words: the same on its console, or somebody stands between.
    pub check: Vec<String>,
    /// Whether its operator accepted.
    pub theirs: bool,
    /// How it stands.
    pub state: KnockState,
}

/// How a joiner stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnockState {
    /// It waits for this console's yes or no.
    Asking,
    /// This console said yes; its own has not yet.
    Accepted,
    /// Both said yes and it has its certificate.
    Trusted,
    /// One of both said no.
    Refused,
    /// It went away before it was trusted.
    Gone,
}

/// What a joiner is in the middle of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joining {
    /// The initiator's node id, as its beacon claims and then its key proves.
    pub peer: String,
    /// The session's id.
    pub session: String,
    /// The initiator's name.
    pub name: String,
    /// The cluster that is to be.
    pub cluster: String,
    /// Where the initiator listens.
    pub address: SocketAddr,
    /// How far it is.
    pub state: JoiningState,
    /// The four check words, once the words were right.
    pub check: Vec<String>,
    /// How often the words were not right.
    pub wrong: u32,
    /// Why the last attempt failed.
    pub failure: Option<Failure>,
}

/// An initiator that is to be called, and what it is to be told of this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// The node id it must prove.
    pub peer: String,
    /// The session.
    pub session: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// This node's name.
    pub name: String,
    /// This node's board model.
    pub model: String,
    /// This node's address for cluster traffic.
    pub own: Option<IpAddr>,
}

/// How far a joiner is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JoiningState {
    /// The words are to be typed.
    Words,
    /// The initiator is being called with them.
    Calling,
    /// They were right: the check words are to be compared.
    Compare,
    /// This console said yes; the initiator's has not yet.
    Waiting,
}
