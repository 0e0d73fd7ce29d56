//! The engine: events in, a new state and effects out. Pure: no clock, no socket, no file.
//!
//! Keys become intents. Intents, facts and ticks become events. [`update`] turns an event into a
//! new state and a list of effects. Effects are done elsewhere and come back as facts. There is no
//! second way for anything to change.

pub mod answers;
pub mod event;
pub mod facts;
mod install;
mod leader;
pub mod message;
pub mod node;
pub mod picture;
pub mod plan;
pub mod preflight;
pub mod run;
pub mod services;
pub mod timing;
mod worker;

use serde::{Deserialize, Serialize};

use answers::Answers;
use event::PublicEvent;
use message::{Failure, Message};
use node::{Cluster, Local, Role};
use plan::{Plan, Work};
use services::NodeFacts;
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

/// What was found, done or heard.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The cluster's state, CA and listener are there.
    Opened {
        /// The cluster's id.
        cluster: String,
        /// The leader's epoch.
        epoch: u64,
        /// The nodes that have a certificate.
        joined: Vec<Member>,
        /// How long steps usually take, by this cluster's own history where it has one.
        usual: Usual,
    },
    /// They could not be made.
    NotOpened(Failure),
    /// A node used its token.
    Joined {
        /// Its name.
        node: String,
        /// Its node id.
        id: String,
    },
    /// A node was looked at; on an agent, this node.
    Facts {
        /// Its name; this node's is taken from the state.
        node: Option<String>,
        /// What was found.
        facts: Box<NodeFacts>,
    },
    /// This node could not be looked at.
    NotGathered(Failure),
    /// An agent's link is up (leader).
    LinkUp(String),
    /// An agent's link is down (leader).
    LinkDown(String),
    /// A node showed a sign of life (leader).
    Heard(String),
    /// A joiner gave the undertaking up (leader).
    PeerLeft(String),
    /// This node has its certificate (worker).
    Certified {
        /// Its name in the cluster.
        name: String,
        /// The cluster's name.
        cluster: String,
    },
    /// The leader would not have this node (worker).
    JoinRefused(Failure),
    /// The link to the leader is up or down (worker).
    Link(bool),
    /// The leader's state (worker).
    Cluster(Box<Cluster>),
    /// The leader told a public event (worker).
    Told(PublicEvent),
    /// The leader ordered something (worker).
    Ordered(Order),
    /// The plan's digest is known.
    Digested {
        /// The revision the plan was made at.
        revision: u64,
        /// SHA-256 of the plan, in hex.
        digest: String,
    },
    /// The journal holds an entry, durably.
    Journaled(Recorded),
    /// It could not be written: what waits for it must not be done.
    NotJournaled(Recorded, Failure),
    /// A step was looked at.
    Observed(Order, Result<Seen, Failure>),
    /// A step shows a sign of life.
    Progress(Order, Progress),
    /// A step was applied and verified, or failed.
    Ended(Order, Result<Vec<Message>, Failure>),
}

/// A node that has a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its node id.
    pub id: String,
    /// Whether its agent is connected.
    pub up: bool,
}

/// Which entry the journal holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// The answers and the sealed plan of a run.
    Run,
    /// That a step will be applied.
    Step {
        /// Its id.
        step: String,
        /// Which attempt.
        attempt: u32,
    },
}

/// What the leader asks of a node: one verb on one step of the plan that the node holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The run.
    pub run: String,
    /// The digest of the sealed plan; the step's parameters come from there, never from the order.
    pub digest: String,
    /// The step's id.
    pub step: String,
    /// Which attempt.
    pub attempt: u32,
    /// What to do with it.
    pub verb: Verb,
}

/// What to do with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Look whether it is there already.
    Observe,
    /// Do it, and make sure.
    Apply,
}

/// What observing a step found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// It is there already.
    There(Vec<Message>),
    /// It is not; what is there instead goes into the journal.
    Missing(String),
}

/// A sign of life of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What it is doing now.
    pub doing: Option<Message>,
    /// Units done and in all, where the work counts.
    pub units: Option<(u64, u64)>,
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

/// What a worker tells the leader about an order or about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Report {
    /// What this node is.
    Facts(Box<NodeFacts>),
    /// This node could not be looked at.
    NotGathered(Failure),
    /// A step was looked at.
    Observed(Order, Result<Seen, Failure>),
    /// A step shows a sign of life.
    Progress(Order, Progress),
    /// A step ended.
    Ended(Order, Result<Vec<Message>, Failure>),
}

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "entry")]
pub enum Entry {
    /// A run begins: the answers and the plan as they were sealed.
    Run {
        /// The answers.
        answers: Box<Answers>,
        /// The plan.
        plan: Box<Plan>,
        /// Its digest.
        digest: String,
    },
    /// A step will be applied.
    Start {
        /// Its id.
        step: String,
        /// Which attempt.
        attempt: u32,
        /// What was there before.
        before: String,
        /// What was asked.
        asked: Work,
    },
    /// A step ended.
    End {
        /// Its id.
        step: String,
        /// Which attempt.
        attempt: u32,
        /// Whether mcloud made it: rollback removes nothing else.
        made: bool,
        /// How long it took, in ms.
        took_ms: u64,
        /// Why it failed, where it did.
        failure: Option<Failure>,
    },
    /// The operator decided something.
    Decision {
        /// What.
        intent: Intent,
    },
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
