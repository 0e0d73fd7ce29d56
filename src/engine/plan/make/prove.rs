//! Finalize: what was tuned is given back, the cluster says what formed it, and all is proven.

use std::collections::BTreeMap;

use super::Builder;
use super::attach::Attached;
use super::ceph::CephDone;
use super::lxd::LxdDone;
use crate::engine::answers::NetworkKind;
use crate::engine::plan::{Guests, Phase, ProfileWants, RemotePool, Work};

impl Builder<'_> {
    pub(super) fn finalize(&mut self, lxd: &LxdDone, ceph: Option<&CephDone>, there: &Attached) {
        let mut needs = there.done.clone();
        needs.push(lxd.led.clone());
        let metadata = Work::Metadata {
            cluster: self.basis.answers.cluster.clone(),
            leader: self.leader.to_owned(),
        };
        let lead = [lxd.led.clone()];
        let metadata = self.add(Phase::Finalize, self.leader, metadata, &lead);
        if let Some(ceph) = ceph {
            needs.extend(self.prove_ceph(ceph, there));
        }
        needs.push(metadata);
        let wants = ProfileWants::of(self.basis.answers);
        let proof = Work::Proof {
            members: self.members.clone(),
            pools: there.pools.clone(),
            networks: there.networks.clone(),
            root: wants.pool.clone(),
            nic: wants.network.clone(),
        };
        let proven = self.add(Phase::Finalize, self.leader, proof, &needs);
        if let Some(guests) = self.guests(wants) {
            let work = Work::GuestProof { guests };
            self.add(Phase::Finalize, self.leader, work, &[proven]);
        }
    }

    /// Monitors get their defaults back once nothing of Ceph is made any more. What is proven is
    /// proven after that.
    fn prove_ceph(&mut self, ceph: &CephDone, there: &Attached) -> Vec<String> {
        let mut needs = ceph.ready.clone();
        for (tuned, node) in ceph.tuned.clone() {
            // The step that tuned comes first: a run that stops gives back what that step changed.
            let mut after = vec![tuned];
            after.extend(ceph.ready.iter().chain(&there.done).cloned());
            let untune = Work::CephUntune { name: node.clone() };
            needs.push(self.add(Phase::Finalize, &node, untune, &after));
        }
        let mut disks = BTreeMap::new();
        for it in &self.given.ceph {
            let count: &mut usize = disks.entry(it.disk.node.clone()).or_default();
            *count = count.saturating_add(1);
        }
        let proof = Work::CephProof {
            members: self.members.clone(),
            disks,
        };
        vec![self.add(Phase::Finalize, self.leader, proof, &needs)]
    }

    fn guests(&self, wants: ProfileWants) -> Option<Guests> {
        let pool = wants.pool?;
        let kind = self.basis.answers.network.kind;
        Some(Guests {
            members: self.members.clone(),
            moves: pool == RemotePool::Block.name(),
            pool,
            network: wants.network,
            spans: matches!(kind, NetworkKind::Ovn | NetworkKind::Fan),
        })
    }
}
