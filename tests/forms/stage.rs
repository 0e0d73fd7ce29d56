//! The real engine of one node, and a small world around it: what the wizard asks for is answered.

use std::net::{IpAddr, Ipv4Addr};

use mcloud::engine::facts::{Disk, Holds, HostFacts, Nic};
use mcloud::engine::message::{Failure, Message};
use mcloud::engine::neighbours::{Neighbours, Peer, Standing};
use mcloud::engine::node::{Local, Role};
use mcloud::engine::picture::{Picture, picture};
use mcloud::engine::services::{
    LxdFacts, LxdState, MicroFacts, MicroState, NodeFacts, SnapdFacts, SnapdState,
};
use mcloud::engine::timing::Usual;
use mcloud::engine::trust::{Knock, KnockState};
use mcloud::engine::{Effect, Event, Fact, Intent, State, update};
use mcloud::forms::{Form, Known, Step, Typed, Wish, form};

/// 12:03:00 UTC.
pub(crate) const NOON: u64 = 1_760_011_380_000;

pub(crate) const WORDS: &str = "copper lantern otter violet";

pub(crate) fn address(number: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, 11 + number))
}

pub(crate) fn name(number: u8) -> String {
    format!("pi-{}", char::from(b'a' + number))
}

pub(crate) fn nic(name: &str, address: IpAddr) -> Nic {
    Nic {
        name: name.to_owned(),
        mac: format!("dc:a6:32:00:00:{:02x}", name.len()),
        up: true,
        carrier: Some(true),
        speed_mbps: Some(1_000),
        addresses: vec![ipnet::IpNet::new(address, 24).unwrap()],
        gateway: Some("10.0.0.1".parse().unwrap()),
        ..Nic::default()
    }
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

pub(crate) fn photos() -> Holds {
    Holds::Found {
        kind: "ext4".to_owned(),
        label: Some("photos".to_owned()),
        uuid: None,
    }
}

/// A Pi about which there is nothing to say: an empty disk, one with photos, and its card.
pub(crate) fn facts(number: u8) -> NodeFacts {
    let name = name(number);
    let mut card = disk("mmcblk0", &format!("{name}-M"), Holds::Nothing);
    card.model = Some("SD card".to_owned());
    card.used = Some(format!("{}/", Disk::MOUNTED));
    NodeFacts {
        host: HostFacts {
            hostname: name.clone(),
            model: "Raspberry Pi 5 Model B Rev 1.0".to_owned(),
            memory: 8_000_000_000,
            kernel: "6.8.0-1013-raspi".to_owned(),
            arch: "aarch64".to_owned(),
            os: "Ubuntu 24.04.3 LTS".to_owned(),
            clock_synchronized: Some(true),
            nics: vec![nic("eth0", address(number))],
            disks: vec![
                disk("sda", &format!("{name}-A"), Holds::Nothing),
                disk("sdb", &format!("{name}-B"), photos()),
                card,
            ],
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

/// The same Pi with a second empty disk and a snapd that can install what is missing.
pub(crate) fn served(number: u8) -> NodeFacts {
    let mut facts = facts(number);
    let mut second = disk("nvme0n1", &format!("{}-N", name(number)), Holds::Nothing);
    second.size = 512_110_190_592;
    second.model = Some("WD SN740".to_owned());
    facts.host.disks.insert(0, second);
    facts.snapd = SnapdState::Answers(Box::new(SnapdFacts {
        version: "2.68.3".to_owned(),
        confinement: "strict".to_owned(),
        ..SnapdFacts::default()
    }));
    facts
}

/// The same with a `MicroCeph` that can encrypt.
pub(crate) fn encrypting(number: u8) -> NodeFacts {
    NodeFacts {
        ceph: MicroState::Answers(Box::new(MicroFacts {
            version: "19.2.1".to_owned(),
            no_encryption: Some(String::new()),
            ..MicroFacts::default()
        })),
        ..served(number)
    }
}

pub(crate) fn peer(number: u8, standing: Standing) -> Peer {
    let session = match standing {
        Standing::Open { .. } | Standing::Joining => Some("s1".to_owned()),
        _ => None,
    };
    Peer {
        id: format!("id-{}", name(number)),
        name: name(number),
        model: "Pi 5 8 GB".to_owned(),
        address: address(number),
        port: Some(9445),
        mcloud: "0.1.0".to_owned(),
        compatible: true,
        standing,
        session,
        heard: NOON - 2_000,
        ways: vec!["multicast".to_owned(), "broadcast".to_owned()],
        silent: false,
        findings: Vec::new(),
    }
}

pub(crate) fn attic(number: u8) -> Peer {
    peer(
        number,
        Standing::Open {
            cluster: "attic".to_owned(),
        },
    )
}

pub(crate) fn knock(number: u8) -> Knock {
    let check = ["maple", "tundra", "fox", "ember"];
    Knock {
        id: format!("id-{}", name(number)),
        name: name(number),
        address: address(number),
        model: "Pi 5 8 GB".to_owned(),
        mcloud: "0.1.0".to_owned(),
        check: check.map(str::to_owned).to_vec(),
        theirs: false,
        state: KnockState::Asking,
    }
}

/// One node's engine, with what its console remembers.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) state: State,
    pub(crate) now: u64,
    pub(crate) typed: Typed,
    /// This node, as it is found when it is looked at.
    pub(crate) here: NodeFacts,
    pub(crate) words: Option<&'static str>,
    pub(crate) rehearsal: bool,
    /// What is asked of the outside and not answered here.
    pub(crate) asked: Vec<Effect>,
}

impl Stage {
    /// Node `number`, before it was looked at.
    pub(crate) fn fresh(number: u8) -> Self {
        let local = Local {
            mcloud: "0.1.0".to_owned(),
            id: format!("id-{}", name(number)),
            name: name(number),
            role: Role::Undecided,
            ..Local::default()
        };
        Self {
            state: State::new(local, Usual::default()),
            now: NOON,
            typed: Typed::default(),
            here: facts(number),
            words: Some(WORDS),
            rehearsal: false,
            asked: Vec::new(),
        }
    }

    /// The same after the wizard was opened: it is looked at.
    pub(crate) fn open(number: u8) -> Self {
        Self::fresh(number).then(Intent::Open { part: None })
    }

    /// The same on a machine that is as `change` makes it.
    pub(crate) fn open_on(number: u8, change: impl FnOnce(&mut NodeFacts)) -> Self {
        let mut stage = Self::fresh(number);
        change(&mut stage.here);
        stage.then(Intent::Open { part: None })
    }

    /// An initiator whose session is open.
    pub(crate) fn initiator() -> Self {
        Self::initiator_on(|_| {})
    }

    pub(crate) fn initiator_on(change: impl FnOnce(&mut NodeFacts)) -> Self {
        let mut stage = Self::open_on(0, change);
        for intent in [
            Intent::Part {
                part: mcloud::engine::wizard::Part::Initiator,
            },
            Intent::Address {
                address: address(0),
            },
            Intent::Found {
                cluster: "attic".to_owned(),
            },
        ] {
            stage.intend(intent);
        }
        stage
    }

    /// A joiner that hears pi-a's session and went there.
    pub(crate) fn knocking() -> Self {
        let stage = Self::open(1).hears(vec![attic(0)]);
        stage.then(Intent::Knock {
            id: "id-pi-a".to_owned(),
        })
    }

    /// The joiner whose words were right.
    pub(crate) fn comparing() -> Self {
        let mut stage = Self::knocking().then(Intent::Call);
        let check = ["maple", "tundra", "fox", "ember"];
        stage.fact(Fact::Confirmed(check.map(str::to_owned).to_vec()));
        stage
    }

    /// The initiator after `count` joiners came in and were looked at.
    pub(crate) fn with_nodes(count: u8) -> Self {
        let mut stage = Self::initiator();
        for number in 1..=count {
            stage.come_in(number);
        }
        stage
    }

    /// The initiator and `count` joiners, on all of which snapd can install what is missing.
    pub(crate) fn served(count: u8) -> Self {
        let mut stage = Self::initiator_on(|here| *here = served(0));
        for number in 1..=count {
            stage.come_in_as(number, served(number));
        }
        stage
    }

    pub(crate) fn come_in(&mut self, number: u8) {
        self.come_in_as(number, facts(number));
    }

    pub(crate) fn come_in_as(&mut self, number: u8, facts: NodeFacts) {
        let id = format!("id-{}", name(number));
        self.fact(Fact::Knocked(knock(number)));
        self.intend(Intent::Admit {
            id: id.clone(),
            check: knock(number).check,
        });
        self.fact(Fact::JoinerSaid(id.clone(), Some(true)));
        let node = name(number);
        self.fact(Fact::Joined {
            node: node.clone(),
            id,
            session: true,
        });
        self.fact(Fact::LinkUp(node.clone()));
        self.fact(Fact::Facts {
            node: Some(node),
            facts: Box::new(facts),
        });
    }

    /// The worker `number` of this leader, holding the leader's state.
    pub(crate) fn worker(&self, number: u8) -> Self {
        let mut stage = Self::knocking();
        stage.state.local.name = name(number);
        stage.fact(Fact::Certified {
            name: name(number),
            cluster: "attic".to_owned(),
        });
        stage.fact(Fact::Link(true));
        stage.fact(Fact::Cluster(Box::new(self.state.cluster.clone())));
        stage
    }

    pub(crate) fn rehearsed(mut self) -> Self {
        self.rehearsal = true;
        self
    }

    pub(crate) fn hears(mut self, peers: Vec<Peer>) -> Self {
        self.fact(Fact::Neighbours(Neighbours {
            peers,
            ..Neighbours::default()
        }));
        self
    }

    pub(crate) fn then(mut self, intent: Intent) -> Self {
        self.intend(intent);
        self
    }

    pub(crate) fn intend(&mut self, intent: Intent) {
        self.event(Event::Intent(intent));
    }

    pub(crate) fn fact(&mut self, fact: Fact) {
        self.event(Event::Fact(fact));
    }

    pub(crate) fn event(&mut self, event: Event) {
        for effect in update(&mut self.state, self.now, event) {
            self.answer(effect);
        }
    }

    fn answer(&mut self, effect: Effect) {
        match effect {
            Effect::Open { .. } => self.fact(Fact::Opened {
                cluster: "c1".to_owned(),
                epoch: 1,
                joined: Vec::new(),
                touched: false,
                usual: Usual::default(),
            }),
            Effect::OpenSession => self.fact(Fact::SessionOpened("s1".to_owned())),
            Effect::Gather => {
                let facts = Box::new(self.here.clone());
                self.fact(Fact::Facts { node: None, facts });
            }
            Effect::Emit(_) => {}
            other => self.asked.push(other),
        }
    }

    pub(crate) fn picture(&self) -> Picture {
        picture(&self.state, self.now)
    }

    pub(crate) fn typed(mut self, id: &str, text: &str) -> Self {
        self.typed.0.insert(id.to_owned(), text.to_owned());
        self
    }

    pub(crate) fn form(&self, step: Step) -> Form {
        let picture = self.picture();
        form(
            step,
            Known {
                picture: &picture,
                typed: &self.typed,
                words: self.words,
                now: self.now,
                rehearsal: self.rehearsal,
            },
        )
    }

    /// Does what a wish says; the form it leads to, if it names one.
    pub(crate) fn grant(&mut self, wish: Wish) -> Option<Step> {
        match wish {
            Wish::Intents(intents) => self.intend_all(intents),
            Wish::Then(intents, step) => {
                self.intend_all(intents);
                return Some(step);
            }
            Wish::Go(step) => return Some(step),
            Wish::Note(id, Some(text)) => drop(self.typed.0.insert(id, text)),
            Wish::Note(id, None) => drop(self.typed.0.remove(&id)),
            Wish::Words(_) => self.intend(Intent::Call),
            Wish::Leave | Wish::Close | Wish::Rehearse => {}
        }
        None
    }

    fn intend_all(&mut self, intents: Vec<Intent>) {
        for intent in intents {
            self.intend(intent);
        }
    }
}

pub(crate) fn failure() -> Failure {
    Failure::new(Message::new("join.not-reached"))
        .because("connection refused")
        .hint(Message::new("join.not-reached-fix"))
}
