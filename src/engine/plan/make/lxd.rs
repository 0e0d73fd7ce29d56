//! LXD's cluster: its first member, then the others' joins.

use std::net::SocketAddr;

use super::{Builder, id};
use crate::engine::answers::NodeAnswers;
use crate::engine::plan::{LXD_PORT, OVN_NETWORK, Phase, RemotePool, Work};
use crate::engine::services::LxdState;

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
            let mut needs = vec![bootstrapped.clone(), addressed];
            needs.extend(self.mounts(node));
            joined.push(self.add(Phase::Lxd, &node.name, join, &needs));
        }
        let led = Work::LxdLeader {
            members: self.members.clone(),
        };
        let led = self.add(Phase::Lxd, self.leader, led, &joined);
        LxdDone { joined, led }
    }

    /// What a joiner's LXD uses the moment it joins: a cluster that has a pool on Ceph or a network by
    /// OVN already sets both up on the new member at once. While the cluster forms it has neither.
    fn mounts(&self, node: &NodeAnswers) -> Vec<String> {
        let leader = self.basis.facts.get(self.leader).map(|facts| &facts.lxd);
        let Some(LxdState::Answers(lxd)) = leader else {
            return Vec::new();
        };
        let answers = self.basis.answers;
        let is_remote = |name: &str| {
            let pools = [RemotePool::Block, RemotePool::Files];
            pools.iter().any(|pool| pool.name() == name)
        };
        let ceph = lxd.pools.iter().any(|pool| is_remote(&pool.name)) && answers.has_ceph();
        let ovn = lxd.networks.iter().any(|name| name == OVN_NETWORK) && answers.has_ovn();
        [(ceph, "microceph.join"), (ovn, "microovn.join")]
            .into_iter()
            .filter(|(there, _)| *there)
            .map(|(_, class)| id(class, &node.name))
            .collect()
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
