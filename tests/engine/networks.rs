//! What is said of the networks while they are typed, and what is suggested.

use std::collections::BTreeMap;
use std::net::IpAddr;

use mcloud::engine::answers::{
    AddressRange, Answers, CephStorage, GuestNetwork, NetworkKind, UplinkKind, network_ways,
    suggest_network, suggest_uplink,
};
use mcloud::engine::facts::{Nic, NicKind};
use mcloud::engine::picture::picture;
use mcloud::engine::preflight::{
    Mistake, NodeNics, Setting, Verdict, check_networks, network_mistakes,
};
use mcloud::engine::services::{MicroState, NodeFacts, SnapdFacts, SnapdState};
use rstest::rstest;

use crate::stage::{Stage, answers, facts, with_disk};

fn nic(name: &str, addresses: &[&str]) -> Nic {
    Nic {
        name: name.to_owned(),
        up: true,
        carrier: Some(true),
        addresses: addresses.iter().map(|it| it.parse().unwrap()).collect(),
        ..Nic::default()
    }
}

/// Two nodes with a cluster NIC and a free one each.
fn nics() -> Vec<Vec<Nic>> {
    let node = |number: u8| {
        let own = format!("10.0.0.{}/24", 11 + number);
        let second = format!("10.9.0.{}/24", 11 + number);
        vec![
            nic("eth0", &[&own]),
            nic("eth1", &[]),
            nic("eth2", &[&second]),
        ]
    };
    vec![node(0), node(1)]
}

const NAMES: [&str; 2] = ["pi-a", "pi-b"];

fn nodes(nics: &[Vec<Nic>]) -> Vec<NodeNics<'_>> {
    let of = |(number, nics)| NodeNics {
        name: NAMES[number],
        address: format!("10.0.0.{}", 11 + number).parse().unwrap(),
        uplink: Some("eth1"),
        underlay: None,
        nics,
    };
    nics.iter().map(Vec::as_slice).enumerate().map(of).collect()
}

fn range(text: &str) -> AddressRange {
    let (first, last) = text.split_once('-').unwrap();
    AddressRange {
        first: first.parse().unwrap(),
        last: last.parse().unwrap(),
    }
}

fn right() -> GuestNetwork {
    GuestNetwork {
        kind: NetworkKind::Ovn,
        uplink: UplinkKind::Nic,
        gateway4: Some("192.168.1.1/24".parse().unwrap()),
        range4: Some(range("192.168.1.200-192.168.1.250")),
        gateway6: Some("2001:db8:1::1/64".parse().unwrap()),
        dns: vec!["192.168.1.1".parse().unwrap()],
        guests4: Some("10.77.0.1/24".parse().unwrap()),
        guests6: Some("fd42:77::1/64".parse().unwrap()),
        ..GuestNetwork::default()
    }
}

fn told(mistakes: &[Mistake]) -> Vec<(&str, Setting)> {
    for mistake in mistakes {
        for says in [&mistake.says, &mistake.fix] {
            let text = mcloud::text::sentence(says);
            assert!(!text.contains('{') && text != says.code, "{says:?}");
        }
    }
    let told = mistakes.iter();
    told.map(|it| (it.says.code.as_str(), it.setting)).collect()
}

fn mistakes(change: impl FnOnce(&mut GuestNetwork)) -> Vec<Mistake> {
    let mut network = right();
    change(&mut network);
    let nics = nics();
    network_mistakes(&network, None, &nodes(&nics))
}

#[test]
fn a_network_that_is_right_has_nothing_said_against_it() {
    assert_eq!(mistakes(|_| {}), []);
}

#[rstest]
#[case::no_gateway(|it: &mut GuestNetwork| (it.gateway4, it.gateway6) = (None, None), "net.no-gateway", Setting::Gateway4)]
#[case::no_range(|it: &mut GuestNetwork| it.range4 = None, "net.no-range", Setting::Range4)]
#[case::the_network_itself(|it: &mut GuestNetwork| it.gateway4 = Some("192.168.1.0/24".parse().unwrap()),
    "net.gateway-host", Setting::Gateway4)]
#[case::everybody(|it: &mut GuestNetwork| it.gateway4 = Some("192.168.1.255/24".parse().unwrap()),
    "net.gateway-host", Setting::Gateway4)]
#[case::no_room(|it: &mut GuestNetwork| it.gateway4 = Some("192.168.1.1/32".parse().unwrap()),
    "net.gateway-host", Setting::Gateway4)]
#[case::a_node(|it: &mut GuestNetwork| it.gateway4 = Some("10.0.0.12/24".parse().unwrap()),
    "net.gateway-node", Setting::Gateway4)]
#[case::outside(|it: &mut GuestNetwork| it.range4 = Some(range("192.168.2.10-192.168.2.20")),
    "net.range-outside", Setting::Range4)]
#[case::half_outside(|it: &mut GuestNetwork| it.range4 = Some(range("192.168.1.250-192.168.2.5")),
    "net.range-outside", Setting::Range4)]
#[case::backwards(|it: &mut GuestNetwork| it.range4 = Some(range("192.168.1.250-192.168.1.200")),
    "net.range-order", Setting::Range4)]
#[case::the_gateway(|it: &mut GuestNetwork| it.range4 = Some(range("192.168.1.1-192.168.1.20")),
    "net.range-gateway", Setting::Range4)]
#[case::broadcast(|it: &mut GuestNetwork| it.range4 = Some(range("192.168.1.200-192.168.1.255")),
    "net.range-edge", Setting::Range4)]
#[case::a_name_server(|it: &mut GuestNetwork| it.dns = vec!["192.168.1.210".parse().unwrap()],
    "net.range-dns", Setting::Range4)]
#[case::vlan_0(|it: &mut GuestNetwork| it.vlan = Some(0), "net.vlan-range", Setting::Vlan)]
#[case::vlan_4095(|it: &mut GuestNetwork| it.vlan = Some(4095), "net.vlan-range", Setting::Vlan)]
#[case::gateway6(|it: &mut GuestNetwork| it.gateway6 = Some("fe80::1/64".parse().unwrap()),
    "net.gateway-host", Setting::Gateway6)]
#[case::dns(|it: &mut GuestNetwork| it.dns = vec!["0.0.0.0".parse().unwrap()], "net.dns", Setting::Dns)]
#[case::guests_at_the_uplink(|it: &mut GuestNetwork| it.guests4 = Some("192.168.1.129/25".parse().unwrap()),
    "net.guests-uplink", Setting::Guests4)]
#[case::guests_among_nodes(|it: &mut GuestNetwork| it.guests4 = Some("10.0.0.1/16".parse().unwrap()),
    "net.guests-overlap", Setting::Guests4)]
#[case::guests_edge(|it: &mut GuestNetwork| it.guests4 = Some("10.77.0.0/24".parse().unwrap()),
    "net.guests-host", Setting::Guests4)]
#[case::guests6(|it: &mut GuestNetwork| it.guests6 = Some("2001:db8:1::5/64".parse().unwrap()),
    "net.guests-uplink", Setting::Guests6)]
fn a_mistake_is_told_where_it_is(
    #[case] change: fn(&mut GuestNetwork),
    #[case] code: &str,
    #[case] setting: Setting,
) {
    let found = mistakes(change);
    assert_eq!(told(&found), [(code, setting)]);
    assert!(found.iter().all(|it| it.verdict == Verdict::Blocking));
}

#[test]
fn a_range_takes_no_address_of_any_node() {
    let own = |network: &mut GuestNetwork| {
        network.gateway4 = Some("10.0.0.1/24".parse().unwrap());
        network.range4 = Some(range("10.0.0.10-10.0.0.20"));
    };
    assert_eq!(told(&mistakes(own)), [("net.range-node", Setting::Range4)]);
    let beside = |network: &mut GuestNetwork| {
        network.gateway4 = Some("10.0.0.1/24".parse().unwrap());
        network.range4 = Some(range("10.0.0.100-10.0.0.120"));
    };
    assert_eq!(mistakes(beside), [], "the nodes' own network will do");
}

#[test]
fn a_bridge_as_uplink_is_a_network_of_its_own() {
    let bridge = |gateway: &str, range4: &str| GuestNetwork {
        uplink: UplinkKind::Bridge,
        gateway4: Some(gateway.parse().unwrap()),
        range4: Some(range(range4)),
        gateway6: None,
        dns: Vec::new(),
        ..right()
    };
    let nics = nics();
    let look = |network: &GuestNetwork| network_mistakes(network, None, &nodes(&nics));
    assert_eq!(
        look(&bridge("10.111.0.1/24", "10.111.0.128-10.111.0.254")),
        []
    );
    let found = look(&bridge("10.9.0.1/24", "10.9.0.128-10.9.0.254"));
    assert_eq!(told(&found), [("net.bridge-overlaps", Setting::Gateway4)]);
    let mut odd = bridge("10.111.0.1/24", "10.111.0.128-10.111.0.254");
    (odd.vlan, odd.gateway6) = (Some(7), Some("2001:db8::1/64".parse().unwrap()));
    let expected = [
        ("net.vlan-bridge", Setting::Vlan),
        ("net.bridge-ipv6", Setting::Gateway6),
    ];
    assert_eq!(told(&look(&odd)), expected);
}

#[rstest]
#[case::none_at_all(None, nic("eth1", &[]), Some("net.no-uplink"))]
#[case::not_there(Some("eth7"), nic("eth1", &[]), Some("net.uplink-missing"))]
#[case::the_clusters(Some("eth0"), nic("eth1", &[]), Some("net.uplink-cluster"))]
#[case::with_address(Some("eth1"), nic("eth1", &["10.5.0.1/24"]), Some("net.uplink-address"))]
#[case::link_local_alone(Some("eth1"), nic("eth1", &["fe80::1/64"]), None)]
#[case::a_bridge_with_address(Some("eth1"),
    Nic { kind: NicKind::Bridge, ..nic("eth1", &["10.5.0.1/24"]) }, None)]
#[case::in_a_bridge(Some("eth1"), Nic { master: Some("br0".into()), ..nic("eth1", &[]) },
    Some("net.uplink-part"))]
#[case::radio(Some("eth1"), Nic { wireless: true, ..nic("eth1", &[]) }, Some("net.uplink-wireless"))]
#[case::no_cable(Some("eth1"), Nic { up: false, carrier: Some(false), ..nic("eth1", &[]) },
    Some("net.uplink-carrier"))]
fn an_uplink_is_a_nic_of_the_node_that_is_free(
    #[case] uplink: Option<&str>,
    #[case] second: Nic,
    #[case] expected: Option<&str>,
) {
    let mut nics = nics();
    nics[1][1] = second;
    let mut nodes = nodes(&nics);
    nodes[1].uplink = uplink;
    let found = network_mistakes(&right(), None, &nodes);
    let codes: Vec<_> = told(&found).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, expected.into_iter().collect::<Vec<_>>());
    for mistake in &found {
        assert_eq!(mistake.node.as_deref(), Some("pi-b"));
        let mild = mistake.says.code == "net.uplink-carrier";
        assert_eq!(mistake.verdict == Verdict::Warning, mild);
    }
}

#[test]
fn a_vlan_makes_the_only_nic_an_uplink() {
    let nics: Vec<_> = nics().into_iter().map(|nics| nics[..1].to_vec()).collect();
    let mut nodes = nodes(&nics);
    nodes[0].uplink = Some("eth0");
    nodes[1].uplink = Some("eth0");
    let mut network = right();
    assert_eq!(network_mistakes(&network, None, &nodes).len(), 2);
    network.vlan = Some(200);
    assert_eq!(network_mistakes(&network, None, &nodes), []);
}

#[test]
fn the_vlan_of_a_nic_has_a_name_that_an_interface_can_have() {
    let mut nics = nics();
    nics[0][1].name = "enp101s0f1np".to_owned();
    let mut nodes = nodes(&nics);
    nodes[0].uplink = Some("enp101s0f1np");
    let mut network = right();
    network.vlan = Some(12);
    assert_eq!(network_mistakes(&network, None, &nodes), []);
    network.vlan = Some(120);
    let found = network_mistakes(&network, None, &nodes);
    assert_eq!(told(&found), [("net.uplink-long", Setting::Uplink)]);
    assert_eq!(found[0].verdict, Verdict::Blocking);
}

#[test]
fn without_a_choice_every_node_is_in_the_first_nodes_network() {
    let look = |second: &str| {
        let nics = vec![
            vec![nic("eth0", &["10.0.0.11/24"])],
            vec![nic("eth0", &[second])],
        ];
        let ceph = CephStorage::default();
        let nodes = nodes(&nics);
        let found = network_mistakes(&GuestNetwork::default(), Some(&ceph), &nodes);
        let nodes = found.iter().filter_map(|it| it.node.clone());
        nodes.collect::<Vec<_>>()
    };
    assert_eq!(look("10.0.0.12/24"), [""; 0]);
    assert_eq!(look("10.0.1.12/24"), ["pi-b"]);
}

#[test]
fn tunnels_begin_at_an_address_of_the_node() {
    let nics = nics();
    let mut nodes = nodes(&nics);
    nodes[0].underlay = "10.9.0.11".parse().ok();
    assert_eq!(network_mistakes(&right(), None, &nodes), []);
    nodes[0].underlay = "10.9.0.99".parse().ok();
    let found = network_mistakes(&right(), None, &nodes);
    assert_eq!(told(&found), [("net.underlay", Setting::Underlay)]);
    nodes[0].underlay = "2001:db8::5".parse().ok();
    let found = network_mistakes(&right(), None, &nodes);
    let codes: Vec<_> = told(&found).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["net.underlay", "net.underlay-family"]);
}

#[test]
fn every_node_is_in_cephs_networks() {
    let nics = nics();
    let look = |public: &str, internal: &str| {
        let ceph = CephStorage {
            public: public.parse().ok(),
            internal: internal.parse().ok(),
            ..CephStorage::default()
        };
        let found = network_mistakes(&GuestNetwork::default(), Some(&ceph), &nodes(&nics));
        let told = told(&found).into_iter();
        told.map(|(code, setting)| (code.to_owned(), setting))
            .collect::<Vec<_>>()
    };
    assert_eq!(look("", ""), []);
    assert_eq!(look("10.0.0.0/24", "10.9.0.0/24"), []);
    let outside = "net.ceph-outside".to_owned();
    let both = |setting| vec![(outside.clone(), setting), (outside.clone(), setting)];
    assert_eq!(look("10.8.0.0/24", ""), both(Setting::Public));
    assert_eq!(look("", "10.8.0.0/24"), both(Setting::Internal));
}

fn installable(number: usize) -> NodeFacts {
    NodeFacts {
        snapd: SnapdState::Answers(Box::new(SnapdFacts {
            version: "2.68.3".to_owned(),
            confinement: "strict".to_owned(),
            ..SnapdFacts::default()
        })),
        ..facts(number)
    }
}

fn known(answers: &Answers, of: impl Fn(usize) -> NodeFacts) -> BTreeMap<String, NodeFacts> {
    let nodes = answers.nodes.iter().enumerate();
    nodes
        .map(|(at, node)| (node.name.clone(), of(at)))
        .collect()
}

#[test]
fn one_nic_is_enough_for_the_suggestion_and_nothing_need_be_typed() {
    let answers = answers(3);
    let facts = known(&answers, installable);
    let network = suggest_network(&answers, &facts);
    assert_eq!(
        (network.kind, network.uplink),
        (NetworkKind::Ovn, UplinkKind::Bridge)
    );
    let suggested = Answers { network, ..answers };
    assert_eq!(check_networks(&suggested, &facts), []);
}

#[test]
fn the_suggested_bridge_overlaps_with_no_network_of_any_node() {
    let mut nics = nics();
    nics[1].push(nic("eth3", &["10.111.3.4/16"]));
    nics[0].push(nic("eth3", &["10.112.0.1/12"]));
    let [_, bridge, ..] = network_ways(&nodes(&nics));
    let found = network_mistakes(&bridge, None, &nodes(&nics));
    assert_eq!(found, []);
    assert_eq!(bridge.gateway4.unwrap().to_string(), "192.168.200.1/24");
}

#[test]
fn a_free_nic_on_every_node_is_suggested_and_its_router_is_not_made_up() {
    let answers = answers(2);
    let with_nic = |number| {
        let mut facts = installable(number);
        facts.host.nics.push(nic("eth1", &["fe80::7/64"]));
        facts
    };
    let facts = known(&answers, with_nic);
    let network = suggest_network(&answers, &facts);
    assert_eq!(
        (network.kind, network.uplink),
        (NetworkKind::Ovn, UplinkKind::Nic)
    );
    assert_eq!((network.gateway4, network.range4), (None, None));
    let nics = &facts["pi-b"].host.nics;
    let node = NodeNics::of(&answers.nodes[1], nics);
    assert_eq!(suggest_uplink(&node).as_deref(), Some("eth1"));
    // One node without it, and the bridge is suggested for all.
    let some = known(&answers, |number| {
        if number == 0 {
            with_nic(0)
        } else {
            installable(1)
        }
    });
    assert_eq!(suggest_network(&answers, &some).uplink, UplinkKind::Bridge);
}

#[test]
fn without_microovn_on_every_node_a_bridge_is_suggested() {
    let answers = answers(2);
    let mixed = known(&answers, |number| {
        if number == 0 {
            installable(0)
        } else {
            facts(1)
        }
    });
    assert_eq!(suggest_network(&answers, &mixed).kind, NetworkKind::Bridge);
    let there = known(&answers, |number| NodeFacts {
        ovn: MicroState::Answers(Box::default()),
        ..facts(number)
    });
    assert_eq!(suggest_network(&answers, &there).kind, NetworkKind::Ovn);
}

#[test]
fn the_plan_is_held_to_the_same() {
    let mut answers = with_disk(answers(2), 0, "pi-a-A");
    answers.network = right();
    let facts = known(&answers, installable);
    let found = check_networks(&answers, &facts);
    let about: Vec<_> = found
        .iter()
        .map(|check| (check.node.as_str(), check.says.code.as_str(), check.verdict))
        .collect();
    let expected = [
        ("pi-a", "net.no-uplink", Verdict::Blocking),
        ("pi-b", "net.no-uplink", Verdict::Blocking),
    ];
    assert_eq!(about, expected);
    let address: IpAddr = answers.nodes[0].address;
    answers.nodes[0].underlay = Some(address);
    assert_eq!(check_networks(&answers, &facts).len(), 2);
}

/// Whether a fan is among the ways of two nodes whose kernels say this of it.
fn offers_fan(kernels: [Option<bool>; 2]) -> bool {
    let mut stage = Stage::new(2);
    for (facts, fan) in stage.facts.iter_mut().zip(kernels) {
        facts.host.fan = fan;
    }
    stage.begin(answers(2), false);
    let ways = picture(&stage.state, stage.now).wizard.network.ways;
    ways.iter().any(|way| way.kind == NetworkKind::Fan)
}

#[test]
fn a_fan_is_offered_where_every_kernel_has_it() {
    assert!(offers_fan([Some(true), Some(true)]));
    assert!(!offers_fan([Some(true), None]));
    assert!(!offers_fan([Some(true), Some(false)]));
}

#[rstest]
#[case::there(Some(true), None)]
#[case::missing(Some(false), Some(Verdict::Blocking))]
#[case::not_known(None, Some(Verdict::Warning))]
fn a_fan_is_checked_against_the_kernel(
    #[case] fan: Option<bool>,
    #[case] verdict: Option<Verdict>,
) {
    let mut answers = answers(1);
    answers.network = GuestNetwork {
        kind: NetworkKind::Fan,
        ..GuestNetwork::default()
    };
    let mut facts = facts(0);
    facts.host.fan = fan;
    let facts = BTreeMap::from([("pi-a".to_owned(), facts)]);
    let found = check_networks(&answers, &facts);
    assert_eq!(found.first().map(|check| check.verdict), verdict);
}
