//! What the journal holds: answers, the sealed plan, each step's start and end, decisions.

use serde::{Deserialize, Serialize};

use super::Intent;
use super::answers::Answers;
use super::message::Failure;
use super::plan::{Plan, Work};

/// Which entry the journal holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// The answers and the sealed plan of a run.
    Run,
    /// That a step will be applied.
    Step {
        /// Its id.
        step: String,
        /// Which attempt.
        attempt: u32,
    },
}

/// One entry of the journal.
#[expect(
    clippy::large_enum_variant,
    reason = "an entry is boxed wherever it waits, and written at once"
)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "entry")]
pub enum Entry {
    /// A run begins: the answers and the plan as they were sealed.
    Run {
        /// The answers.
        answers: Box<Answers>,
        /// The plan.
        plan: Box<Plan>,
        /// Its digest.
        digest: String,
    },
    /// A step will be applied.
    Start {
        /// Its id.
        step: String,
        /// Which attempt.
        attempt: u32,
        /// What was there before.
        before: String,
        /// What was asked.
        asked: Work,
    },
    /// A step ended.
    End {
        /// Its id.
        step: String,
        /// Which attempt.
        attempt: u32,
        /// Whether mcloud made it: rollback removes nothing else.
        made: bool,
        /// How long it took, in ms.
        took_ms: u64,
        /// Why it failed, where it did.
        failure: Option<Failure>,
    },
    /// The operator decided something.
    Decision {
        /// What.
        intent: Intent,
    },
}
