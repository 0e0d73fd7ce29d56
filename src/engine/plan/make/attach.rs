//! Attach: pools, networks, the default profile, and where images and backups lie.

use super::Builder;
use super::ceph::{CephDone, network_of};
use super::lxd::LxdDone;
use crate::engine::answers::{GuestNetwork, NetworkKind, NodeAnswers, ProfileChoice, UplinkKind};
use crate::engine::plan::{
    BRIDGE, LOCAL_POOL, NetworkPart, NetworkShape, OVN_NETWORK, Phase, ProfileWants, RemotePool,
    UPLINK, Work,
};

/// What LXD has in the end, and the steps after which it has it.
#[derive(Default)]
pub(super) struct Attached {
    /// The pools.
    pub(super) pools: Vec<String>,
    /// The networks.
    pub(super) networks: Vec<String>,
    /// The steps after which all of it is there.
    pub(super) done: Vec<String>,
}

impl Builder<'_> {
    pub(super) fn attach(
        &mut self,
        lxd: &LxdDone,
        ceph: Option<&CephDone>,
        ovn: Option<&str>,
    ) -> Attached {
        let mut attached = Attached::default();
        self.local_pool(lxd, &mut attached);
        if let Some(ceph) = ceph {
            self.remote(lxd, ceph, &mut attached);
        }
        self.networks(lxd, ovn, &mut attached);
        let ProfileWants { pool, network } = ProfileWants::of(self.basis.answers);
        if pool.is_some() || network.is_some() {
            let needs = attached.done.clone();
            let replace = self.basis.answers.profile == ProfileChoice::Replace;
            let profile = Work::Profile {
                pool,
                network,
                replace,
            };
            let profile = self.add(Phase::Attach, self.leader, profile, &needs);
            attached.done.push(profile);
        }
        attached
    }

    /// The local pool: each member's part, then the whole, then what LXD itself keeps on it. The
    /// parts wait for the last join: their disks are looked at right before the pool is made.
    fn local_pool(&mut self, lxd: &LxdDone, attached: &mut Attached) {
        let Some(driver) = self.driver else { return };
        let members = self.members.clone();
        let mut needs = lxd.joined.clone();
        for name in &members {
            let Some(part) = self.given.parts.get(name).cloned() else {
                continue;
            };
            let name = name.clone();
            let node = name.clone();
            let work = Work::PoolPending { name, part };
            needs.push(self.add(Phase::Attach, &node, work, &lxd.joined));
        }
        let pool = Work::Pool {
            driver: driver.to_owned(),
            members: members.clone(),
        };
        let pool = self.add(Phase::Attach, self.leader, pool, &needs);
        for name in members {
            let node = name.clone();
            let volumes = Work::Volumes { name };
            let needs = [pool.clone()];
            let volumes = self.add(Phase::Attach, &node, volumes, &needs);
            attached.done.push(volumes);
        }
        attached.done.push(pool);
        attached.pools.push(LOCAL_POOL.to_owned());
    }

    /// The distributed pools that the answers ask for.
    pub(super) fn remote_pools(&self) -> Vec<RemotePool> {
        let answers = self.basis.answers;
        match (answers.has_ceph(), answers.ceph.filesystem) {
            (false, _) => Vec::new(),
            (true, false) => vec![RemotePool::Block],
            (true, true) => vec![RemotePool::Block, RemotePool::Files],
        }
    }

    fn remote(&mut self, lxd: &LxdDone, ceph: &CephDone, attached: &mut Attached) {
        let mut before = ceph.ready.clone();
        for pool in self.remote_pools() {
            let mut needs = before.clone();
            for name in self.members.clone() {
                let node = name.clone();
                let pending = Work::RemotePending { name, pool };
                needs.push(self.add(Phase::Attach, &node, pending, &lxd.joined));
            }
            let members = self.members.clone();
            let made = Work::Remote { pool, members };
            let made = self.add(Phase::Attach, self.leader, made, &needs);
            // The file system's pools are made beside those of `remote`: one after the other.
            before = vec![made.clone()];
            attached.done.push(made);
            attached.pools.push(pool.name().to_owned());
        }
    }

    fn networks(&mut self, lxd: &LxdDone, ovn: Option<&str>, attached: &mut Attached) {
        let Some((name, shape)) = self.outer() else {
            return;
        };
        let mut needs = lxd.joined.clone();
        for node in &self.basis.answers.nodes {
            let Some(part) = self.network_part(node) else {
                continue;
            };
            let name = node.name.clone();
            let pending = Work::NetworkPending { name, part };
            needs.push(self.add(Phase::Attach, &node.name, pending, &lxd.joined));
        }
        let outer = self.network(&name, shape, &needs);
        attached.networks.push(name.clone());
        if let Some(ovn) = ovn {
            let needs = [lxd.led.clone(), ovn.to_owned()];
            let found = self.add(Phase::Attach, self.leader, Work::Northbound, &needs);
            let answers = &self.basis.answers.network;
            let shape = NetworkShape::Ovn {
                uplink: name,
                guests4: answers.guests4,
                guests6: answers.guests6,
            };
            let made = self.network(OVN_NETWORK, shape, &[outer.clone(), found]);
            attached.networks.push(OVN_NETWORK.to_owned());
            attached.done.push(made);
        }
        attached.done.push(outer);
    }

    fn network(&mut self, name: &str, shape: NetworkShape, needs: &[String]) -> String {
        let work = Work::Network {
            network: name.to_owned(),
            shape,
            members: self.members.clone(),
        };
        self.add(Phase::Attach, self.leader, work, needs)
    }

    /// The network on each node: OVN's uplink, or the guests' own bridge.
    fn outer(&self) -> Option<(String, NetworkShape)> {
        let network = &self.basis.answers.network;
        let (name, shape) = match (network.kind, network.uplink) {
            (NetworkKind::None, _) => return None,
            (NetworkKind::Ovn, UplinkKind::Nic) => (UPLINK, physical(network)),
            (NetworkKind::Ovn, UplinkKind::Bridge) => {
                let shape = NetworkShape::Bridge {
                    address4: network.gateway4,
                    range4: network.range4,
                };
                (UPLINK, shape)
            }
            (NetworkKind::Bridge, _) => {
                let shape = NetworkShape::Bridge {
                    address4: network.guests4,
                    range4: None,
                };
                (BRIDGE, shape)
            }
            (NetworkKind::Fan, _) => {
                let first = self.basis.answers.node(self.leader)?;
                let host = self.facts(first).map(|facts| &facts.host);
                let ipnet::IpNet::V4(underlay) = network_of(host, first.address) else {
                    return None;
                };
                (BRIDGE, NetworkShape::Fan { underlay })
            }
        };
        Some((name.to_owned(), shape))
    }

    /// A node's part of that network.
    pub(super) fn network_part(&self, node: &NodeAnswers) -> Option<NetworkPart> {
        let (network, shape) = self.outer()?;
        let nic = matches!(shape, NetworkShape::Physical { .. });
        Some(NetworkPart {
            network,
            kind: if nic { "physical" } else { "bridge" }.to_owned(),
            parent: node.uplink.clone().filter(|_| nic),
        })
    }
}

fn physical(network: &GuestNetwork) -> NetworkShape {
    NetworkShape::Physical {
        vlan: network.vlan,
        gateway4: network.gateway4,
        range4: network.range4,
        gateway6: network.gateway6,
        dns: network.dns.clone(),
    }
}
