//! What all simulated Pis share: one LXD, one MicroCeph and one MicroOVN to be members of.

use std::io;
use std::sync::Arc;

use ipnet::IpNet;

use super::lxd::{self, Probe};
use super::microceph::{self, MicroCeph};
use super::microovn::MicroOvn;
use super::services::{Daemons, Service, Services};
use super::snapd::{self, SnapdSpec};
use super::{Script, pi};
use crate::engine::facts::Nic;
use crate::world::{Clock, World};

/// The services of a rehearsal, as its nodes see them together.
#[derive(Debug, Clone)]
pub(super) struct Site {
    lxd: lxd::Site,
    ceph: MicroCeph,
    ovn: MicroOvn,
    snapd: snapd::Site,
    release: lxd::Release,
    snaps: Vec<snapd::InstalledSnap>,
}

impl Site {
    pub(super) fn new(script: &Script, clock: &Clock) -> Self {
        let faults = || script.faults.clone();
        let seed = script.seed;
        Self {
            lxd: lxd::Site::new(clock.clone(), seed, faults()),
            ceph: MicroCeph::new(clock.clone(), seed, faults()),
            ovn: MicroOvn::new(clock.clone(), seed, faults()),
            snapd: snapd::Site::new(clock.clone(), seed, faults()),
            release: script.release,
            snaps: script.snaps.clone(),
        }
    }

    /// The services of the Pi called `name`, which is laid out as `world`: snapd runs, and with it
    /// every service whose snap is there.
    pub(super) async fn add(
        &self,
        (name, nics): (&str, Vec<Nic>),
        world: &World,
    ) -> io::Result<Services> {
        let daemons = Daemons {
            lxd: Arc::new(self.lxd((name, &nics), world)),
            ceph: Arc::new(self.ceph((name, &nics), world)),
            ovn: Arc::new(self.ovn(name, world)),
        };
        for snap in self.snaps.iter().filter(|snap| snap.active) {
            if let Some(daemon) = daemons.of(&snap.name) {
                daemon.start().await?;
            }
        }
        let mut spec = SnapdSpec::new(name);
        spec.snaps.clone_from(&self.snaps);
        spec.on_service = Some(daemons.clone().hook());
        let snapd = self.snapd.add_node(spec);
        let socket = world.snapd_socket.clone();
        let snapd = Service::new(move || Box::pin(snapd.clone().serve(socket.clone())));
        snapd.start().await?;
        Ok(Services { daemons, snapd })
    }

    fn lxd(&self, (name, nics): (&str, &[Nic]), world: &World) -> Service {
        let mut spec = lxd::NodeSpec::new(name, self.release, world.discovery.ip());
        let own = nics.iter().flat_map(|nic| &nic.addresses);
        spec.addresses = own.map(IpNet::addr).collect();
        spec.disks = pi::spare_disks(world);
        spec.nics = nics.iter().map(|nic| nic.name.clone()).collect();
        let addressed = nics.iter().filter(|nic| !nic.addresses.is_empty());
        spec.addressed = addressed.map(|nic| nic.name.clone()).collect();
        let remote = ["ceph", "cephfs"].map(str::to_owned);
        spec.drivers.extend(remote);
        let (ceph, ovn) = (self.ceph.clone(), self.ovn.clone());
        let node = name.to_owned();
        spec.ceph = Probe::when(move || ceph.ceph_ready(&node));
        let node = name.to_owned();
        spec.ovn = Probe::when(move || ovn.ovn_ready(&node));
        let lxd = self.lxd.add_node(spec);
        let socket = world.lxd_sockets.first().cloned().unwrap_or_default();
        Service::new(move || Box::pin(lxd.clone().serve(socket.clone())))
    }

    fn ceph(&self, (name, nics): (&str, &[Nic]), world: &World) -> Service {
        let networks = nics.iter().flat_map(|nic| nic.addresses.clone());
        let mut spec = microceph::NodeSpec::new(name, networks.collect(), world.ceph_run.clone());
        spec.disks = pi::ceph_disks(name, world);
        let ceph = self.ceph.node(spec);
        let socket = world.microceph_socket.clone();
        Service::new(move || Box::pin(ceph.clone().serve(socket.clone())))
    }

    fn ovn(&self, name: &str, world: &World) -> Service {
        let ovn = self.ovn.node(name);
        let socket = world.microovn_socket.clone();
        Service::new(move || Box::pin(ovn.clone().serve(socket.clone())))
    }
}
