//! Facts: what was found, done or heard outside, as the engine learns it.

use super::answers::{Newcomer, Purpose};
use super::event::PublicEvent;
use super::journal::Recorded;
use super::message::{Failure, Message};
use super::neighbours::Neighbours;
use super::node::Cluster;
use super::order::{Order, Progress, Seen};
use super::services::NodeFacts;
use super::timing::Usual;
use super::trust::Knock;

/// What was found, done or heard.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Who else is on the network, as far as discovery hears.
    Neighbours(Neighbours),
    /// The session is open.
    SessionOpened(String),
    /// A joiner typed the right words (leader).
    Knocked(Knock),
    /// A joiner's operator said yes or no; none: it went away (leader).
    JoinerSaid(String, Option<bool>),
    /// The words were right; these are the check words (joiner).
    Confirmed(Vec<String>),
    /// They were not, or the initiator could not be asked (joiner).
    NotConfirmed {
        /// Why.
        failure: Failure,
        /// Whether the words were wrong, or somebody stands between.
        wrong_words: bool,
    },
    /// The initiator said no, or went away, before this node had its certificate (joiner).
    TurnedAway(Failure),
    /// A joiner's operator chose what a disk of it is for (leader).
    Chose {
        /// The node.
        node: String,
        /// The disk's path.
        disk: String,
        /// What it is for.
        purpose: Option<Purpose>,
        /// Whether what is stored on it is encrypted.
        encrypt: bool,
    },
    /// A joiner's operator chose over what its guests reach the outside, and each other (leader).
    ChoseUplink {
        /// The node.
        node: String,
        /// Its uplink NIC.
        nic: Option<String>,
        /// Its address for tunnels.
        underlay: Option<std::net::IpAddr>,
    },
    /// The cluster's state, CA and listener are there.
    Opened {
        /// The cluster's id.
        cluster: String,
        /// The leader's epoch.
        epoch: u64,
        /// The nodes that have a certificate.
        joined: Vec<Member>,
        /// Whether a run of it was begun before.
        touched: bool,
        /// How long steps usually take, by this cluster's own history where it has one.
        usual: Usual,
    },
    /// They could not be made.
    NotOpened(Failure),
    /// A node has its certificate.
    Joined {
        /// Its name.
        node: String,
        /// Its node id.
        id: String,
        /// Whether by the session, or else by a token.
        session: bool,
    },
    /// A node that joined by a token wants to be taken in.
    Came(String, Newcomer),
    /// The session could not be opened.
    SessionNotOpened(Failure),
    /// A node was looked at; on an agent, this node.
    Facts {
        /// Its name; this node's is taken from the state.
        node: Option<String>,
        /// What was found.
        facts: Box<NodeFacts>,
    },
    /// A node could not be looked at; without a name this one.
    NotGathered(Option<String>, Failure),
    /// An agent's link is up (leader).
    LinkUp(String),
    /// An agent's link is down (leader).
    LinkDown(String),
    /// A node showed a sign of life (leader).
    Heard(String),
    /// A joiner gave the undertaking up (leader).
    PeerLeft(String),
    /// This node has its certificate (worker).
    Certified {
        /// Its name in the cluster.
        name: String,
        /// The cluster's name.
        cluster: String,
    },
    /// The leader would not have this node (worker).
    JoinRefused(Failure),
    /// The link to the leader is up or down (worker).
    Link(bool),
    /// The leader's state (worker).
    Cluster(Box<Cluster>),
    /// The leader told a public event (worker).
    Told(PublicEvent),
    /// The leader ordered something (worker).
    Ordered(Order),
    /// The plan's digest is known.
    Digested {
        /// The revision the plan was made at.
        revision: u64,
        /// SHA-256 of the plan, in hex.
        digest: String,
    },
    /// A report was written, and where; or why it was not.
    Reported(Result<String, Failure>),
    /// The journal holds an entry, durably.
    Journaled(Recorded),
    /// It could not be written: what waits for it must not be done.
    NotJournaled(Recorded, Failure),
    /// A step was looked at.
    Observed(Order, Result<Seen, Failure>),
    /// A step shows a sign of life.
    Progress(Order, Progress),
    /// A step was applied and verified, or failed.
    Ended(Order, Result<Vec<Message>, Failure>),
}

/// A node that has a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its node id.
    pub id: String,
    /// Whether its agent is connected.
    pub up: bool,
}
