//! Effects, one arm each: done in a task of their own, their outcome comes back as a fact.

use std::sync::{Arc, PoisonError};

use super::Daemon;
use super::agent::MembershipError;
use super::leader::Founding;
use crate::engine::message::{Failure, Message};
use crate::engine::node::Role;
use crate::engine::plan::{Plan, Work};
use crate::engine::services::NodeFacts;
use crate::engine::{Effect, Event, Fact, Order, State, Verb};
use crate::infra::Inputs;
use crate::wire::{Secret, ToAgent};

impl Daemon {
    pub(super) fn perform(self: &Arc<Self>, state: &State, effect: Effect) {
        let daemon = Arc::clone(self);
        match effect {
            Effect::Open {
                cluster,
                address,
                joiners,
                tokens,
                fresh,
            } => {
                let founding = Founding {
                    fresh,
                    cluster,
                    leader: state.local.name.clone(),
                    address,
                };
                self.tasks
                    .spawn(daemon.open_cluster(founding, (joiners, tokens)));
            }
            Effect::OpenSession
            | Effect::CloseSession
            | Effect::Decide { .. }
            | Effect::Dismiss { .. }
            | Effect::Abandon
            | Effect::Call(_)
            | Effect::Answer(_)
            | Effect::Forget => daemon.perform_trust(effect),
            Effect::Gather => drop(self.tasks.spawn(daemon.gather())),
            Effect::GatherAt(nodes) => {
                for node in nodes {
                    self.send_to(&node, ToAgent::Gather);
                }
            }
            Effect::UseToken { name } => {
                self.tasks
                    .spawn(async move { daemon.use_token(name).await });
            }
            Effect::Settle => self.settle(),
            Effect::KeepLink => drop(self.tasks.spawn(daemon.keep_link())),
            Effect::LeaveLeader => self.agent.say_leave(),
            Effect::Digest { revision, plan } => self.digest(revision, &plan),
            Effect::Journal { run, entry } => self.record(run, &entry),
            Effect::Do(order) => self.do_here(state, order),
            Effect::Send { node, order } => {
                let work = work_of(state, &order);
                self.tasks
                    .spawn(async move { daemon.send_order(node, order, work).await });
            }
            Effect::CancelAll => {
                self.worker.cancel_all();
                if let Some(links) = self.leader.links() {
                    links.send_all(&ToAgent::Cancel);
                }
            }
            Effect::Report(report) => self.report(report),
            Effect::WriteReport => self.write_down(),
            Effect::Emit(event) => self.hub.tell(event),
        }
    }

    /// What this node was before it stopped: leader, worker or neither.
    pub(super) async fn resume(self: &Arc<Self>, state: &mut State) -> Result<(), MembershipError> {
        let local = &mut state.local;
        self.resume_leader().await;
        if let Some(open) = self.leader.open() {
            let history = open.history().await;
            (local.member, local.unfinished) = (history.member, history.unfinished);
            local.formed = history.formed.map(Arc::new);
            let is_nothing = local.member.is_none() && local.unfinished.is_none();
            if is_nothing && self.is_kept() {
                // A cluster that never came to be, and then a membership of another one.
                self.leader.abandon(&self.world.state_dir).await;
            }
        }
        if let Some(open) = self.leader.open() {
            local.role = Role::Leader;
            // Agents that still show the run of before are told that it is not there any more.
            state.cluster.id.clone_from(&open.cluster().id);
            state.cluster.epoch = open.cluster().epoch;
            state.cluster.revision = 1;
            return Ok(());
        }
        self.resume_agent()?;
        if let Some(kept) = self.agent.kept() {
            kept.stands(local);
        }
        Ok(())
    }

    pub(super) async fn gather(self: Arc<Self>) {
        let host = match crate::infra::host::facts(&self.world).await {
            Ok(host) => host,
            Err(error) => {
                let node = crate::infra::host::hostname(&self.world);
                let what = Message::new("gather.failed").with("node", node);
                let failure = Failure::new(what).because(error);
                return self.push(Event::Fact(Fact::NotGathered(None, failure)));
            }
        };
        let facts = NodeFacts {
            host,
            mcloud: self.mcloud.clone(),
            ..NodeFacts::default()
        };
        let facts = Box::new(self.worker.look(facts).await);
        self.push(Event::Fact(Fact::Facts { node: None, facts }));
    }

    fn digest(&self, revision: u64, plan: &Plan) {
        let digest = seal(plan);
        self.push(Event::Fact(Fact::Digested { revision, digest }));
    }

    /// Does an order on this node.
    fn do_here(&self, state: &State, order: Order) {
        let Some(work) = work_of(state, &order) else {
            return;
        };
        if let Some(seen) = self.observe_control(&order, &work) {
            return self.push(Event::Fact(Fact::Observed(order, seen)));
        }
        let inputs = self.take_inputs(&order);
        if let Some(step) = self.worker.step(&work) {
            return self.worker.obey((order, step), inputs, self.events.clone());
        }
        let what = Message::new("worker.no-service").with("step", &order.step);
        let failure = Failure::new(what);
        let fact = match order.verb {
            Verb::Observe => Fact::Observed(order, Err(failure)),
            Verb::Apply => Fact::Ended(order, Err(failure)),
        };
        self.push(Event::Fact(fact));
    }

    /// Sends an order to its node, with what only this node's services can give.
    async fn send_order(&self, node: String, order: Order, work: Option<Work>) {
        let inputs = match (&work, order.verb) {
            (Some(work), Verb::Apply) => self.inputs_for(&order, work).await,
            _ => Ok(Inputs::new()),
        };
        match inputs {
            Ok(inputs) => {
                let inputs = inputs
                    .into_iter()
                    .map(|(name, value)| (name, Secret(value)));
                self.send_to(
                    &node,
                    ToAgent::Order {
                        order,
                        inputs: inputs.collect(),
                    },
                );
            }
            Err(failure) => self.push(Event::Fact(Fact::Ended(order, Err(failure)))),
        }
    }

    /// What only this node's services can give to a step: the same for one attempt, however often its
    /// order is sent. A second join token would make the first one worthless.
    async fn inputs_for(&self, order: &Order, work: &Work) -> Result<Inputs, Failure> {
        let attempt = (order.run.clone(), order.attempt);
        let given = |of: &Self| {
            let given = of.given.lock().unwrap_or_else(PoisonError::into_inner);
            let known = given.get(&order.step).filter(|(at, _)| *at == attempt);
            known.map(|(_, inputs)| inputs.clone())
        };
        if let Some(inputs) = given(self) {
            return Ok(inputs);
        }
        let inputs = self.worker.inputs_for(work).await?;
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.insert(order.step.clone(), (attempt, inputs.clone()));
        Ok(inputs)
    }

    pub(super) fn send_to(&self, node: &str, what: ToAgent) {
        if let Some(links) = self.leader.links() {
            links.send(node, what);
        }
    }

    /// Keeps what came with an order until the engine has looked at the order.
    pub(super) fn keep_inputs(&self, order: &Order, inputs: Inputs) {
        let mut kept = self.inputs.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(order.step.clone(), inputs);
    }

    fn take_inputs(&self, order: &Order) -> Inputs {
        let mut kept = self.inputs.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&order.step).unwrap_or_default()
    }
}

/// SHA-256 of a plan, in hex: what seals it.
pub(super) fn seal(plan: &Plan) -> String {
    // A plan is plain data: it always has a JSON form.
    let json = serde_json::to_vec(plan).unwrap_or_default();
    let hash = ring::digest::digest(&ring::digest::SHA256, &json);
    data_encoding::HEXLOWER.encode(hash.as_ref())
}

fn work_of(state: &State, order: &Order) -> Option<Work> {
    let plan = state.cluster.plan.as_ref()?;
    plan.step(&order.step).map(|step| step.work.clone())
}
