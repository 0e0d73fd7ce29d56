//! What is done once more: what a lost link swallowed, and looks at disks that are not the last any
//! more.

use crate::engine::node::Cluster;
use crate::engine::plan::Step;
use crate::engine::run::StepState;
use crate::engine::{Millis, Turn, Verb};

/// How old a look at a disk may be when the disk is written to, in ms: somebody may have put another
/// one there meanwhile. A look takes a second, so only what waited for somebody is older.
const FRESH: Millis = 15 * 60 * 1000;

/// How many times as long as the quickest look a look may be old, where that is more: on machines so
/// slow that each look takes minutes, they would never be fresh together.
const QUICKEST: Millis = 3;

impl Turn<'_> {
    /// What was ordered of a node and not answered is ordered again when its link comes back, and a
    /// disk of it that is about to be written to is looked at again: nobody knows what was done to it.
    pub(in crate::engine) fn resend(&mut self, node: &str) {
        let orders = self.unanswered(node);
        let cluster = &self.state.cluster;
        let (Some(plan), Some(run)) = (&cluster.plan, &cluster.run) else {
            return;
        };
        let waits = |part: &&Step| {
            let whole = plan.whole_of(part);
            let whole = whole.and_then(|whole| run.state(&whole.id));
            part.work.gives_disk() && whole == Some(&StepState::Waiting)
        };
        let of_node = plan.steps.iter().filter(|step| step.node == node);
        let looked: Vec<_> = of_node.filter(waits).map(|it| it.id.clone()).collect();
        for (id, verb) in orders {
            self.order(&id, verb);
        }
        self.wait_again(&looked);
        self.go_on();
    }

    /// The steps that were ordered of a node, with what was ordered, and that it has not answered.
    pub(super) fn unanswered(&self, node: &str) -> Vec<(String, Verb)> {
        let cluster = &self.state.cluster;
        let (Some(plan), Some(run)) = (&cluster.plan, &cluster.run) else {
            return Vec::new();
        };
        let verb = |step: &Step| match run.state(&step.id) {
            Some(StepState::Observing) => Some((step.id.clone(), Verb::Observe)),
            Some(StepState::Applying) => Some((step.id.clone(), Verb::Apply)),
            _ => None,
        };
        let of_node = plan.steps.iter().filter(|step| step.node == node);
        of_node.filter_map(verb).collect()
    }

    /// The steps that may begin. Before disks of several nodes are written to by one step, all of them
    /// are looked at once more where one look is too old, or its node cannot be heard.
    pub(super) fn begins(&mut self) -> Vec<String> {
        let startable = |cluster: &Cluster| match (&cluster.plan, &cluster.run) {
            (Some(plan), Some(run)) => run.startable(plan),
            _ => Vec::new(),
        };
        let begins = startable(&self.state.cluster);
        let old = self.too_old(&begins);
        if old.is_empty() {
            return begins;
        }
        self.wait_again(&old);
        startable(&self.state.cluster)
    }

    /// The looks that are too old for the disks which these steps write to.
    fn too_old(&self, begins: &[String]) -> Vec<String> {
        let cluster = &self.state.cluster;
        let (Some(plan), Some(run)) = (&cluster.plan, &cluster.run) else {
            return Vec::new();
        };
        let is_up = |node: &str| {
            let known = cluster.nodes.get(node).is_some_and(|node| node.up);
            known || node == self.state.local.name
        };
        let mut old = Vec::new();
        for whole in begins.iter().filter_map(|id| plan.step(id)) {
            let parts = plan.parts_of(whole).filter(|part| part.work.gives_disk());
            let parts: Vec<_> = parts
                .filter_map(|part| Some((part, run.steps.get(&part.id)?)))
                .collect();
            let took = parts.iter().map(|(_, part)| part.took_ms).min();
            let limit = FRESH.max(took.unwrap_or(0).saturating_mul(QUICKEST));
            let is_old = parts.iter().any(|(step, part)| {
                let since = part.started.unwrap_or(0).saturating_add(part.took_ms);
                self.now.saturating_sub(since) > limit || !is_up(&step.node)
            });
            if is_old {
                old.extend(parts.iter().map(|(step, _)| step.id.clone()));
            }
        }
        old
    }

    /// What is there is looked at once more.
    fn wait_again(&mut self, ids: &[String]) {
        for id in ids {
            let step = self.run_step(id).filter(|step| step.state.is_there());
            if let Some(step) = step {
                step.state = StepState::Waiting;
                self.changed();
            }
        }
    }
}
