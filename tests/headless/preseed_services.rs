//! Preseeds that set up Ceph, the guests' network and snaps: what they mean.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use mcloud::engine::answers::{
    AddressRange, Answers, CephStorage, GuestNetwork, NetworkKind, ProfileChoice, Purpose,
    SnapChannels, UplinkKind,
};
use mcloud::preseed;
use rstest::rstest;

use super::preseed_errors::GOOD;

/// Everything a preseed can say of services; the cases below change it.
const FULL: &str = "\
cluster: attic
initiator: pi-a
nodes:
  - name: pi-a
    address: 10.0.0.11
    uplink: eth1
    underlay: 10.9.0.11
    disks:
      - use: local
        serial: A1
      - use: ceph
        serial: A2
        encrypt: true
  - name: pi-b
    address: 10.0.0.12
    uplink: eth0.200
    disks:
      - use: ceph
        serial: B1
      - use: ceph
        model: Samsung T7
ceph:
  public-network: 10.0.0.0/24
  internal-network: 10.8.0.0/16
  filesystem: false
  tune: false
  existing: reuse
network:
  kind: ovn
  uplink: nic
  vlan: 4094
  ipv4-gateway: 10.7.0.1/24
  ipv4-range: 10.7.0.100-10.7.0.200
  ipv6-gateway: fd07::1/64
  dns: [10.7.0.1, 'fd07::53']
  ipv4-guests: 10.83.0.1/24
  ipv6-guests: fd83::1/64
snaps:
  install: false
  lxd: 6/stable
  microceph: squid/edge
  microovn: 24.03/candidate/fix
";

pub(crate) fn read(text: &str) -> Answers {
    match preseed::read(text, "attic.yaml") {
        Ok(preseed) => preseed.answers,
        Err(error) => panic!("{error}"),
    }
}

/// FULL with one passage replaced; the passage must be there.
pub(crate) fn changed(from: &str, to: &str) -> String {
    assert!(FULL.contains(from), "{from} is in the full preseed");
    FULL.replacen(from, to, 1)
}

/// FULL with another network; nodes have no uplink and no underlay in it.
pub(crate) fn with_network(network: &str) -> String {
    let begin = FULL.find("network:\n  kind").expect("a network");
    let end = FULL.find("snaps:").expect("snaps");
    let text = [FULL.get(..begin), Some(network), FULL.get(end..)].map(Option::unwrap_or_default);
    let of_node =
        |line: &&str| line.starts_with("    uplink:") || line.starts_with("    underlay:");
    let text = text.concat();
    let lines: Vec<_> = text.lines().filter(|line| !of_node(line)).collect();
    lines.join("\n")
}

fn net(text: &str) -> IpNet {
    text.parse().expect("a network")
}

#[test]
fn disks_are_given_to_ceph_and_to_the_local_pool() {
    let answers = read(FULL);
    let disks = |name: &str| {
        let node = answers.node(name).expect("a node");
        let disks = node.disks.iter();
        disks
            .map(|disk| (disk.purpose, disk.encrypt, disk.find.to_string()))
            .collect::<Vec<_>>()
    };
    let disk = |purpose, encrypt, find: &str| (purpose, encrypt, find.to_owned());
    let a = [
        disk(Purpose::Local, false, "serial A1"),
        disk(Purpose::Ceph, true, "serial A2"),
    ];
    let b = [
        disk(Purpose::Ceph, false, "serial B1"),
        disk(Purpose::Ceph, false, "model Samsung T7"),
    ];
    assert_eq!(disks("pi-a"), a);
    assert_eq!(disks("pi-b"), b);
}

#[test]
fn ceph_and_snaps_become_answers() {
    let answers = read(FULL);
    let ceph = CephStorage {
        public: Some(net("10.0.0.0/24")),
        internal: Some(net("10.8.0.0/16")),
        filesystem: false,
        tune: false,
        reuse: true,
    };
    assert_eq!(answers.ceph, ceph);
    let snaps = SnapChannels {
        install: false,
        lxd: "6/stable".to_owned(),
        microceph: "squid/edge".to_owned(),
        microovn: "24.03/candidate/fix".to_owned(),
    };
    assert_eq!(answers.snaps, snaps);
}

#[test]
fn the_network_becomes_answers() {
    let answers = read(FULL);
    let four = |text: &str| text.parse::<Ipv4Net>().ok();
    let six = |text: &str| text.parse::<Ipv6Net>().ok();
    let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
    let network = GuestNetwork {
        kind: NetworkKind::Ovn,
        uplink: UplinkKind::Nic,
        vlan: Some(4094),
        gateway4: four("10.7.0.1/24"),
        range4: Some(AddressRange {
            first: "10.7.0.100".parse().expect("an address"),
            last: "10.7.0.200".parse().expect("an address"),
        }),
        gateway6: six("fd07::1/64"),
        dns: vec![ip("10.7.0.1"), ip("fd07::53")],
        guests4: four("10.83.0.1/24"),
        guests6: six("fd83::1/64"),
    };
    assert_eq!(answers.network, network);
    let [a, b] = answers.nodes.as_slice() else {
        panic!("two nodes");
    };
    assert_eq!(a.uplink.as_deref(), Some("eth1"));
    assert_eq!(a.underlay, Some(ip("10.9.0.11")));
    assert_eq!(b.uplink.as_deref(), Some("eth0.200"));
    assert_eq!(b.underlay, None);
}

#[test]
fn a_preseed_that_names_no_service_sets_none_up() {
    let answers = read(GOOD);
    assert!(!answers.has_ceph());
    assert!(!answers.has_ovn());
    assert_eq!(answers.network, GuestNetwork::default());
    assert_eq!(answers.ceph, CephStorage::default());
    assert_eq!(answers.snaps, SnapChannels::default());
}

#[rstest]
#[case::none("network:\n  kind: none\n", NetworkKind::None)]
#[case::nothing_said("network:\n", NetworkKind::None)]
#[case::fan("network: {kind: fan}\n", NetworkKind::Fan)]
#[case::bridge("network: {kind: bridge}\n", NetworkKind::Bridge)]
#[case::bridge_with_subnet(
    "network: {kind: bridge, ipv4-guests: 10.83.0.1/24}\n",
    NetworkKind::Bridge
)]
#[case::ovn_over_a_bridge(
    "network: {kind: ovn, uplink: bridge, ipv4-gateway: 10.7.0.1/24, ipv4-range: 10.7.0.2-10.7.0.2}\n",
    NetworkKind::Ovn
)]
fn other_networks_need_no_uplinks(#[case] network: &str, #[case] kind: NetworkKind) {
    let answers = read(&with_network(network));
    assert_eq!(answers.network.kind, kind);
    let written = preseed::write(&answers);
    assert_eq!(read(&written), answers, "{written}");
}

#[test]
fn ovn_over_nics_can_go_out_by_ipv6_alone() {
    let text = FULL
        .replace("  ipv4-gateway: 10.7.0.1/24\n", "")
        .replace("  ipv4-range: 10.7.0.100-10.7.0.200\n", "");
    let answers = read(&text);
    assert_eq!(answers.network.gateway4, None);
    assert!(answers.network.gateway6.is_some());
}

#[test]
fn what_is_written_is_what_was_read() {
    let written = preseed::write(&read(FULL));
    assert_eq!(read(&written), read(FULL), "{written}");
    let from = written.find("ceph:\n").expect("ceph");
    insta::assert_snapshot!(written.get(from..).unwrap_or_default());
}

#[test]
fn what_means_nothing_is_not_written() {
    let mut answers = read(FULL);
    answers.network.kind = NetworkKind::Bridge;
    answers.ceph.reuse = false;
    for node in &mut answers.nodes {
        node.disks.clear();
    }
    let again = read(&preseed::write(&answers));
    assert_eq!(again.network.guests4, answers.network.guests4);
    assert_eq!(again.network.gateway4, None);
    assert_eq!(again.ceph, CephStorage::default());
    assert!(again.nodes.iter().all(|node| node.uplink.is_none()));
}

#[test]
fn a_profile_is_kept_or_replaced() {
    let read = |line: &str| preseed::read(&format!("{GOOD}{line}"), "attic.yaml");
    let profile = |line: &str| read(line).expect("a preseed").answers.profile;
    assert_eq!(profile(""), ProfileChoice::Keep);
    assert_eq!(profile("profile: keep\n"), ProfileChoice::Keep);
    assert_eq!(profile("profile: replace\n"), ProfileChoice::Replace);
    let written = preseed::write(&read("profile: replace\n").expect("a preseed").answers);
    assert!(written.contains("\nprofile: replace\n"), "{written}");
    let wrong = read("profile: both\n")
        .expect_err("no such word")
        .to_string();
    assert!(wrong.contains("neither keep nor replace"), "{wrong}");
}
