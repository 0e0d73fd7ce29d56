//! The disks of every node, as Disks shows them, and what they come to as distributed storage.

use serde::{Deserialize, Serialize};

use super::{chosen_elsewhere, facts_of};
use crate::engine::State;
use crate::engine::answers::{
    Answers, CephStorage, DiskChoice, Given, NodeAnswers, Purpose, SnapChannels,
};
use crate::engine::message::Message;
use crate::engine::node::Role;
use crate::engine::preflight::{
    DiskOffer, Micro, Refusal, disk_choices, given_for, lacks, refusal,
};
use crate::engine::services::{LxdState, MicroState, NodeFacts, SnapdState};

/// The disks of one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeDisks {
    /// The node.
    pub node: String,
    /// Its address.
    pub address: String,
    /// Whether this console may choose for it.
    pub can_choose: bool,
    /// Whether its disks are known yet.
    pub known: bool,
    /// Why it can have no `MicroCeph`, and how to mend that: then no node gives a disk to Ceph.
    #[serde(default)]
    pub no_ceph: Option<Refusal>,
    /// Every disk of it.
    pub disks: Vec<DiskRow>,
}

/// One disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskRow {
    /// Its kernel name, `sda`.
    pub name: String,
    /// Its path: what [`crate::engine::Intent::Use`] names.
    pub path: String,
    /// Its model.
    pub model: String,
    /// Its serial number.
    pub serial: String,
    /// Its size in bytes.
    pub size: u64,
    /// What it holds now, in words; empty where nothing was found.
    pub holds: String,
    /// What it is for; none: it is kept as it is.
    pub purpose: Option<Purpose>,
    /// Whether it is encrypted.
    #[serde(default)]
    pub encrypt: bool,
    /// What it can be for, in the order in which a key goes round.
    #[serde(default)]
    pub offers: Vec<Given>,
    /// Why it cannot be chosen.
    pub unusable: Option<Message>,
    /// How that can be mended.
    pub mend: Option<Message>,
    /// Whether choosing it erases what it holds.
    pub erases: bool,
    /// What is to be said against choosing it.
    pub warnings: Vec<Message>,
    /// The node at whose console its use was chosen last, where that is another than this.
    pub chosen_by: Option<String>,
    /// Whether it was chosen and is not there any more: it can only be given back.
    #[serde(default)]
    pub gone: bool,
}

/// The distributed storage as it would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CephView {
    /// What was chosen.
    pub storage: CephStorage,
    /// Whether disks can be given to it: every node that is known can have `MicroCeph`.
    pub offered: bool,
    /// The nodes whose LXD makes no file system in Ceph, where one would have to be made: then there
    /// is none.
    #[serde(default)]
    pub no_files: Vec<String>,
    /// The members of a Ceph that is there already.
    pub members: Vec<String>,
    /// How many disks that has.
    pub osds: usize,
    /// The snaps, as chosen.
    pub snaps: SnapChannels,
    /// The services that some node lacks and snapd there can install, by their snaps' names.
    pub lacking: Vec<String>,
}

pub(super) fn disks(state: &State, answers: &Answers) -> Vec<NodeDisks> {
    let me = state.local.name.as_str();
    let leads = state.local.role == Role::Leader;
    let offered = is_offered(state, answers);
    let of = |node: &NodeAnswers| {
        let facts = facts_of(state, &node.name);
        NodeDisks {
            node: node.name.clone(),
            address: node.address.to_string(),
            can_choose: leads || node.name == me,
            known: facts.is_some(),
            no_ceph: facts.and_then(|facts| lacks_ceph(answers, &node.name, facts)),
            disks: facts.map_or_else(Vec::new, |facts| rows(state, node, (facts, offered))),
        }
    };
    let mut nodes: Vec<_> = answers.nodes.iter().map(of).collect();
    if !leads {
        nodes.sort_by_key(|node| node.node != me);
    }
    nodes
}

fn lacks_ceph(answers: &Answers, node: &str, facts: &NodeFacts) -> Option<Refusal> {
    lacks(Micro::Ceph, node, facts, &answers.snaps)
}

/// Every node is a member of Ceph, so that each must be able to have it.
fn is_offered(state: &State, answers: &Answers) -> bool {
    let lacks = |node: &NodeAnswers| {
        let facts = facts_of(state, &node.name);
        facts.is_some_and(|facts| lacks_ceph(answers, &node.name, facts).is_some())
    };
    !answers.nodes.iter().any(lacks)
}

fn rows(state: &State, node: &NodeAnswers, (facts, ceph): (&NodeFacts, bool)) -> Vec<DiskRow> {
    let row = |offer: DiskOffer| {
        let mut offers = given_for(facts, &offer);
        offers.retain(|given| ceph || given.purpose != Purpose::Ceph);
        // Where nothing but LXD could take it, what LXD cannot do is the reason.
        let kept = offers.is_empty().then(|| refusal(&offer.disk, false));
        let unusable = offer.unusable.or_else(|| kept.flatten());
        let disk = offer.disk;
        let choice = node.disks.iter().find(|choice| choice.find.fits(&disk));
        DiskRow {
            chosen_by: chosen_elsewhere(state, &node.name, &disk.path),
            name: disk.name,
            path: disk.path,
            model: disk.model.unwrap_or_default(),
            serial: disk.serial.unwrap_or_default(),
            size: disk.size,
            holds: offer.holds,
            purpose: choice.map(|choice| choice.purpose),
            encrypt: choice.is_some_and(|choice| choice.encrypt),
            offers,
            unusable: unusable.as_ref().map(|refusal| refusal.why.clone()),
            mend: unusable.and_then(|refusal| refusal.mend),
            erases: offer.erases,
            warnings: offer.warnings,
            gone: false,
        }
    };
    let offers = disk_choices(&facts.host.disks, true);
    let mut rows: Vec<_> = offers.into_iter().map(row).collect();
    let is_there = |choice: &&DiskChoice| {
        let mut disks = facts.host.disks.iter();
        disks.any(|disk| choice.find.fits(disk))
    };
    let chosen = node.disks.iter();
    let lost = chosen.filter(|choice| !is_there(choice));
    rows.extend(lost.map(|choice| gone(state, &node.name, choice)));
    rows
}

/// The row of a disk that was chosen and is not there any more: what was to find it names it.
fn gone(state: &State, node: &str, choice: &DiskChoice) -> DiskRow {
    let find = &choice.find;
    let say = |code: &str| Message::new(code).with("filter", find);
    DiskRow {
        chosen_by: chosen_elsewhere(state, node, &find.to_string()),
        name: "?".to_owned(),
        path: find.to_string(),
        model: find.model.clone().unwrap_or_default(),
        serial: find.serial.clone().unwrap_or_default(),
        size: find.size.unwrap_or(0),
        holds: String::new(),
        purpose: Some(choice.purpose),
        encrypt: choice.encrypt,
        offers: Vec::new(),
        unusable: Some(say("check.disk-none")),
        mend: Some(say("disk.mend-gone")),
        erases: false,
        warnings: Vec::new(),
        gone: true,
    }
}

pub(super) fn ceph(state: &State, answers: &Answers) -> CephView {
    let nodes = answers.nodes.iter();
    let known: Vec<_> = nodes
        .filter_map(|node| facts_of(state, &node.name))
        .collect();
    let there = known.iter().filter_map(|facts| facts.ceph.facts());
    let there = there.max_by_key(|ceph| ceph.members.len());
    let members = there.map_or(&[][..], |ceph| &ceph.members);
    let can = |facts: &&&NodeFacts| matches!(facts.snapd, SnapdState::Answers(_));
    let absent = |facts: &NodeFacts, snap: &str| match snap {
        "lxd" => facts.lxd == LxdState::Absent,
        "microceph" => facts.ceph == MicroState::Absent,
        _ => facts.ovn == MicroState::Absent,
    };
    let lacking = ["lxd", "microceph", "microovn"].into_iter();
    let lacking = lacking.filter(|snap| known.iter().filter(can).any(|facts| absent(facts, snap)));
    let no_files = answers.nodes.iter().filter(|node| {
        let facts = facts_of(state, &node.name);
        !answers.ceph.reuse && facts.is_some_and(NodeFacts::lacks_files)
    });
    CephView {
        no_files: no_files.map(|node| node.name.clone()).collect(),
        storage: answers.ceph.clone(),
        offered: is_offered(state, answers),
        members: members.iter().map(|member| member.name.clone()).collect(),
        osds: there.map_or(0, |ceph| ceph.disks.len()),
        snaps: answers.snaps.clone(),
        lacking: lacking.map(str::to_owned).collect(),
    }
}
