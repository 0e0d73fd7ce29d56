//! A picture: what a screen needs, and no more.

mod draw;
mod install;
mod painter;
mod review;
pub mod wizard;

use serde::{Deserialize, Serialize};

pub use draw::{bytes_in_words, disk_in_words};
pub use painter::{Painter, picture};
pub use review::file_in_words;

use super::Millis;
use super::message::{Failure, Message};
use super::node::{End, Link, Role, Stage};
use super::plan::{DiskUse, Phase};
use super::preflight::Check;
use super::shared::Shared;

/// What the faces of a daemon draw. Elapsed times are drawn from `started` and the face's own now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// This node's name.
    pub me: String,
    /// Its role.
    pub role: Role,
    /// mcloud's version.
    pub mcloud: String,
    /// The cluster's name; empty before there is one.
    pub cluster: String,
    /// The name of the node that leads; empty before there is one.
    pub leader: String,
    /// How far the undertaking is.
    pub stage: Stage,
    /// When it began, or when the nodes began to be looked at for Review.
    pub began: Millis,
    /// Whether Review and Done go on by themselves.
    pub unattended: bool,
    /// Whether a run was begun before, of this cluster or by what is kept on this node: then something
    /// may be written already.
    #[serde(default)]
    pub touched: bool,
    /// The link to the leader (worker).
    pub link: Option<Link>,
    /// The nodes, in the answers' order.
    pub nodes: Vec<NodeRow>,
    /// What the screens before Review show.
    #[serde(default)]
    pub wizard: wizard::Wizard,
    /// What the checks found.
    pub checks: Shared<Check>,
    /// What Review shows, once there is a plan.
    pub review: Option<Review>,
    /// What Install shows, once there is a run.
    pub install: Option<Install>,
    /// Where the last report is.
    #[serde(default)]
    pub report: Option<String>,
    /// What Done shows.
    pub end: Option<End>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRow {
    /// Its name.
    pub name: String,
    /// Its address for cluster traffic.
    pub address: String,
    /// Its board model; empty before it was looked at.
    pub model: String,
    /// How it stands.
    pub state: NodeState,
    /// When it was last heard.
    pub heard: Option<Millis>,
}

/// How a node stands with the leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeState {
    /// It was named and has not come yet.
    Missing,
    /// It has a certificate and its agent is not connected.
    Silent,
    /// It is connected and being looked at.
    Looking,
    /// It is connected and its facts are known.
    Ready,
}

/// What Review shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// The sealed plan's digest; none while it is being computed.
    pub digest: Option<String>,
    /// The disks that will lose what they hold.
    pub erasures: Vec<DiskUse>,
    /// The disks that will be formatted though nothing was found on them.
    pub formats: Vec<DiskUse>,
    /// The driver of the local pool; none where the operator declined the pool.
    pub driver: Option<String>,
    /// Which storage and network there will be, what will not be there, what is installed.
    #[serde(default)]
    pub notes: Vec<Message>,
    /// The phases that have steps.
    pub phases: Vec<PhaseRow>,
    /// The number of steps.
    pub steps: usize,
    /// How long it all usually takes, in ms: the longest chain.
    pub usual_ms: u64,
}

/// One phase of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseRow {
    /// The phase.
    pub phase: Phase,
    /// The number of its steps; none where this plan has no such phase.
    pub steps: usize,
    /// The nodes they run on.
    pub nodes: Vec<String>,
    /// The longest sum of their usual times on one node, in ms.
    pub usual_ms: u64,
}

/// What Install shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Install {
    /// When it began.
    pub started: Millis,
    /// What is done, in thousandths of the sum of usual times.
    pub permille: u16,
    /// How long the rest usually takes, in ms, when the picture was made.
    pub remaining_ms: u64,
    /// Whether the operator asked it to stop.
    pub stopping: bool,
    /// One row a phase, one cell a node.
    pub rows: Vec<InstallRow>,
    /// The steps that run now.
    pub running: Vec<StepRow>,
    /// What stopped, with its step.
    pub failures: Vec<FailureRow>,
}

/// One phase over all nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstallRow {
    /// The phase.
    pub phase: Phase,
    /// One cell a node, in the picture's order.
    pub cells: Vec<Cell>,
}

/// One phase on one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// How it stands.
    pub state: CellState,
    /// When it began.
    pub started: Option<Millis>,
    /// How long it took, in ms, once it ended.
    pub took_ms: u64,
    /// How long it usually takes, in ms.
    pub usual_ms: u64,
    /// Percent, where the running step's work counts.
    pub percent: Option<u8>,
}

/// How a phase stands on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellState {
    /// The plan has no such step here.
    Empty,
    /// Nothing began.
    Waiting,
    /// Something runs, or is done with more to come.
    Running,
    /// All done.
    Done,
    /// All was there already.
    Already,
    /// Something stopped.
    Failed,
    /// Left out.
    Skipped,
}

/// A step that runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRow {
    /// Its id.
    pub id: String,
    /// Its phase.
    pub phase: Phase,
    /// Its node.
    pub node: String,
    /// Which attempt.
    pub attempt: u32,
    /// When it began.
    pub started: Millis,
    /// How long it usually takes, in ms.
    pub usual_ms: u64,
    /// When it last showed a sign of life.
    pub heard: Millis,
    /// What it is doing.
    pub doing: Option<Message>,
    /// Units done and in all, where the work counts.
    pub units: Option<(u64, u64)>,
}

/// What stopped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureRow {
    /// The step.
    pub step: String,
    /// Its phase.
    pub phase: Phase,
    /// Its node.
    pub node: String,
    /// Which attempt.
    pub attempt: u32,
    /// Why, and the ways on.
    pub failure: Failure,
}
