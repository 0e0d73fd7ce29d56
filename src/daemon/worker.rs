//! The steps of this node: observed and applied, with signs of life and a way to ask them to stop.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::tasks::Tasks;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::Work;
use crate::engine::services::LxdState;
use crate::engine::{Event, Fact, Order, Progress, Seen, Verb};
use crate::infra::{Context, InfraBootstrapper, Inputs, Step};

/// Does what is ordered of this node.
#[derive(Debug)]
pub(super) struct Worker {
    services: Arc<[Box<dyn InfraBootstrapper>]>,
    running: Arc<Mutex<BTreeMap<Key, CancellationToken>>>,
    tasks: Tasks,
}

/// What is being done: a step, its attempt, whether it is applied (else it is only observed).
type Key = (String, u32, bool);

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

    /// How LXD is found here.
    pub(super) async fn status(&self) -> LxdState {
        match self.services.first() {
            Some(service) => service.status().await,
            None => LxdState::Absent,
        }
    }

    /// What this node's services must give before another node can do `work`.
    pub(super) async fn inputs_for(&self, work: &Work) -> Result<Inputs, Failure> {
        let mut all = Inputs::new();
        for service in self.services.iter() {
            all.extend(service.inputs_for(work).await?);
        }
        Ok(all)
    }

    /// Does an order in a task of its own; its facts go to `events`. An order that is being done
    /// already (it was sent again after a lost link) is not done twice.
    pub(super) fn obey(
        &self,
        (order, step): (Order, Box<dyn Step>),
        inputs: Inputs,
        events: UnboundedSender<Event>,
    ) {
        let key = (order.step.clone(), order.attempt, order.verb == Verb::Apply);
        let cancel = CancellationToken::new();
        {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            if running.contains_key(&key) {
                return;
            }
            running.insert(key.clone(), cancel.clone());
        }
        let running = Arc::clone(&self.running);
        let tasks = self.tasks.clone();
        self.tasks.spawn(async move {
            let context = Context {
                progress: progress_of(order.clone(), events.clone()),
                cancel,
                inputs,
            };
            let fact = carry_out((order, step), context, &tasks).await;
            running
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&key);
            if let Some(fact) = fact {
                let _ = events.send(Event::Fact(fact));
            }
        });
    }

    /// Asks every running step to stop at its next safe place.
    pub(super) fn cancel_all(&self) {
        for cancel in self
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
        {
            cancel.cancel();
        }
    }
}

/// Signs of life of an order, as facts.
fn progress_of(
    order: Order,
    events: UnboundedSender<Event>,
) -> Box<dyn Fn(Progress) + Send + Sync> {
    Box::new(move |progress| {
        let _ = events.send(Event::Fact(Fact::Progress(order.clone(), progress)));
    })
}

/// Does one order to its end, also when the step panics: its node then says so instead of waiting.
/// None where the daemon ended first.
async fn carry_out(
    (order, step): (Order, Box<dyn Step>),
    context: Context,
    tasks: &Tasks,
) -> Option<Fact> {
    let verb = order.verb;
    let task = tasks.spawn(async move {
        match verb {
            Verb::Observe => Outcome::Seen(step.observe(&context).await),
            Verb::Apply => Outcome::Ended(apply(step.as_ref(), &context).await),
        }
    });
    Some(match task.await {
        Ok(Some(Outcome::Seen(seen))) => Fact::Observed(order, seen),
        Ok(Some(Outcome::Ended(result))) => Fact::Ended(order, result),
        Ok(None) => return None,
        Err(panic) => {
            let failure = Failure::new(Message::new("worker.panicked")).because(panic);
            match verb {
                Verb::Observe => Fact::Observed(order, Err(failure)),
                Verb::Apply => Fact::Ended(order, Err(failure)),
            }
        }
    })
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
            Err(left) => left
                .causes
                .iter()
                .fold(failure, Failure::because)
                .data(Message::new("failure.half-made")),
        });
    }
    step.verify(context).await
}
