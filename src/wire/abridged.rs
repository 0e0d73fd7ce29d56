//! The leader's state without what an agent has already: a plan does not go over the wire at every step.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::engine::node::Cluster;
use crate::engine::run::Run;
use crate::engine::shared::Shared;

/// What is left out of a state: it is as it was in the state that came before over the same link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeftOut {
    /// The revision of the state that came before.
    pub since: u64,
    /// The parts that are left out.
    pub parts: BTreeSet<Part>,
    /// The nodes whose facts are left out.
    pub facts: BTreeSet<String>,
}

/// A part of the leader's state that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The answers.
    Answers,
    /// What the checks found.
    Checks,
    /// The plan.
    Plan,
    /// The steps of the run that stand as before; the others are there.
    Steps,
}

/// `new` without what is the same in `known`, and what that is.
pub fn abridge(new: &Cluster, known: &Cluster) -> (Cluster, LeftOut) {
    let mut rest = new.clone();
    let mut out = LeftOut {
        since: known.revision,
        ..LeftOut::default()
    };
    if take_same(&mut rest.answers, known.answers.as_ref()) {
        out.parts.insert(Part::Answers);
    }
    if take_same(&mut rest.plan, known.plan.as_ref()) {
        out.parts.insert(Part::Plan);
    }
    if new.checks.is(&known.checks) {
        rest.checks = Shared::default();
        out.parts.insert(Part::Checks);
    }
    for (name, node) in &mut rest.nodes {
        let before = known.nodes.get(name).and_then(|node| node.facts.as_ref());
        if take_same(&mut node.facts, before) {
            out.facts.insert(name.clone());
        }
    }
    if let (Some(run), Some(before)) = (&new.run, &known.run)
        && run.steps.keys().eq(before.steps.keys())
    {
        rest.run = Some(Arc::new(changed(run, before)));
        out.parts.insert(Part::Steps);
    }
    (rest, out)
}

/// The run with those steps alone that stand otherwise than in `before`, which has the same ones.
fn changed(run: &Run, before: &Run) -> Run {
    let steps = run.steps.iter().zip(before.steps.values());
    let steps = steps.filter(|((_, step), before)| step != before);
    Run {
        id: run.id.clone(),
        started: run.started,
        stopping: run.stopping,
        steps: steps
            .map(|((id, step), _)| (id.clone(), step.clone()))
            .collect(),
        proven: run.proven.clone(),
    }
}

/// Takes what stands at the same place in the state before; says whether it was taken.
fn take_same<T>(new: &mut Option<Arc<T>>, known: Option<&Arc<T>>) -> bool {
    let same = matches!((&*new, known), (Some(new), Some(known)) if Arc::ptr_eq(new, known));
    if same {
        *new = None;
    }
    same
}

impl LeftOut {
    /// The whole state again: `rest` with what is left out of it, from the state that came before. None
    /// where another one came before.
    pub fn fill(&self, mut rest: Cluster, known: &Cluster) -> Option<Cluster> {
        if known.revision != self.since {
            return None;
        }
        let is_out = |part| self.parts.contains(&part);
        if is_out(Part::Answers) {
            rest.answers.clone_from(&known.answers);
        }
        if is_out(Part::Checks) {
            rest.checks = known.checks.clone();
        }
        if is_out(Part::Plan) {
            rest.plan.clone_from(&known.plan);
        }
        for name in &self.facts {
            let before = known.nodes.get(name)?;
            rest.nodes.get_mut(name)?.facts.clone_from(&before.facts);
        }
        if is_out(Part::Steps) {
            let run = Arc::make_mut(rest.run.as_mut()?);
            let mut steps = known.run.as_ref()?.steps.clone();
            steps.append(&mut run.steps);
            run.steps = steps;
        }
        Some(rest)
    }
}
