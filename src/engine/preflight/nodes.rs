//! Comparing the nodes with each other: clones, and versions that do not fit.

use std::collections::BTreeMap;

use super::{Check, Verdict, revisions};
use crate::engine::facts::NicKind;
use crate::engine::message::Message;
use crate::engine::services::{LxdState, NodeFacts};

type Nodes = BTreeMap<String, NodeFacts>;

/// All comparisons of nodes; none of one node alone.
pub(super) fn compare(nodes: &Nodes) -> Vec<Check> {
    if nodes.len() < 2 {
        return Vec::new();
    }
    let mut checks = clones(nodes);
    let lxd = |facts: &NodeFacts| match &facts.lxd {
        LxdState::Answers(lxd) => Some(lxd.version.clone()),
        _ => None,
    };
    checks.extend(differ(nodes, "mcloud-version", &MCLOUD, &|facts| {
        Some(facts.mcloud.clone())
    }));
    let versions = differ(nodes, "lxd-version", &LXD, &lxd).into_iter();
    // Where the store gave LXD, its revisions are compared, and say how to mend it.
    checks.extend(versions.filter(|it| it.verdict == Verdict::Good || !has_revision(nodes, it)));
    checks.extend(differ(nodes, "architecture", &ARCHITECTURE, &|facts| {
        Some(facts.host.arch.clone())
    }));
    checks
}

/// Whether the LXD of a check's node came from the store, and that of another of its architecture too.
fn has_revision(nodes: &Nodes, check: &Check) -> bool {
    let installed = |facts| revisions::installed("lxd", facts).map(|(arch, _)| arch);
    let Some(own) = nodes.get(&check.node).and_then(installed) else {
        return false;
    };
    let mut others = nodes.iter().filter(|(name, _)| **name != check.node);
    others.any(|(_, facts)| installed(facts) == Some(own))
}

/// What is said where all nodes are the same, where one differs, how to mend that, and why it
/// matters.
struct Words {
    same: &'static str,
    differs: &'static str,
    fix: &'static str,
    means: &'static str,
}

const MCLOUD: Words = Words {
    same: "check.mcloud-same",
    differs: "check.mcloud-differs",
    fix: "check.mcloud-differs-fix",
    means: "check.version-means",
};

const LXD: Words = Words {
    same: "check.lxd-same",
    differs: "check.lxd-differs",
    fix: "check.lxd-differs-fix",
    means: "check.version-means",
};

const ARCHITECTURE: Words = Words {
    same: "check.arch-same",
    differs: "check.arch-differs",
    fix: "check.arch-differs-fix",
    means: "check.arch-means",
};

/// The nodes that are not as most are; the first of them where no value has more nodes.
fn differ(
    nodes: &Nodes,
    name: &str,
    words: &Words,
    of: &dyn Fn(&NodeFacts) -> Option<String>,
) -> Vec<Check> {
    let told: Vec<(&String, String)> = nodes
        .iter()
        .filter_map(|(node, facts)| Some((node, of(facts).filter(|value| !value.is_empty())?)))
        .collect();
    let count = |value: &String| told.iter().filter(|(_, other)| other == value).count();
    let Some((model, usual)) = told.iter().rev().max_by_key(|(_, value)| count(value)) else {
        return Vec::new();
    };
    let mut checks: Vec<_> = told
        .iter()
        .filter(|(_, value)| value != usual)
        .map(|(node, value)| {
            let says = Message::new(words.differs)
                .with("node", node)
                .with("is", value)
                .with("other", model)
                .with("usual", usual);
            Check::new(name, node, Verdict::Warning, says)
                .fix(Message::new(words.fix).with("node", node))
                .means(words.means)
        })
        .collect();
    if checks.is_empty() && told.len() > 1 {
        let says = Message::new(words.same).with("is", usual);
        checks.push(Check::new(name, model, Verdict::Good, says).means(words.means));
    }
    checks
}

/// What tells machines apart, and two that have the same: one card was copied, or one machine is
/// taken for two.
fn clones(nodes: &Nodes) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut said: BTreeMap<(&str, String), &String> = BTreeMap::new();
    for (node, facts) in nodes {
        for (code, mark) in marks(facts) {
            let Some(other) = said.get(&(code, mark.clone())) else {
                said.insert((code, mark), node);
                continue;
            };
            if *other != node {
                let says = Message::new(code)
                    .with("node", node)
                    .with("other", other)
                    .with("same", mark);
                let check = Check::new("clone", node, Verdict::Warning, says);
                let fix = Message::new("check.clone-fix").with("node", node);
                checks.push(check.fix(fix).means("check.clone-means"));
            }
        }
    }
    if let Some(first) = nodes.keys().next().filter(|_| checks.is_empty()) {
        let says = Message::new("check.clone-none").with("nodes", nodes.len());
        let check = Check::new("clone", first, Verdict::Good, says);
        checks.push(check.means("check.clone-means"));
    }
    checks
}

/// A node's marks, each with the code that says that two have it. Only a NIC's own address counts:
/// bridges and tunnels of different machines may well have the same.
fn marks(facts: &NodeFacts) -> Vec<(&'static str, String)> {
    let host = &facts.host;
    let mut marks: Vec<_> = host
        .serial
        .iter()
        .map(|serial| ("check.clone-serial", serial.clone()))
        .collect();
    marks.extend(
        host.nics
            .iter()
            .filter(|nic| matches!(nic.kind, NicKind::Ethernet | NicKind::Wireless))
            .filter(|nic| !nic.mac.is_empty() && nic.mac != "00:00:00:00:00:00")
            .map(|nic| ("check.clone-mac", nic.mac.clone())),
    );
    let name = host.hostname.split('.').next().unwrap_or_default();
    if !name.is_empty() {
        marks.push(("check.clone-name", name.to_lowercase()));
    }
    marks
}
