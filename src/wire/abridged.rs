//! The leader's state without what an agent has already: a plan does not go over the wire at every step.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::engine::node::Cluster;
use crate::engine::run::Run;

/// What is left out of a state: it is as it was in the state that came before over the same link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeftOut {
    /// The revision of the state that came before.
    pub since: u64,
    /// Whether the answers are left out.
    pub answers: bool,
    /// Whether what the checks found is left out.
    pub checks: bool,
    /// Whether the plan is left out.
    pub plan: bool,
    /// The nodes whose facts are left out.
    pub facts: BTreeSet<String>,
    /// Whether the run has those steps alone that stand otherwise than before.
    pub steps: bool,
}

/// `new` without what is the same in `known`, and what that is.
pub fn abridge(new: &Cluster, known: &Cluster) -> (Cluster, LeftOut) {
    let mut rest = new.clone();
    let mut out = LeftOut {
        since: known.revision,
        answers: take_same(&mut rest.answers, known.answers.as_ref()),
        plan: take_same(&mut rest.plan, known.plan.as_ref()),
        checks: !new.checks.is_empty() && new.checks.is(&known.checks),
        ..LeftOut::default()
    };
    if out.checks {
        rest.checks = Vec::new().into();
    }
    for (name, node) in &mut rest.nodes {
        let before = known.nodes.get(name);
        if take_same(
            &mut node.facts,
            before.and_then(|before| before.facts.as_ref()),
        ) {
            out.facts.insert(name.clone());
        }
    }
    if let (Some(run), Some(before)) = (&new.run, &known.run)
        && run.steps.keys().eq(before.steps.keys())
    {
        out.steps = true;
        rest.run = Some(Arc::new(changed(run, before)));
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
        if self.answers {
            rest.answers.clone_from(&known.answers);
        }
        if self.checks {
            rest.checks = known.checks.clone();
        }
        if self.plan {
            rest.plan.clone_from(&known.plan);
        }
        for name in &self.facts {
            let before = known.nodes.get(name)?;
            rest.nodes.get_mut(name)?.facts.clone_from(&before.facts);
        }
        if self.steps {
            let run = Arc::make_mut(rest.run.as_mut()?);
            let mut steps = known.run.as_ref()?.steps.clone();
            steps.append(&mut run.steps);
            run.steps = steps;
        }
        Some(rest)
    }
}
