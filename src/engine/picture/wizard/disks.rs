//! Every node's disks, and what was chosen for each.

use super::{DiskRow, NodeDisks};
use crate::engine::State;
use crate::engine::answers::{Answers, NodeAnswers};
use crate::engine::node::Role;
use crate::engine::preflight::{DiskOffer, disk_choices};
use crate::engine::services::{LxdState, NodeFacts};

pub(super) fn disks(state: &State, answers: &Answers) -> Vec<NodeDisks> {
    let me = state.local.name.as_str();
    let leads = state.local.role == Role::Leader;
    let of = |node: &NodeAnswers| {
        let facts = state.cluster.nodes.get(&node.name);
        let facts = facts.and_then(|node| node.facts.as_ref());
        NodeDisks {
            node: node.name.clone(),
            address: node.address.to_string(),
            can_choose: leads || node.name == me,
            known: facts.is_some(),
            disks: facts.map_or_else(Vec::new, |facts| rows(state, node, facts)),
        }
    };
    let mut nodes: Vec<_> = answers.nodes.iter().map(of).collect();
    if !leads {
        nodes.sort_by_key(|node| node.node != me);
    }
    nodes
}

fn rows(state: &State, node: &NodeAnswers, facts: &NodeFacts) -> Vec<DiskRow> {
    let chosen_by = state.cluster.chosen_by.get(&node.name);
    let row = |offer: DiskOffer| {
        let disk = offer.disk;
        let choice = node.disks.iter().find(|choice| choice.find.fits(&disk));
        let by = chosen_by.and_then(|by| by.get(&disk.path));
        DiskRow {
            name: disk.name,
            path: disk.path,
            model: disk.model.unwrap_or_default(),
            serial: disk.serial.unwrap_or_default(),
            size: disk.size,
            holds: offer.holds,
            purpose: choice.map(|choice| choice.purpose),
            unusable: offer.unusable.as_ref().map(|refusal| refusal.why.clone()),
            mend: offer.unusable.and_then(|refusal| refusal.mend),
            erases: offer.erases,
            warnings: offer.warnings,
            chosen_by: by.filter(|by| **by != state.local.name).cloned(),
        }
    };
    let can_wipe = matches!(&facts.lxd, LxdState::Answers(lxd) if lxd.can_wipe);
    let offers = disk_choices(&facts.host.disks, can_wipe);
    offers.into_iter().map(row).collect()
}
