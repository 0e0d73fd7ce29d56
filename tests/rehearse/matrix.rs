//! Every combination of services, disks, networks and addresses that mcloud sets up, rehearsed to its
//! end: all phases done, and what exists then.

use rstest::rstest;

use crate::told::{ALL, Answers, Told};

const TWO: &[&str] = &["pi-a", "pi-b"];
const THREE: &[&str] = &["pi-a", "pi-b", "pi-c"];

const NO_NETWORK: &str = "network: {kind: none}\n";

/// OVN over a NIC of each node.
const OVER_NICS: &str = "network: {kind: ovn, uplink: nic, ipv4-gateway: 192.168.1.1/24, \
                         ipv4-range: 192.168.1.200-192.168.1.250}\n";

/// The same on a VLAN.
const ON_A_VLAN: &str = "network: {kind: ovn, uplink: nic, vlan: 200, ipv4-gateway: \
                         192.168.1.1/24, ipv4-range: 192.168.1.200-192.168.1.250}\n";

/// OVN over a bridge that LXD makes on each node.
const OVER_BRIDGES: &str = "network: {kind: ovn, uplink: bridge, ipv4-gateway: 10.111.0.1/24, \
                            ipv4-range: 10.111.0.128-10.111.0.254}\n";

fn without<'a>(phases: &[&str]) -> Vec<&'a str> {
    let all = ALL.into_iter();
    all.filter(|phase| !phases.contains(phase)).collect()
}

#[rstest]
#[case::one(1, "pi-a")]
#[case::two(2, "pi-a, pi-b")]
#[case::three(3, "pi-a, pi-b, pi-c")]
#[case::five(5, "pi-a, pi-b, pi-c, pi-d, pi-e")]
#[case::eight(8, "pi-a, pi-b, pi-c, pi-d, pi-e, pi-f, pi-g, pi-h")]
fn that_many_nodes_become_a_cloud_with_all_seven_phases(#[case] nodes: usize, #[case] names: &str) {
    let count = nodes.to_string();
    let told = Told::by(&["--nodes", &count, "--there", "all"]);
    told.assert_formed(&ALL);
    assert_eq!(told.last()["members"], nodes);
    let monitors = nodes.min(3);
    told.assert_proven(&[
        &format!("LXD members online: {nodes} ({names})."),
        &format!("MicroCeph members online: {nodes} ({names})."),
        &format!("Copies by pool: .mgr {monitors}."),
        &format!("The btrfs pool local is made on {names}."),
        &format!("The ceph pool remote is made on {names}."),
        &format!("The cephfs pool remote-fs is made on {names}."),
        "The profile default has its root disk on remote.",
        "The profile default has eth0 on the network default.",
        &format!("Guests run on {names}, on the pool remote."),
        &format!("Guests on {names} read back what they wrote to the pool remote."),
    ]);
    let proven = told.proven().join("\n");
    let monitors = format!("Ceph has {monitors} monitors and {monitors} managers");
    for made in [
        &monitors,
        &format!("The bridge network UPLINK is made on {names}, with "),
        &format!("The ovn network default is made on {names}, with "),
    ] {
        assert!(proven.contains(made), "{made} is not in {proven}");
    }
}

#[test]
fn lxd_alone_has_its_local_pool_for_guests_and_no_network() {
    let answers = Answers {
        nodes: TWO,
        rest: NO_NETWORK,
        ..Answers::default()
    };
    let told = answers.rehearse(&["--there", "all"]);
    told.assert_formed(&without(&["microceph", "microovn"]));
    told.assert_proven(&[
        "LXD members online: 2 (pi-a, pi-b).",
        "The btrfs pool local is made on pi-a, pi-b.",
        "The profile default has its root disk on local.",
        "Guests run on pi-a, pi-b, on the pool local.",
    ]);
    for other in ["Ceph", "remote", "network", "eth0"] {
        told.assert_nothing_proven_of(other);
    }
}

#[test]
fn ceph_without_ovn_has_distributed_pools_and_a_bridge_on_each_node() {
    let answers = Answers {
        nodes: TWO,
        ceph: TWO,
        rest: "network: {kind: bridge}\n",
        ..Answers::default()
    };
    let told = answers.rehearse(&["--there", "all"]);
    told.assert_formed(&without(&["microovn"]));
    told.assert_proven(&[
        "Ceph's disks: 2 (pi-a 1, pi-b 1).",
        "The ceph pool remote is made on pi-a, pi-b.",
        "The cephfs pool remote-fs is made on pi-a, pi-b.",
        "The profile default has its root disk on remote.",
        "The profile default has eth0 on the network lxdbr0.",
        "The guest on pi-a moved to pi-b with its disk.",
    ]);
    for other in ["UPLINK", "ovn", "reach each other"] {
        told.assert_nothing_proven_of(other);
    }
}

#[test]
fn without_cephfs_there_is_the_block_pool_alone() {
    let answers = Answers {
        nodes: TWO,
        ceph: TWO,
        rest: "ceph: {filesystem: false}\nnetwork: {kind: none}\n",
        ..Answers::default()
    };
    let told = answers.rehearse(&["--there", "all"]);
    told.assert_formed(&without(&["microovn"]));
    told.assert_proven(&["The ceph pool remote is made on pi-a, pi-b."]);
    told.assert_nothing_proven_of("remote-fs");
    assert!(!told.steps().contains_key("lxd.remote-fs@pi-a"));
}

#[test]
fn a_node_without_a_disk_for_ceph_is_a_member_and_has_the_pools() {
    let answers = Answers {
        nodes: THREE,
        ceph: TWO,
        rest: NO_NETWORK,
        ..Answers::default()
    };
    let told = answers.rehearse(&["--there", "all"]);
    told.assert_formed(&without(&["microovn"]));
    told.assert_proven(&[
        "MicroCeph members online: 3 (pi-a, pi-b, pi-c).",
        "Ceph's disks: 2 (pi-a 1, pi-b 1).",
        "Copies by pool: .mgr 2.",
        "The ceph pool remote is made on pi-a, pi-b, pi-c.",
        "Guests on pi-a, pi-b, pi-c read back what they wrote to the pool remote.",
    ]);
}

#[test]
fn a_ceph_that_is_there_is_reused_with_the_disk_it_has() {
    let answers = Answers {
        nodes: TWO,
        ceph: &["pi-b"],
        rest: "ceph: {existing: reuse}\nnetwork: {kind: none}\n",
        ..Answers::default()
    };
    let told = answers.rehearse(&["--there", "ceph"]);
    told.assert_formed(&without(&["microovn"]));
    assert_eq!(told.steps()["microceph.bootstrap@pi-a"], "already");
    assert_eq!(told.steps()["microceph.join@pi-b"], "done");
    told.assert_proven(&[
        "MicroCeph members online: 2 (pi-a, pi-b).",
        "Ceph's disks: 2 (pi-a 1, pi-b 1).",
        "The ceph pool remote is made on pi-a, pi-b.",
    ]);
}

#[test]
fn a_ceph_that_is_there_is_refused_where_nobody_asked_for_it() {
    let answers = Answers {
        nodes: TWO,
        ceph: &["pi-b"],
        rest: NO_NETWORK,
        ..Answers::default()
    };
    let told = answers.rehearse(&["--there", "ceph"]);
    assert_eq!(told.ended.code, Some(1), "{}", told.last());
    assert!(told.steps().is_empty(), "something was begun");
    let blocking = |event: &&serde_json::Value| event["verdict"] == "blocking";
    let checks: Vec<_> = told.events.iter().filter(blocking).collect();
    assert!(!checks.is_empty(), "nothing forbids it");
}

#[rstest]
#[case::neither("", "127.0.0.0/8", "127.0.0.0/8")]
#[case::internal(
    "ceph: {internal-network: 10.9.0.0/24}\n",
    "127.0.0.0/8",
    "10.9.0.0/24"
)]
#[case::public("ceph: {public-network: 10.8.0.0/24}\n", "10.8.0.0/24", "10.8.0.0/24")]
#[case::both(
    "ceph: {public-network: 10.8.0.0/24, internal-network: 10.9.0.0/24}\n",
    "10.8.0.0/24",
    "10.9.0.0/24"
)]
fn ceph_ends_in_exactly_the_networks_chosen(
    #[case] ceph: &str,
    #[case] public: &str,
    #[case] internal: &str,
) {
    let answers = Answers {
        nodes: TWO,
        ceph: TWO,
        rest: &format!("{ceph}{NO_NETWORK}"),
        ..Answers::default()
    };
    let told = answers.rehearse(&["--there", "all", "--nics", "4"]);
    told.assert_formed(&without(&["microovn"]));
    // MicroCeph itself is asked for both when it is proven.
    told.assert_proven(&[
        &format!("Ceph's public network is {public}, its internal one {internal}."),
        "Ceph's disks: 2 (pi-a 1, pi-b 1).",
    ]);
}

#[rstest]
#[case::nic(
    OVER_NICS,
    ("2", "eth1"),
    "The physical network UPLINK is made on pi-a, pi-b, with 192.168.1.1/24."
)]
#[case::vlan_on_the_only_nic(
    ON_A_VLAN,
    ("1", "eth0"),
    "The physical network UPLINK is made on pi-a, pi-b, with 192.168.1.1/24, VLAN 200."
)]
fn ovn_without_ceph_goes_out_over_a_nic_of_each_node(
    #[case] network: &str,
    #[case] (nics, uplink): (&str, &str),
    #[case] made: &str,
) {
    let answers = Answers {
        nodes: TWO,
        uplink,
        rest: network,
        ..Answers::default()
    };
    let told = answers.rehearse(&["--there", "all", "--nics", nics]);
    told.assert_formed(&without(&["microceph"]));
    told.assert_proven(&[
        made,
        "The profile default has its root disk on local.",
        "The profile default has eth0 on the network default.",
        "Guests find each other by name on the network default.",
    ]);
    told.assert_nothing_proven_of("Ceph");
    for node in TWO {
        let lines = told
            .lines_of(&format!("lxd.uplink-pending@{node}"))
            .join("\n");
        let part = format!("The network UPLINK is defined on {node}, on its NIC {uplink}.");
        assert!(lines.contains(&part), "{part} is not in {lines}");
    }
}

#[test]
fn ovn_goes_out_over_a_bridge_where_nodes_have_one_nic() {
    let answers = Answers {
        nodes: TWO,
        rest: OVER_BRIDGES,
        ..Answers::default()
    };
    let told = answers.rehearse(&["--there", "all"]);
    told.assert_formed(&without(&["microceph"]));
    let bridge = "The bridge network UPLINK is made on pi-a, pi-b, with 10.111.0.1/24, ";
    let proven = told.proven();
    assert!(
        proven.iter().any(|it| it.starts_with(bridge)),
        "{proven:#?}"
    );
    told.assert_proven(&["The profile default has eth0 on the network default."]);
}

#[test]
fn all_services_form_over_ipv6_addresses() {
    let answers = Answers {
        nodes: TWO,
        ceph: TWO,
        ipv6: true,
        rest: OVER_BRIDGES,
        ..Answers::default()
    };
    let told = answers.rehearse(&["--there", "all", "--ipv6"]);
    told.assert_formed(&ALL);
    told.assert_proven(&[
        "LXD members online: 2 (pi-a, pi-b).",
        "Ceph's public network is fd42:6d63::/64, its internal one fd42:6d63::/64.",
        "The ceph pool remote is made on pi-a, pi-b.",
        "The guest on pi-a moved to pi-b with its disk.",
    ]);
    let peers = told.events.iter().filter(|event| event["kind"] == "peer");
    let addresses: Vec<_> = peers.map(|event| &event["address"]).collect();
    assert!(
        addresses.iter().all(|it| **it == "fd42:6d63::c"),
        "{addresses:?}"
    );
}
