//! The guests' network while it is being chosen: suggested as nodes come in, until somebody chooses.

use std::net::IpAddr;
use std::sync::Arc;

use crate::engine::answers::{
    GuestNetwork, NetworkKind, NodeAnswers, UplinkKind, suggest_network, suggest_uplink,
};
use crate::engine::node::{Role, Stage};
use crate::engine::preflight::NodeNics;
use crate::engine::{Effect, Report, Turn};

/// The name of a node's uplink among what was chosen for it; disks are there by their paths.
pub(in crate::engine) const UPLINK: &str = "uplink";

/// The name of a node's address for tunnels, likewise.
pub(in crate::engine) const UNDERLAY: &str = "underlay";

impl Turn<'_> {
    /// This console's operator chooses a node's uplink; a joiner's choice goes to the leader.
    pub(in crate::engine) fn take_uplink_here(
        &mut self,
        node: &str,
        nic: Option<String>,
        underlay: Option<IpAddr>,
    ) {
        let me = self.state.local.name.clone();
        if self.state.local.role == Role::Worker {
            if node == me {
                self.effect(Effect::Report(Report::Uplink { nic, underlay }));
            }
        } else if self.state.leads() {
            self.take_uplink(&me, node, (nic, underlay));
        }
    }

    /// Takes the choice that was made at the console of `by`: a NIC and an address that the node has.
    pub(in crate::engine) fn take_uplink(
        &mut self,
        by: &str,
        node: &str,
        (nic, underlay): (Option<String>, Option<IpAddr>),
    ) {
        if !self.is_forming() || self.state.cluster.unattended {
            return;
        }
        let cluster = &mut self.state.cluster;
        let facts = cluster.nodes.get(node).and_then(|node| node.facts.as_ref());
        let nics = facts.map_or(&[][..], |facts| &facts.host.nics);
        let has_nic = |name: &String| nics.iter().any(|nic| nic.name == *name);
        let mut addresses = nics.iter().flat_map(|nic| &nic.addresses);
        let is_own = nic.as_ref().is_none_or(has_nic)
            && underlay.is_none_or(|it| addresses.any(|net| net.addr() == it));
        let answers = cluster.answers.as_mut().map(Arc::make_mut);
        let Some(answers) = answers.and_then(|it| it.node_mut(node)).filter(|_| is_own) else {
            return;
        };
        let chosen = cluster.chosen_by.entry(node.to_owned()).or_default();
        for (name, changes) in [
            (UPLINK, answers.uplink != nic),
            (UNDERLAY, answers.underlay != underlay),
        ] {
            if changes {
                chosen.insert(name.to_owned(), by.to_owned());
            }
        }
        (answers.uplink, answers.underlay) = (nic, underlay);
        self.unseal();
    }

    /// Takes the network that was chosen: from now on nothing is suggested but NICs.
    pub(in crate::engine) fn set_network(&mut self, network: GuestNetwork) {
        if self.is_forming() {
            self.state.cluster.suggests = false;
            self.set(|answers| answers.network = network);
            self.suggest_networks();
        }
    }

    /// While the operators choose: the network that suits all nodes that are known, unless another
    /// was chosen, and for each node that has none a NIC for it; also for a node that is taken into a
    /// cluster that is there without a word about its NIC.
    pub(in crate::engine) fn suggest_networks(&mut self) {
        let cluster = &mut self.state.cluster;
        let chooses = cluster.stage == Stage::Forming && !cluster.unattended;
        let grows = cluster.grows.as_ref();
        let grows = grows.filter(|_| cluster.stage == Stage::Gathering);
        if !chooses && grows.is_none() {
            return;
        }
        let facts = cluster.facts();
        let Some(answers) = cluster.answers.as_mut().map(Arc::make_mut) else {
            return;
        };
        if chooses && cluster.suggests {
            answers.network = suggest_network(answers, &facts);
        }
        let network = &answers.network;
        if (network.kind, network.uplink) != (NetworkKind::Ovn, UplinkKind::Nic) {
            return;
        }
        let is_new = |node: &NodeAnswers| grows.is_some_and(|old| !old.contains(&node.name));
        for node in &mut answers.nodes {
            if !chooses && !is_new(node) {
                continue;
            }
            let by = cluster.chosen_by.get(&node.name);
            let chosen = by.is_some_and(|by| by.contains_key(UPLINK));
            if let (None, false, Some(facts)) = (&node.uplink, chosen, facts.get(&node.name)) {
                node.uplink = suggest_uplink(&NodeNics::of(node, &facts.host.nics));
            }
        }
    }
}
