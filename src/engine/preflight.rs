//! The checks: one pure function each, from facts and answers to a verdict.

mod disk;
mod host;
mod kernel;
mod lxd;
mod micro;
mod network;
mod nic;
mod nodes;
mod profile;
mod revisions;
mod room;
mod snapd;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answers::Answers;
use super::facts::HostFacts;
use super::message::Message;
use super::services::NodeFacts;

pub use disk::{DiskOffer, LEAST_DISK, Refusal, disk_choices, given_for};
pub(super) use disk::{alike, disk_check, refusal, unfit};
pub(super) use lxd::driver_check;
pub use lxd::is_ours;
pub use micro::{Micro, check_services, lacks};
pub use network::{
    Mistake, NodeNics, Setting, check_networks, is_free_nic, network_mistakes, unusable_uplink,
};
pub use nic::{AddressChoice, usable_addresses};
pub(super) use revisions::{brought_to, is_fresh};
pub use room::check_room;

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing to say against it.
    Good,
    /// Worth knowing; Install goes on.
    Warning,
    /// Install refuses to start.
    Blocking,
}

impl Verdict {
    /// Its name, in lines that are read by people and programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Blocking => "blocking",
        }
    }
}

/// One check's outcome on one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The check's name, such as `lxd`.
    pub name: String,
    /// The node it looked at.
    pub node: String,
    /// What it found.
    pub verdict: Verdict,
    /// What was found, in a sentence.
    pub says: Message,
    /// How to mend it, with the exact command where there is one.
    pub fix: Option<Message>,
    /// What was read, and where.
    #[serde(default)]
    pub evidence: Option<Message>,
    /// Why it is looked at: what it means for the cluster.
    #[serde(default)]
    pub means: Option<Message>,
}

impl Check {
    fn new(name: &str, node: &str, verdict: Verdict, says: Message) -> Self {
        Self {
            name: name.to_owned(),
            node: node.to_owned(),
            verdict,
            says,
            fix: None,
            evidence: None,
            means: None,
        }
    }

    fn fix(mut self, fix: Message) -> Self {
        self.fix = Some(fix);
        self
    }

    fn read(mut self, place: &str, value: impl ToString) -> Self {
        let read = Message::new("check.read").with("place", place);
        self.evidence = Some(read.with("value", value));
        self
    }

    fn means(mut self, code: &str) -> Self {
        self.means = Some(Message::new(code));
        self
    }
}

/// A check of the machine alone; none where what it looks at is not known.
type HostCheck = fn(&str, &HostFacts) -> Option<Check>;

/// The checks of the machine, in the order in which they are shown.
const HOST_CHECKS: &[HostCheck] = &[
    host::system,
    host::board,
    host::name,
    host::memory,
    host::clock,
    host::power,
    host::heat,
    kernel::control_groups,
    kernel::memory_group,
    kernel::modules,
    kernel::confinement,
    kernel::machines,
    kernel::uid_map,
];

fn check_machine(node: &str, host: &HostFacts) -> impl Iterator<Item = Check> {
    HOST_CHECKS.iter().filter_map(|check| check(node, host))
}

/// The checks of one machine that need no answers: those of its own Preflight screen. What is not
/// known is left out.
pub fn check_host(node: &str, facts: &NodeFacts) -> Vec<Check> {
    let mut checks: Vec<_> = check_machine(node, &facts.host).collect();
    checks.push(nic::any_address(node, &facts.host));
    checks.extend(snapd::check_snapd(node, facts));
    checks.push(lxd::check_lxd(node, facts, None));
    checks.push(micro::check_micro(Micro::Ceph, node, facts, None));
    checks.push(micro::check_micro(Micro::Ovn, node, facts, None));
    checks
}

/// The checks of one node, once the answers say what it is for: its LXD, and whatever is to be said
/// against its address, its disks and the machine. What is good about those was shown by its own
/// Preflight, from `check_host`; a plan's log would drown in it.
pub fn check_node(node: &str, facts: &NodeFacts, answers: &Answers, cluster: &str) -> Vec<Check> {
    let mut checks = vec![lxd::check_lxd(node, facts, Some((answers, cluster)))];
    let mut others: Vec<_> = check_machine(node, &facts.host).collect();
    others.extend(snapd::check_snapd(node, facts));
    for service in [Micro::Ceph, Micro::Ovn] {
        others.push(micro::check_micro(service, node, facts, Some(answers)));
    }
    others.extend(profile::check_profile(node, facts, answers));
    others.extend(host::kernel_name(node, &facts.host, answers));
    others.extend(kernel::chosen_services(node, &facts.host, answers));
    if let Some(answers) = answers.node(node) {
        others.extend(nic::chosen_address(node, &facts.host, answers.address));
        others.extend(disk::chosen_disks(answers, facts));
    }
    checks.extend(
        others
            .into_iter()
            .filter(|check| check.verdict != Verdict::Good),
    );
    checks
}

/// The checks that compare nodes with each other, each by its name. Nothing is said of one alone.
pub fn check_nodes(nodes: &BTreeMap<String, NodeFacts>) -> Vec<Check> {
    nodes::compare(nodes)
}

/// The address that can be meant alone: none where there is a choice, or nothing to choose.
pub fn only_address(host: &super::facts::HostFacts) -> Option<std::net::IpAddr> {
    let choices = usable_addresses(host).into_iter();
    let mut usable = choices.filter(|choice| choice.unusable.is_none());
    match (usable.next(), usable.next()) {
        (Some(only), None) => only.address.map(|address| address.addr()),
        _ => None,
    }
}
