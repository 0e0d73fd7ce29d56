//! The public events: what a machine that watches mcloud is told, additive only.
//!
//! `assets/events.schema.json` documents them as they leave mcloud: `at` as RFC 3339, every
//! message with its sentence.

use serde::{Deserialize, Serialize};

use super::Millis;
use super::message::{Failure, Message};
use super::plan::Phase;
use super::preflight::Verdict;
use super::run::CriticalPath;

/// One public event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublicEvent {
    /// When it happened.
    pub at: Millis,
    /// The node it is about.
    pub node: String,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum What {
    /// An undertaking begins, or a face came to one that is under way.
    Hello {
        /// mcloud's version.
        mcloud: String,
        /// The cluster's name.
        cluster: String,
        /// This node's part: `leader` or `worker`.
        role: String,
    },
    /// A check was made.
    Check {
        /// Its name.
        check: String,
        /// What it found.
        verdict: Verdict,
        /// What that means.
        says: Message,
        /// How to mend it.
        fix: Option<Message>,
    },
    /// A peer changed.
    Peer {
        /// How it stands with us.
        state: PeerState,
        /// Its address, where it is known.
        address: Option<String>,
    },
    /// A peer was trusted or refused.
    Trust {
        /// `trusted` or `refused`.
        state: String,
        /// By what: `token`.
        by: String,
        /// Its node id.
        id: String,
    },
    /// The plan was made and sealed.
    Plan {
        /// SHA-256 of the sealed plan, in hex.
        digest: String,
        /// How many steps it has.
        steps: usize,
        /// Its nodes.
        nodes: Vec<String>,
        /// How many disks will lose what they hold.
        erase: usize,
        /// Those disks, in words.
        erasures: Vec<String>,
        /// The sum of the steps' usual times, in ms.
        usual_ms: u64,
    },
    /// A step changed.
    Step {
        /// Its row on the screen.
        phase: Phase,
        /// Its id, the same in the journal.
        step: String,
        /// How it stands.
        state: StepEvent,
        /// Which attempt.
        attempt: u32,
        /// How long it has taken so far, in ms.
        took_ms: u64,
        /// Units done, where the work counts.
        done: Option<u64>,
        /// Units in all, where the work counts.
        total: Option<u64>,
    },
    /// A line of the log.
    Log {
        /// How grave it is.
        level: Level,
        /// The step it belongs to.
        step: Option<String>,
        /// The line.
        says: Message,
    },
    /// Something stopped.
    Failure {
        /// The step that stopped; none where no step had begun.
        step: Option<String>,
        /// Why, and the ways on.
        failure: Failure,
    },
    /// The end; always the last line.
    Done {
        /// Whether everything planned is there.
        ok: bool,
        /// The exit code of the face.
        exit: u8,
        /// How many members the cluster has.
        members: usize,
        /// How long it took, in ms.
        took_ms: u64,
        /// What was proven.
        proven: Vec<Message>,
        /// Why it ended, where it is not done.
        why: Option<Message>,
        /// How long its longest chain of steps was, where a run ended.
        #[serde(flatten)]
        timing: Option<CriticalPath>,
    },
}

/// How a peer stands with us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeerState {
    /// Named in the answers, not heard of yet.
    Missing,
    /// It has a certificate.
    Joined,
    /// Its agent is connected.
    Connected,
    /// Its link was lost.
    Lost,
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepEvent {
    /// It waits for others.
    Waiting,
    /// It is being done.
    Running,
    /// It was done.
    Done,
    /// It was there already.
    Already,
    /// It stopped.
    Failed,
    /// It is left out.
    Skipped,
    /// What it made was taken back.
    Undone,
}

/// How grave a line of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// For those who look closely.
    Debug,
    /// Worth a line.
    Info,
    /// Worth a thought.
    Warning,
    /// Something is wrong.
    Error,
}
