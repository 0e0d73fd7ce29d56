//! What all simulated Pis share: one LXD, one MicroCeph and one MicroOVN to be members of.

use std::io;
use std::sync::Arc;

use super::lxd::{self, Probe};
use super::microceph::{self, MicroCeph};
use super::microovn::MicroOvn;
use super::services::{Service, Services};
use super::{Script, pi};
use crate::world::{Clock, World};

/// The services of a rehearsal, as its nodes see them together.
#[derive(Debug, Clone)]
pub(super) struct Site {
    lxd: lxd::Site,
    ceph: MicroCeph,
    ovn: MicroOvn,
    release: lxd::Release,
}

impl Site {
    pub(super) fn new(script: &Script, clock: &Clock) -> Self {
        let faults = || script.faults.clone();
        let seed = script.seed;
        Self {
            lxd: lxd::Site::new(clock.clone(), seed, faults()),
            ceph: MicroCeph::new(clock.clone(), seed, faults()),
            ovn: MicroOvn::new(clock.clone(), seed, faults()),
            release: script.release,
        }
    }

    /// The services of the Pi called `name`, which is laid out as `world`; they run.
    pub(super) async fn add(&self, name: &str, world: &World) -> io::Result<Services> {
        let lxd = self.lxd.add_node(self.lxd_of(name, world));
        let socket = world.lxd_sockets.first().cloned().unwrap_or_default();
        let lxd = Service::new(move || {
            let (lxd, socket) = (lxd.clone(), socket.clone());
            Box::pin(async move { lxd.serve(socket).await })
        });
        let ceph = self.ceph.node(self.ceph_of(name, world));
        let socket = world.microceph_socket.clone();
        let ceph = Service::new(move || {
            let (ceph, socket) = (ceph.clone(), socket.clone());
            Box::pin(async move { ceph.serve(socket).await })
        });
        let ovn = self.ovn.node(name);
        let socket = world.microovn_socket.clone();
        let ovn = Service::new(move || {
            let (ovn, socket) = (ovn.clone(), socket.clone());
            Box::pin(async move { ovn.serve(socket).await })
        });
        let services = Services {
            lxd: Arc::new(lxd),
            ceph: Arc::new(ceph),
            ovn: Arc::new(ovn),
        };
        services.start().await?;
        Ok(services)
    }

    fn lxd_of(&self, name: &str, world: &World) -> lxd::NodeSpec {
        let mut spec = lxd::NodeSpec::new(name, self.release, world.discovery.ip());
        spec.disks = pi::spare_disks(world);
        let (ceph, ovn) = (self.ceph.clone(), self.ovn.clone());
        let node = name.to_owned();
        spec.ceph = Probe::when(move || ceph.ceph_ready(&node) && ceph.can_make_pools(&node));
        let node = name.to_owned();
        spec.ovn = Probe::when(move || ovn.ovn_ready(&node));
        spec
    }

    fn ceph_of(&self, name: &str, world: &World) -> microceph::NodeSpec {
        let networks = pi::networks(world.discovery.ip());
        let mut spec = microceph::NodeSpec::new(name, networks, world.ceph_run.clone());
        spec.disks = pi::ceph_disks(name, world);
        spec
    }
}
