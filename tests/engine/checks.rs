//! The checks: of one machine, of a node that the answers name, and of nodes with each other.

use std::collections::{BTreeMap, BTreeSet};

use mcloud::engine::facts::{Holds, HostFacts, Module, Nic, NicKind};
use mcloud::engine::message::Message;
use mcloud::engine::preflight::{Check, Verdict, check_host, check_node, check_nodes};
use mcloud::engine::services::{LxdFacts, LxdMember, LxdPool, LxdState, NodeFacts};
use rstest::rstest;

use crate::stage::{answers, disk, facts, lxd, with_disk};

const GIB: u64 = 1 << 30;

fn module(name: &str) -> (String, Module) {
    (name.to_owned(), Module::Available)
}

/// A healthy Pi 5 with Ubuntu, two disks and a cable.
fn pi() -> NodeFacts {
    let mut node = facts(0);
    let mut nic = node.host.nics[0].clone();
    nic.mac = "d8:3a:dd:00:00:01".into();
    nic.carrier = Some(true);
    nic.speed_mbps = Some(1_000);
    nic.mtu = Some(1_500);
    nic.gateway = Some("10.0.0.1".parse().unwrap());
    node.host = HostFacts {
        model: "Raspberry Pi 5 Model B Rev 1.0".to_owned(),
        serial: Some("10000000abcd".to_owned()),
        memory: 8 * GIB,
        cpus: 4,
        kernel: "6.8.0-1013-raspi".to_owned(),
        arch: "aarch64".to_owned(),
        nics: vec![nic],
        os: "Ubuntu 24.04.3 LTS".to_owned(),
        uptime: Some(600),
        clock_synchronized: Some(true),
        under_voltage: Some(false),
        throttled: Some(false),
        temperature: Some(47),
        modules: ["bridge", "nf_tables", "veth", "vxlan"].map(module).into(),
        cgroup_v2: Some(true),
        memory_cgroup: Some(true),
        apparmor: Some(true),
        kvm: Some(true),
        root_uids: Some(1_000_000_000),
        ..node.host
    };
    node
}

/// A container or a small virtual machine: no board, no sensors, no modules, one end of a pair.
fn namespace() -> NodeFacts {
    let mut node = facts(0);
    node.host.model = String::new();
    node.host.arch = "x86_64".into();
    node.host.kernel = "6.18.0".into();
    node.host.memory = 2 * GIB;
    node.host.nics[0].kind = NicKind::Virtual;
    node.host.apparmor = Some(false);
    node.host.kvm = Some(false);
    node
}

fn named<'a>(checks: &'a [Check], name: &str) -> &'a Check {
    let found = checks.iter().find(|check| check.name == name);
    found.unwrap_or_else(|| panic!("no {name} among {checks:?}"))
}

fn codes(checks: &[Check]) -> Vec<&str> {
    checks.iter().map(|c| c.says.code.as_str()).collect()
}

/// Every hole of every sentence of a check is filled.
fn is_whole(check: &Check) {
    let parts = [Some(&check.says), check.fix.as_ref()];
    let more = [check.evidence.as_ref(), check.means.as_ref()];
    for message in parts.into_iter().chain(more).flatten() {
        is_filled(message);
    }
}

fn is_filled(message: &Message) {
    let sentence = mcloud::text::sentence(message);
    assert!(!sentence.contains(['{', '}']), "{sentence}");
    assert!(!sentence.is_empty(), "{message:?}");
}

#[rstest]
#[case::a_healthy_pi(pi(), 17)]
#[case::a_namespace(namespace(), 9)]
#[case::a_machine_of_which_nothing_is_known(NodeFacts { host: HostFacts {
    nics: facts(0).host.nics, ..HostFacts::default() }, ..facts(0) }, 4)]
fn nothing_is_said_against_what_is_healthy_or_unknown(
    #[case] node: NodeFacts,
    #[case] number: usize,
) {
    let checks = check_host("pi-a", &node);
    assert_eq!(checks.len(), number, "{:?}", codes(&checks));
    for check in &checks {
        assert_eq!(check.verdict, Verdict::Good, "{check:?}");
        assert!(check.means.is_some() && check.fix.is_none(), "{check:?}");
        assert!(check.evidence.is_some(), "{check:?}");
        is_whole(check);
    }
    let names: BTreeSet<_> = checks.iter().map(|check| &check.name).collect();
    assert_eq!(names.len(), checks.len(), "each has a name of its own");
}

#[test]
fn modules_of_which_some_are_unknown_are_only_spoken_of_if_one_is_missing() {
    let mut node = pi();
    node.host.modules.remove("veth");
    let checks = check_host("pi-a", &node);
    assert!(checks.iter().all(|check| check.name != "modules"));
    node.host.modules.insert("bridge".into(), Module::Missing);
    let checks = check_host("pi-a", &node);
    assert_eq!(named(&checks, "modules").says.with["modules"], "bridge");
}

type Spoil = fn(&mut HostFacts);

#[rstest]
#[case("system", "check.system-narrow", Verdict::Warning, |h: &mut HostFacts| h.arch = "armv7l".into())]
#[case("name", "check.name-delivered", Verdict::Warning, |h: &mut HostFacts| h.hostname = "raspberrypi".into())]
#[case("name", "check.name-delivered", Verdict::Warning, |h: &mut HostFacts| h.hostname = "localhost.lan".into())]
#[case("name", "check.name-label", Verdict::Warning, |h: &mut HostFacts| h.hostname = "My_Pi".into())]
#[case("name", "check.name-label", Verdict::Warning, |h: &mut HostFacts| h.hostname = "pi-".into())]
#[case("memory", "check.memory-low", Verdict::Warning, |h: &mut HostFacts| h.memory = 950 << 20)]
#[case("memory", "check.memory-none", Verdict::Blocking, |h: &mut HostFacts| h.memory = 430 << 20)]
#[case("clock", "check.clock-unset", Verdict::Warning, |h: &mut HostFacts| h.clock_synchronized = Some(false))]
#[case("power", "check.power-weak", Verdict::Warning, |h: &mut HostFacts| h.under_voltage = Some(true))]
#[case("heat", "check.heat-hot", Verdict::Warning, |h: &mut HostFacts| h.temperature = Some(80))]
#[case("heat", "check.heat-slowed", Verdict::Warning, |h: &mut HostFacts| h.throttled = Some(true))]
#[case("cgroups", "check.cgroups-old", Verdict::Warning, |h: &mut HostFacts| h.cgroup_v2 = Some(false))]
#[case("memory-cgroup", "check.memory-group-off", Verdict::Warning, |h: &mut HostFacts| {
    h.memory_cgroup = Some(false);
})]
#[case("modules", "check.modules-missing", Verdict::Warning, |h: &mut HostFacts| {
    h.modules.insert("vxlan".into(), Module::Missing);
})]
#[case("uid-map", "check.uid-map-narrow", Verdict::Warning, |h: &mut HostFacts| h.root_uids = Some(1_000))]
#[case("address", "check.address-none", Verdict::Blocking, |h: &mut HostFacts| h.nics.clear())]
#[case("address", "check.address-none", Verdict::Blocking, |h: &mut HostFacts| h.nics[0].up = false)]
fn what_is_wrong_with_a_machine_is_said_with_its_fix(
    #[case] name: &str,
    #[case] code: &str,
    #[case] verdict: Verdict,
    #[case] spoil: Spoil,
) {
    let mut node = pi();
    spoil(&mut node.host);
    let checks = check_host("pi-a", &node);
    let check = named(&checks, name);
    assert_eq!((check.says.code.as_str(), check.verdict), (code, verdict));
    assert!(check.fix.is_some(), "{check:?}");
    is_whole(check);
    let others = checks.iter().filter(|check| check.name != name);
    for other in others {
        assert_eq!(other.verdict, Verdict::Good, "{other:?}");
    }
}

#[test]
fn two_gigabytes_as_a_board_tells_them_are_enough() {
    let mut node = pi();
    node.host.memory = 1_850 << 20;
    let checks = check_host("pi-a", &node);
    assert_eq!(named(&checks, "memory").verdict, Verdict::Good);
}

#[test]
fn a_processor_slowed_down_by_its_supply_is_not_called_hot() {
    let mut node = pi();
    node.host.throttled = Some(true);
    node.host.under_voltage = Some(true);
    let checks = check_host("pi-a", &node);
    assert_eq!(named(&checks, "power").verdict, Verdict::Warning);
    assert_eq!(named(&checks, "heat").verdict, Verdict::Good);
}

#[test]
fn the_fix_is_the_one_of_this_system() {
    let fix = |node: &NodeFacts, name: &str| {
        let checks = check_host("pi-a", node);
        named(&checks, name).fix.clone().unwrap().code
    };
    let mut node = pi();
    node.host.memory_cgroup = Some(false);
    let missing = ("bridge".to_owned(), Module::Missing);
    node.host.modules = BTreeMap::from([missing]);
    assert_eq!(fix(&node, "memory-cgroup"), "check.memory-group-pi-fix");
    assert_eq!(fix(&node, "modules"), "check.modules-raspi-fix");
    node.host.model = "NUC".to_owned();
    node.host.kernel = "6.1.0-31-amd64".to_owned();
    assert_eq!(fix(&node, "memory-cgroup"), "check.memory-group-fix");
    assert_eq!(fix(&node, "modules"), "check.modules-fix");
}

fn clustered(mark: Option<&str>) -> LxdState {
    let member = LxdMember {
        name: "stranger".to_owned(),
        address: "10.9.9.9:8443".to_owned(),
        online: true,
    };
    LxdState::Answers(Box::new(LxdFacts {
        clustered: true,
        mark: mark.map(str::to_owned),
        members: vec![member],
        ..lxd()
    }))
}

#[rstest]
#[case::absent(LxdState::Absent, "check.lxd-absent", Verdict::Blocking)]
#[case::stopped(LxdState::Stopped, "check.lxd-stopped", Verdict::Warning)]
#[case::not_permitted(LxdState::NotPermitted, "check.lxd-not-permitted", Verdict::Blocking)]
#[case::broken(LxdState::Broken("what".into()), "check.lxd-broken", Verdict::Blocking)]
#[case::somebody_elses(clustered(None), "check.lxd-clustered", Verdict::Blocking)]
#[case::an_mclouds(clustered(Some("c1")), "check.lxd-marked", Verdict::Good)]
#[case::with_a_pool(LxdState::Answers(Box::new(LxdFacts { pools: vec![LxdPool {
    name: "old".into(), driver: "dir".into(), status: "Created".into(),
    ..LxdPool::default() }],
    ..lxd() })), "check.lxd-pool", Verdict::Blocking)]
#[case::fresh(LxdState::Answers(Box::new(lxd())), "check.lxd-fresh", Verdict::Good)]
fn an_lxd_is_looked_at_before_there_are_answers(
    #[case] lxd: LxdState,
    #[case] code: &str,
    #[case] verdict: Verdict,
) {
    let checks = check_host("pi-a", &NodeFacts { lxd, ..pi() });
    let check = named(&checks, "lxd");
    assert_eq!((check.says.code.as_str(), check.verdict), (code, verdict));
    assert_eq!(check.fix.is_some(), verdict != Verdict::Good);
    assert!(check.evidence.is_some(), "{check:?}");
    is_whole(check);
}

#[test]
fn once_answers_name_it_an_mclouds_lxd_is_ours_or_it_is_not() {
    let node = NodeFacts {
        lxd: clustered(Some("c1")),
        ..pi()
    };
    let checks = check_node("pi-a", &node, &answers(1), "c1");
    assert_eq!(codes(&checks), ["check.lxd-clustered"]);
}

#[test]
fn a_healthy_node_of_the_answers_has_one_check() {
    let checks = check_node("pi-a", &pi(), &answers(1), "c1");
    assert_eq!(codes(&checks), ["check.lxd-fresh"]);
}

#[test]
fn what_its_machine_was_warned_of_is_said_in_the_plan_too() {
    let mut node = pi();
    node.host.under_voltage = Some(true);
    let checks = check_node("pi-a", &node, &answers(1), "c1");
    assert_eq!(codes(&checks), ["check.lxd-fresh", "check.power-weak"]);
}

type SpoilNic = fn(&mut Nic);

#[rstest]
#[case::wireless(&["nic.wireless"], |nic: &mut Nic| nic.wireless = true)]
#[case::leased(&["nic.leased"], |nic: &mut Nic| nic.leased = vec![nic.addresses[0].addr()])]
#[case::without_a_cable(&["nic.no-carrier"], |nic: &mut Nic| {
    nic.up = false;
    nic.carrier = Some(false);
})]
#[case::slow(&[], |nic: &mut Nic| nic.speed_mbps = Some(100))]
fn what_speaks_against_the_chosen_address_is_a_warning(
    #[case] expected: &[&str],
    #[case] spoil: SpoilNic,
) {
    let mut node = pi();
    spoil(&mut node.host.nics[0]);
    let checks = check_node("pi-a", &node, &answers(1), "c1");
    let against: Vec<_> = checks.iter().filter(|c| c.name == "address").collect();
    let said: Vec<_> = against.iter().map(|c| c.says.code.as_str()).collect();
    assert_eq!(said, expected);
    for check in against {
        assert_eq!(check.verdict, Verdict::Warning);
        is_whole(check);
    }
}

#[test]
fn a_chosen_disk_in_a_slow_port_is_a_warning() {
    let mut node = pi();
    node.host.disks[0].usb_speed_mbps = Some(480);
    let chosen = with_disk(answers(1), 0, "pi-a-A");
    let checks = check_node("pi-a", &node, &chosen, "c1");
    let check = named(&checks, "disk");
    assert_eq!(check.says.code, "disk.slow-usb");
    assert_eq!(check.verdict, Verdict::Warning);
    is_whole(check);
    let unchosen = check_node("pi-a", &node, &answers(1), "c1");
    assert_eq!(codes(&unchosen), ["check.lxd-fresh"]);
}

/// Three healthy nodes that differ in what machines differ in.
fn three() -> BTreeMap<String, NodeFacts> {
    let node = |number: usize| {
        let mut node = pi();
        node.host.hostname = crate::stage::NAMES[number].into();
        node.host.serial = Some(format!("10000000abc{number}"));
        node.host.nics[0].mac = format!("d8:3a:dd:00:00:0{number}");
        node.host.disks = vec![disk("sda", &format!("S{number}"), Holds::Nothing)];
        (crate::stage::NAMES[number].to_owned(), node)
    };
    (0..3).map(node).collect()
}

#[test]
fn nodes_that_fit_are_said_to() {
    let checks = check_nodes(&three());
    let expected = [
        "check.clone-none",
        "check.mcloud-same",
        "check.lxd-same",
        "check.arch-same",
    ];
    assert_eq!(codes(&checks), expected);
    for check in &checks {
        assert_eq!(check.verdict, Verdict::Good);
        is_whole(check);
    }
    let mut one = three();
    one.retain(|name, _| name == "pi-b");
    assert!(check_nodes(&one).is_empty());
}

type SpoilNode = fn(&mut NodeFacts);

#[rstest]
#[case("check.clone-serial", |n: &mut NodeFacts| n.host.serial = Some("10000000abc0".into()))]
#[case("check.clone-mac", |n: &mut NodeFacts| n.host.nics[0].mac = "d8:3a:dd:00:00:00".into())]
#[case("check.clone-name", |n: &mut NodeFacts| n.host.hostname = "PI-A.lan".into())]
#[case("check.mcloud-differs", |n: &mut NodeFacts| n.mcloud = "0.2.0".into())]
#[case("check.lxd-differs", |n: &mut NodeFacts| n.lxd = LxdState::Answers(Box::new(LxdFacts {
    version: "6.9".into(), ..lxd() })))]
#[case("check.arch-differs", |n: &mut NodeFacts| n.host.arch = "x86_64".into())]
fn a_node_that_does_not_fit_the_others_is_named(#[case] code: &str, #[case] spoil: SpoilNode) {
    let mut nodes = three();
    spoil(nodes.get_mut("pi-b").unwrap());
    let checks = check_nodes(&nodes);
    let bad: Vec<_> = checks
        .iter()
        .filter(|check| check.verdict != Verdict::Good)
        .collect();
    assert_eq!(bad.len(), 1, "{bad:?}");
    assert_eq!(
        (bad[0].says.code.as_str(), bad[0].node.as_str()),
        (code, "pi-b")
    );
    assert_eq!(bad[0].says.with["other"], "pi-a");
    assert!(bad[0].fix.is_some());
    is_whole(bad[0]);
}

#[test]
fn bridges_of_two_machines_may_have_the_same_address() {
    let mut nodes = three();
    for node in nodes.values_mut() {
        node.host.nics.push(Nic {
            name: "docker0".to_owned(),
            mac: "02:42:ac:11:00:02".to_owned(),
            kind: NicKind::Bridge,
            ..Nic::default()
        });
    }
    let checks = check_nodes(&nodes);
    assert_eq!(named(&checks, "clone").verdict, Verdict::Good);
}
