//! The engine of the initiator from Install on: each step observed, recorded, applied.

use super::event::{Level, StepEvent, What};
use super::message::{Failure, Message};
use super::node::{End, Stage};
use super::plan::{Step, Work};
use super::run::{Run, StepRun, StepState};
use super::{Effect, Entry, Intent, Order, Progress, Recorded, Seen, Turn, Verb};

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
        if plan.erasures.len() != erase {
            let what = Message::new("install.erase-count")
                .with("erase", erase)
                .with("planned", plan.erasures.len());
            if cluster.unattended {
                return self.end(2, Failure::new(what));
            }
            return self.log(Level::Warning, what);
        }
        let run = Run::new(&plan, self.now);
        let entry = Entry::Run {
            answers: Box::new(answers),
            plan: Box::new(plan),
            digest: digest.to_owned(),
        };
        self.effect(Effect::Journal {
            run: run.id.clone(),
            entry: Box::new(entry),
        });
        self.state.cluster.run = Some(run);
        self.state.cluster.stage = Stage::Sealing;
        self.changed();
    }

    pub(super) fn journaled(&mut self, recorded: Recorded) {
        match recorded {
            Recorded::Run if self.state.cluster.stage == Stage::Sealing => {
                self.state.cluster.stage = Stage::Installing;
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
            Recorded::Step { step, attempt } => {
                if let Some(run) = self.active(&step, attempt, &StepState::Recording) {
                    run.state = StepState::Applying;
                    self.changed();
                    self.order(&step, Verb::Apply);
                }
            }
            Recorded::Run => {}
        }
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
        let cluster = &self.state.cluster;
        let (Some(plan), Some(run)) = (&cluster.plan, &cluster.run) else {
            return;
        };
        let startable = run.startable(plan);
        for id in startable {
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

    /// What was ordered of a node and not answered is ordered again when its link comes back.
    pub(super) fn resend(&mut self, node: &str) {
        let cluster = &self.state.cluster;
        let (Some(plan), Some(run)) = (&cluster.plan, &cluster.run) else {
            return;
        };
        let verb = |step: &Step| match run.state(&step.id) {
            Some(StepState::Observing) => Some((step.id.clone(), Verb::Observe)),
            Some(StepState::Applying) => Some((step.id.clone(), Verb::Apply)),
            _ => None,
        };
        let of_node = plan.steps.iter().filter(|step| step.node == node);
        let orders: Vec<_> = of_node.filter_map(verb).collect();
        for (id, verb) in orders {
            self.order(&id, verb);
        }
    }

    pub(super) fn observed(&mut self, order: &Order, seen: Result<Seen, Failure>) {
        let now = self.now;
        let id = order.step.as_str();
        let Some(run) = self.ordered(order, &StepState::Observing) else {
            return;
        };
        run.heard = Some(now);
        match seen {
            Ok(Seen::There(says)) => self.found(id, says),
            Ok(Seen::Missing(before)) => {
                run.before = Some(before.clone());
                run.state = StepState::Recording;
                self.changed();
                let asked = self
                    .state
                    .cluster
                    .plan
                    .as_ref()
                    .and_then(|plan| plan.step(id));
                let Some(asked) = asked.map(|step| step.work.clone()) else {
                    return;
                };
                let step = id.to_owned();
                self.journal(Entry::Start {
                    step,
                    attempt: order.attempt,
                    before,
                    asked,
                });
            }
            Err(failure) => self.failed(id, failure),
        }
    }

    /// A step that was there. What only looks counts as done in a run that made something: it was
    /// not proven before.
    fn found(&mut self, id: &str, says: Vec<Message>) {
        let now = self.now;
        let cluster = &self.state.cluster;
        let step = cluster.plan.as_ref().and_then(|plan| plan.step(id));
        let looks = step.is_some_and(|step| step.work.only_looks());
        let made = |run: &Run| run.steps.values().any(|step| step.state == StepState::Done);
        let new = looks && cluster.run.as_ref().is_some_and(made);
        let Some(run) = self.run_step(id) else { return };
        run.took_ms = now.saturating_sub(run.started.unwrap_or(now));
        run.state = if new {
            StepState::Done
        } else {
            StepState::Already
        };
        self.over(
            id,
            if new {
                StepEvent::Done
            } else {
                StepEvent::Already
            },
            says,
        );
    }

    pub(super) fn progressed(&mut self, order: &Order, progress: Progress) {
        let now = self.now;
        let known = self
            .state
            .cluster
            .run
            .as_ref()
            .filter(|run| run.id == order.run);
        let known = known.and_then(|run| run.steps.get(&order.step));
        if !known.is_some_and(|step| step.attempt == order.attempt && step.state.is_active()) {
            return;
        }
        let Some(step) = self.run_step(&order.step) else {
            return;
        };
        step.heard = Some(now);
        let news = progress.doing.is_some() && progress.doing != step.doing;
        if progress.units.is_some() {
            step.units = progress.units;
        }
        if let Some(doing) = progress.doing.filter(|_| news) {
            step.doing = Some(doing.clone());
            self.log_step(&order.step, Level::Info, doing);
        }
        self.changed();
    }

    pub(super) fn ended(&mut self, order: &Order, result: Result<Vec<Message>, Failure>) {
        let now = self.now;
        // A node refuses an order it does not find in its plan before it observes anything.
        let refused = result.is_err() && order.verb == Verb::Observe;
        let state = if refused {
            StepState::Observing
        } else {
            StepState::Applying
        };
        let Some(run) = self.ordered(order, &state) else {
            return;
        };
        run.took_ms = now.saturating_sub(run.started.unwrap_or(now));
        run.heard = Some(now);
        match result {
            Ok(says) => {
                run.state = StepState::Done;
                self.over(&order.step, StepEvent::Done, says);
            }
            Err(failure) => self.failed(&order.step, failure),
        }
    }

    fn failed(&mut self, id: &str, failure: Failure) {
        let now = self.now;
        if let Some(step) = self.run_step(id) {
            step.took_ms = now.saturating_sub(step.started.unwrap_or(now));
            step.state = StepState::Failed(failure.clone());
        }
        let node = self.node_of(id);
        self.emit_for(
            node,
            What::Failure {
                step: Some(id.to_owned()),
                failure,
            },
        );
        self.over(id, StepEvent::Failed, Vec::new());
    }

    /// A step is over: it is told and recorded, and others may begin.
    fn over(&mut self, id: &str, event: StepEvent, says: Vec<Message>) {
        self.tell_step(id, event);
        for line in &says {
            self.log_step(id, Level::Info, line.clone());
        }
        let cluster = &mut self.state.cluster;
        let is_proof = cluster
            .plan
            .as_ref()
            .and_then(|plan| plan.step(id))
            .is_some_and(|step| matches!(step.work, Work::Proof { .. }));
        if let Some(run) = cluster.run.as_mut().filter(|_| is_proof) {
            run.proven = says;
        }
        if let Some(step) = cluster
            .run
            .as_ref()
            .and_then(|run| run.steps.get(id))
            .cloned()
        {
            self.journal(Entry::End {
                step: id.to_owned(),
                attempt: step.attempt,
                made: step.state == StepState::Done && step.before.is_some(),
                took_ms: step.took_ms,
                failure: match step.state {
                    StepState::Failed(failure) => Some(failure),
                    _ => None,
                },
            });
        }
        self.changed();
        self.go_on();
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
        if let Some(step) = self.run_step(id) {
            step.state = StepState::Waiting;
        }
        if let Some(run) = self.state.cluster.run.as_mut() {
            run.stopping = false;
        }
        self.state.cluster.stage = Stage::Installing;
        self.changed();
        self.go_on();
    }

    pub(super) fn stop(&mut self) {
        if let Some(run) = self.state.cluster.run.as_mut() {
            run.stopping = true;
        }
        self.journal(Entry::Decision {
            intent: Intent::Stop,
        });
        self.log(Level::Warning, Message::new("install.stopping"));
        self.changed();
        self.effect(Effect::CancelAll);
        self.go_on();
    }

    /// Ends the run: what never began is told as left out.
    pub(super) fn finish(&mut self) {
        let Some(run) = self.state.cluster.run.as_mut() else {
            return;
        };
        let mut left = Vec::new();
        for (id, step) in &mut run.steps {
            if step.state == StepState::Waiting {
                step.state = StepState::Skipped;
                left.push(id.clone());
            }
        }
        let (run, plan) = (run.clone(), self.state.cluster.plan.clone());
        for id in left {
            self.tell_step(&id, StepEvent::Skipped);
        }
        let ok = run.is_complete();
        let joined = |step: &&Step| {
            matches!(step.work, Work::LxdBootstrap { .. } | Work::LxdJoin { .. })
                && run.state(&step.id).is_some_and(StepState::is_there)
        };
        let members = plan
            .iter()
            .flat_map(|plan| &plan.steps)
            .filter(joined)
            .count();
        let failure = run.failures().next().map(|(_, failure)| failure.clone());
        let exit = match (ok, run.stopping, &failure) {
            (true, ..) => 0,
            (false, true, None) => 3,
            _ => 1,
        };
        let why = failure.as_ref().map(|failure| failure.what.clone());
        self.conclude(End {
            at: self.now,
            ok,
            exit,
            members,
            took_ms: self.now.saturating_sub(run.started),
            proven: run.proven,
            why: if ok {
                None
            } else {
                why.or_else(|| Some(Message::new("end.stopped")))
            },
            failure,
        });
    }

    /// Tells of every running step: nobody waits longer than a life sign for news.
    pub(super) fn tell_running(&mut self) {
        let run = self.state.cluster.run.iter().flat_map(|run| &run.steps);
        let running = run.filter(|(_, step)| step.state.is_active());
        let ids: Vec<_> = running.map(|(id, _)| id.clone()).collect();
        for id in ids {
            self.tell_step(&id, StepEvent::Running);
        }
    }

    fn tell_step(&mut self, id: &str, state: StepEvent) {
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

    fn log_step(&mut self, id: &str, level: Level, says: Message) {
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

    fn node_of(&self, id: &str) -> String {
        let step = self
            .state
            .cluster
            .plan
            .as_ref()
            .and_then(|plan| plan.step(id));
        step.map_or_else(|| self.state.local.name.clone(), |step| step.node.clone())
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
        self.state.cluster.run.as_mut()?.steps.get_mut(id)
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
