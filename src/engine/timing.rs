//! How long steps usually take, and what is left of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Usual times by class of step, in ms.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usual(pub BTreeMap<String, u64>);

/// What a step takes of which nobody knows anything, in ms.
const UNKNOWN_MS: u64 = 1_000;

impl Usual {
    /// The usual time of `class`, in ms.
    pub fn of(&self, class: &str) -> u64 {
        self.0.get(class).copied().unwrap_or(UNKNOWN_MS)
    }
}
