//! What is told of steps while they are done.

use crate::engine::Turn;
use crate::engine::event::{Level, StepEvent, What};
use crate::engine::message::Message;

impl Turn<'_> {
    /// Tells of every running step: nobody waits longer than a life sign for news.
    pub(in crate::engine) fn tell_running(&mut self) {
        let run = self.state.cluster.run.iter().flat_map(|run| &run.steps);
        let running = run.filter(|(_, step)| step.state.is_active());
        let ids: Vec<_> = running.map(|(id, _)| id.clone()).collect();
        for id in ids {
            self.tell_step(&id, StepEvent::Running);
        }
    }

    pub(super) fn tell_step(&mut self, id: &str, state: StepEvent) {
        let cluster = &self.state.cluster;
        let Some(step) = cluster.plan.as_ref().and_then(|plan| plan.step(id)) else {
            return;
        };
        let Some(run) = cluster.run.as_ref().and_then(|run| run.steps.get(id)) else {
            return;
        };
        let running = state == StepEvent::Running;
        let gone = self.now.saturating_sub(run.started.unwrap_or(self.now));
        let what = What::Step {
            phase: step.phase,
            step: id.to_owned(),
            state,
            attempt: run.attempt,
            took_ms: if running { gone } else { run.took_ms },
            done: run.units.map(|units| units.0),
            total: run.units.map(|units| units.1),
        };
        self.emit_for(step.node.clone(), what);
    }

    pub(super) fn log_step(&mut self, id: &str, level: Level, says: Message) {
        let node = self.node_of(id);
        self.emit_for(
            node,
            What::Log {
                level,
                step: Some(id.to_owned()),
                says,
            },
        );
    }

    pub(super) fn node_of(&self, id: &str) -> String {
        let step = self
            .state
            .cluster
            .plan
            .as_ref()
            .and_then(|plan| plan.step(id));
        step.map_or_else(|| self.state.local.name.clone(), |step| step.node.clone())
    }
}
