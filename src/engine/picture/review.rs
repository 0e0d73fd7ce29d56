//! What Review says beside steps and disks: which storage and network there will be, what will not be
//! there, what is installed.

use std::collections::BTreeMap;

use crate::engine::answers::Answers;
use crate::engine::message::Message;
use crate::engine::node::Cluster;
use crate::engine::picture::bytes_in_words;
use crate::engine::plan::{NetworkShape, OVN_NETWORK, Plan, Work};
use crate::engine::services::NodeFacts;

/// A GiB in bytes.
const GIB: u64 = 1 << 30;

/// The sentences, from the plan and the nodes' facts.
pub(super) fn notes(plan: &Plan, cluster: &Cluster) -> Vec<Message> {
    let mut notes: Vec<_> = files(plan, cluster).collect();
    notes.push(storage(plan));
    notes.extend(no_files(plan, cluster));
    notes.push(network(plan, cluster.answers.as_deref()));
    notes.extend(snaps(plan, cluster));
    notes
}

fn works(plan: &Plan) -> impl Iterator<Item = &Work> {
    plan.steps.iter().map(|step| &step.work)
}

/// The files that hold the local pool on nodes without a disk for it: those of one size together.
fn files(plan: &Plan, cluster: &Cluster) -> impl Iterator<Item = Message> {
    let mut sizes: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for (node, size) in plan.files() {
        let facts = cluster.nodes.get(node);
        let facts = facts.and_then(|node| node.facts.as_deref());
        if facts.is_none_or(|facts| facts.made_pool(node).is_none()) {
            sizes.entry(size).or_default().push(node);
        }
    }
    sizes.into_iter().map(|(size, nodes)| {
        let says = Message::new("review.files").with("size", file_in_words(size));
        says.with("nodes", nodes.join(", "))
    })
}

/// A file's size as the answers have it: people give whole GiB.
pub fn file_in_words(size: u64) -> String {
    if size.is_multiple_of(GIB) {
        format!("{} GiB", size / GIB)
    } else {
        bytes_in_words(size)
    }
}

fn storage(plan: &Plan) -> Message {
    let pools = works(plan).filter_map(|work| match work {
        Work::Remote { pool, .. } => Some(pool.name()),
        _ => None,
    });
    let pools: Vec<_> = pools.collect();
    if pools.is_empty() {
        return Message::new("review.no-remote");
    }
    let disks = works(plan).filter(|work| matches!(work, Work::CephDisk { .. }));
    let (code, count) = match disks.count() {
        0 => ("review.remote-reuse", 0),
        1 => ("review.remote-one", 1),
        count => ("review.remote", count),
    };
    let says = Message::new(code).with("pools", pools.join(", "));
    says.with("count", count)
}

/// Why no pool `remote-fs` was suggested.
fn no_files(plan: &Plan, cluster: &Cluster) -> Option<Message> {
    let answers = cluster.answers.as_deref()?;
    if cluster.unattended || !answers.has_ceph() || answers.ceph.reuse || answers.ceph.filesystem {
        return None;
    }
    let lacks = |name: &&String| {
        let facts = cluster.nodes.get(*name);
        let facts = facts.and_then(|node| node.facts.as_deref());
        facts.is_some_and(NodeFacts::lacks_files)
    };
    let nodes: Vec<_> = plan.nodes.iter().filter(lacks).cloned().collect();
    let says = Message::new("review.no-files").with("nodes", nodes.join(", "));
    (!nodes.is_empty()).then_some(says)
}

fn network(plan: &Plan, answers: Option<&Answers>) -> Message {
    let shape = |wanted: fn(&NetworkShape) -> bool| {
        works(plan).any(|work| matches!(work, Work::Network { shape, .. } if wanted(shape)))
    };
    let ovn = shape(|shape| matches!(shape, NetworkShape::Ovn { .. }));
    let physical = shape(|shape| matches!(shape, NetworkShape::Physical { .. }));
    let fan = shape(|shape| matches!(shape, NetworkShape::Fan { .. }));
    let bridge = shape(|shape| matches!(shape, NetworkShape::Bridge { .. }));
    if ovn && physical {
        let nodes = answers.into_iter().flat_map(|answers| &answers.nodes);
        let nics =
            nodes.filter_map(|node| Some(format!("{} {}", node.name, node.uplink.as_ref()?)));
        let nics = nics.collect::<Vec<_>>().join(", ");
        let says = Message::new("review.net-nic").with("network", OVN_NETWORK);
        return says.with("nics", nics);
    }
    let code = match (ovn, bridge, fan) {
        (true, ..) => "review.net-bridge",
        (_, true, _) if plan.nodes.len() > 1 => "review.net-plain",
        (_, true, _) => "review.net-plain-alone",
        (_, _, true) => "review.net-fan",
        _ => "review.net-none",
    };
    Message::new(code).with("network", OVN_NETWORK)
}

/// The snaps that nodes have not, or not in the leader's revision: what Install downloads.
fn snaps(plan: &Plan, cluster: &Cluster) -> Option<Message> {
    let mut missing: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for step in &plan.steps {
        let Work::Snap {
            snap,
            channel,
            revision,
        } = &step.work
        else {
            continue;
        };
        let facts = cluster.nodes.get(&step.node);
        let facts = facts.and_then(|node| node.facts.as_deref());
        let lacks = facts.is_some_and(|facts| facts.snapd.snap(snap.name()).is_none());
        if lacks || revision.is_some() {
            let name = format!("{} {channel}", snap.name());
            missing.entry(name).or_default().push(&step.node);
        }
    }
    let told = missing.iter();
    let told = told.map(|(snap, nodes)| format!("{snap} ({})", nodes.join(", ")));
    let told: Vec<_> = told.collect();
    let says = || Message::new("review.snaps").with("snaps", told.join(", "));
    (!told.is_empty()).then(says)
}
