//! What the leader orders of a node, and what the node tells about it.

use serde::{Deserialize, Serialize};

use super::answers::{Newcomer, Purpose};
use super::message::{Failure, Message};
use super::services::NodeFacts;

/// What the leader asks of a node: one verb on one step of the plan that the node holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The run.
    pub run: String,
    /// The digest of the sealed plan; the step's parameters come from there, never from the order.
    pub digest: String,
    /// The step's id.
    pub step: String,
    /// Which attempt.
    pub attempt: u32,
    /// What to do with it.
    pub verb: Verb,
}

/// What to do with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Look whether it is there already.
    Observe,
    /// Do it, and make sure.
    Apply,
}

/// What observing a step found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// It is there already.
    There(Vec<Message>),
    /// It is not; what is there instead goes into the journal.
    Missing(String),
}

/// A sign of life of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What it is doing now.
    pub doing: Option<Message>,
    /// Units done and in all, where the work counts.
    pub units: Option<(u64, u64)>,
}

/// What a worker tells the leader about an order or about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Report {
    /// What this node is.
    Facts(Box<NodeFacts>),
    /// This node could not be looked at.
    NotGathered(Failure),
    /// Its operator chose what a disk of it is for.
    Use {
        /// The disk's path.
        disk: String,
        /// What it is for; none: it is kept as it is.
        purpose: Option<Purpose>,
        /// Whether what is stored on it is encrypted.
        #[serde(default)]
        encrypt: bool,
    },
    /// Its operator chose over what its guests reach the outside, and each other.
    Uplink {
        /// Its uplink NIC; none: it gives none.
        nic: Option<String>,
        /// Its address for tunnels; none: its cluster address.
        underlay: Option<std::net::IpAddr>,
    },
    /// It wants to be taken into the cluster.
    Come(Newcomer),
    /// A step was looked at.
    Observed(Order, Result<Seen, Failure>),
    /// A step shows a sign of life.
    Progress(Order, Progress),
    /// A step ended.
    Ended(Order, Result<Vec<Message>, Failure>),
}
