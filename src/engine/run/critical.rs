//! The critical path of a run: the longest chain of steps that had to wait for each other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Run, StepRun};
use crate::engine::Millis;
use crate::engine::plan::{Plan, Step};

/// How long a run took at the least, and at the most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriticalPath {
    /// The sum of the longest chain, in ms: no order of the same steps is faster.
    pub critical_path_ms: u64,
    /// The sum of all steps, in ms: what they take one after the other.
    pub in_series_ms: u64,
    /// The steps of that chain, the first one first.
    pub critical_path: Vec<String>,
}

/// A step that was done, with when it began and how long it took.
struct Done<'a> {
    step: &'a Step,
    began: Millis,
    took: u64,
}

/// The longest chain up to a step's end: its length in ms, and the step before it.
type Chains<'a> = BTreeMap<&'a str, (u64, Option<&'a str>)>;

impl Run {
    /// The critical path of what was done: a step waits for what it needs, and for the one that had
    /// its lock before. None before anything was done.
    pub fn critical_path(&self, plan: &Plan) -> Option<CriticalPath> {
        let done = |step| {
            let step: &Step = step;
            let run: &StepRun = self.steps.get(&step.id).filter(|it| it.state.is_there())?;
            Some(Done {
                step,
                began: run.started?,
                took: run.took_ms,
            })
        };
        let mut all: Vec<_> = plan.steps.iter().filter_map(done).collect();
        all.sort_by_key(|it| it.began);
        let mut chains = Chains::new();
        for (at, it) in all.iter().enumerate() {
            let earlier = all.get(..at).unwrap_or_default();
            let before = longest_before(it, earlier, &chains);
            let length = before.map_or(0, |(length, _)| length);
            let chain = (length.saturating_add(it.took), before.map(|(_, id)| id));
            chains.insert(&it.step.id, chain);
        }
        let (last, (length, _)) = chains.iter().max_by_key(|(_, (length, _))| *length)?;
        let mut path = Vec::new();
        let mut next = Some(*last);
        while let Some(id) = next {
            path.push(id.to_owned());
            next = chains.get(id).and_then(|(_, before)| *before);
        }
        path.reverse();
        Some(CriticalPath {
            critical_path_ms: *length,
            in_series_ms: all.iter().map(|it| it.took).sum(),
            critical_path: path,
        })
    }
}

fn longest_before<'a>(
    it: &Done<'a>,
    earlier: &[Done<'a>],
    chains: &Chains<'a>,
) -> Option<(u64, &'a str)> {
    let shares = |other: &Step| it.step.locks.iter().any(|lock| other.locks.contains(lock));
    let waited_for = |other: &&Done<'a>| {
        let over = other.began.saturating_add(other.took) <= it.began;
        it.step.needs.contains(&other.step.id) || (over && shares(other.step))
    };
    let before = earlier.iter().filter(waited_for);
    let chain = |other: &Done<'a>| {
        let (length, _) = chains.get(other.step.id.as_str())?;
        Some((*length, other.step.id.as_str()))
    };
    before.filter_map(chain).max()
}
