//! The answers mcloud suggests: nothing in them erases anything.

use std::net::IpAddr;

use super::{Answers, DiskChoice, DiskFilter, LocalPool, NodeAnswers, Purpose};
use crate::engine::facts::{Disk, Holds, HostFacts};

/// Suggests answers for nodes with these names, addresses and facts; the first one leads. A node's
/// first disk that is empty, unused and fixed is suggested for the local pool.
pub fn suggest(cluster: &str, nodes: &[(String, IpAddr, HostFacts)]) -> Answers {
    let node = |(name, address, host): &(String, IpAddr, HostFacts)| NodeAnswers {
        name: name.clone(),
        address: *address,
        disks: host
            .disks
            .iter()
            .find(|disk| is_spare(disk))
            .map(choose)
            .into_iter()
            .collect(),
    };
    Answers {
        cluster: cluster.to_owned(),
        initiator: nodes
            .first()
            .map(|(name, ..)| name.clone())
            .unwrap_or_default(),
        nodes: nodes.iter().map(node).collect(),
        local: LocalPool::default(),
        erase: 0,
    }
}

fn is_spare(disk: &Disk) -> bool {
    disk.holds == Holds::Nothing
        && disk.partitions.is_empty()
        && disk.used.is_none()
        && !disk.removable
        && !disk.read_only
        && disk.serial.is_some()
}

fn choose(disk: &Disk) -> DiskChoice {
    DiskChoice {
        purpose: Purpose::Local,
        find: DiskFilter {
            serial: disk.serial.clone(),
            ..DiskFilter::default()
        },
    }
}
