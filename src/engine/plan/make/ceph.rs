//! `MicroCeph`: its first member, the joins one at a time, and the disks beside everything else.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::{Basis, Builder};
use crate::engine::answers::{DiskChoice, NodeAnswers, Purpose};
use crate::engine::facts::HostFacts;
use crate::engine::plan::make::pool::fitting;
use crate::engine::plan::{CEPH_PORT, DiskUse, Phase, Work};
use crate::engine::preflight::{Check, disk_check, refusal, unfit};

/// A disk that a node gives to Ceph.
pub(super) struct CephDisk {
    pub(super) disk: DiskUse,
    pub(super) wipe: bool,
    pub(super) encrypt: bool,
    /// Whether it is one of Ceph's already: nothing writes to it.
    pub(super) stands: bool,
}

/// The disk that a choice means, looked at; or why it cannot be.
pub(super) fn disk(
    basis: Basis<'_>,
    node: &NodeAnswers,
    choice: &DiskChoice,
) -> Result<CephDisk, Check> {
    let found = fitting(basis, node, choice)?;
    let stands = basis.facts.get(&node.name).is_some_and(|facts| {
        let ceph = facts.ceph.facts();
        ceph.is_some_and(|ceph| {
            let own = ceph.disks.iter().filter(|osd| osd.member == node.name);
            own.into_iter().any(|osd| osd.is_on(found))
        })
    });
    let refused = if stands {
        unfit(found)
    } else {
        refusal(found, true)
    };
    if let Some(refused) = refused {
        return Err(disk_check(&node.name, refused.why));
    }
    let holds = if stands {
        String::new()
    } else {
        found.holds.in_words(&found.partitions)
    };
    Ok(CephDisk {
        wipe: !holds.is_empty(),
        disk: DiskUse::of((&node.name, found), holds, Purpose::Ceph),
        encrypt: choice.encrypt,
        stands,
    })
}

/// The steps after which Ceph is there.
pub(super) struct CephDone {
    /// Those after which each node is a member, has its disks in, and copies are as planned.
    pub(super) ready: Vec<String>,
    /// The steps that tuned monitors, each with its node.
    pub(super) tuned: Vec<(String, String)>,
}

/// Ceph keeps three copies, or as many as there are disks.
const MOST_COPIES: usize = 3;

impl Builder<'_> {
    /// None where Ceph is no part of the cluster.
    pub(super) fn cluster_ceph(&mut self, first: &NodeAnswers) -> Option<CephDone> {
        let answers = self.basis.answers;
        if !answers.has_ceph() {
            return None;
        }
        let mut done = CephDone {
            ready: Vec::new(),
            tuned: Vec::new(),
        };
        let ready = Self::ready("microceph", self.leader);
        let bootstrap = self.ceph_bootstrap(first);
        let bootstrapped = self.add(Phase::MicroCeph, self.leader, bootstrap, &[ready]);
        self.ceph_member(first, &bootstrapped, &mut done);
        let began = done.tuned.first().map_or(&bootstrapped, |(tuned, _)| tuned);
        let began = began.clone();
        let forms = self.forms_ceph(first);
        if forms {
            let sized = self.pool_size(true, std::slice::from_ref(&began));
            done.ready.push(sized);
        }
        for node in answers.joiners() {
            let join = Work::CephJoin {
                name: node.name.clone(),
                address: SocketAddr::new(node.address, CEPH_PORT),
                leader: first.name.clone(),
                reuse: answers.ceph.reuse,
            };
            let ready = Self::ready("microceph", &node.name);
            let needs = [began.clone(), ready];
            let joined = self.add(Phase::MicroCeph, &node.name, join, &needs);
            self.ceph_member(node, &joined, &mut done);
        }
        if !forms {
            // More copies than the disks that are in could hold would make new pools wait for them.
            let needs = done.ready.clone();
            let sized = self.pool_size(false, &needs);
            done.ready.push(sized);
        }
        Some(done)
    }

    /// Whether Ceph is formed in this run: else it keeps what it has, its copies and its monitors'
    /// settings.
    fn forms_ceph(&self, first: &NodeAnswers) -> bool {
        let ceph = self.facts(first).and_then(|facts| facts.ceph.facts());
        let there = ceph.is_some_and(|ceph| !ceph.members.is_empty());
        !there && !self.basis.answers.ceph.reuse
    }

    fn pool_size(&mut self, all: bool, needs: &[String]) -> String {
        let size = self.copies();
        let work = Work::CephPoolSize { size, all };
        self.add(Phase::MicroCeph, self.leader, work, needs)
    }

    fn ceph_bootstrap(&self, first: &NodeAnswers) -> Work {
        let ceph = &self.basis.answers.ceph;
        let host = self.facts(first).map(|facts| &facts.host);
        let public = ceph
            .public
            .unwrap_or_else(|| network_of(host, first.address));
        Work::CephBootstrap {
            name: first.name.clone(),
            address: SocketAddr::new(first.address, CEPH_PORT),
            monitor: address_in(host, public).unwrap_or(first.address),
            public,
            internal: ceph.internal.unwrap_or(public),
            members: self.members.clone(),
            reuse: ceph.reuse,
        }
    }

    /// What follows once a node is a member: its monitor is tuned, its disks go in.
    fn ceph_member(&mut self, node: &NodeAnswers, joined: &str, done: &mut CephDone) {
        let joined = joined.to_owned();
        done.ready.push(joined.clone());
        let ceph = &self.basis.answers.ceph;
        let forms = self.basis.answers.node(self.leader);
        if ceph.tune && forms.is_some_and(|first| self.forms_ceph(first)) {
            let tune = Work::CephTune {
                name: node.name.clone(),
            };
            let tuned = self.add(
                Phase::MicroCeph,
                &node.name,
                tune,
                std::slice::from_ref(&joined),
            );
            done.tuned.push((tuned, node.name.clone()));
        }
        let own = self.given.ceph.iter();
        for it in own.filter(|it| it.disk.node == node.name) {
            let work = Work::CephDisk {
                name: node.name.clone(),
                disk: it.disk.clone(),
                wipe: it.wipe,
                encrypt: it.encrypt,
            };
            let added = self.add(
                Phase::MicroCeph,
                &node.name,
                work,
                std::slice::from_ref(&joined),
            );
            done.ready.push(added);
        }
    }

    fn copies(&self) -> u8 {
        let known = self.basis.facts.values().filter_map(|it| it.ceph.facts());
        let there = known.map(|ceph| ceph.disks.len()).max().unwrap_or(0);
        let new = self.given.ceph.iter().filter(|it| !it.stands).count();
        let copies = there.saturating_add(new).clamp(1, MOST_COPIES);
        u8::try_from(copies).unwrap_or(1)
    }
}

/// The network in which a machine has `address`; the address alone where it is not one of its own.
pub(in crate::engine) fn network_of(host: Option<&HostFacts>, address: IpAddr) -> IpNet {
    let nics = host.into_iter().flat_map(|host| &host.nics);
    let mut own = nics.flat_map(|nic| &nic.addresses);
    own.find(|net| net.addr() == address)
        .map_or_else(|| IpNet::from(address), IpNet::trunc)
}

/// A machine's own address in `network`.
pub(in crate::engine) fn address_in(host: Option<&HostFacts>, network: IpNet) -> Option<IpAddr> {
    let nics = host.into_iter().flat_map(|host| &host.nics);
    let mut own = nics.flat_map(|nic| &nic.addresses);
    own.find(|net| network.contains(&net.addr()))
        .map(IpNet::addr)
}
