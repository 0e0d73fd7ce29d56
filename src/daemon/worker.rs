//! The steps of this node: observed and applied, with signs of life and a way to ask them to stop.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::tasks::Tasks;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::Work;
use crate::engine::services::NodeFacts;
use crate::engine::{Event, Fact, Order, Progress, Seen, Verb};
use crate::infra::{Context, InfraBootstrapper, Inputs, Step, Web};

/// Does what is ordered of this node.
#[derive(Debug)]
pub(super) struct Worker {
    services: Arc<[Box<dyn InfraBootstrapper>]>,
    running: Running,
    tasks: Tasks,
}

/// What is being done: a step, and whether it is applied (else it is only observed).
type Key = (String, bool);

/// What is being done, the newest order to do it, and how it is asked to stop.
type Running = Arc<Mutex<BTreeMap<Key, (Order, CancellationToken)>>>;

impl Worker {
    pub(super) fn new(services: Vec<Box<dyn InfraBootstrapper>>, tasks: Tasks) -> Self {
        Self {
            services: services.into(),
            running: Arc::default(),
            tasks,
        }
    }

    /// The step that does `work`, from the service whose it is.
    pub(super) fn step(&self, work: &Work) -> Option<Box<dyn Step>> {
        self.services.iter().find_map(|service| service.step(work))
    }

    /// The facts of this node, with how each service is found here.
    pub(super) async fn look(&self, facts: NodeFacts) -> NodeFacts {
        crate::infra::look(&self.services, facts).await
    }

    /// The way into the web interface of the first service that has one.
    pub(super) async fn web(&self, address: IpAddr) -> Option<Web> {
        for service in self.services.iter() {
            let web = service.web(address).await;
            if web.is_some() {
                return web;
            }
        }
        None
    }

    /// What this node's services must give before another node can do `work`.
    pub(super) async fn inputs_for(&self, work: &Work) -> Result<Inputs, Failure> {
        let mut all = Inputs::new();
        for service in self.services.iter() {
            all.extend(service.inputs_for(work).await?);
        }
        Ok(all)
    }

    /// Does an order in a task of its own; its facts go to `events`. What is being done already is
    /// not done twice at once, be it that the order was sent again after a lost link, or that another
    /// attempt or another run wants the same: its outcome is the answer to the newest order.
    pub(super) fn obey(
        &self,
        (order, step): (Order, Box<dyn Step>),
        inputs: Inputs,
        events: UnboundedSender<Event>,
    ) {
        let key = (order.step.clone(), order.verb == Verb::Apply);
        let cancel = CancellationToken::new();
        {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((newest, _)) = running.get_mut(&key) {
                *newest = order;
                return;
            }
            running.insert(key.clone(), (order.clone(), cancel.clone()));
        }
        let running = Arc::clone(&self.running);
        let tasks = self.tasks.clone();
        self.tasks.spawn(async move {
            let context = Context {
                progress: progress_of(key.clone(), Arc::clone(&running), events.clone()),
                cancel,
                inputs,
                attempt: order.attempt,
            };
            let outcome = carry_out((order.verb, step), context, &tasks).await;
            let ended = running
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&key);
            if let (Some(outcome), Some((newest, _))) = (outcome, ended) {
                let fact = match outcome {
                    Outcome::Seen(seen) => Fact::Observed(newest, seen),
                    Outcome::Ended(result) => Fact::Ended(newest, result),
                };
                let _ = events.send(Event::Fact(fact));
            }
        });
    }

    /// Asks every running step to stop at its next safe place.
    pub(super) fn cancel_all(&self) {
        for (_, cancel) in self
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
        {
            cancel.cancel();
        }
    }
}

/// Signs of life of the newest order, as facts.
fn progress_of(
    key: Key,
    running: Running,
    events: UnboundedSender<Event>,
) -> Box<dyn Fn(Progress) + Send + Sync> {
    Box::new(move |progress| {
        let running = running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((newest, _)) = running.get(&key) {
            let _ = events.send(Event::Fact(Fact::Progress(newest.clone(), progress)));
        }
    })
}

/// Does one order to its end, also when the step panics: its node then says so instead of waiting.
/// None where the daemon ended first.
async fn carry_out(
    (verb, step): (Verb, Box<dyn Step>),
    context: Context,
    tasks: &Tasks,
) -> Option<Outcome> {
    let task = tasks.spawn(async move {
        match verb {
            Verb::Observe => Outcome::Seen(step.observe(&context).await),
            Verb::Apply => Outcome::Ended(apply(step.as_ref(), &context).await),
        }
    });
    match task.await {
        Ok(outcome) => outcome,
        Err(panic) => {
            let failure = Failure::new(Message::new("worker.panicked")).because(panic);
            Some(match verb {
                Verb::Observe => Outcome::Seen(Err(failure)),
                // Nothing was taken back, and nobody knows how far it came.
                Verb::Apply => Outcome::Ended(Err(failure.data(Message::new("failure.half-made")))),
            })
        }
    }
}

enum Outcome {
    Seen(Result<Seen, Failure>),
    Ended(Result<Vec<Message>, Failure>),
}

/// Applies and verifies. What a failed attempt left half-made is taken back, so that the next one
/// finds what this one found; if even that fails, the failure says so.
async fn apply(step: &dyn Step, context: &Context) -> Result<Vec<Message>, Failure> {
    if context.cancel.is_cancelled() {
        return Err(Failure::new(Message::new("worker.cancelled")));
    }
    if let Err(failure) = step.apply(context).await {
        return Err(match step.undo(context).await {
            Ok(()) => failure,
            Err(left) => half_made(failure, left),
        });
    }
    step.verify(context).await
}

/// A failure whose undoing failed too. What is to be done about what was left comes before what else
/// is to be done: the next attempt would stumble over it.
fn half_made(failure: Failure, left: Failure) -> Failure {
    let hint = left.hint.or_else(|| failure.hint.clone());
    let whole = left.causes.iter().fold(failure, Failure::because);
    let whole = whole.data(Message::new("failure.half-made"));
    Failure { hint, ..whole }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Doing;
    use tokio::sync::{Notify, mpsc};

    /// A step that takes until it is let go.
    #[derive(Debug)]
    struct Slow(Arc<Notify>);

    impl Step for Slow {
        fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
            Box::pin(async { Ok(Seen::There(Vec::new())) })
        }

        fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
            Box::pin(async {
                self.0.notified().await;
                context.alive();
                Ok(())
            })
        }

        fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }

    #[test]
    fn what_to_do_about_a_half_made_thing_is_not_lost() {
        let stopped = || Failure::new(Message::new("a")).because("first");
        let hinted = stopped().hint(Message::new("lxd.hint-log"));
        let left = Failure::new(Message::new("b")).because("second");
        let whole = half_made(
            hinted.clone(),
            left.clone().hint(Message::new("lxd.hint-again")),
        );
        assert_eq!(whole.what.code, "a");
        assert_eq!(whole.causes, ["first", "second"]);
        assert_eq!(whole.hint, Some(Message::new("lxd.hint-again")));
        assert_eq!(whole.data.code, "failure.half-made");
        assert_eq!(
            half_made(hinted, left).hint,
            Some(Message::new("lxd.hint-log"))
        );
    }

    fn order(run: &str, attempt: u32) -> Order {
        Order {
            run: run.to_owned(),
            digest: "d".to_owned(),
            step: "lxd.join@pi-b".to_owned(),
            attempt,
            verb: Verb::Apply,
        }
    }

    #[tokio::test]
    async fn what_is_under_way_is_not_done_twice_and_answers_the_newest_order() {
        let worker = Worker::new(Vec::new(), Tasks::default());
        let (events, mut facts) = mpsc::unbounded_channel();
        let gate = Arc::new(Notify::new());
        // A leader that started again knows nothing of the first run, and orders attempt 1 anew.
        let newest = order("run-2", 1);
        for order in [order("run-1", 1), order("run-1", 2), newest.clone()] {
            let step = Box::new(Slow(Arc::clone(&gate)));
            worker.obey((order, step), Inputs::new(), events.clone());
        }
        drop(events);
        gate.notify_one();
        let mut heard = Vec::new();
        while let Some(Event::Fact(fact)) = facts.recv().await {
            heard.push(fact);
        }
        let progress = Fact::Progress(newest.clone(), Progress::default());
        assert_eq!(heard, [progress, Fact::Ended(newest, Ok(Vec::new()))]);
    }
}
