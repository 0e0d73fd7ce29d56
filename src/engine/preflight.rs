//! The checks: one pure function each, from facts and answers to a verdict.

use serde::{Deserialize, Serialize};

use super::answers::Answers;
use super::message::Message;
use super::plan::{LOCAL_POOL, LXD_PORT};
use super::services::{LxdFacts, LxdState, NodeFacts};

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing to say against it.
    Good,
    /// Worth knowing; Install goes on.
    Warning,
    /// Install refuses to start.
    Blocking,
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
    /// What that means.
    pub says: Message,
    /// How to mend it.
    pub fix: Option<Message>,
}

impl Check {
    fn new(name: &str, node: &str, verdict: Verdict, says: Message) -> Self {
        Self {
            name: name.to_owned(),
            node: node.to_owned(),
            verdict,
            says,
            fix: None,
        }
    }

    fn fix(mut self, fix: Message) -> Self {
        self.fix = Some(fix);
        self
    }
}

/// Whether the LXD of a node is this cluster's already.
///
/// It is when exactly the planned names and addresses are its members, or when it carries this
/// cluster's mark and has no member that is not planned (a run that was interrupted, or a node
/// that is added). Another mcloud's mark says that it is not: the first step would refuse it too.
pub fn is_ours(lxd: &LxdFacts, answers: &Answers, cluster: &str) -> bool {
    let planned = |name: &str, address: &str| {
        answers.nodes.iter().any(|node| {
            node.name == name
                && std::net::SocketAddr::new(node.address, LXD_PORT).to_string() == address
        })
    };
    lxd.clustered
        && lxd
            .members
            .iter()
            .all(|member| planned(&member.name, &member.address))
        && match &lxd.mark {
            Some(mark) => mark == cluster,
            None => lxd.members.len() == answers.nodes.len(),
        }
}

/// All checks of one node.
pub fn check_node(node: &str, facts: &NodeFacts, answers: &Answers, cluster: &str) -> Vec<Check> {
    let mut checks = vec![check_lxd(node, &facts.lxd, answers, cluster)];
    checks.extend(check_address(node, facts, answers));
    checks
}

fn check_lxd(node: &str, lxd: &LxdState, answers: &Answers, cluster: &str) -> Check {
    let check = |verdict, code: &str| {
        Check::new("lxd", node, verdict, Message::new(code).with("node", node))
    };
    match lxd {
        LxdState::Absent => check(Verdict::Blocking, "check.lxd-absent")
            .fix(Message::new("check.lxd-absent-fix").with("node", node)),
        LxdState::Stopped => check(Verdict::Warning, "check.lxd-stopped")
            .fix(Message::new("check.lxd-stopped-fix").with("node", node)),
        LxdState::NotPermitted => check(Verdict::Blocking, "check.lxd-not-permitted")
            .fix(Message::new("check.lxd-not-permitted-fix")),
        LxdState::Broken(words) => {
            let mut found = check(Verdict::Blocking, "check.lxd-broken")
                .fix(Message::new("check.lxd-broken-fix").with("node", node));
            found.says = found.says.with("words", words);
            found
        }
        LxdState::Answers(lxd) => check_lxd_state(node, lxd, answers, cluster),
    }
}

fn check_lxd_state(node: &str, lxd: &LxdFacts, answers: &Answers, cluster: &str) -> Check {
    if is_ours(lxd, answers, cluster) {
        let says = Message::new("check.lxd-ours")
            .with("node", node)
            .with("version", &lxd.version);
        return Check::new("lxd", node, Verdict::Good, says);
    }
    if lxd.clustered {
        let members: Vec<_> = lxd
            .members
            .iter()
            .map(|member| member.name.as_str())
            .collect();
        let says = Message::new("check.lxd-clustered")
            .with("node", node)
            .with("members", members.join(", "));
        return Check::new("lxd", node, Verdict::Blocking, says)
            .fix(Message::new("check.lxd-clustered-fix").with("node", node));
    }
    if let Some(pool) = lxd.pools.first() {
        let says = Message::new("check.lxd-pool")
            .with("node", node)
            .with("pool", &pool.name)
            .with("driver", &pool.driver);
        return Check::new("lxd", node, Verdict::Blocking, says).fix(
            Message::new("check.lxd-pool-fix")
                .with("node", node)
                .with("pool", &pool.name),
        );
    }
    if let Some(network) = lxd.networks.first() {
        let says = Message::new("check.lxd-network")
            .with("node", node)
            .with("network", network);
        return Check::new("lxd", node, Verdict::Blocking, says).fix(
            Message::new("check.lxd-network-fix")
                .with("node", node)
                .with("network", network),
        );
    }
    let says = Message::new("check.lxd-fresh")
        .with("node", node)
        .with("version", &lxd.version);
    Check::new("lxd", node, Verdict::Good, says)
}

/// The address of the answers is one that the node has.
fn check_address(node: &str, facts: &NodeFacts, answers: &Answers) -> Option<Check> {
    let wanted = answers.node(node)?.address;
    let has: Vec<_> = facts
        .host
        .nics
        .iter()
        .flat_map(|nic| &nic.addresses)
        .map(ipnet::IpNet::addr)
        .collect();
    if has.contains(&wanted) {
        return None;
    }
    let list = has
        .iter()
        .filter(|a| !a.is_loopback())
        .map(ToString::to_string);
    let says = Message::new("check.address-missing")
        .with("node", node)
        .with("address", wanted)
        .with("has", list.collect::<Vec<_>>().join(", "));
    Some(
        Check::new("address", node, Verdict::Blocking, says)
            .fix(Message::new("check.address-missing-fix").with("node", node)),
    )
}

/// The check that a plan's disks fit the facts; made where the plan is made.
pub(super) fn disk_check(node: &str, says: Message) -> Check {
    Check::new("disk", node, Verdict::Blocking, says)
        .fix(Message::new("check.disk-fix").with("node", node))
}

/// The check that every node can use the local pool's driver.
pub(super) fn driver_check(node: &str, driver: &str) -> Check {
    let says = Message::new("check.driver-missing")
        .with("node", node)
        .with("driver", driver)
        .with("pool", LOCAL_POOL);
    Check::new("driver", node, Verdict::Blocking, says)
        .fix(Message::new("check.driver-missing-fix").with("driver", driver))
}

/// The address that is meant where the operator said nothing: the first of a NIC that is up, IPv4
/// first.
pub fn suggested_address(host: &super::facts::HostFacts) -> Option<std::net::IpAddr> {
    let up = host.nics.iter().filter(|nic| nic.up);
    let addresses: Vec<_> = up
        .flat_map(|nic| &nic.addresses)
        .map(ipnet::IpNet::addr)
        .collect();
    let first = addresses.iter().find(|address| address.is_ipv4());
    first.or_else(|| addresses.first()).copied()
}

/// One address of one NIC, or a NIC without any, as it can be chosen for cluster traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressChoice {
    /// The NIC.
    pub nic: String,
    /// The address; none where the NIC has none.
    pub address: Option<ipnet::IpNet>,
    /// Why it cannot be chosen.
    pub unusable: Option<Message>,
    /// What is worth knowing.
    pub warnings: Vec<Message>,
    /// Whether it is the one that is suggested.
    pub suggested: bool,
}

/// One disk as it can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskOffer {
    /// Why it cannot be chosen, and how to mend that.
    pub unusable: Option<(Message, Option<Message>)>,
    /// Whether choosing it erases what it holds.
    pub erases: bool,
}

/// The checks of one machine that need no answers.
pub fn check_host(_node: &str, _facts: &NodeFacts) -> Vec<Check> {
    Vec::new()
}

/// Every address of every NIC.
pub fn usable_addresses(host: &super::facts::HostFacts) -> Vec<AddressChoice> {
    let of = |nic: &super::facts::Nic| {
        let name = nic.name.clone();
        nic.addresses
            .iter()
            .map(move |address| AddressChoice {
                nic: name.clone(),
                address: Some(*address),
                unusable: None,
                warnings: Vec::new(),
                suggested: false,
            })
            .collect::<Vec<_>>()
    };
    host.nics.iter().flat_map(of).collect()
}

/// Every disk.
pub fn disk_offers(disks: &[super::facts::Disk]) -> Vec<DiskOffer> {
    let of = |disk: &super::facts::Disk| DiskOffer {
        unusable: disk.used.as_ref().map(|used| {
            (
                Message::new("check.disk-used")
                    .with("disk", &disk.name)
                    .with("why", used),
                None,
            )
        }),
        erases: disk.holds != super::facts::Holds::Nothing || !disk.partitions.is_empty(),
    };
    disks.iter().map(of).collect()
}
