//! Clones among the nodes that are heard: machines that are alike where no two machines are.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::peer::is_within;
use super::{Roster, SILENT};
use crate::discovery::beacon::{Beacon, Mark, PeerId};
use crate::engine::Millis;

/// In what nodes are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Likeness {
    /// One board serial: one machine with two keys, or a board that lies.
    Serial,
    /// One machine-id: cards written from one image.
    MachineId,
    /// One name, whatever the case of its letters.
    Name,
    /// One address.
    Address,
    /// One node id on two machines at once: a card that was copied with its key.
    Id,
}

/// Nodes that are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// In what.
    pub likeness: Likeness,
    /// Which nodes, sorted; one of them may be this node. One alone where the id itself is shared.
    pub nodes: Vec<PeerId>,
    /// Where they are heard, sorted; this node's own addresses are not among them.
    pub addresses: Vec<IpAddr>,
}

/// What nodes may be alike in.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Trait {
    Mark(Mark),
    Text(String),
    At(IpAddr),
}

type Alike = BTreeMap<(Likeness, Trait), BTreeSet<(PeerId, Option<IpAddr>)>>;

impl Roster {
    /// The clones among the peers that are heard and this node, whose own beacon is `own`. Silent
    /// peers are left out: a machine that was set up again is not its former self's clone.
    pub fn findings(&self, own: &Beacon, now: Millis) -> Vec<Finding> {
        let mut alike = Alike::new();
        note(&mut alike, own, None);
        let mut findings = Vec::new();
        for peer in self.present(now) {
            note(&mut alike, &peer.beacon, Some(peer.address.ip()));
            let twins = peer.twins(now, SILENT);
            if !twins.is_empty() {
                findings.push(shared_id(&peer.beacon.id, twins));
            }
        }
        if let Some((from, _)) = self.mirror().filter(|(_, at)| is_within(*at, now, SILENT)) {
            findings.push(shared_id(self.me(), vec![from]));
        }
        findings.extend(alike.into_iter().filter(|(_, nodes)| nodes.len() > 1).map(
            |((likeness, _), nodes)| Finding {
                likeness,
                addresses: sorted(nodes.iter().filter_map(|(_, address)| *address)),
                nodes: nodes.into_iter().map(|(id, _)| id).collect(),
            },
        ));
        findings.sort_by(|a, b| (a.likeness, &a.nodes).cmp(&(b.likeness, &b.nodes)));
        findings
    }
}

fn note(alike: &mut Alike, beacon: &Beacon, address: Option<IpAddr>) {
    let name = beacon.name.to_lowercase();
    let traits = [
        beacon.serial.map(|m| (Likeness::Serial, Trait::Mark(m))),
        beacon
            .machine
            .map(|m| (Likeness::MachineId, Trait::Mark(m))),
        (!name.is_empty()).then_some((Likeness::Name, Trait::Text(name))),
        address.map(|a| (Likeness::Address, Trait::At(a))),
    ];
    for key in traits.into_iter().flatten() {
        let node = (beacon.id.clone(), address);
        alike.entry(key).or_default().insert(node);
    }
}

fn shared_id(id: &PeerId, addresses: Vec<IpAddr>) -> Finding {
    Finding {
        likeness: Likeness::Id,
        nodes: vec![id.clone()],
        addresses: sorted(addresses.into_iter()),
    }
}

fn sorted(addresses: impl Iterator<Item = IpAddr>) -> Vec<IpAddr> {
    let once: BTreeSet<IpAddr> = addresses.collect();
    once.into_iter().collect()
}
