//! `MicroOVN`: its first member, then the joins, one at a time.

use std::net::SocketAddr;

use super::Builder;
use crate::engine::answers::NodeAnswers;
use crate::engine::plan::{OVN_PORT, Phase, Work};

impl Builder<'_> {
    /// The step after which every node is a chassis; none where there is no OVN.
    pub(super) fn cluster_ovn(&mut self, first: &NodeAnswers) -> Option<String> {
        if !self.basis.answers.has_ovn() {
            return None;
        }
        let bootstrap = Work::OvnBootstrap {
            name: first.name.clone(),
            address: SocketAddr::new(first.address, OVN_PORT),
            underlay: first.underlay.unwrap_or(first.address),
            members: self.members.clone(),
        };
        let ready = Self::ready("microovn", self.leader);
        let bootstrapped = self.add(Phase::MicroOvn, self.leader, bootstrap, &[ready]);
        let mut joined = vec![bootstrapped.clone()];
        for node in self.basis.answers.joiners() {
            let join = Work::OvnJoin {
                name: node.name.clone(),
                address: SocketAddr::new(node.address, OVN_PORT),
                underlay: node.underlay.unwrap_or(node.address),
                leader: first.name.clone(),
            };
            let ready = Self::ready("microovn", &node.name);
            let needs = [bootstrapped.clone(), ready];
            joined.push(self.add(Phase::MicroOvn, &node.name, join, &needs));
        }
        let chassis = Work::OvnChassis {
            members: self.members.clone(),
        };
        Some(self.add(Phase::MicroOvn, self.leader, chassis, &joined))
    }
}
