//! A house of nodes: an engine and a console each, and a daemon's part played between them.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use mcloud::engine::event::PublicEvent;
use mcloud::engine::message::{Failure, Message};
use mcloud::engine::node::{Cluster, Local, Stage};
use mcloud::engine::picture::{Picture, picture};
use mcloud::engine::services::NodeFacts;
use mcloud::engine::timing::Usual;
use mcloud::engine::{Effect, Event, Fact, Intent, State, update};
use mcloud::forms::Words;
use mcloud::screens::keymap::Key;
use mcloud::screens::{Act, Options, Screens};
use mcloud::wire::abridge;

use crate::eye::{Drawn, Seen};
use crate::guest::Guest;
use crate::machine::{NAMES, facts, id};
use crate::{between, eye, judge};

/// 12:03:00 UTC.
pub(crate) const NOON: u64 = 1_760_011_380_000;

/// How somebody's face went away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    Left,
    Closed,
    Detached,
    Rehearses,
}

/// A session that is open on a node.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) id: String,
    pub(crate) words: String,
}

/// A joiner's call to an initiator, from the right words on until its certificate.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) to: usize,
    pub(crate) session: String,
    pub(crate) admitted: bool,
    pub(crate) accepted: bool,
}

/// A node with a console.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) state: State,
    pub(crate) here: NodeFacts,
    pub(crate) screens: Screens,
    pub(crate) picture: Arc<Picture>,
    pub(crate) log: Vec<PublicEvent>,
    pub(crate) size: (u16, u16),
    pub(crate) gone: Option<Gone>,
    /// The words that its face gave to its daemon.
    pub(crate) typed: String,
    pub(crate) open: Option<Open>,
    /// The session whose words its face knows.
    knows: Option<String>,
    pub(crate) call: Option<Call>,
    /// The node whose agent this is, and whether the link is up.
    pub(crate) link: Option<(usize, bool)>,
    /// The leader's state as it came last.
    had: Option<Cluster>,
    /// Whether Install was pressed at its console since the answers were chosen.
    pub(crate) installs: bool,
    /// Whether its picture is older than its state.
    stale: bool,
    pub(crate) drawn: Option<Drawn>,
    /// How many keys were pressed since.
    pub(crate) ahead: usize,
    pub(crate) seen: Seen,
}

/// What is still to be done in the house.
#[derive(Debug, Clone)]
pub(crate) enum Due {
    Effect(usize, Effect),
    Fact(usize, Fact),
    Copy(usize, Box<Cluster>),
}

/// All of it. Nothing happens by itself: what is due is done by [`House::settle`], orders by
/// [`House::work`].
#[derive(Clone)]
pub(crate) struct House {
    pub(crate) nodes: Vec<Node>,
    pub(crate) guest: Guest,
    pub(crate) now: u64,
    pub(crate) due: VecDeque<Due>,
    /// Orders that are being carried out, each with the node that hears of it.
    pub(crate) orders: Vec<(usize, mcloud::engine::Order)>,
    /// Steps that fail when they are applied.
    pub(crate) failing: BTreeSet<String>,
    /// Whether the journal cannot be written.
    pub(crate) full: bool,
    /// How many sessions and clusters were opened.
    pub(crate) opened: u64,
    pub(crate) can_detach: bool,
}

impl Node {
    fn new(number: usize, can_detach: bool) -> Self {
        let state = State::new(
            Local {
                mcloud: "0.1.0".to_owned(),
                id: id(number),
                name: NAMES[number].to_owned(),
                ..Local::default()
            },
            Usual::default(),
        );
        Self {
            picture: Arc::new(picture(&state, NOON)),
            state,
            here: facts(number),
            screens: screens(can_detach),
            log: Vec::new(),
            size: (80, 24),
            gone: None,
            typed: String::new(),
            open: None,
            knows: None,
            call: None,
            link: None,
            had: None,
            installs: false,
            stale: false,
            drawn: None,
            ahead: 0,
            seen: Seen::default(),
        }
    }

    /// The leader's state as it comes over the wire: what this node has already is left out.
    fn fill_in(&mut self, cluster: Cluster) -> Cluster {
        let Some(had) = self.had.replace(cluster.clone()) else {
            return cluster;
        };
        let (rest, left_out) = abridge(&cluster, &had);
        let whole = left_out.fill(rest, &had);
        let whole = whole.expect("what was left out is there");
        assert_eq!(whole, cluster);
        whole
    }
}

/// Whether the answers can still be chosen at this stage.
pub(crate) const fn is_before_install(stage: Stage) -> bool {
    matches!(
        stage,
        Stage::Idle | Stage::Forming | Stage::Gathering | Stage::Review
    )
}

fn screens(can_detach: bool) -> Screens {
    let options = Options {
        can_detach,
        wizard: true,
        rehearsal: false,
    };
    Screens::with_forms(options, eye::forms())
}

impl House {
    /// Two nodes, at each of which the wizard was opened.
    pub(crate) fn new() -> Self {
        Self::built(|_| {})
    }

    /// The same after `change`.
    pub(crate) fn built(change: impl FnOnce(&mut Self)) -> Self {
        let mut house = Self {
            nodes: (0..2).map(|number| Node::new(number, true)).collect(),
            guest: Guest::default(),
            now: NOON,
            due: VecDeque::new(),
            orders: Vec::new(),
            failing: BTreeSet::new(),
            full: false,
            opened: 0,
            can_detach: true,
        };
        change(&mut house);
        for who in 0..2 {
            house.open(who);
        }
        house.settle();
        house
    }

    /// Somebody runs mcloud at a node.
    pub(crate) fn open(&mut self, who: usize) {
        let node = &mut self.nodes[who];
        (node.gone, node.drawn, node.knows) = (None, None, None);
        node.screens = screens(self.can_detach);
        self.event(who, Event::Intent(Intent::Open { part: None }));
        self.show(who);
    }

    pub(crate) fn fact(&mut self, who: usize, fact: Fact) {
        self.event(who, Event::Fact(fact));
    }

    pub(crate) fn event(&mut self, who: usize, event: Event) {
        let node = &mut self.nodes[who];
        let before = node.state.cluster.revision;
        let effects = update(&mut node.state, self.now, event);
        let changed = node.state.cluster.revision != before;
        let leads = node.state.leads();
        node.stale = true;
        let copies = if leads && changed {
            self.followers(who)
        } else {
            Vec::new()
        };
        for worker in copies {
            let cluster = Box::new(self.nodes[who].state.cluster.clone());
            self.due.push_back(Due::Copy(worker, cluster));
        }
        judge::state(self, who);
        for effect in effects {
            judge::effect(self, who, &effect);
            self.due.push_back(Due::Effect(who, effect));
        }
        let stage = self.nodes[who].state.cluster.stage;
        self.nodes[who].installs &= !is_before_install(stage);
    }

    /// The nodes with consoles whose links to `leader` are up.
    pub(crate) fn followers(&self, leader: usize) -> Vec<usize> {
        let nodes = self.nodes.iter().enumerate();
        let linked = nodes.filter(|(_, node)| node.link == Some((leader, true)));
        linked.map(|(number, _)| number).collect()
    }

    /// Does what is due, all of it.
    pub(crate) fn settle(&mut self) {
        loop {
            while self.step() {}
            self.hear();
            if self.due.is_empty() {
                break;
            }
        }
        for who in 0..self.nodes.len() {
            self.look(who);
        }
    }

    /// The console of `who` gets the picture of what its engine knows now.
    pub(crate) fn look(&mut self, who: usize) {
        self.show(who);
        let node = &mut self.nodes[who];
        if std::mem::take(&mut node.stale) {
            node.picture = Arc::new(picture(&node.state, self.now));
        }
    }

    /// Does what has been due for longest; says whether there was anything.
    pub(crate) fn step(&mut self) -> bool {
        let Some(due) = self.due.pop_front() else {
            return false;
        };
        match due {
            Due::Effect(who, effect) => between::perform(self, who, effect),
            Due::Fact(who, fact) => self.fact(who, fact),
            Due::Copy(worker, cluster) => {
                if self.nodes[worker].link.is_some_and(|(_, up)| up) {
                    let cluster = self.nodes[worker].fill_in(*cluster);
                    self.fact(worker, Fact::Cluster(Box::new(cluster)));
                }
            }
        }
        true
    }

    /// Faces ask for the words of a session that is open on their node.
    pub(crate) fn show(&mut self, who: usize) {
        let node = &mut self.nodes[who];
        let open = node.open.as_ref().map(|open| open.id.clone());
        if node.knows != open {
            let words = node.open.as_ref().map(|open| Words(open.words.clone()));
            node.screens.know(words);
            node.knows = open;
        }
    }

    /// Presses a key at the console of `who`, on what it shows; what the key asks for is done.
    pub(crate) fn key(&mut self, who: usize, key: impl Into<Key>) -> Option<Act> {
        self.look(who);
        let node = &mut self.nodes[who];
        let picture = Arc::clone(&node.picture);
        let act = node.screens.press(&picture, key.into());
        if let Some(act) = &act {
            judge::act(self, who, act);
            self.act(who, act.clone());
        }
        self.nodes[who].ahead += 1;
        self.look(who);
        act
    }

    fn act(&mut self, who: usize, act: Act) {
        let gone = match act {
            Act::Intent(intent) => return self.intend(who, intent),
            Act::Intents(intents) => {
                for intent in intents {
                    self.intend(who, intent);
                }
                return;
            }
            Act::Words(words) => {
                self.nodes[who].typed = words.0;
                return self.intend(who, Intent::Call);
            }
            Act::Save(file) => {
                let came = if self.full {
                    Err("no space left".to_owned())
                } else {
                    Ok(file)
                };
                return self.nodes[who].screens.saved(came);
            }
            Act::Repaint | Act::NextLook => return,
            Act::Leave => {
                self.intend(who, Intent::Leave);
                Gone::Left
            }
            Act::Detach => Gone::Detached,
            Act::Close => Gone::Closed,
            Act::Rehearse => Gone::Rehearses,
        };
        self.nodes[who].gone = Some(gone);
    }

    fn intend(&mut self, who: usize, intent: Intent) {
        if matches!(intent, Intent::Install { .. }) {
            self.nodes[who].installs = true;
        }
        self.event(who, Event::Intent(intent));
    }
}

pub(crate) fn failure() -> Failure {
    Failure::new(Message::new("join.not-reached")).because("connection refused")
}
