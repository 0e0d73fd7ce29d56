//! The situations that a console can be in, by name.

use mcloud::engine::answers::{DriverChoice, LocalPool};
use mcloud::engine::facts::Holds;
use mcloud::engine::message::Message;
use mcloud::engine::neighbours::{Neighbours, Standing};
use mcloud::engine::services::LxdState;
use mcloud::engine::trust::{Knock, KnockState};
use mcloud::engine::wizard::{Membership, Part};
use mcloud::engine::{Event, Fact, Intent};
use mcloud::forms::Step;

use super::stage::{Stage, address, attic, disk, facts, failure, knock, name, nic, peer};

/// Every situation, its name, and the form that is looked at in it.
pub(crate) fn all() -> Vec<(&'static str, Step, Stage)> {
    let mut all = before();
    all.extend(with_peers());
    all.extend(in_session());
    all.extend(in_session_as_joiner());
    all.extend(choosing());
    all.extend(serving());
    all
}

pub(crate) fn started() -> Stage {
    Stage::open(0).then(Intent::Part {
        part: Part::Initiator,
    })
}

pub(crate) fn joins(stage: Stage) -> Stage {
    stage.then(Intent::Part { part: Part::Joiner })
}

/// A machine with a radio, a NIC without a cable and a warning about its LXD.
pub(crate) fn odd() -> Stage {
    Stage::open_on(0, |here| {
        let mut radio = nic("wlan0", "192.168.1.7".parse().unwrap());
        radio.wireless = true;
        radio.gateway = None;
        let mut idle = nic("eth1", address(9));
        idle.up = false;
        idle.carrier = Some(false);
        idle.addresses.clear();
        here.host.nics.extend([radio, idle]);
        here.lxd = LxdState::Stopped;
    })
}

pub(crate) fn without_lxd() -> Stage {
    Stage::open_on(0, |here| here.lxd = LxdState::Absent)
}

pub(crate) fn member(leads: bool) -> Stage {
    let mut stage = Stage::fresh(0);
    stage.state.local.member = Some(Membership {
        cluster: "attic".to_owned(),
        leader: "pi-a".to_owned(),
        nodes: vec![name(0), name(1), name(2)],
    });
    stage.state.local.role = if leads {
        mcloud::engine::node::Role::Leader
    } else {
        mcloud::engine::node::Role::Worker
    };
    stage
}

fn before() -> Vec<(&'static str, Step, Stage)> {
    let no_address = |here: &mut mcloud::engine::services::NodeFacts| here.host.nics.clear();
    let mut seen = odd().then(Intent::Part {
        part: Part::Initiator,
    });
    seen.typed.0.insert("ack:lxd".to_owned(), "seen".to_owned());
    let mut unfounded = started();
    unfounded.intend(Intent::Address {
        address: address(0),
    });
    unfounded.state.local.trouble = Some(failure());
    vec![
        ("welcome-unseen", Step::Welcome, Stage::fresh(0)),
        ("welcome", Step::Welcome, Stage::open(0)),
        (
            "welcome-heard",
            Step::Welcome,
            Stage::open(1).hears(vec![attic(0)]),
        ),
        (
            "welcome-rehearsed",
            Step::Welcome,
            Stage::open(0).rehearsed(),
        ),
        ("welcome-leads", Step::Welcome, Stage::initiator()),
        ("welcome-back", Step::Welcome, Stage::knocking()),
        ("preflight-unseen", Step::Preflight, Stage::fresh(0)),
        ("preflight-good", Step::Preflight, started()),
        ("preflight-warning", Step::Preflight, odd()),
        ("preflight-seen", Step::Preflight, seen),
        ("preflight-blocked", Step::Preflight, without_lxd()),
        ("address", Step::Address, started()),
        ("address-odd", Step::Address, {
            odd().then(Intent::Part {
                part: Part::Initiator,
            })
        }),
        (
            "address-bad-name",
            Step::Address,
            started().typed("cluster", "My Attic"),
        ),
        ("address-founded", Step::Address, Stage::initiator()),
        ("address-joiner", Step::Address, joins(Stage::open(1))),
        (
            "address-none",
            Step::Address,
            joins(Stage::open_on(1, no_address)),
        ),
        ("address-not-founded", Step::Address, unfounded),
        ("home-leader", Step::Home, member(true)),
        ("home-worker", Step::Home, member(false)),
        ("home-nowhere", Step::Home, Stage::open(0)),
    ]
}

/// One peer of every kind.
pub(crate) fn every_peer() -> Vec<mcloud::engine::neighbours::Peer> {
    let mut old = peer(4, Standing::Looking);
    "0.0.9".clone_into(&mut old.mcloud);
    old.compatible = false;
    let mut silent = peer(5, Standing::Looking);
    silent.silent = true;
    silent.heard -= 39_000;
    let mut clone = peer(6, Standing::Looking);
    clone
        .findings
        .push(Message::new("neighbour.same-id").with("addresses", "10.0.0.17, 10.0.0.18"));
    let mut elsewhere = peer(7, Standing::Joining);
    elsewhere.session = Some("s9".to_owned());
    let cluster = "cellar".to_owned();
    vec![
        peer(1, Standing::Looking),
        peer(2, Standing::Joining),
        peer(3, Standing::Member { cluster }),
        old,
        silent,
        clone,
        elsewhere,
        peer(8, Standing::Unknown),
    ]
}

fn with_peers() -> Vec<(&'static str, Step, Stage)> {
    let asked = Stage::initiator()
        .then(Intent::Add {
            address: address(40),
        })
        .typed("add", "10.0.0.5x");
    let mut strange = Stage::initiator();
    strange.fact(Fact::Neighbours(Neighbours {
        peers: every_peer(),
        strangers: vec![(address(30), 7)],
        troubles: vec![Message::new("neighbour.no-nic").with("address", address(0))],
    }));
    let mut left_out = Stage::initiator().hears(vec![peer(1, Standing::Looking)]);
    left_out.intend(Intent::Invite {
        id: "id-pi-b".to_owned(),
        wanted: false,
    });
    let mut sessions = every_peer();
    let mut unopened = attic(9);
    unopened.port = None;
    sessions.extend([attic(0), unopened]);
    let turned_away = || {
        let mut stage = Stage::knocking();
        stage.fact(Fact::TurnedAway(failure()));
        stage
    };
    vec![
        ("peers-none", Step::Peers, Stage::initiator()),
        ("peers", Step::Peers, strange),
        ("peers-left-out", Step::Peers, left_out),
        ("peers-asked", Step::Peers, asked),
        ("peers-founding", Step::Peers, started()),
        ("peers-joiner-none", Step::Peers, joins(Stage::open(1))),
        (
            "peers-joiner",
            Step::Peers,
            joins(Stage::open(1)).hears(sessions),
        ),
        ("peers-joiner-busy", Step::Peers, {
            Stage::comparing().hears(vec![attic(0), attic(2)])
        }),
        ("peers-turned-away", Step::Peers, turned_away()),
        ("trust-turned-away", Step::Trust, turned_away()),
    ]
}

fn heard() -> Stage {
    Stage::initiator().hears(vec![
        peer(1, Standing::Joining),
        peer(2, Standing::Joining),
        peer(3, Standing::Looking),
    ])
}

fn in_session() -> Vec<(&'static str, Step, Stage)> {
    let mut asking = heard();
    asking.fact(Fact::Knocked(knock(1)));
    let mut unnamed = heard();
    unnamed.fact(Fact::Knocked(Knock {
        model: String::new(),
        ..knock(1)
    }));
    let mut mixed = heard().typed("menu:id-pi-b", "");
    mixed.come_in(1);
    mixed.fact(Fact::Knocked(knock(2)));
    let mut refused = mixed.clone();
    refused.intend(Intent::Refuse {
        id: "id-pi-c".to_owned(),
    });
    let mut gone = heard();
    gone.fact(Fact::Knocked(knock(1)));
    gone.intend(Intent::Admit {
        id: "id-pi-b".to_owned(),
        check: knock(1).check,
    });
    gone.fact(Fact::Knocked(knock(2)));
    gone.fact(Fact::JoinerSaid("id-pi-c".to_owned(), None));
    assert_eq!(
        gone.state
            .cluster
            .session
            .as_ref()
            .unwrap()
            .knocks
            .last()
            .unwrap()
            .state,
        KnockState::Gone
    );
    let mut soon = heard();
    soon.now += 57 * 60_000;
    let mut closed = heard();
    closed.now += 61 * 60_000;
    closed.event(Event::Tick);
    let mut wordless = heard();
    wordless.words = None;
    vec![
        ("trust-alone", Step::Trust, Stage::initiator()),
        ("trust-heard", Step::Trust, heard()),
        ("trust-wordless", Step::Trust, wordless),
        ("trust-asking", Step::Trust, asking),
        ("trust-asking-board-unknown", Step::Trust, unnamed),
        ("trust-mixed", Step::Trust, mixed),
        ("trust-refused", Step::Trust, refused),
        ("trust-gone", Step::Trust, gone),
        ("trust-soon", Step::Trust, soon),
        ("trust-closed", Step::Trust, closed),
    ]
}

fn in_session_as_joiner() -> Vec<(&'static str, Step, Stage)> {
    let mut wrong = Stage::knocking().then(Intent::Call);
    wrong.fact(Fact::NotConfirmed {
        failure: failure(),
        wrong_words: true,
    });
    let waiting = Stage::comparing().then(Intent::Trust { accept: true });
    vec![
        ("trust-going", Step::Trust, joins(Stage::open(1))),
        (
            "trust-rehearsed",
            Step::Trust,
            Stage::knocking().rehearsed(),
        ),
        ("trust-words", Step::Trust, Stage::knocking()),
        (
            "trust-typing",
            Step::Trust,
            Stage::knocking().typed("words", "copper lantern ot"),
        ),
        (
            "trust-calling",
            Step::Trust,
            Stage::knocking().then(Intent::Call),
        ),
        ("trust-wrong", Step::Trust, wrong),
        ("trust-compare", Step::Trust, Stage::comparing()),
        ("trust-waiting", Step::Trust, waiting),
    ]
}

/// Three nodes; pi-c has no disk that is empty.
pub(crate) fn three() -> Stage {
    let mut stage = Stage::with_nodes(2);
    let mut full = facts(2);
    full.host.disks = vec![disk("sda", "pi-c-A", super::stage::photos()), {
        let mut strange = disk("sdb", "pi-c-B", Holds::Unknown("input/output error".into()));
        strange.serial = None;
        strange
    }];
    stage.fact(Fact::Facts {
        node: Some(name(2)),
        facts: Box::new(full),
    });
    stage
}

pub(crate) fn give(stage: &mut Stage, node: &str, serial: &str) {
    stage.intend(Intent::Use {
        node: node.to_owned(),
        disk: format!("/dev/disk/by-id/ata-{serial}"),
        purpose: Some(mcloud::engine::answers::Purpose::Local),
        encrypt: false,
    });
}

/// A node with a free NIC beside its own.
pub(crate) fn two_nics(number: u8) -> mcloud::engine::services::NodeFacts {
    let mut facts = super::stage::served(number);
    let mut free = nic("eth1", address(number));
    free.addresses.clear();
    free.gateway = None;
    let mut inner = nic("eth2", format!("10.9.0.{}", 11 + number).parse().unwrap());
    inner.gateway = None;
    facts.host.nics.extend([free, inner]);
    facts
}

/// Three nodes with free NICs, whose Ceph has a disk each.
pub(crate) fn with_nics() -> Stage {
    let mut stage = Stage::initiator_on(|here| *here = two_nics(0));
    for number in [1, 2] {
        stage.come_in_as(number, two_nics(number));
    }
    for node in ["pi-a", "pi-b", "pi-c"] {
        give_ceph(&mut stage, node);
    }
    stage
}

pub(crate) fn give_ceph(stage: &mut Stage, node: &str) {
    stage.intend(Intent::Use {
        node: node.to_owned(),
        disk: format!("/dev/disk/by-id/ata-{node}-N"),
        purpose: Some(mcloud::engine::answers::Purpose::Ceph),
        encrypt: false,
    });
}

/// Where MicroCeph and MicroOVN can be.
fn serving() -> Vec<(&'static str, Step, Stage)> {
    let mut given = Stage::served(2);
    for node in ["pi-a", "pi-b", "pi-c"] {
        give_ceph(&mut given, node);
    }
    let mut two = Stage::served(1);
    give_ceph(&mut two, "pi-a");
    give_ceph(&mut two, "pi-b");
    let mut mixed = Stage::served(1);
    mixed.come_in(2);
    let typed = with_nics()
        .typed("network.gateway4:nic", "192.168.1.1/24")
        .typed("network.range4:nic", "192.168.1.200-192.168.1.250");
    let wrong = with_nics()
        .typed("network.gateway4:nic", "192.168.1.1/24")
        .typed("network.range4:nic", "192.168.1.1-192.168.1.50");
    let unread = with_nics().typed("network.gateway4:nic", "192.168.1");
    vec![
        ("disks-served", Step::Disks, Stage::served(2)),
        ("disks-ceph", Step::Disks, given.clone()),
        ("disks-ceph-two", Step::Disks, two),
        ("disks-ceph-mixed", Step::Disks, mixed),
        ("disks-ceph-worker", Step::Disks, given.worker(1)),
        ("network-bridge", Step::Network, given),
        ("network-nics", Step::Network, with_nics()),
        ("network-typed", Step::Network, typed.clone()),
        ("network-wrong", Step::Network, wrong),
        ("network-unread", Step::Network, unread),
        ("network-nics-worker", Step::Network, typed.worker(1)),
    ]
}

/// The same after a run was begun.
fn touched(mut stage: Stage) -> Stage {
    stage.state.cluster.touched = true;
    stage
}

fn choosing() -> Vec<(&'static str, Step, Stage)> {
    let mut chosen = three();
    give(&mut chosen, "pi-a", "pi-a-A");
    give(&mut chosen, "pi-c", "pi-c-A");
    chosen.fact(Fact::Chose {
        node: "pi-b".to_owned(),
        disk: "/dev/disk/by-id/ata-pi-b-A".to_owned(),
        purpose: Some(mcloud::engine::answers::Purpose::Local),
        encrypt: false,
    });
    let driver = |driver| Intent::Local {
        local: LocalPool {
            driver,
            ..LocalPool::default()
        },
    };
    let mut looking = Stage::with_nodes(1);
    looking.fact(Fact::LinkDown("pi-b".to_owned()));
    looking.state.cluster.nodes.get_mut("pi-b").unwrap().facts = None;
    let mut unready = three().worker(1);
    unready.state.cluster = mcloud::engine::node::Cluster::default();
    vec![
        ("disks", Step::Disks, three()),
        ("disks-chosen", Step::Disks, chosen.clone()),
        (
            "disks-directory",
            Step::Disks,
            chosen.clone().then(driver(DriverChoice::Dir)),
        ),
        (
            "disks-no-pool",
            Step::Disks,
            chosen.clone().then(driver(DriverChoice::None)),
        ),
        (
            "disks-impossible",
            Step::Disks,
            three().then(driver(DriverChoice::Btrfs)),
        ),
        ("disks-looking", Step::Disks, looking.clone()),
        ("disks-worker", Step::Disks, chosen.worker(1)),
        ("disks-worker-early", Step::Disks, unready),
        ("network", Step::Network, {
            let mut stage = chosen.clone();
            let mut two = facts(1);
            two.host
                .nics
                .push(nic("eth1", "10.0.1.12".parse().unwrap()));
            stage.fact(Fact::Facts {
                node: Some(name(1)),
                facts: Box::new(two),
            });
            stage
        }),
        ("network-again", Step::Network, touched(chosen.clone())),
        ("network-looking", Step::Network, looking),
        ("network-worker", Step::Network, chosen.worker(1)),
    ]
}
