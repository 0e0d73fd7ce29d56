//! The real engine on a small stage: made-up nodes, and a world that answers after a while.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use mcloud::engine::answers::{Answers, DiskChoice, DiskFilter, LocalPool, NodeAnswers, Purpose};
use mcloud::engine::event::PublicEvent;
use mcloud::engine::facts::{Disk, Holds, HostFacts, Nic};
use mcloud::engine::message::{Failure, Message};
use mcloud::engine::node::{Local, Role};
use mcloud::engine::picture::{Picture, picture};
use mcloud::engine::services::{LxdFacts, LxdState, NodeFacts};
use mcloud::engine::timing::Usual;
use mcloud::engine::{
    Effect, Entry, Event, Fact, Intent, Member, Order, Progress, Recorded, Seen, State, Verb,
    update,
};

/// 12:03:00 UTC.
pub(crate) const NOON: u64 = 1_760_011_380_000;

const USUAL: &[(&str, u64)] = &[
    ("lxd.ready", 4_000),
    ("control.state", 1_000),
    ("control.agent", 2_000),
    ("lxd.address", 1_000),
    ("lxd.bootstrap", 12_000),
    ("lxd.join", 45_000),
    ("lxd.leader", 2_000),
    ("lxd.pool-pending", 1_000),
    ("lxd.pool", 20_000),
    ("lxd.profile", 1_000),
    ("lxd.proof", 8_000),
];

pub(crate) fn name(number: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(number).unwrap());
    format!("pi-{letter}")
}

fn address(number: usize) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, u8::try_from(number + 11).unwrap()))
}

fn serial(number: usize) -> String {
    format!("S5SXNG0R{number:03}")
}

/// Answers that give the disk of each of `with_disks` to the local pool.
pub(crate) fn answers(nodes: usize, with_disks: &[usize]) -> Answers {
    let disk = |number: usize| DiskChoice {
        purpose: Purpose::Local,
        find: DiskFilter {
            serial: Some(serial(number)),
            ..DiskFilter::default()
        },
        encrypt: false,
    };
    let node = |number: usize| NodeAnswers {
        name: name(number),
        address: address(number),
        disks: with_disks
            .iter()
            .filter(|with| **with == number)
            .map(|n| disk(*n))
            .collect(),
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

/// What a node is; even ones have a disk that holds something.
fn facts(number: usize) -> NodeFacts {
    let holds = if number.is_multiple_of(2) {
        Holds::Found {
            kind: "ext4".to_owned(),
            label: Some("photos".to_owned()),
            uuid: None,
        }
    } else {
        Holds::Nothing
    };
    NodeFacts {
        host: HostFacts {
            hostname: name(number),
            model: "Raspberry Pi 5 Model B Rev 1.0".to_owned(),
            nics: vec![Nic {
                name: "eth0".to_owned(),
                up: true,
                addresses: vec![ipnet::IpNet::new(address(number), 24).unwrap()],
                ..Nic::default()
            }],
            disks: vec![Disk {
                name: "sda".to_owned(),
                path: format!("/dev/disk/by-id/ata-{}", serial(number)),
                size: 1_000_204_886_016,
                model: Some("Samsung T7".to_owned()),
                serial: Some(serial(number)),
                holds,
                ..Disk::default()
            }],
            ..HostFacts::default()
        },
        lxd: LxdState::Answers(Box::new(LxdFacts {
            version: "5.21.3".to_owned(),
            drivers: vec!["zfs".to_owned(), "dir".to_owned()],
            can_wipe: true,
            ..LxdFacts::default()
        })),
        mcloud: "0.1.0".to_owned(),
        ..NodeFacts::default()
    }
}

/// What failing looks like.
pub(crate) fn failure() -> Failure {
    let what = Message::new("join.not-reached");
    Failure::new(what)
        .because("POST /1.0/cluster on pi-c")
        .because("Failed to join cluster: context deadline exceeded")
        .hint(Message::new("join.not-reached-fix"))
}

/// The engine, and the world around it.
pub(crate) struct Stage {
    pub(crate) state: State,
    pub(crate) now: u64,
    pub(crate) log: Vec<PublicEvent>,
    pub(crate) facts: Vec<NodeFacts>,
    /// Steps that fail when they are applied.
    pub(crate) failing: BTreeMap<String, Failure>,
    /// Orders, each with when it is carried out.
    orders: Vec<(u64, Order)>,
}

impl Stage {
    pub(crate) fn new(nodes: usize) -> Self {
        let local = Local {
            mcloud: "0.1.0".to_owned(),
            id: "leader".to_owned(),
            name: name(0),
            role: Role::Undecided,
            told: 0,
            ..Local::default()
        };
        Self {
            state: State::new(local, Usual::default()),
            now: NOON,
            log: Vec::new(),
            facts: (0..nodes).map(facts).collect(),
            failing: BTreeMap::new(),
            orders: Vec::new(),
        }
    }

    /// Begins by `answers`; no joiner is there yet.
    pub(crate) fn begin(mut self, answers: Answers, unattended: bool) -> Self {
        self.intend(Intent::Begin {
            answers: Box::new(answers),
            unattended,
            tokens: None,
        });
        self
    }

    /// The first `count` joiners come in and are looked at.
    pub(crate) fn joined(mut self, count: usize) -> Self {
        for number in 1..=count {
            self.now += 2_000;
            let node = name(number);
            let id = format!("id-{number}");
            self.event(Event::Fact(Fact::Joined {
                node: node.clone(),
                id,
                session: false,
            }));
            self.event(Event::Fact(Fact::LinkUp(node.clone())));
            let facts = Box::new(self.facts[number].clone());
            self.event(Event::Fact(Fact::Facts {
                node: Some(node),
                facts,
            }));
        }
        self
    }

    /// Presses Install as the operator would.
    pub(crate) fn installed(mut self) -> Self {
        let review = self.picture().review.expect("there is a plan");
        self.now += 30_000;
        self.intend(Intent::Install {
            digest: review.digest.expect("it is sealed"),
            erase: review.erasures.len(),
        });
        self
    }

    /// Lets `ms` go by: signs of life every second, and orders when their time has come.
    pub(crate) fn after(mut self, ms: u64) -> Self {
        let until = self.now + ms;
        while self.now < until {
            self.now += 1_000;
            self.event(Event::Tick);
            for number in 1..self.facts.len() {
                let node = name(number);
                if self
                    .state
                    .cluster
                    .nodes
                    .get(&node)
                    .is_some_and(|node| node.up)
                {
                    self.event(Event::Fact(Fact::Heard(node)));
                }
            }
            while let Some(at) = self.orders.iter().position(|(due, _)| *due <= self.now) {
                let (_, order) = self.orders.remove(at);
                self.carry_out(order);
            }
        }
        self
    }

    pub(crate) fn intend(&mut self, intent: Intent) {
        self.event(Event::Intent(intent));
    }

    pub(crate) fn event(&mut self, event: Event) {
        for effect in update(&mut self.state, self.now, event) {
            self.perform(effect);
        }
    }

    /// As this node sees it.
    pub(crate) fn picture(&self) -> Picture {
        picture(&self.state, self.now)
    }

    /// As the joiner called `name` sees it.
    pub(crate) fn picture_at(&self, name: &str, up: bool) -> Picture {
        let mut local = self.state.local.clone();
        name.clone_into(&mut local.name);
        local.role = Role::Worker;
        let since = self.now - 12_000;
        local.link = Some(mcloud::engine::node::Link { up, since });
        let mut state = State::new(local, Usual::default());
        state.cluster = self.state.cluster.clone();
        picture(&state, self.now)
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Emit(event) => self.log.push(event),
            Effect::Open { .. } => {
                let usual = USUAL.iter().map(|(class, ms)| ((*class).to_owned(), *ms));
                self.event(Event::Fact(Fact::Opened {
                    cluster: "c1".to_owned(),
                    epoch: 1,
                    joined: vec![Member {
                        name: name(0),
                        id: "leader".to_owned(),
                        up: true,
                    }],
                    touched: false,
                    usual: Usual(usual.collect()),
                }));
            }
            Effect::Gather => {
                let facts = Box::new(self.facts[0].clone());
                self.event(Event::Fact(Fact::Facts { node: None, facts }));
            }
            Effect::Digest { revision, .. } => {
                let digest = format!("digest of revision {revision}");
                self.event(Event::Fact(Fact::Digested { revision, digest }));
            }
            Effect::Journal { entry, .. } => self.record(*entry),
            Effect::Do(order) | Effect::Send { order, .. } => {
                let takes = match order.verb {
                    Verb::Observe => 500,
                    Verb::Apply => self.usual(&order.step),
                };
                self.orders.push((self.now + takes, order));
            }
            _ => {}
        }
    }

    fn usual(&self, id: &str) -> u64 {
        let plan = self.state.cluster.plan.as_ref();
        plan.and_then(|plan| plan.step(id))
            .map_or(1_000, |step| step.usual_ms)
    }

    fn record(&mut self, entry: Entry) {
        let recorded = match entry {
            Entry::Run { .. } => Recorded::Run,
            Entry::Start { step, attempt, .. } => Recorded::Step { step, attempt },
            _ => return,
        };
        self.event(Event::Fact(Fact::Journaled(recorded)));
    }

    fn carry_out(&mut self, order: Order) {
        let fact = match order.verb {
            Verb::Observe if order.step.starts_with("control.") => {
                Fact::Observed(order, Ok(Seen::There(Vec::new())))
            }
            Verb::Observe => Fact::Observed(order, Ok(Seen::Missing("nothing".to_owned()))),
            Verb::Apply => match self.failing.get(&order.step) {
                Some(failure) => Fact::Ended(order, Err(failure.clone())),
                None => Fact::Ended(order, Ok(Vec::new())),
            },
        };
        self.event(Event::Fact(fact));
    }

    /// A running step says what it is doing.
    pub(crate) fn says(mut self, step: &str, doing: Message, units: Option<(u64, u64)>) -> Self {
        let run = self.state.cluster.run.as_ref().expect("there is a run");
        let order = Order {
            run: run.id.clone(),
            digest: self.state.cluster.digest.clone().expect("it is sealed"),
            step: step.to_owned(),
            attempt: run.steps[step].attempt,
            verb: Verb::Apply,
        };
        let progress = Progress {
            doing: Some(doing),
            units,
        };
        self.event(Event::Fact(Fact::Progress(order, progress)));
        self
    }
}
