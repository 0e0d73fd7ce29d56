//! The two halves of the state: what this daemon owns, and what the leader owns.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Millis;
use super::answers::{Answers, Newcomer};
use super::event::What;
use super::message::{Failure, Message};
use super::neighbours::Neighbours;
use super::plan::Plan;
use super::preflight::{Check, Verdict};
use super::run::{CriticalPath, Run};
use super::services::NodeFacts;
use super::shared::Shared;
use super::trust::{Joining, Session};
use super::wizard::{Membership, Part, Unfinished};

/// What a daemon is in its cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Nothing yet.
    #[default]
    Undecided,
    /// The initiator: it plans, and keeps the cluster's state.
    Leader,
    /// A joiner: it does what the sealed plan says.
    Worker,
}

/// What this daemon owns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Local {
    /// mcloud's version.
    pub mcloud: String,
    /// The node's id.
    pub id: String,
    /// The node's name: its host name, then its name in the cluster.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// The link to the leader: since when it is up or down (worker).
    pub link: Option<Link>,
    /// Why this node was not let in, or why it left (worker).
    pub end: Option<End>,
    /// When a sign of life was last told.
    pub told: Millis,
    /// What this machine is, as it was looked at last.
    pub facts: Option<Arc<NodeFacts>>,
    /// What this node is to be, by its operator.
    pub part: Option<Part>,
    /// The address for cluster traffic, by its operator.
    pub address: Option<IpAddr>,
    /// The addresses the operator typed, to be asked directly.
    pub typed: Vec<IpAddr>,
    /// Who else is on the network.
    pub neighbours: Neighbours,
    /// The session this node is a joiner in, until it has its certificate.
    pub joining: Option<Joining>,
    /// Whether it came in by a session: then it is out again when the initiator goes before Install.
    pub by_session: bool,
    /// Whether it is kept that a run was begun with this node (worker).
    #[serde(default)]
    pub settled: bool,
    /// Whether the end of the undertaking that the leader began was told here (worker).
    pub end_told: bool,
    /// Why what was asked for on Welcome or Address could not be done.
    pub trouble: Option<Failure>,
    /// Where the last report is.
    pub report: Option<String>,
    /// What it wants of a cluster that is there already, until it is named in it (worker).
    #[serde(default)]
    pub newcomer: Option<Newcomer>,
    /// The answers by which the cluster came to be, once it has (leader).
    #[serde(default)]
    pub formed: Option<Arc<Answers>>,
    /// The run of this leader that was cut off.
    pub unfinished: Option<Unfinished>,
    /// The cluster this node is a member of.
    pub member: Option<Membership>,
}

/// A worker's link to its leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Whether it is up.
    pub up: bool,
    /// Since when.
    pub since: Millis,
}

/// What the leader owns. What is large and replaced whole is shared: a copy of the state is cheap, and
/// what is the same in two states is seen by its place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// Grows with every change.
    pub revision: u64,
    /// The cluster's id.
    pub id: String,
    /// The leader's epoch.
    pub epoch: u64,
    /// What the operator decided.
    pub answers: Option<Arc<Answers>>,
    /// Whether Review and Done go on by themselves.
    pub unattended: bool,
    /// When the undertaking began.
    pub began: Millis,
    /// When every node began to be looked at, for the plan that is made then; 0 before.
    #[serde(default)]
    pub gathers: Millis,
    /// The trust session, while it is open.
    #[serde(default)]
    pub session: Option<Session>,
    /// Who chose last what a disk is for: by node, then by the disk's path, the console's node.
    #[serde(default)]
    pub chosen_by: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether the guests' network is still what mcloud suggests: then it follows the nodes.
    #[serde(default)]
    pub suggests: bool,
    /// The nodes it has, where this is about taking more into a cluster that is there.
    #[serde(default)]
    pub grows: Option<BTreeSet<String>>,
    /// The nodes the answers name.
    pub nodes: BTreeMap<String, Node>,
    /// How far the undertaking is.
    pub stage: Stage,
    /// What the checks found.
    pub checks: Shared<Check>,
    /// The plan.
    pub plan: Option<Arc<Plan>>,
    /// The revision at which the plan was made.
    #[serde(default)]
    pub planned: u64,
    /// The plan's digest, once it is known: the plan is sealed by it.
    pub digest: Option<String>,
    /// The run.
    pub run: Option<Arc<Run>>,
    /// How it ended.
    pub end: Option<End>,
    /// Whether a run of it was begun before: then something may be written already.
    #[serde(default)]
    pub touched: bool,
}

impl Cluster {
    /// Since when the nodes are waited for: the last look at them, or else the beginning.
    pub(super) fn waits_since(&self) -> Millis {
        self.gathers.max(self.began)
    }

    /// What the nodes were found to be, those that were looked at.
    pub fn facts(&self) -> BTreeMap<String, NodeFacts> {
        let known = self.nodes.iter();
        known
            .filter_map(|(name, node)| Some((name.clone(), node.facts.as_deref()?.clone())))
            .collect()
    }

    /// Nothing is under way in it: what has ended was seen.
    pub(super) fn close(&mut self) {
        (self.stage, self.end, self.unattended) = (Stage::Idle, None, false);
    }

    /// Whether a check forbids Install.
    pub fn is_blocked(&self) -> bool {
        self.checks
            .iter()
            .any(|check| check.verdict == Verdict::Blocking)
    }

    /// The nodes that are not ready to be planned for, in the answers' order.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        let names = self.answers.iter().flat_map(|answers| &answers.nodes);
        names.map(|node| node.name.as_str()).filter(|name| {
            self.nodes
                .get(*name)
                .is_none_or(|node| !node.up || node.facts.is_none())
        })
    }
}

/// How far an undertaking is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Nothing was begun.
    #[default]
    Idle,
    /// A session is open: nodes come in, and the operators choose.
    Forming,
    /// Nodes are coming in and are being looked at.
    Gathering,
    /// The plan is there; the operator reads it.
    Review,
    /// The journal is recording the sealed plan.
    Sealing,
    /// Steps are being done.
    Installing,
    /// A step stopped and the operator decides.
    Stopped,
    /// It ended.
    Ended,
}

/// One node, as the leader knows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Its node id, once it has a certificate.
    pub id: Option<String>,
    /// Whether its agent is connected.
    pub up: bool,
    /// When it was last heard.
    pub heard: Option<Millis>,
    /// What it is.
    pub facts: Option<Arc<NodeFacts>>,
}

/// How an undertaking ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// When.
    pub at: Millis,
    /// Whether everything planned is there.
    pub ok: bool,
    /// The exit code of the faces.
    pub exit: u8,
    /// How many members the cluster has.
    pub members: usize,
    /// How long it took, in ms.
    pub took_ms: u64,
    /// What was proven.
    pub proven: Vec<Message>,
    /// Why it ended, where it is not done.
    pub why: Option<Message>,
    /// What stopped it, where something did before any step.
    pub failure: Option<Failure>,
    /// How long its longest chain of steps was, where a run ended.
    #[serde(default)]
    pub timing: Option<CriticalPath>,
}

impl End {
    /// The end as it is told.
    pub fn told(&self) -> What {
        What::Done {
            ok: self.ok,
            exit: self.exit,
            members: self.members,
            took_ms: self.took_ms,
            proven: self.proven.clone(),
            why: self.why.clone(),
            timing: self.timing.clone(),
        }
    }
}
