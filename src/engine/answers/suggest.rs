//! The answers mcloud suggests: nothing in them erases anything, and nothing is left to be typed.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{
    Answers, DiskChoice, NetworkKind, NodeAnswers, Purpose, UplinkKind, network_ways,
    suggest_network,
};
use crate::engine::facts::Disk;
use crate::engine::preflight::{Micro, NodeNics, disk_choices, lacks};
use crate::engine::services::NodeFacts;

/// Suggests answers for nodes with these names, addresses and facts; the first one leads. A node's
/// first disk that is empty, unused and fixed is suggested for Ceph where every node can have it, else
/// for the local pool.
pub fn suggest(cluster: &str, nodes: &[(String, IpAddr, NodeFacts)]) -> Answers {
    let named = |(name, address, _): &(String, IpAddr, _)| NodeAnswers::new(name.clone(), *address);
    let mut answers = Answers {
        cluster: cluster.to_owned(),
        initiator: nodes
            .first()
            .map(|(name, ..)| name.clone())
            .unwrap_or_default(),
        nodes: nodes.iter().map(named).collect(),
        ..Answers::default()
    };
    let lacks_ceph = |(name, _, facts): &(String, _, NodeFacts)| {
        lacks(Micro::Ceph, name, facts, &answers.snaps).is_some()
    };
    let purpose = if nodes.iter().any(lacks_ceph) {
        Purpose::Local
    } else {
        Purpose::Ceph
    };
    for (node, (.., facts)) in answers.nodes.iter_mut().zip(nodes) {
        node.disks = spare(&facts.host.disks, purpose).into_iter().collect();
    }
    let facts = nodes.iter();
    let facts: BTreeMap<_, _> = facts
        .map(|(name, _, facts)| (name.clone(), facts.clone()))
        .collect();
    answers.network = suggest_network(&answers, &facts);
    let kinds = (answers.network.kind, answers.network.uplink);
    if kinds == (NetworkKind::Ovn, UplinkKind::Nic) {
        // Nobody can tell the router behind a NIC that has no address: a person types it.
        let nodes = answers.nodes.iter();
        let nics = nodes.filter_map(|node| Some((node, &facts.get(&node.name)?.host.nics)));
        let nics: Vec<_> = nics.map(|(node, nics)| NodeNics::of(node, nics)).collect();
        let [_, bridge, ..] = network_ways(&nics);
        answers.network = bridge;
    }
    answers
}

/// The disk to suggest: one that can be chosen, holds nothing and stays in; rather one against which
/// nothing is said.
fn spare(disks: &[Disk], purpose: Purpose) -> Option<DiskChoice> {
    disk_choices(disks, false)
        .into_iter()
        .filter(|offer| offer.unusable.is_none() && !offer.erases)
        .filter(|offer| !offer.disk.removable && offer.disk.serial.is_some())
        .min_by_key(|offer| !offer.warnings.is_empty())
        .and_then(|offer| offer.filter)
        .map(|find| DiskChoice {
            purpose,
            find,
            encrypt: false,
        })
}
