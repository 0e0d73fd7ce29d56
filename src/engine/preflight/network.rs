//! Whether the guests' network and Ceph's networks can be: LXD, `MicroOVN` and Ceph look at little of
//! it themselves, and a wrong range ends as a network that is made and does not work.

mod nodes;
mod subnets;

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::{Check, Verdict};
use crate::engine::answers::{
    Answers, CephStorage, GuestNetwork, NetworkKind, NodeAnswers, UplinkKind,
};
use crate::engine::facts::{Nic, NicKind};
use crate::engine::message::Message;
use crate::engine::plan::{BRIDGE, UPLINK};
use crate::engine::services::NodeFacts;

pub use nodes::{is_free_nic, unusable_uplink};

/// One of the answers about networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// What the guests' network is made of.
    Kind,
    /// The VLAN of the uplink.
    Vlan,
    /// The uplink's IPv4 router and subnet.
    Gateway4,
    /// The addresses OVN may take.
    Range4,
    /// The uplink's IPv6 router and subnet.
    Gateway6,
    /// The name servers.
    Dns,
    /// The guests' IPv4 subnet.
    Guests4,
    /// The guests' IPv6 subnet.
    Guests6,
    /// A node's uplink NIC.
    Uplink,
    /// A node's address for tunnels.
    Underlay,
    /// Ceph's public network.
    Public,
    /// Ceph's internal network.
    Internal,
}

/// What is wrong or doubtful about one of these answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Which answer.
    pub setting: Setting,
    /// The node it is about; none where it is about all.
    pub node: Option<String>,
    /// How grave it is: `Blocking` or `Warning`.
    pub verdict: Verdict,
    /// What is wrong.
    pub says: Message,
    /// How to mend it.
    pub fix: Message,
}

/// What is known of a node and decided for it, as far as networks go.
#[derive(Debug, Clone, Copy)]
pub struct NodeNics<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its address for cluster traffic.
    pub address: IpAddr,
    /// Its uplink NIC.
    pub uplink: Option<&'a str>,
    /// Its address for tunnels.
    pub underlay: Option<IpAddr>,
    /// Its NICs; none where it was not looked at yet: then nothing is said of it.
    pub nics: &'a [Nic],
}

impl<'a> NodeNics<'a> {
    /// A node by its answers and its NICs.
    pub fn of(node: &'a NodeAnswers, nics: &'a [Nic]) -> Self {
        Self {
            name: &node.name,
            address: node.address,
            uplink: node.uplink.as_deref(),
            underlay: node.underlay,
            nics,
        }
    }

    /// Its addresses with their networks, the one for cluster traffic first. Those of a bridge that LXD
    /// made for the guests are not among them: they are what the answers say.
    pub fn addresses(&self) -> Vec<IpNet> {
        let made =
            |nic: &&Nic| nic.kind == NicKind::Bridge && [UPLINK, BRIDGE].contains(&&*nic.name);
        let all = self.nics.iter().filter(|nic| !made(nic));
        let all = all.flat_map(|nic| &nic.addresses);
        let mut all: Vec<_> = all.copied().collect();
        all.sort_by_key(|net| net.addr() != self.address);
        all
    }
}

/// What is looked at.
pub(super) struct Looked<'a> {
    network: &'a GuestNetwork,
    /// Ceph's networks, where it is part of the cluster and made anew.
    ceph: Option<&'a CephStorage>,
    nodes: &'a [NodeNics<'a>],
    found: Vec<Mistake>,
}

/// Everything that is wrong or doubtful about the networks: the form says it while it is typed, the
/// plan refuses what blocks. `ceph` is there where Ceph is made anew.
pub fn network_mistakes(
    network: &GuestNetwork,
    ceph: Option<&CephStorage>,
    nodes: &[NodeNics],
) -> Vec<Mistake> {
    let mut looked = Looked {
        network,
        ceph,
        nodes,
        found: Vec::new(),
    };
    match network.kind {
        NetworkKind::None => {}
        NetworkKind::Ovn => {
            looked.uplink();
            looked.guests();
            looked.uplink_nics();
            looked.underlays();
        }
        NetworkKind::Bridge => looked.guests(),
        NetworkKind::Fan => looked.fan(),
    }
    looked.ceph_networks();
    looked.found
}

impl Looked<'_> {
    fn is_nic(&self) -> bool {
        self.network.uplink == UplinkKind::Nic
    }

    fn wrong(&mut self, setting: Setting, says: Message, fix: &str) {
        let fix = Message {
            code: fix.to_owned(),
            with: says.with.clone(),
        };
        self.found.push(Mistake {
            setting,
            node: None,
            verdict: Verdict::Blocking,
            says,
            fix,
        });
    }

    fn wrong_on(&mut self, (setting, node): (Setting, &str), says: Message, fix: &str) {
        self.wrong(setting, says.with("node", node), fix);
        if let Some(last) = self.found.last_mut() {
            last.node = Some(node.to_owned());
        }
    }

    /// What was said last is a warning.
    fn mildly(&mut self) {
        if let Some(last) = self.found.last_mut() {
            last.verdict = Verdict::Warning;
        }
    }

    fn fan(&mut self) {
        let v6 = self.nodes.iter().find(|node| node.address.is_ipv6());
        if let Some(node) = v6.map(|node| node.name) {
            let says = Message::new("net.fan-ipv6").with("node", node);
            self.wrong(Setting::Kind, says, "net.fan-ipv6-fix");
        }
    }
}

/// The checks of the networks of all nodes, for the plan: the form's own function.
pub fn check_networks(answers: &Answers, facts: &BTreeMap<String, NodeFacts>) -> Vec<Check> {
    let nics = |node: &NodeAnswers| {
        facts
            .get(&node.name)
            .map_or(&[][..], |facts| &facts.host.nics)
    };
    let nodes = answers.nodes.iter();
    let nodes: Vec<_> = nodes.map(|node| NodeNics::of(node, nics(node))).collect();
    let ceph = (answers.has_ceph() && !answers.ceph.reuse).then_some(&answers.ceph);
    let check = |mistake: Mistake| {
        let node = mistake.node.as_deref().unwrap_or(&answers.initiator);
        let check = Check::new("network", node, mistake.verdict, mistake.says);
        check.fix(mistake.fix).means("net.means")
    };
    let mistakes = network_mistakes(&answers.network, ceph, &nodes);
    let mut checks: Vec<_> = mistakes.into_iter().map(check).collect();
    if answers.network.kind == NetworkKind::Fan {
        checks.extend(facts.iter().filter_map(|(node, facts)| fan(node, facts)));
    }
    checks
}

/// What is to be said where a fan is chosen and the kernel of a node does not show that it has it.
fn fan(node: &str, facts: &NodeFacts) -> Option<Check> {
    let (verdict, code) = match facts.host.fan {
        Some(true) => return None,
        Some(false) => (Verdict::Blocking, "net.fan-missing"),
        None => (Verdict::Warning, "net.fan-unknown"),
    };
    let says = Message::new(code).with("node", node);
    let check = Check::new("network", node, verdict, says);
    Some(check.fix(Message::new("net.fan-fix")).means("net.means"))
}
