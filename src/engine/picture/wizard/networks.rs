//! The guests' network and the NICs of every node, as Network shows them.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{chosen_elsewhere, facts_of};
use crate::engine::State;
use crate::engine::answers::{Answers, GuestNetwork, NetworkKind, NodeAnswers, network_ways};
use crate::engine::facts::Nic;
use crate::engine::forming::networks::{UNDERLAY, UPLINK};
use crate::engine::node::Role;
use crate::engine::preflight::{Micro, NodeNics, Refusal, lacks};

/// The NICs of one node, and what it gives of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeNetwork {
    /// The node.
    pub node: String,
    /// Its address for cluster traffic.
    pub address: IpAddr,
    /// Whether this console may choose for it.
    pub can_choose: bool,
    /// Its NICs; empty before it was looked at.
    pub nics: Vec<Nic>,
    /// Its uplink NIC.
    pub uplink: Option<String>,
    /// Its address for tunnels; none is its cluster address.
    pub underlay: Option<IpAddr>,
    /// The node at whose console its uplink was chosen last, where that is another than this.
    pub uplink_by: Option<String>,
    /// The same for its address for tunnels.
    pub underlay_by: Option<String>,
}

impl NodeNetwork {
    /// The same as the checks look at it.
    pub fn nics(&self) -> NodeNics<'_> {
        NodeNics {
            name: &self.node,
            address: self.address,
            uplink: self.uplink.as_deref(),
            underlay: self.underlay,
            nics: &self.nics,
        }
    }
}

/// The network of the guests as it would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkView {
    /// What was chosen, or is suggested.
    pub network: GuestNetwork,
    /// The ways there are, each filled in as far as the nodes tell.
    pub ways: Vec<GuestNetwork>,
    /// The nodes that can have no `MicroOVN`: why, and how to mend that.
    pub no_ovn: Vec<(String, Refusal)>,
}

pub(super) fn network(state: &State, answers: &Answers) -> NetworkView {
    let nodes = answers.nodes.iter();
    let known = nodes.filter_map(|node| Some((node, facts_of(state, &node.name)?)));
    let known: Vec<_> = known.collect();
    let nics = known.iter();
    let nics = nics.map(|(node, facts)| NodeNics::of(node, &facts.host.nics));
    let no_ovn = known.iter().filter_map(|(node, facts)| {
        let refusal = lacks(Micro::Ovn, &node.name, facts, &answers.snaps)?;
        Some((node.name.clone(), refusal))
    });
    let mut ways = network_ways(&nics.collect::<Vec<_>>()).to_vec();
    let has_fan = |node: &NodeAnswers| {
        let facts = facts_of(state, &node.name);
        facts.is_some_and(|facts| facts.host.fan == Some(true)) && node.address.is_ipv4()
    };
    // A fan is offered only where every kernel has it; last but "none".
    if answers.nodes.iter().all(has_fan) {
        let fan = GuestNetwork {
            kind: NetworkKind::Fan,
            ..GuestNetwork::default()
        };
        ways.insert(ways.len().saturating_sub(1), fan);
    }
    NetworkView {
        network: answers.network.clone(),
        ways,
        no_ovn: no_ovn.collect(),
    }
}

pub(super) fn networks(state: &State, answers: &Answers) -> Vec<NodeNetwork> {
    let me = state.local.name.as_str();
    let leads = state.local.role == Role::Leader;
    let of = |node: &NodeAnswers| {
        let nics = facts_of(state, &node.name).map(|facts| facts.host.nics.clone());
        NodeNetwork {
            node: node.name.clone(),
            address: node.address,
            can_choose: leads || node.name == me,
            nics: nics.unwrap_or_default(),
            uplink: node.uplink.clone(),
            underlay: node.underlay,
            uplink_by: chosen_elsewhere(state, &node.name, UPLINK),
            underlay_by: chosen_elsewhere(state, &node.name, UNDERLAY),
        }
    };
    answers.nodes.iter().map(of).collect()
}
