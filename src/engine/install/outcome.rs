//! What became of a step, and of the run.

use std::sync::Arc;

use crate::engine::event::{Level, StepEvent, What};
use crate::engine::message::{Failure, Message, Remedy};
use crate::engine::node::End;
use crate::engine::plan::{Step, Work};
use crate::engine::run::{Run, StepState};
use crate::engine::wizard::Unfinished;
use crate::engine::{Entry, Order, Progress, Seen, Turn, Verb};

impl Turn<'_> {
    pub(in crate::engine) fn observed(&mut self, order: &Order, seen: Result<Seen, Failure>) {
        let now = self.now;
        let id = order.step.as_str();
        let stopping = self.is_stopping() && !self.gives_back(id);
        let Some(run) = self.ordered(order, &StepState::Observing) else {
            return;
        };
        run.heard = Some(now);
        match seen {
            Ok(Seen::There(says)) => self.found(id, says),
            Ok(Seen::Missing(_)) if stopping => {
                run.state = StepState::Waiting;
                self.changed();
                self.go_on();
            }
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
        let new = looks && cluster.run.as_deref().is_some_and(made);
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

    pub(in crate::engine) fn progressed(&mut self, order: &Order, progress: Progress) {
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

    pub(in crate::engine) fn ended(
        &mut self,
        order: &Order,
        result: Result<Vec<Message>, Failure>,
    ) {
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

    pub(super) fn failed(&mut self, id: &str, mut failure: Failure) {
        let now = self.now;
        self.add_ways(id, &mut failure);
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

    /// Where an operator decides there are more ways on than to try again.
    fn add_ways(&self, id: &str, failure: &mut Failure) {
        if self.state.cluster.unattended || self.state.cluster.session.is_none() {
            return;
        }
        let without = self.can_go_without(&self.node_of(id));
        let more = without.then_some(Remedy::GoOnWithout);
        for remedy in more.into_iter().chain([Remedy::Change, Remedy::Report]) {
            if !failure.remedies.contains(&remedy) {
                failure.remedies.push(remedy);
            }
        }
    }

    /// A step is over: it is told and recorded, and others may begin.
    fn over(&mut self, id: &str, event: StepEvent, says: Vec<Message>) {
        self.tell_step(id, event);
        for line in &says {
            self.log_step(id, Level::Info, line.clone());
        }
        let cluster = &mut self.state.cluster;
        let step = cluster.plan.as_ref().and_then(|plan| plan.step(id));
        let proves = step.is_some_and(|step| step.work.proves());
        if let Some(run) = cluster.run.as_mut().filter(|_| proves).map(Arc::make_mut) {
            run.proven.extend(says);
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

    /// What the next wizard takes up.
    fn unfinished(&self, run: &Run) -> Option<Unfinished> {
        let there = run.steps.values().filter(|step| step.state.is_there());
        Some(Unfinished {
            answers: self.state.cluster.answers.as_deref()?.clone(),
            done: there.count(),
            steps: run.steps.len(),
            when: self.now,
        })
    }

    /// Ends the run: what never began is told as left out.
    pub(in crate::engine) fn finish(&mut self) {
        let Some(run) = self.run_mut() else {
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
        // A step that ended because the operator stopped the run is no failure of its own.
        let broke = |failure: &Failure| !failure.was_asked_for();
        let mut failures = run.failures().map(|(_, failure)| failure.clone());
        let failure = failures.find(|failure| broke(failure) || !run.stopping);
        let exit = match (ok, run.stopping, &failure) {
            (true, ..) => 0,
            (false, true, None) => 3,
            _ => 1,
        };
        let timing = plan.as_ref().and_then(|plan| run.critical_path(plan));
        let why = failure.as_ref().map(|failure| failure.what.clone());
        if ok {
            self.become_member();
        } else {
            self.state.local.unfinished = self.unfinished(&run);
        }
        self.conclude(End {
            at: self.now,
            ok,
            exit,
            members,
            took_ms: self.now.saturating_sub(run.started),
            proven: run.proven.clone(),
            why: if ok {
                None
            } else {
                why.or_else(|| Some(Message::new("end.stopped")))
            },
            failure,
            timing,
        });
    }

    /// The run, to be changed.
    pub(super) fn run_mut(&mut self) -> Option<&mut Run> {
        self.state.cluster.run.as_mut().map(Arc::make_mut)
    }
}
