//! The engine of the initiator from Install on: each step observed, recorded, applied.

mod anew;
mod lost;
mod outcome;
mod tell;

use super::event::{Level, StepEvent};
use super::message::{Failure, Message};
use super::node::Stage;
use super::run::{Run, StepRun, StepState};
use super::{Effect, Entry, Intent, Order, Recorded, Turn, Verb};

impl Turn<'_> {
    /// Install, by what Review showed: the digest and the number of erasures must be its own.
    pub(super) fn install(&mut self, digest: &str, erase: usize) {
        let cluster = &self.state.cluster;
        let (Some(plan), Some(answers)) = (cluster.plan.clone(), cluster.answers.clone()) else {
            return;
        };
        if cluster.digest.as_deref() != Some(digest) {
            return self.log(Level::Warning, Message::new("install.unsealed"));
        }
        if let Some(others) = self.others_erasure(&plan) {
            return self.end(2, Failure::new(others));
        }
        // The answers of an earlier run agreed to disks that carry the pool since: these are not
        // erased again.
        let planned = plan.erasures.len();
        let agreed = planned..=planned.saturating_add(plan.standing.len());
        if !agreed.contains(&erase) {
            let what = Message::new("install.erase-count")
                .with("erase", erase)
                .with("planned", planned);
            if cluster.unattended {
                return self.end(2, Failure::new(what));
            }
            return self.log(Level::Warning, what);
        }
        let run = Run::new(&plan, self.now);
        let entry = Entry::Run {
            answers: Box::new(answers.as_ref().clone()),
            plan: Box::new(plan.as_ref().clone()),
            digest: digest.to_owned(),
        };
        self.effect(Effect::Journal {
            run: run.id.clone(),
            entry: Box::new(entry),
        });
        self.state.cluster.run = Some(run.into());
        self.state.cluster.stage = Stage::Sealing;
        self.close_session();
        self.changed();
    }

    pub(super) fn journaled(&mut self, recorded: Recorded) {
        match recorded {
            Recorded::Run if self.state.cluster.stage == Stage::Sealing => {
                self.state.cluster.stage = Stage::Installing;
                self.state.cluster.touched = true;
                self.state.local.told = self.now;
                self.changed();
                let waiting: Vec<_> = self
                    .state
                    .cluster
                    .plan
                    .iter()
                    .flat_map(|p| &p.steps)
                    .collect();
                let ids: Vec<_> = waiting.into_iter().map(|step| step.id.clone()).collect();
                for id in ids {
                    self.tell_step(&id, StepEvent::Waiting);
                }
                self.go_on();
            }
            Recorded::Step { step, attempt } => self.apply_recorded(&step, attempt),
            Recorded::Run => {}
        }
    }

    fn apply_recorded(&mut self, step: &str, attempt: u32) {
        let stopping = self.is_stopping() && !self.gives_back(step);
        let Some(run) = self.active(step, attempt, &StepState::Recording) else {
            return;
        };
        if stopping {
            run.state = StepState::Waiting;
            self.journal(Entry::End {
                step: step.to_owned(),
                attempt,
                made: false,
                took_ms: 0,
                failure: Some(Failure::new(Message::new("worker.cancelled"))),
            });
            self.changed();
            return self.go_on();
        }
        run.state = StepState::Applying;
        self.changed();
        self.order(step, Verb::Apply);
    }

    /// What is not recorded is not done.
    pub(super) fn not_journaled(&mut self, recorded: &Recorded, failure: Failure) {
        match recorded {
            Recorded::Run if self.state.cluster.stage == Stage::Sealing => self.end(1, failure),
            Recorded::Run => {}
            Recorded::Step { step, attempt } => {
                if self.active(step, *attempt, &StepState::Recording).is_some() {
                    self.failed(step, failure);
                }
            }
        }
    }

    /// Begins every step that may begin, and ends the run when nothing is left to do.
    fn go_on(&mut self) {
        for id in self.begins() {
            self.start(&id);
        }
        let cluster = &self.state.cluster;
        let (Some(plan), Some(run)) = (&cluster.plan, &cluster.run) else {
            return;
        };
        if cluster.stage == Stage::Installing && run.is_over(plan) {
            if run.is_complete() || cluster.unattended || run.stopping {
                self.finish();
            } else {
                self.state.cluster.stage = Stage::Stopped;
                self.changed();
            }
        }
    }

    fn start(&mut self, id: &str) {
        let now = self.now;
        if let Some(step) = self.run_step(id) {
            step.attempt = step.attempt.saturating_add(1);
            step.state = StepState::Observing;
            step.started = Some(now);
            step.heard = Some(now);
            (step.took_ms, step.units, step.doing) = (0, None, None);
            step.before = None;
        }
        self.changed();
        self.tell_step(id, StepEvent::Running);
        self.order(id, Verb::Observe);
    }

    /// Sends an order to the step's node; to this node it goes without a wire.
    fn order(&mut self, id: &str, verb: Verb) {
        let cluster = &self.state.cluster;
        let (Some(run), Some(digest)) = (&cluster.run, &cluster.digest) else {
            return;
        };
        let Some(step) = cluster.plan.as_ref().and_then(|plan| plan.step(id)) else {
            return;
        };
        let Some(attempt) = run.steps.get(id).map(|step| step.attempt) else {
            return;
        };
        let order = Order {
            run: run.id.clone(),
            digest: digest.clone(),
            step: id.to_owned(),
            attempt,
            verb,
        };
        let node = step.node.clone();
        if node == self.state.local.name {
            self.effect(Effect::Do(order));
        } else {
            self.effect(Effect::Send { node, order });
        }
    }

    pub(super) fn retry(&mut self, id: &str) {
        let failed = |step: &StepRun| matches!(step.state, StepState::Failed(_));
        if !self.run_step(id).is_some_and(|step| failed(step)) {
            return;
        }
        self.journal(Entry::Decision {
            intent: Intent::Retry {
                step: id.to_owned(),
            },
        });
        let plan = self.state.cluster.plan.as_ref();
        for id in plan.map_or_else(Vec::new, |plan| plan.again(id)) {
            // What is under way goes on: it is not begun twice.
            let step = self.run_step(&id).filter(|step| !step.state.is_active());
            if let Some(step) = step {
                step.state = StepState::Waiting;
            }
        }
        if let Some(run) = self.run_mut() {
            run.stopping = false;
        }
        self.state.cluster.stage = Stage::Installing;
        self.changed();
        self.go_on();
    }

    pub(super) fn stop(&mut self) {
        if let Some(run) = self.run_mut() {
            run.stopping = true;
        }
        self.journal(Entry::Decision {
            intent: Intent::Stop,
        });
        self.log(Level::Warning, Message::new("install.stopping"));
        self.changed();
        self.effect(Effect::CancelAll);
        let up = |node: &str| self.state.cluster.nodes.get(node).is_some_and(|it| it.up);
        let names = self.state.cluster.plan.iter().flat_map(|plan| &plan.nodes);
        let lost: Vec<_> = names.filter(|node| !up(node)).cloned().collect();
        for node in lost {
            self.give_up(&node);
        }
        self.go_on();
    }

    /// Whether the step gives back what another one changed: it is done though the run stops.
    pub(super) fn gives_back(&self, id: &str) -> bool {
        let plan = self.state.cluster.plan.as_ref();
        let step = plan.and_then(|plan| plan.step(id));
        step.is_some_and(|step| step.work.gives_back())
    }

    pub(super) fn is_stopping(&self) -> bool {
        let run = self.state.cluster.run.as_ref();
        run.is_some_and(|run| run.stopping)
    }

    fn journal(&mut self, entry: Entry) {
        if let Some(run) = self.state.cluster.run.as_ref().map(|run| run.id.clone()) {
            self.effect(Effect::Journal {
                run,
                entry: Box::new(entry),
            });
        }
    }

    fn run_step(&mut self, id: &str) -> Option<&mut StepRun> {
        self.run_mut()?.steps.get_mut(id)
    }

    /// The step of an answer, if the answer is to the attempt that is under way.
    fn ordered(&mut self, order: &Order, state: &StepState) -> Option<&mut StepRun> {
        self.state
            .cluster
            .run
            .as_ref()
            .filter(|run| run.id == order.run)?;
        self.active(&order.step, order.attempt, state)
    }

    fn active(&mut self, id: &str, attempt: u32, state: &StepState) -> Option<&mut StepRun> {
        self.run_step(id)
            .filter(|step| step.attempt == attempt && step.state == *state)
    }
}
