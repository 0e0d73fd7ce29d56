//! LXD's cluster: its first member, then the others' joins.

use std::net::SocketAddr;

use super::Builder;
use crate::engine::answers::NodeAnswers;
use crate::engine::plan::{LXD_PORT, Phase, Work};

/// The steps after which LXD's cluster is there.
pub(super) struct LxdDone {
    /// Those after which each node is a member, the leader's first.
    pub(super) joined: Vec<String>,
    /// The one after which all are online.
    pub(super) led: String,
}

impl Builder<'_> {
    pub(super) fn cluster_lxd(&mut self, first: &NodeAnswers) -> LxdDone {
        let mark = Some(self.basis.cluster.to_owned());
        let addressed = self.address_lxd(first, mark);
        let bootstrap = Work::LxdBootstrap {
            name: first.name.clone(),
        };
        let bootstrapped = self.add(Phase::Lxd, self.leader, bootstrap, &[addressed]);
        let mut joined = vec![bootstrapped.clone()];
        for node in self.basis.answers.joiners() {
            let addressed = self.address_lxd(node, None);
            let join = Work::LxdJoin {
                name: node.name.clone(),
                address: lxd_at(node),
                leader: lxd_at(first),
                pool: self.given.parts.get(&node.name).cloned(),
                network: self.network_part(node),
                remote: self.remote_pools(),
            };
            let needs = [bootstrapped.clone(), addressed];
            joined.push(self.add(Phase::Lxd, &node.name, join, &needs));
        }
        let led = Work::LxdLeader {
            members: self.members.clone(),
        };
        let led = self.add(Phase::Lxd, self.leader, led, &joined);
        LxdDone { joined, led }
    }

    fn address_lxd(&mut self, node: &NodeAnswers, mark: Option<String>) -> String {
        let nodes = self.basis.answers.nodes.iter();
        let members = nodes.map(|node| (node.name.clone(), lxd_at(node)));
        let work = Work::LxdAddress {
            address: lxd_at(node),
            mark,
            members: members.collect(),
        };
        let ready = Self::ready("lxd", &node.name);
        self.add(Phase::Lxd, &node.name, work, &[ready])
    }
}

fn lxd_at(node: &NodeAnswers) -> SocketAddr {
    SocketAddr::new(node.address, LXD_PORT)
}
