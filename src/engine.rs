//! The engine: events in, a new state and effects out. Pure: no clock, no socket, no file.
//!
//! Keys become intents. Intents, facts and ticks become events. [`update`] turns an event into a
//! new state and a list of effects. Effects are done elsewhere and come back as facts. There is no
//! second way for anything to change.

pub mod answers;
mod effect;
pub mod event;
mod fact;
pub mod facts;
mod forming;
mod install;
mod intent;
mod journal;
mod leader;
pub mod message;
pub mod neighbours;
pub mod node;
mod order;
pub mod picture;
pub mod plan;
pub mod preflight;
pub mod proven;
pub mod run;
pub mod services;
pub mod shared;
pub mod timing;
pub mod trial;
pub mod trust;
pub mod wizard;
mod worker;

use serde::{Deserialize, Serialize};

pub use effect::Effect;
pub use fact::{Fact, Member};
pub use intent::Intent;
pub use journal::{Entry, Recorded};
pub use order::{Order, Progress, Report, Seen, Verb};

use answers::Given;
use node::{Cluster, Local, Role};
use timing::Usual;

/// A moment: milliseconds since 1970, UTC, by World's clock.
pub type Millis = u64;

/// Everything one node daemon knows: what is its own, and what the leader owns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Owned by this daemon.
    pub local: Local,
    /// Owned by the leader; on agents a copy, replaced whole.
    pub cluster: Cluster,
    /// How long steps usually take.
    pub usual: Usual,
}

/// What can happen to the engine.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A person, or a preseed in their place, wants something.
    Intent(Intent),
    /// Something was found, done or heard.
    Fact(Fact),
    /// A second of World's clock went by.
    Tick,
}

impl State {
    /// A daemon that has no role yet.
    pub fn new(local: Local, usual: Usual) -> Self {
        Self {
            local,
            cluster: Cluster::default(),
            usual,
        }
    }

    /// Whether this node leads.
    pub fn leads(&self) -> bool {
        self.local.role == Role::Leader
    }
}

/// Turns an event into a new state and a list of effects.
pub fn update(state: &mut State, now: Millis, event: Event) -> Vec<Effect> {
    let mut turn = Turn {
        state,
        now,
        effects: Vec::new(),
    };
    match event {
        Event::Intent(intent) => turn.intend(intent),
        Event::Fact(fact) if turn.learn_here(&fact) => {}
        Event::Fact(fact) if turn.state.leads() => turn.learn_as_leader(fact),
        Event::Fact(fact) => turn.learn_as_worker(fact),
        Event::Tick => turn.tick(),
    }
    turn.effects
}

/// One event being handled: the state it changes, and what it has asked for so far.
struct Turn<'a> {
    state: &'a mut State,
    now: Millis,
    effects: Vec<Effect>,
}

impl Turn<'_> {
    fn intend(&mut self, intent: Intent) {
        match intent {
            Intent::Begin {
                answers,
                unattended,
                tokens,
            } => {
                self.begin(*answers, unattended, tokens);
            }
            Intent::Join { name, newcomer } => self.join(name, newcomer),
            Intent::Use {
                node,
                disk,
                purpose,
                encrypt,
            } => self.use_disk_here(&node, &disk, Given::of(purpose, encrypt)),
            Intent::Uplink {
                node,
                nic,
                underlay,
            } => self.take_uplink_here(&node, nic, underlay),
            Intent::Report => self.effect(Effect::WriteReport),
            Intent::Leave if self.state.local.role == Role::Undecided => self.leave_wizard(),
            Intent::Leave if self.state.local.role == Role::Worker => self.leave_leader(),
            Intent::Open { .. }
            | Intent::Part { .. }
            | Intent::Address { .. }
            | Intent::Add { .. }
            | Intent::Resume
            | Intent::Found { .. }
            | Intent::Knock { .. }
            | Intent::Call
            | Intent::Trust { .. }
            | Intent::Unknock => self.intend_in_wizard(intent),
            Intent::LookAgain if !self.state.leads() => self.effect(Effect::Gather),
            other if self.state.leads() => self.intend_as_leader(other),
            _ => {}
        }
    }

    fn tick(&mut self) {
        if self.state.leads() {
            self.tick_as_leader();
            self.watch_lost();
            self.watch_session();
        } else {
            self.watch_initiator();
        }
    }

    fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Marks the cluster's state as changed: it gets a new revision and goes to every agent.
    fn changed(&mut self) {
        self.state.cluster.revision = self.state.cluster.revision.saturating_add(1);
    }
}
