//! Writing and reading a preseed are each other's reverse, and no text makes the reader panic.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use mcloud::engine::answers::{
    AddressRange, Answers, CephStorage, DiskChoice, DiskFilter, DriverChoice, GuestNetwork,
    LocalPool, NetworkKind, NodeAnswers, ProfileChoice, Purpose, SnapChannels, UplinkKind,
};
use mcloud::engine::preflight::{NodeNics, network_mistakes};
use mcloud::preseed;
use proptest::option::of;
use proptest::prelude::*;

/// A unicast address: what comes before them and after them is no node's.
fn address(v4: bool) -> BoxedStrategy<IpAddr> {
    if v4 {
        let bits = 0x0100_0000_u32..0xdfff_ffff;
        bits.prop_map(|bits| IpAddr::V4(bits.into())).boxed()
    } else {
        let bits = 0x2000_u128 << 112..0xfe00_u128 << 112;
        let some = bits.prop_map(|bits| IpAddr::V6(bits.into()));
        prop_oneof![some, Just("fd00::".parse().expect("an address"))].boxed()
    }
}

fn word() -> impl Strategy<Value = String> {
    // Anything that is no control character and not blank.
    "[^\\p{Cc}\\p{Z}]{1,3}[^\\p{Cc}]{0,12}"
}

fn filter() -> impl Strategy<Value = DiskFilter> {
    let filter = (of(word()), of(word()), of(1_000_000..=u64::MAX));
    let filter = filter.prop_map(|(serial, model, size)| DiskFilter {
        serial,
        model,
        size,
    });
    filter.prop_filter("a filter names something", |it| {
        *it != DiskFilter::default()
    })
}

/// A disk or none for the local pool, and some for Ceph, told apart by their serials.
fn disks() -> impl Strategy<Value = Vec<DiskChoice>> {
    let ceph = proptest::collection::btree_map(word(), (filter(), any::<bool>()), 0..4);
    (of(filter()), ceph).prop_map(|(local, ceph)| {
        let local = local.map(|find| DiskChoice {
            purpose: Purpose::Local,
            find: DiskFilter {
                serial: Some("the local one".to_owned()),
                ..find
            },
            encrypt: false,
        });
        let ceph = ceph
            .into_iter()
            .map(|(serial, (find, encrypt))| DiskChoice {
                purpose: Purpose::Ceph,
                find: DiskFilter {
                    serial: Some(serial),
                    ..find
                },
                encrypt,
            });
        local.into_iter().chain(ceph).collect()
    })
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?"
}

fn node(v4: bool) -> impl Strategy<Value = NodeAnswers> {
    let nic = "[a-z]{1,8}[0-9]{1,2}(\\.[1-9])?";
    let node = (name(), address(v4), disks(), nic, of(address(v4)));
    node.prop_map(|(name, address, disks, nic, underlay)| NodeAnswers {
        name,
        address,
        disks,
        uplink: Some(nic),
        underlay,
    })
}

fn nodes(v4: bool) -> impl Strategy<Value = Vec<NodeAnswers>> {
    let nodes = proptest::collection::vec(node(v4), 1..6);
    nodes.prop_filter("names and addresses differ", |nodes| {
        let names: BTreeSet<_> = nodes.iter().map(|node| &node.name).collect();
        let addresses = || {
            let own = |node: &NodeAnswers| [Some(node.address), node.underlay];
            nodes.iter().flat_map(own).flatten()
        };
        let different: BTreeSet<_> = addresses().collect();
        let test_net = IpNet::new(TEST_NET.into(), 15).expect("a network");
        names.len() == nodes.len()
            && different.len() == addresses().count()
            && !addresses().any(|address| test_net.contains(&address))
    })
}

fn ceph(v4: bool) -> impl Strategy<Value = CephStorage> {
    let subnet = move || {
        let net = (address(v4), 8..=32_u8).prop_map(|(address, prefix)| {
            let net = IpNet::new(address, prefix).expect("a short enough prefix");
            net.trunc()
        });
        of(net)
    };
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (subnet(), subnet(), flags).prop_map(|(public, internal, (filesystem, tune, reuse))| {
        CephStorage {
            public,
            internal,
            filesystem,
            tune,
            reuse,
        }
    })
}

/// 198.18.0.0/15 is for tests of networks (RFC 2544): the nodes above are not in it.
const TEST_NET: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 0);

/// A router in a subnet of its own; the third byte tells subnets apart.
fn router4(third: u8, host: u8) -> Ipv4Net {
    Ipv4Net::new(Ipv4Addr::new(198, 18, third, host), 24).expect("a short enough prefix")
}

fn router6(third: u16, host: u16) -> Ipv6Net {
    let address = [0xfeed, third, 0, 0, 0, 0, 0, host].into();
    Ipv6Net::new(address, 64).expect("a short enough prefix")
}

/// A network that is whole; what means nothing is in it too.
fn network() -> impl Strategy<Value = GuestNetwork> {
    let kind = prop_oneof![
        Just(NetworkKind::None),
        Just(NetworkKind::Ovn),
        Just(NetworkKind::Bridge),
        Just(NetworkKind::Fan),
    ];
    let uplink = prop_oneof![Just(UplinkKind::Nic), Just(UplinkKind::Bridge)];
    let outer = (of(1..=4094_u16), 1..=9_u8, 10..=99_u8, 100..=254_u8);
    let own = (of(1..=254_u8), of(1..=999_u16), of(1..=999_u16));
    let dns = proptest::collection::vec(any::<bool>().prop_flat_map(address), 0..3);
    (kind, uplink, outer, own, dns).prop_map(|(kind, uplink, outer, own, dns)| {
        let (vlan, gateway, first, last) = outer;
        let host = |last| router4(0, last).addr();
        GuestNetwork {
            kind,
            uplink,
            vlan,
            gateway4: Some(router4(0, gateway)),
            range4: Some(AddressRange {
                first: host(first),
                last: host(last),
            }),
            gateway6: own.1.map(|host| router6(0, host)),
            dns,
            guests4: own.0.map(|host| router4(1, host)),
            guests6: own.2.map(|host| router6(1, host)),
        }
    })
}

fn snaps() -> impl Strategy<Value = SnapChannels> {
    let channel = || "([a-z0-9.]{1,6}/)?(stable|candidate|beta|edge)(/fix-[0-9])?";
    let channels = (any::<bool>(), channel(), channel(), channel());
    channels.prop_map(|(install, lxd, microceph, microovn)| SnapChannels {
        install,
        lxd,
        microceph,
        microovn,
    })
}

fn profile() -> impl Strategy<Value = ProfileChoice> {
    prop_oneof![Just(ProfileChoice::Keep), Just(ProfileChoice::Replace)]
}

fn local() -> impl Strategy<Value = LocalPool> {
    let driver = prop_oneof![
        Just(DriverChoice::Auto),
        Just(DriverChoice::Zfs),
        Just(DriverChoice::Btrfs),
        Just(DriverChoice::Dir),
    ];
    let local = (driver, (1_u64 << 30)..=u64::MAX);
    local.prop_map(|(driver, file)| LocalPool { driver, file })
}

fn answers() -> impl Strategy<Value = Answers> {
    let of_family = |v4| {
        let first = any::<prop::sample::Index>();
        let services = (local(), ceph(v4), network(), snaps(), profile());
        (name(), nodes(v4), services, first, 0..9_usize)
    };
    let answers = any::<bool>().prop_flat_map(of_family);
    let answers = answers.prop_map(|(cluster, nodes, services, first, erase)| {
        let (local, ceph, network, snaps, profile) = services;
        meant(Answers {
            cluster,
            initiator: first.get(&nodes).name.clone(),
            nodes,
            local,
            ceph,
            network,
            snaps,
            profile,
            erase,
        })
    });
    answers.prop_filter("the networks are right", |answers| {
        let nodes = answers.nodes.iter();
        let nodes: Vec<_> = nodes.map(|node| NodeNics::of(node, &[])).collect();
        network_mistakes(&answers.network, Some(&answers.ceph), &nodes).is_empty()
    })
}

/// The answers without what means nothing beside the rest of them.
fn meant(mut answers: Answers) -> Answers {
    let network = &mut answers.network;
    let usual = GuestNetwork::default();
    let ovn = network.kind == NetworkKind::Ovn;
    let over_nics = ovn && network.uplink == UplinkKind::Nic;
    if !over_nics {
        network.vlan = usual.vlan;
        network.gateway6 = usual.gateway6;
        network.dns = usual.dns;
    }
    if !ovn {
        network.uplink = usual.uplink;
        network.gateway4 = usual.gateway4;
        network.range4 = usual.range4;
        network.guests6 = usual.guests6;
    }
    if !ovn && network.kind != NetworkKind::Bridge {
        network.guests4 = usual.guests4;
    }
    for node in &mut answers.nodes {
        node.uplink = node.uplink.take().filter(|_| over_nics);
        node.underlay = node.underlay.filter(|_| ovn);
    }
    if !answers.has_ceph() {
        answers.ceph = CephStorage::default();
    }
    answers
}

proptest! {
    #[test]
    fn answers_written_and_read_are_the_same(answers in answers()) {
        let text = preseed::write(&answers);
        let read = preseed::read(&text, "-").map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(read.answers, answers);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(cluster|nodes|name|:|-|[ \\t\\n{}\\[\\]\"'#&*!|>%@]|\\PC){0,40}") {
        if let Err(error) = preseed::read(&text, "-") {
            prop_assert!(error.line >= 1 && error.column >= 1);
        }
    }
}
