//! A stage for the engine: made-up nodes, and a world that answers effects with facts.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use mcloud::engine::answers::{
    Answers, DiskChoice, DiskFilter, LocalPool, Newcomer, NodeAnswers, Purpose,
};
use mcloud::engine::event::{PublicEvent, What};
use mcloud::engine::facts::{Disk, Holds, HostFacts, Nic};
use mcloud::engine::message::{Failure, Message};
use mcloud::engine::node::{Local, Role};
use mcloud::engine::services::{LxdFacts, LxdState, NodeFacts};
use mcloud::engine::timing::Usual;
use mcloud::engine::{
    Effect, Entry, Event, Fact, Intent, Member, Order, Recorded, Seen, State, Verb, update,
};

pub(crate) const NAMES: [&str; 3] = ["pi-a", "pi-b", "pi-c"];

pub(crate) fn address(number: usize) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, u8::try_from(number + 11).unwrap()))
}

pub(crate) fn answers(nodes: usize) -> Answers {
    let node = |number: usize| NodeAnswers {
        name: NAMES[number].to_owned(),
        address: address(number),
        disks: Vec::new(),
        uplink: None,
        underlay: None,
    };
    Answers {
        cluster: "attic".to_owned(),
        initiator: "pi-a".to_owned(),
        nodes: (0..nodes).map(node).collect(),
        local: LocalPool::default(),
        erase: 0,
        ..Answers::default()
    }
}

/// A machine that gives no disk, with the address of the node of this number.
pub(crate) fn newcomer(number: usize, unattended: bool) -> Newcomer {
    Newcomer {
        addresses: vec![ipnet::IpNet::new(address(number), 24).unwrap()],
        unattended,
        ..Newcomer::default()
    }
}

pub(crate) fn with_disk(mut answers: Answers, node: usize, serial: &str) -> Answers {
    answers.nodes[node].disks.push(DiskChoice {
        purpose: Purpose::Local,
        find: DiskFilter {
            serial: Some(serial.to_owned()),
            ..DiskFilter::default()
        },
        encrypt: false,
    });
    answers
}

pub(crate) fn disk(name: &str, serial: &str, holds: Holds) -> Disk {
    Disk {
        name: name.to_owned(),
        path: format!("/dev/disk/by-id/ata-{serial}"),
        size: 240_057_409_536,
        model: Some("KINGSTON SA400".to_owned()),
        serial: Some(serial.to_owned()),
        holds,
        ..Disk::default()
    }
}

pub(crate) fn lxd() -> LxdFacts {
    LxdFacts {
        version: "5.21.7".to_owned(),
        drivers: vec!["btrfs".to_owned(), "dir".to_owned()],
        can_wipe: true,
        ..LxdFacts::default()
    }
}

pub(crate) fn facts(number: usize) -> NodeFacts {
    let net = ipnet::IpNet::new(address(number), 24).unwrap();
    NodeFacts {
        host: HostFacts {
            hostname: NAMES[number].to_owned(),
            model: "Raspberry Pi 5".to_owned(),
            nics: vec![Nic {
                name: "eth0".to_owned(),
                up: true,
                addresses: vec![net],
                ..Nic::default()
            }],
            disks: vec![
                disk("sda", &format!("{}-A", NAMES[number]), Holds::Nothing),
                disk(
                    "sdb",
                    &format!("{}-B", NAMES[number]),
                    Holds::Found {
                        kind: "ext4".to_owned(),
                        label: None,
                        uuid: None,
                    },
                ),
            ],
            ..HostFacts::default()
        },
        lxd: LxdState::Answers(Box::new(lxd())),
        mcloud: "0.1.0".to_owned(),
        ..NodeFacts::default()
    }
}

/// The engine and the world around it.
pub(crate) struct Stage {
    pub(crate) state: State,
    pub(crate) now: u64,
    pub(crate) told: Vec<PublicEvent>,
    pub(crate) journal: Vec<Entry>,
    pub(crate) applied: Vec<String>,
    /// Steps that are there before anything is done.
    pub(crate) there: BTreeSet<String>,
    /// Steps whose apply fails.
    pub(crate) failing: BTreeSet<String>,
    pub(crate) facts: Vec<NodeFacts>,
    pub(crate) waiting: Vec<Effect>,
}

impl Stage {
    pub(crate) fn new(nodes: usize) -> Self {
        let local = Local {
            mcloud: "0.1.0".to_owned(),
            id: "leader".to_owned(),
            name: "pi-a".to_owned(),
            role: Role::Undecided,
            told: 0,
            ..Local::default()
        };
        Self {
            state: State::new(local, Usual::default()),
            now: 1_000_000,
            told: Vec::new(),
            journal: Vec::new(),
            applied: Vec::new(),
            there: BTreeSet::new(),
            failing: BTreeSet::new(),
            facts: (0..nodes).map(facts).collect(),
            waiting: Vec::new(),
        }
    }

    /// One event; its effects wait.
    pub(crate) fn event(&mut self, event: Event) {
        self.now += 10;
        for effect in update(&mut self.state, self.now, event) {
            match effect {
                Effect::Emit(event) => self.told.push(event),
                effect => self.waiting.push(effect),
            }
        }
    }

    pub(crate) fn fact(&mut self, fact: Fact) {
        self.event(Event::Fact(fact));
    }

    /// Begins by these answers with every joiner connected, and plays until nothing waits.
    pub(crate) fn begin(&mut self, answers: Answers, unattended: bool) {
        self.event(Event::Intent(Intent::Begin {
            answers: Box::new(answers),
            unattended,
            tokens: None,
        }));
        self.play();
        let joiners: Vec<_> = self.facts.iter().cloned().enumerate().skip(1).collect();
        for (node, facts) in joiners {
            let name = NAMES[node].to_owned();
            self.fact(Fact::Joined {
                node: name.clone(),
                id: format!("id-{node}"),
                session: false,
            });
            self.fact(Fact::LinkUp(name.clone()));
            self.fact(Fact::Facts {
                node: Some(name),
                facts: Box::new(facts),
            });
        }
        self.play();
    }

    /// Does what waits, the oldest first, until nothing does.
    pub(crate) fn play(&mut self) {
        while !self.waiting.is_empty() {
            let effect = self.waiting.remove(0);
            self.perform(effect);
        }
    }

    pub(crate) fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Open { .. } => self.fact(Fact::Opened {
                cluster: "c1".to_owned(),
                epoch: 1,
                joined: vec![Member {
                    name: "pi-a".to_owned(),
                    id: "leader".to_owned(),
                    up: true,
                }],
                touched: false,
                usual: Usual::default(),
            }),
            Effect::Gather => {
                let facts = Box::new(self.facts[0].clone());
                self.fact(Fact::Facts { node: None, facts });
            }
            Effect::GatherAt(names) => {
                for name in names {
                    let number = NAMES.iter().position(|n| **n == name).unwrap();
                    let facts = Box::new(self.facts[number].clone());
                    self.fact(Fact::Facts {
                        node: Some(name),
                        facts,
                    });
                }
            }
            Effect::Digest { revision, plan } => {
                let digest = format!("digest of {} steps", plan.steps.len());
                self.fact(Fact::Digested { revision, digest });
            }
            Effect::Journal { entry, .. } => self.record(*entry),
            Effect::Do(order) | Effect::Send { order, .. } => self.carry_out(order),
            _ => {}
        }
    }

    fn record(&mut self, entry: Entry) {
        let recorded = match &entry {
            Entry::Run { .. } => Some(Recorded::Run),
            Entry::Start { step, attempt, .. } => Some(Recorded::Step {
                step: step.clone(),
                attempt: *attempt,
            }),
            _ => None,
        };
        self.journal.push(entry);
        if let Some(recorded) = recorded {
            self.fact(Fact::Journaled(recorded));
        }
    }

    fn carry_out(&mut self, order: Order) {
        let id = order.step.clone();
        match order.verb {
            Verb::Observe if self.there.contains(&id) => {
                self.fact(Fact::Observed(order, Ok(Seen::There(Vec::new()))));
            }
            Verb::Observe => {
                self.fact(Fact::Observed(
                    order,
                    Ok(Seen::Missing("nothing".to_owned())),
                ));
            }
            // Nobody obeys an order of a plan that is not there any more.
            Verb::Apply if self.state.cluster.digest.as_ref() != Some(&order.digest) => {}
            Verb::Apply => {
                self.check_order(&id);
                self.applied.push(id.clone());
                if self.failing.contains(&id) {
                    let failure = Failure::new(Message::new("test.failed"));
                    self.fact(Fact::Ended(order, Err(failure)));
                } else {
                    self.there.insert(id);
                    self.fact(Fact::Ended(order, Ok(Vec::new())));
                }
            }
        }
    }

    /// What must hold whenever a step is applied: the journal knows it, what it needs is there,
    /// nobody else holds its locks.
    fn check_order(&self, id: &str) {
        let recorded = self
            .journal
            .iter()
            .any(|entry| matches!(entry, Entry::Start { step, .. } if step == id));
        assert!(recorded, "{id} is applied and the journal does not know");
        let plan = self.state.cluster.plan.as_ref().unwrap();
        let run = self.state.cluster.run.as_ref().unwrap();
        let step = plan.step(id).unwrap();
        // What gives back waits for the others only while they go on: it is done though they failed.
        let busy = plan
            .steps
            .iter()
            .filter(|other| !other.work.gives_back())
            .any(|other| run.state(&other.id).unwrap().is_active());
        let stopped = step.work.gives_back() && !busy;
        for need in step.needs.iter().take(if stopped { 0 } else { usize::MAX }) {
            assert!(
                run.state(need).unwrap().is_there(),
                "{id} is applied before {need}"
            );
        }
        for other in plan.steps.iter().filter(|other| other.id != id) {
            let shares = other.locks.iter().any(|lock| step.locks.contains(lock));
            let active = run.state(&other.id).unwrap().is_active();
            assert!(!(shares && active), "{id} and {} hold one lock", other.id);
        }
    }

    /// The end that was told, if one was.
    pub(crate) fn done(&self) -> Option<(bool, u8, usize)> {
        self.told.iter().find_map(|event| match event.what {
            What::Done {
                ok, exit, members, ..
            } => Some((ok, exit, members)),
            _ => None,
        })
    }
}
