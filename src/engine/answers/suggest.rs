//! The answers mcloud suggests: nothing in them erases anything.

use std::net::IpAddr;

use super::{Answers, DiskChoice, NodeAnswers, Purpose};
use crate::engine::facts::{Disk, HostFacts};
use crate::engine::preflight::disk_choices;

/// Suggests answers for nodes with these names, addresses and facts; the first one leads. A node's
/// first disk that is empty, unused and fixed is suggested for the local pool.
pub fn suggest(cluster: &str, nodes: &[(String, IpAddr, HostFacts)]) -> Answers {
    let node = |(name, address, host): &(String, IpAddr, HostFacts)| NodeAnswers {
        disks: spare(&host.disks).into_iter().collect(),
        ..NodeAnswers::new(name.clone(), *address)
    };
    Answers {
        cluster: cluster.to_owned(),
        initiator: nodes
            .first()
            .map(|(name, ..)| name.clone())
            .unwrap_or_default(),
        nodes: nodes.iter().map(node).collect(),
        ..Answers::default()
    }
}

/// The disk to suggest: one that can be chosen, holds nothing and stays in; rather one against which
/// nothing is said.
fn spare(disks: &[Disk]) -> Option<DiskChoice> {
    disk_choices(disks, false)
        .into_iter()
        .filter(|offer| offer.unusable.is_none() && !offer.erases)
        .filter(|offer| !offer.disk.removable && offer.disk.serial.is_some())
        .min_by_key(|offer| !offer.warnings.is_empty())
        .and_then(|offer| offer.filter)
        .map(|find| DiskChoice {
            purpose: Purpose::Local,
            find,
            encrypt: false,
        })
}
