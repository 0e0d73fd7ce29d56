//! The engine: events in, a new state and effects out. Pure: no clock, no socket, no file.
//!
//! Keys become intents. Intents, facts and ticks become events. [`update`] turns an event into a
//! new state and a list of effects. Effects are done elsewhere and come back as facts. There is no
//! second way for anything to change.

pub mod answers;
pub mod event;
mod fact;
pub mod facts;
mod install;
mod journal;
mod leader;
pub mod message;
pub mod node;
mod order;
pub mod picture;
pub mod plan;
pub mod preflight;
pub mod run;
pub mod services;
pub mod timing;
mod worker;

use serde::{Deserialize, Serialize};

pub use fact::{Fact, Member};
pub use journal::{Entry, Recorded};
pub use order::{Order, Progress, Report, Seen, Verb};

use answers::Answers;
use event::PublicEvent;
use node::{Cluster, Local, Role};
use plan::Plan;
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

/// What an operator can want. Secrets never travel here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "intent")]
pub enum Intent {
    /// Lead a cluster by these answers.
    Begin {
        /// The answers.
        answers: Answers,
        /// Whether Review and Done go on by themselves.
        unattended: bool,
        /// Where the daemon writes one token file per joiner; none where the nodes are in already.
        tokens: Option<String>,
    },
    /// Join a cluster; the token stays with the daemon.
    Join {
        /// This node's name by the preseed, where there is one.
        name: Option<String>,
    },
    /// Install what Review showed.
    Install {
        /// The digest of the plan that was shown.
        digest: String,
        /// How many disks the operator agreed to have erased.
        erase: usize,
    },
    /// Look at every node again.
    LookAgain,
    /// Try a failed step again.
    Retry {
        /// Its id.
        step: String,
    },
    /// Begin nothing new; what runs is asked to stop.
    Stop,
    /// Give the undertaking up (before Install), or end a stopped one.
    Leave,
}

/// What must be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Make or open the cluster's state, CA and listener, and write token files.
    Open {
        /// The cluster's name.
        cluster: String,
        /// The address at which joiners find this node.
        address: std::net::IpAddr,
        /// The nodes that are to join.
        joiners: Vec<String>,
        /// Where their token files go.
        tokens: Option<String>,
    },
    /// Look at this node: a fact follows.
    Gather,
    /// Have agents look at their nodes: facts follow.
    GatherAt(Vec<String>),
    /// Use the token to get a certificate (worker).
    UseToken {
        /// This node's name by the preseed, where there is one.
        name: Option<String>,
    },
    /// Keep a link to the leader (worker).
    KeepLink,
    /// Tell the leader that this node leaves (worker).
    LeaveLeader,
    /// Compute the plan's digest.
    Digest {
        /// The revision the plan was made at.
        revision: u64,
        /// The plan.
        plan: Box<Plan>,
    },
    /// Write a journal entry, durably.
    Journal {
        /// The run it belongs to.
        run: String,
        /// The entry.
        entry: Box<Entry>,
    },
    /// Do something with a step on this node.
    Do(Order),
    /// Have another node do something with a step.
    Send {
        /// The node.
        node: String,
        /// The order.
        order: Order,
    },
    /// Ask every running step to stop at the next safe place.
    CancelAll,
    /// Tell the leader how an order went (worker).
    Report(Report),
    /// Tell everyone who watches.
    Emit(PublicEvent),
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
                self.begin(answers, unattended, tokens);
            }
            Intent::Join { name } => self.join(name),
            Intent::Leave if self.state.local.role == Role::Worker => self.leave_leader(),
            other if self.state.leads() => self.intend_as_leader(other),
            _ => {}
        }
    }

    fn tick(&mut self) {
        if self.state.leads() {
            self.tick_as_leader();
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
