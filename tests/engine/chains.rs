//! The whole plan: three chains side by side, each as early as it can be, and what is given back.

use std::sync::Arc;

use mcloud::engine::answers::{
    AddressRange, Answers, DiskChoice, DiskFilter, GuestNetwork, NetworkKind, Purpose, UplinkKind,
};
use mcloud::engine::event::What;
use mcloud::engine::facts::{Holds, Nic};
use mcloud::engine::node::Stage as Far;
use mcloud::engine::plan::{NetworkShape, Phase, Plan, RemotePool, Work};
use mcloud::engine::services::{
    LxdState, MicroFacts, MicroMember, MicroState, SnapFacts, SnapdFacts, SnapdState,
};
use mcloud::engine::{Event, Intent};
use rstest::rstest;

use crate::stage::{NAMES, Stage, answers, disk};

/// The answers with a disk of each node for Ceph, and OVN over the second NIC.
fn whole(nodes: usize) -> Answers {
    let mut answers = answers(nodes);
    for (number, node) in answers.nodes.iter_mut().enumerate() {
        node.disks = vec![ceph(&format!("{}-A", NAMES[number]))];
        node.uplink = Some("eth1".to_owned());
    }
    answers.network = GuestNetwork {
        kind: NetworkKind::Ovn,
        gateway4: "192.168.1.1/24".parse().ok(),
        range4: Some(range("192.168.1.200", "192.168.1.250")),
        ..GuestNetwork::default()
    };
    answers
}

fn range(first: &str, last: &str) -> AddressRange {
    AddressRange {
        first: first.parse().unwrap(),
        last: last.parse().unwrap(),
    }
}

fn ceph(serial: &str) -> DiskChoice {
    DiskChoice {
        purpose: Purpose::Ceph,
        find: DiskFilter {
            serial: Some(serial.to_owned()),
            ..DiskFilter::default()
        },
        encrypt: false,
    }
}

/// A stage on which every node has all services, and a second NIC without address.
fn stage(nodes: usize) -> Stage {
    let mut stage = Stage::new(nodes);
    for facts in &mut stage.facts {
        facts.ceph = MicroState::Answers(Box::default());
        facts.ovn = MicroState::Answers(Box::default());
        facts.host.nics.push(Nic {
            name: "eth1".to_owned(),
            up: true,
            ..Nic::default()
        });
    }
    stage
}

fn plan(answers: Answers) -> Plan {
    let mut stage = stage(answers.nodes.len());
    stage.begin(answers, false);
    let plan = stage.state.cluster.plan.expect("nothing forbids it");
    Arc::unwrap_or_clone(plan)
}

/// Everything that `id` waits for, near and far.
fn before(plan: &Plan, id: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut open = vec![id.to_owned()];
    while let Some(id) = open.pop() {
        for need in &plan.step(&id).unwrap_or_else(|| panic!("no {id}")).needs {
            if !all.contains(need) {
                all.push(need.clone());
                open.push(need.clone());
            }
        }
    }
    all
}

fn waits(plan: &Plan, id: &str, class: &str) -> bool {
    before(plan, id)
        .iter()
        .any(|other| other.starts_with(class))
}

#[test]
fn every_step_of_the_whole_plan_stands_after_all_it_needs() {
    let plan = plan(whole(3));
    for (at, step) in plan.steps.iter().enumerate() {
        for need in &step.needs {
            let before = plan.steps[..at].iter().any(|other| other.id == *need);
            assert!(before, "{} stands before {need}", step.id);
        }
    }
    let mut ids: Vec<_> = plan.steps.iter().map(|step| &step.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), plan.steps.len());
}

#[test]
fn all_seven_phases_have_steps() {
    let plan = plan(whole(3));
    for phase in Phase::ALL {
        assert!(
            plan.steps.iter().any(|step| step.phase == phase),
            "{phase:?}"
        );
    }
}

#[test]
fn the_three_services_wait_for_nothing_of_each_other() {
    let plan = plan(whole(3));
    for (chain, last) in [
        ("lxd.", "lxd.leader@pi-a"),
        ("microceph.", "microceph.disk.sda@pi-c"),
        ("microovn.", "microovn.chassis@pi-a"),
    ] {
        let strange = before(&plan, last);
        let strange = strange.iter().find(|id| !id.starts_with(chain));
        assert_eq!(strange, None, "{last}");
    }
}

#[test]
fn a_disk_waits_for_its_own_node_alone() {
    let plan = plan(whole(3));
    let needs = &plan.step("microceph.disk.sda@pi-c").unwrap().needs;
    assert_eq!(*needs, ["microceph.join@pi-c"]);
}

#[test]
fn copies_are_settled_before_the_pool_is_made_and_before_any_disk_is_in() {
    let plan = plan(whole(3));
    assert!(before(&plan, "lxd.remote@pi-a").contains(&"microceph.pool-size@pi-a".to_owned()));
    assert!(!waits(&plan, "microceph.pool-size@pi-a", "microceph.disk"));
    for (nodes, copies) in [(1, 1), (2, 2), (3, 3)] {
        let plan = self::plan(whole(nodes));
        let size = plan.steps.iter().find_map(|step| match step.work {
            Work::CephPoolSize { size, all } => Some((size, all)),
            _ => None,
        });
        assert_eq!(size, Some((copies, true)));
    }
}

/// A Ceph that the first node has already.
fn there() -> MicroState {
    MicroState::Answers(Box::new(MicroFacts {
        members: vec![MicroMember {
            name: "pi-a".to_owned(),
            address: format!("{}:7443", crate::stage::address(0)),
            role: "voter".to_owned(),
            status: "ONLINE".to_owned(),
        }],
        ..MicroFacts::default()
    }))
}

#[test]
fn a_ceph_that_was_there_keeps_its_settings_and_more_copies_wait_for_the_new_disks() {
    let mut stage = stage(3);
    stage.facts[0].ceph = there();
    stage.begin(whole(3), false);
    let plan = stage.state.cluster.plan.expect("nothing forbids it");
    let size = plan.steps.iter().find_map(|step| match step.work {
        Work::CephPoolSize { size, all } => Some((size, all)),
        _ => None,
    });
    assert_eq!(size, Some((3, false)));
    let tunes = |work: &Work| matches!(work, Work::CephTune { .. } | Work::CephUntune { .. });
    assert!(!plan.steps.iter().any(|step| tunes(&step.work)));
    for disk in ["microceph.disk.sda@pi-a", "microceph.disk.sda@pi-c"] {
        assert!(waits(&plan, "microceph.pool-size@pi-a", disk), "{disk}");
    }
    assert!(waits(&plan, "lxd.remote@pi-a", "microceph.pool-size"));
}

#[test]
fn pools_and_networks_wait_for_all_they_use() {
    let plan = plan(whole(3));
    let all = |id: &str, wanted: &[&str]| {
        for class in wanted {
            assert!(waits(&plan, id, class), "{id} does not wait for {class}");
        }
    };
    all(
        "lxd.remote@pi-a",
        &["microceph.disk", "microceph.join", "lxd.remote-pending"],
    );
    all(
        "lxd.remote-fs@pi-a",
        &["lxd.remote@pi-a", "lxd.remote-fs-pending"],
    );
    all(
        "lxd.network@pi-a",
        &["lxd.uplink@pi-a", "lxd.northbound", "microovn.chassis"],
    );
    all("lxd.profile@pi-a", &["lxd.remote@", "lxd.network"]);
    all("lxd.proof@pi-a", &["lxd.profile", "lxd.remote-fs@"]);
    assert!(!waits(&plan, "lxd.uplink@pi-a", "microovn"));
}

/// What is planned, and said of it on Review, where LXD of pi-b makes no file system in Ceph.
fn without_files(filesystem: bool) -> (bool, Vec<String>) {
    let mut stage = stage(3);
    if let LxdState::Answers(lxd) = &mut stage.facts[1].lxd {
        lxd.no_files = true;
    }
    let mut answers = whole(3);
    answers.ceph.filesystem = filesystem;
    stage.begin(answers, false);
    let plan = stage.state.cluster.plan.clone();
    let plan = plan.expect("nothing forbids it");
    let files = plan.steps.iter().any(|step| step.id.contains("remote-fs"));
    let shown = mcloud::engine::picture::picture(&stage.state, stage.now);
    let review = shown.review.expect("there is a plan");
    let says = review.notes.iter().map(mcloud::text::sentence);
    let says = says.filter(|text| text.starts_with("No pool remote-fs"));
    (files, says.collect())
}

#[test]
fn where_an_lxd_makes_no_file_system_review_says_why_there_is_none_and_a_demand_is_tried() {
    let why = "No pool remote-fs: LXD on pi-b makes no file system in Ceph, 5.21 and later do.";
    assert_eq!(without_files(false), (false, vec![why.to_owned()]));
    // Somebody may have made one by hand.
    assert_eq!(without_files(true), (true, Vec::new()));
}

#[test]
fn guests_get_the_pool_and_the_network_that_span_the_nodes() {
    let profile = |answers: Answers| {
        let plan = plan(answers);
        plan.steps.into_iter().find_map(|step| match step.work {
            Work::Profile { pool, network, .. } => Some((pool, network)),
            _ => None,
        })
    };
    let said = |pool: &str, network: Option<&str>| {
        Some((Some(pool.to_owned()), network.map(str::to_owned)))
    };
    assert_eq!(profile(whole(3)), said("remote", Some("default")));
    assert_eq!(profile(answers(3)), said("local", None));
    let mut bridged = answers(2);
    bridged.network.kind = NetworkKind::Bridge;
    assert_eq!(profile(bridged), said("local", Some("lxdbr0")));
}

#[test]
fn a_pi_with_one_nic_gets_a_bridge_under_ovn() {
    let mut answers = whole(2);
    answers.network.uplink = UplinkKind::Bridge;
    answers.network.gateway4 = Some("10.171.5.1/24".parse().unwrap());
    answers.network.range4 = Some(range("10.171.5.128", "10.171.5.254"));
    let plan = plan(answers);
    let uplink = plan.step("lxd.uplink@pi-a").unwrap();
    let Work::Network { network, shape, .. } = &uplink.work else {
        panic!("{uplink:?}");
    };
    assert_eq!(network, "UPLINK");
    assert!(
        matches!(shape, NetworkShape::Bridge { address4: Some(it), .. } if it.prefix_len() == 24)
    );
    let Work::NetworkPending { part, .. } = &plan.step("lxd.uplink-pending@pi-b").unwrap().work
    else {
        panic!("no part");
    };
    assert_eq!((part.kind.as_str(), &part.parent), ("bridge", &None));
}

#[test]
fn a_joiner_says_its_part_of_all_that_may_be_there_already() {
    let plan = plan(whole(2));
    let Work::LxdJoin {
        network, remote, ..
    } = &plan.step("lxd.join@pi-b").unwrap().work
    else {
        panic!("no join");
    };
    let parent = network.as_ref().and_then(|part| part.parent.as_deref());
    assert_eq!(parent, Some("eth1"));
    assert_eq!(*remote, [RemotePool::Block, RemotePool::Files]);
}

#[rstest]
#[case(None, None, "10.0.0.0/24", "10.0.0.0/24")]
#[case(Some("10.0.1.0/24"), None, "10.0.1.0/24", "10.0.1.0/24")]
#[case(None, Some("10.0.2.0/24"), "10.0.0.0/24", "10.0.2.0/24")]
#[case(Some("10.0.1.0/24"), Some("10.0.2.0/24"), "10.0.1.0/24", "10.0.2.0/24")]
fn the_networks_of_ceph_are_exactly_those_chosen(
    #[case] public: Option<&str>,
    #[case] internal: Option<&str>,
    #[case] ends_public: &str,
    #[case] ends_internal: &str,
) {
    let mut stage = stage(1);
    for (at, address) in ["10.0.1.11/24", "10.0.2.11/24"].into_iter().enumerate() {
        let mut nic = stage.facts[0].host.nics[0].clone();
        nic.name = format!("eth{}", at + 1);
        nic.addresses = vec![address.parse().unwrap()];
        stage.facts[0].host.nics.push(nic);
    }
    let mut answers = whole(1);
    answers.network.kind = NetworkKind::None;
    answers.ceph.public = public.map(|net| net.parse().unwrap());
    answers.ceph.internal = internal.map(|net| net.parse().unwrap());
    stage.begin(answers, false);
    let plan = stage.state.cluster.plan.unwrap();
    let Work::CephBootstrap {
        public,
        internal,
        monitor,
        ..
    } = &plan.step("microceph.bootstrap@pi-a").unwrap().work
    else {
        panic!("no bootstrap");
    };
    assert_eq!(
        (public.to_string(), internal.to_string()),
        (ends_public.to_owned(), ends_internal.to_owned())
    );
    assert!(public.contains(monitor), "{monitor} is not in {public}");
}

#[test]
fn what_is_missing_is_installed_and_held_before_anything_uses_it() {
    let mut stage = stage(2);
    for facts in &mut stage.facts {
        facts.ceph = MicroState::Absent;
        let lxd = SnapFacts {
            name: "lxd".to_owned(),
            active: true,
            ..SnapFacts::default()
        };
        facts.snapd = SnapdState::Answers(Box::new(SnapdFacts {
            snaps: vec![lxd],
            ..SnapdFacts::default()
        }));
    }
    stage.begin(whole(2), false);
    let plan = stage.state.cluster.plan.unwrap();
    let work = |id: &str| plan.step(id).map(|step| &step.work);
    assert!(
        matches!(work("snap.microceph@pi-b"), Some(Work::Snap { channel, .. }) if channel == "squid/stable")
    );
    // OVN answers and snapd has no snap of it: it is used as it is.
    assert!(work("snap.microovn@pi-b").is_none());
    for ready in ["lxd.ready@pi-b", "microceph.ready@pi-b"] {
        for class in [
            "snap.microceph@pi-b",
            "snap.lxd@pi-b",
            "snap.hold.lxd@pi-b",
            "snap.connect@pi-b",
        ] {
            assert!(
                waits(&plan, ready, class),
                "{ready} does not wait for {class}"
            );
        }
    }
}

#[test]
fn a_disk_that_holds_something_is_an_erasure_and_one_that_is_cephs_already_is_none() {
    let mut answers = whole(1);
    answers.nodes[0].disks.push(ceph("pi-a-B"));
    let plan = plan(answers.clone());
    let erased: Vec<_> = plan
        .erasures
        .iter()
        .map(|disk| (&*disk.name, disk.purpose))
        .collect();
    assert_eq!(erased, [("sdb", Purpose::Ceph)]);
    let formatted: Vec<_> = plan.formats.iter().map(|disk| &*disk.name).collect();
    assert_eq!(formatted, ["sda"]);

    let mut stage = stage(1);
    let mut there = disk(
        "sdb",
        "pi-a-B",
        Holds::Found {
            kind: "ceph_bluestore".to_owned(),
            label: None,
            uuid: None,
        },
    );
    there.path = "/dev/disk/by-id/wwn-0x5000".to_owned();
    stage.facts[0].host.disks[1] = there;
    stage.facts[0].ceph = MicroState::Answers(Box::new(MicroFacts {
        disks: vec![mcloud::engine::services::Osd {
            osd: 1,
            path: "/dev/disk/by-id/ata-KINGSTON_pi-a-B".to_owned(),
            member: "pi-a".to_owned(),
            device: None,
        }],
        members: vec![mcloud::engine::services::MicroMember {
            name: "pi-a".to_owned(),
            address: "10.0.0.11:7443".to_owned(),
            role: "voter".to_owned(),
            status: "ONLINE".to_owned(),
        }],
        ..MicroFacts::default()
    }));
    answers.ceph.reuse = true;
    stage.begin(answers, false);
    let plan = stage.state.cluster.plan.unwrap();
    assert!(plan.erasures.is_empty());
    assert_eq!(plan.standing.len(), 1);
}

#[test]
fn monitors_are_tuned_while_the_cluster_forms_and_get_their_defaults_back() {
    let mut stage = stage(3);
    stage.begin(whole(3), true);
    assert_eq!(stage.done(), Some((true, 0, 3)));
    let at = |id: &str| stage.applied.iter().position(|it| it == id);
    for node in NAMES {
        let tuned = at(&format!("microceph.tune@{node}"));
        let given_back = at(&format!("microceph.untune@{node}"));
        assert!(tuned.is_some() && tuned < given_back, "{:?}", stage.applied);
        assert!(at("lxd.remote@pi-a") < given_back && given_back < at("microceph.proof@pi-a"));
    }
    let mut declined = whole(3);
    declined.ceph.tune = false;
    assert!(
        !plan(declined)
            .steps
            .iter()
            .any(|step| step.id.contains("tune"))
    );
}

#[test]
fn what_was_tuned_is_given_back_also_where_the_run_stops() {
    for unattended in [true, false] {
        let mut stage = stage(3);
        stage.failing.insert("microceph.join@pi-b".to_owned());
        stage.begin(whole(3), unattended);
        if !unattended {
            let digest = stage.state.cluster.digest.clone().expect("a sealed plan");
            stage.event(Event::Intent(Intent::Install { digest, erase: 0 }));
            stage.play();
        }
        let given_back = |node: &str| stage.applied.contains(&format!("microceph.untune@{node}"));
        assert!(
            given_back("pi-a") && given_back("pi-c"),
            "{:?}",
            stage.applied
        );
        assert!(!given_back("pi-b"), "its monitor was never tuned");
        if unattended {
            assert_eq!(stage.done(), Some((false, 1, 3)));
        } else {
            assert_eq!(stage.state.cluster.stage, Far::Stopped);
        }
    }
}

#[test]
fn a_retry_tunes_again_and_gives_back_again() {
    let mut stage = stage(2);
    stage.failing.insert("microceph.join@pi-b".to_owned());
    stage.begin(whole(2), false);
    let digest = stage.state.cluster.digest.clone().expect("a sealed plan");
    stage.event(Event::Intent(Intent::Install { digest, erase: 0 }));
    stage.play();
    stage.failing.clear();
    // What was given back is not there any more, nor is what was changed.
    for id in ["microceph.tune@pi-a", "microceph.untune@pi-a"] {
        stage.there.remove(id);
    }
    let step = "microceph.join@pi-b".to_owned();
    stage.event(Event::Intent(Intent::Retry { step }));
    stage.play();
    assert_eq!(stage.done(), Some((true, 0, 2)));
    let tuning = stage.applied.iter().filter(|id| id.ends_with("tune@pi-a"));
    let tuning: Vec<_> = tuning.map(String::as_str).collect();
    assert_eq!(
        tuning,
        [
            "microceph.tune@pi-a",
            "microceph.untune@pi-a",
            "microceph.tune@pi-a",
            "microceph.untune@pi-a"
        ]
    );
}

#[test]
fn a_run_that_the_operator_stops_gives_back_what_was_tuned() {
    let mut stage = stage(2);
    stage.begin(whole(2), false);
    let digest = stage.state.cluster.digest.clone().expect("a sealed plan");
    stage.event(Event::Intent(Intent::Install { digest, erase: 0 }));
    while !stage.applied.contains(&"microceph.tune@pi-a".to_owned()) {
        let effect = stage.waiting.remove(0);
        stage.perform(effect);
    }
    stage.event(Event::Intent(Intent::Stop));
    stage.play();
    assert!(stage.applied.contains(&"microceph.untune@pi-a".to_owned()));
    let (ok, exit, _) = stage.done().expect("an end");
    assert_eq!((ok, exit), (false, 3));
}

#[test]
fn the_end_tells_the_longest_chain_and_the_sum_of_all_steps() {
    let mut stage = stage(3);
    stage.begin(whole(3), true);
    let done = stage.told.iter().find_map(|event| match &event.what {
        What::Done {
            took_ms, timing, ..
        } => Some((*took_ms, timing.clone()?)),
        _ => None,
    });
    let (took, timing) = done.expect("an end with its timing");
    assert!(timing.critical_path_ms <= took, "{timing:?} of {took}");
    assert!(timing.critical_path_ms < timing.in_series_ms, "{timing:?}");
    let last = timing.critical_path.last().map(String::as_str);
    assert_eq!(last, Some("lxd.guests@pi-a"));
    let plan = stage.state.cluster.plan.unwrap();
    for pair in timing.critical_path.windows(2) {
        let (first, second) = (plan.step(&pair[0]).unwrap(), plan.step(&pair[1]).unwrap());
        let lock = second.locks.iter().any(|lock| first.locks.contains(lock));
        assert!(lock || second.needs.contains(&first.id), "{pair:?}");
    }
}
