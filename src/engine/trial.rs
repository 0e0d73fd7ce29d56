//! Answers tried on what is known of the nodes: what each filter finds, and the plan that follows.
//! Nothing is begun by it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::answers::{Answers, NodeAnswers, Purpose};
use super::facts::{Disk, Nic};
use super::plan::Plan;
use super::plan::make::{Basis, make};
use super::preflight::{
    Check, Verdict, check_networks, check_node, check_nodes, check_room, check_services,
};
use super::services::NodeFacts;
use super::timing::Usual;

/// What came of trying answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// The nodes, in the operator's order.
    pub nodes: Vec<TriedNode>,
    /// What is to be said against it, the worst first.
    pub checks: Vec<Check>,
    /// The plan; none where a node is not known, or a check forbids it.
    pub plan: Option<Plan>,
}

/// What a node's answers find on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TriedNode {
    /// Its name.
    pub name: String,
    /// Whether it was looked at: nothing is said of the others.
    pub known: bool,
    /// Its NICs, each with what names it.
    pub nics: Vec<TriedNic>,
    /// Its disks, each with what names it.
    pub disks: Vec<TriedDisk>,
}

/// A NIC that the answers name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TriedNic {
    /// What it is for: `address`, `uplink` or `underlay`.
    pub purpose: &'static str,
    /// How the answers name it: an address, or the NIC's name.
    pub find: String,
    /// The NICs that fit.
    pub found: Vec<Nic>,
}

/// A disk that the answers name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TriedDisk {
    /// What it is for.
    pub purpose: Purpose,
    /// The filter, in words.
    pub find: String,
    /// The disks that fit: one, if all is well.
    pub found: Vec<Disk>,
}

impl Trial {
    /// Whether every filter finds exactly one thing on the nodes that are known.
    pub fn fits(&self) -> bool {
        let known = self.nodes.iter().filter(|node| node.known);
        known.into_iter().all(|node| {
            let nics = node.nics.iter().map(|nic| nic.found.len());
            let disks = node.disks.iter().map(|disk| disk.found.len());
            nics.chain(disks).all(|found| found == 1)
        })
    }

    /// The nodes that were not looked at.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        let unknown = self.nodes.iter().filter(|node| !node.known);
        unknown.map(|node| node.name.as_str())
    }
}

/// Tries `answers` for the cluster `id` on the nodes of which there are facts.
pub fn try_out(
    (id, answers): (&str, &Answers),
    facts: &BTreeMap<String, NodeFacts>,
    usual: &Usual,
) -> Trial {
    let nodes = answers.nodes.iter();
    let nodes: Vec<_> = nodes
        .map(|node| tried(node, facts.get(&node.name)))
        .collect();
    let basis = Basis {
        cluster: id,
        answers,
        facts,
        usual,
    };
    let known = nodes.iter().all(|node| node.known);
    let (mut checks, plan) = judge(basis);
    if !known {
        // What a plan lacks for want of a node is not said against the others.
        let of_known = |check: &Check| facts.contains_key(&check.node);
        checks.retain(of_known);
    }
    let blocked = checks.iter().any(|it| it.verdict == Verdict::Blocking);
    checks.retain(|check| check.verdict != Verdict::Good);
    checks.sort_by_key(|check| std::cmp::Reverse(check.verdict));
    Trial {
        nodes,
        checks,
        plan: plan.filter(|_| known && !blocked),
    }
}

/// All checks, and the plan where the answers fit the facts.
pub(super) fn judge(basis: Basis<'_>) -> (Vec<Check>, Option<Plan>) {
    let Basis { answers, facts, .. } = basis;
    let of_node = |node: &NodeAnswers| {
        let facts = facts.get(&node.name)?;
        Some(check_node(&node.name, facts, answers, basis.cluster))
    };
    let nodes = answers.nodes.iter();
    let mut checks: Vec<_> = nodes.filter_map(of_node).flatten().collect();
    checks.extend(check_nodes(facts));
    checks.extend(check_services(answers, facts));
    checks.extend(check_networks(answers, facts));
    let plan = make(basis).map_err(|wrong| checks.extend(wrong)).ok();
    checks.extend(plan.iter().flat_map(|plan| check_room(plan, facts)));
    (checks, plan)
}

fn tried(node: &NodeAnswers, facts: Option<&NodeFacts>) -> TriedNode {
    let nics = facts.map_or(&[][..], |facts| &facts.host.nics);
    let disks = facts.map_or(&[][..], |facts| &facts.host.disks);
    let with_address = |purpose, address: std::net::IpAddr| TriedNic {
        purpose,
        find: address.to_string(),
        found: found(nics, |nic| {
            nic.addresses.iter().any(|net| net.addr() == address)
        }),
    };
    let mut named = vec![with_address("address", node.address)];
    if let Some(uplink) = &node.uplink {
        named.push(TriedNic {
            purpose: "uplink",
            find: uplink.clone(),
            found: found(nics, |nic| nic.name == *uplink),
        });
    }
    named.extend(node.underlay.map(|it| with_address("underlay", it)));
    let disk = |choice: &super::answers::DiskChoice| TriedDisk {
        purpose: choice.purpose,
        find: choice.find.to_string(),
        found: found(disks, |disk| choice.find.fits(disk)),
    };
    TriedNode {
        name: node.name.clone(),
        known: facts.is_some(),
        nics: named,
        disks: node.disks.iter().map(disk).collect(),
    }
}

fn found<T: Clone>(all: &[T], fits: impl Fn(&T) -> bool) -> Vec<T> {
    all.iter().filter(|it| fits(it)).cloned().collect()
}
