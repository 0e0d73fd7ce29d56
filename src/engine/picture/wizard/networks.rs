//! The NICs of every node, as Network shows them.

use super::NodeNetwork;
use crate::engine::State;
use crate::engine::answers::{Answers, NodeAnswers};
use crate::engine::facts::Nic;

pub(super) fn networks(state: &State, answers: &Answers) -> Vec<NodeNetwork> {
    let of = |node: &NodeAnswers| {
        let facts = state.cluster.nodes.get(&node.name);
        let nics = facts
            .and_then(|node| node.facts.as_ref())
            .map_or(&[][..], |facts| &facts.host.nics);
        let has = |nic: &&Nic| nic.addresses.iter().any(|has| has.addr() == node.address);
        let own = nics.iter().find(has).map(|nic| nic.name.clone());
        let others = nics.iter().filter(|nic| !has(nic));
        NodeNetwork {
            node: node.name.clone(),
            address: node.address.to_string(),
            nic: own.unwrap_or_default(),
            others: others.map(in_words).collect(),
        }
    };
    answers.nodes.iter().map(of).collect()
}

/// The name, the addresses, and where it is down that: the kernel's own words.
fn in_words(nic: &Nic) -> String {
    let addresses = nic.addresses.iter().map(ToString::to_string);
    let down = (!nic.up).then(|| "down".to_owned());
    let words: Vec<_> = std::iter::once(nic.name.clone())
        .chain(addresses)
        .chain(down)
        .collect();
    words.join(" ")
}
