//! The guests' network that mcloud suggests, from what every node has.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};

use super::{AddressRange, Answers, GuestNetwork, NetworkKind, UplinkKind};
use crate::engine::preflight::{Micro, NodeNics, is_free_nic, lacks};
use crate::engine::services::NodeFacts;

/// The network to suggest: OVN where every node has `MicroOVN` or can have it, over a NIC that is free
/// on every node, else over a bridge that LXD makes; without OVN a bridge with NAT on each node.
/// Nodes without facts are left out of account.
pub fn suggest_network(answers: &Answers, facts: &BTreeMap<String, NodeFacts>) -> GuestNetwork {
    let known = || {
        let nodes = answers.nodes.iter();
        nodes.filter_map(|node| Some((node, facts.get(&node.name)?)))
    };
    let nodes = known().map(|(node, facts)| NodeNics::of(node, &facts.host.nics));
    let nodes: Vec<_> = nodes.collect();
    let [nic, bridge, plain, _] = network_ways(&nodes);
    let lacks_ovn = |(node, facts): (&super::NodeAnswers, &NodeFacts)| {
        lacks(Micro::Ovn, &node.name, facts, &answers.snaps).is_some()
    };
    let free = |node: &NodeNics| node.nics.iter().any(|nic| is_free_nic(node, nic));
    if known().any(lacks_ovn) {
        plain
    } else if !nodes.is_empty() && nodes.iter().all(free) {
        nic
    } else {
        bridge
    }
}

/// The ways there are, each filled in as far as the nodes tell: OVN over a NIC of each node, OVN over a
/// bridge that LXD makes, a bridge with NAT on each node, none.
pub fn network_ways(nodes: &[NodeNics]) -> [GuestNetwork; 4] {
    let ovn = |uplink| GuestNetwork {
        kind: NetworkKind::Ovn,
        uplink,
        ..GuestNetwork::default()
    };
    let subnet = free_subnet(nodes);
    let bridge = GuestNetwork {
        gateway4: subnet.and_then(|net| host(net, 1)),
        range4: subnet.and_then(|net| {
            Some(AddressRange {
                first: host(net, FIRST)?.addr(),
                last: host(net, LAST)?.addr(),
            })
        }),
        ..ovn(UplinkKind::Bridge)
    };
    let plain = GuestNetwork {
        kind: NetworkKind::Bridge,
        ..GuestNetwork::default()
    };
    [ovn(UplinkKind::Nic), bridge, plain, GuestNetwork::default()]
}

/// The NIC of a node that is free to be an uplink: one against which nothing can be said.
pub fn suggest_uplink(node: &NodeNics) -> Option<String> {
    let mut nics = node.nics.iter();
    let free = nics.find(|nic| is_free_nic(node, nic));
    free.map(|nic| nic.name.clone())
}

/// OVN takes addresses of the bridge's upper half; the lower one is left to the bridge.
const FIRST: u8 = 128;
/// The last address below the broadcast address.
const LAST: u8 = 254;

/// The first of these private networks in which no node has an address.
fn free_subnet(nodes: &[NodeNics]) -> Option<Ipv4Net> {
    let nics = nodes.iter().flat_map(|node| node.nics);
    let taken: Vec<_> = nics.flat_map(|nic| &nic.addresses).collect();
    let tens = (111..=126).map(|second| Ipv4Addr::new(10, second, 0, 0));
    let others = (200..=249).map(|third| Ipv4Addr::new(192, 168, third, 0));
    let mut all = tens
        .chain(others)
        .filter_map(|it| Ipv4Net::new(it, 24).ok());
    all.find(|net| {
        let net = IpNet::V4(*net);
        let overlaps = |other: &IpNet| net.contains(&other.addr()) || other.contains(&net.addr());
        !taken.iter().any(|other| overlaps(other))
    })
}

/// The address of `net` that ends in `last`, with the prefix of `net`.
fn host(net: Ipv4Net, last: u8) -> Option<Ipv4Net> {
    let [a, b, c, _] = net.network().octets();
    Ipv4Net::new(Ipv4Addr::new(a, b, c, last), net.prefix_len()).ok()
}
