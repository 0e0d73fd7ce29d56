//! A simulated MicroCeph: real sockets, MicroCeph's refusals, MicroCeph's durations.
//!
//! Shapes, codes and texts are those recorded from MicroCeph main with Ceph 18.2. What no recording
//! shows is worded after MicroCeph's and Ceph's source: partitions and mounted disks, supported
//! encryption, zones, the monitors' admin sockets, a failed second join. Loop files, disks chosen by
//! an expression, separate WAL and DB devices, RGW and NFS, maintenance and replication are not
//! simulated: they are answered with 501.

mod admin;
mod app;
mod disks;
mod monitors;
mod networks;
mod pools;
mod record;
mod removal;
mod services;
mod settings;
mod view;

use std::io;
use std::path::PathBuf;

use ipnet::IpNet;

use super::fault::Fault;
use super::microcluster::{Daemon, Site};
use super::serving::Serving;
use crate::world::Clock;
use app::Ceph;
use record::Machine;
pub use view::Osd;

/// The simulated nodes' MicroCeph, and the Ceph behind it.
#[derive(Debug, Clone)]
pub struct MicroCeph {
    site: Site<Ceph>,
}

/// One simulated node, as MicroCeph sees it.
#[derive(Debug, Clone)]
pub struct NodeSpec {
    /// Its host name, and its name in faults.
    pub name: String,
    /// The addresses it has, each with its network, e.g. `10.77.0.11/24`.
    pub networks: Vec<IpNet>,
    /// Its disks.
    pub disks: Vec<Disk>,
    /// Where its monitor's admin socket goes: `/var/snap/microceph/current/run` in life.
    pub admin_dir: PathBuf,
    /// Why it cannot encrypt; none where it can.
    pub no_encryption: Option<String>,
}

impl NodeSpec {
    /// A node without disks that can encrypt.
    pub fn new(name: impl Into<String>, networks: Vec<IpNet>, admin_dir: PathBuf) -> Self {
        Self {
            name: name.into(),
            networks,
            disks: Vec::new(),
            admin_dir,
            no_encryption: None,
        }
    }
}

/// One simulated disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// Its kernel path, e.g. `/dev/sda`.
    pub path: String,
    /// Its path by id, under which MicroCeph keeps it.
    pub by_id: Option<String>,
    /// Its size in bytes.
    pub size: u64,
    /// Its model.
    pub model: String,
    /// Its serial number.
    pub serial: String,
    /// `scsi`, `nvme`, …
    pub kind: String,
    /// What is on it.
    pub holds: Holds,
}

impl Disk {
    /// An empty disk of 240 GB.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            by_id: None,
            size: 240_057_409_536,
            model: "SSD".to_owned(),
            serial: String::new(),
            kind: "scsi".to_owned(),
            holds: Holds::Nothing,
        }
    }

    /// The same disk with a path by id.
    #[must_use]
    pub fn known_as(mut self, by_id: impl Into<String>) -> Self {
        self.by_id = Some(by_id.into());
        self
    }

    /// The same disk with something on it.
    #[must_use]
    pub fn holding(mut self, holds: Holds) -> Self {
        self.holds = holds;
        self
    }

    /// The path under which MicroCeph keeps it.
    fn stable(&self) -> &str {
        self.by_id.as_ref().unwrap_or(&self.path)
    }
}

/// What is on a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Nothing that MicroCeph minds.
    Nothing,
    /// A partition table.
    Partitions,
    /// A file system, or the label of an OSD.
    Data,
    /// Something that is mounted.
    Mounted,
}

/// A node whose MicroCeph can be started.
#[derive(Debug, Clone)]
pub struct NodeHandle {
    daemon: Daemon<Ceph>,
}

impl MicroCeph {
    /// No node yet. Durations pass on `clock`; `seed` decides them and every secret made up.
    pub fn new(clock: Clock, seed: u64, faults: Vec<Fault>) -> Self {
        Self {
            site: Site::new(clock, seed, faults),
        }
    }

    /// Adds a node with a fresh MicroCeph, or gives the node of that name a fresh one.
    pub fn node(&self, spec: NodeSpec) -> NodeHandle {
        let host = spec.name.clone();
        NodeHandle {
            daemon: self.site.add(&host, Machine::new(spec)),
        }
    }
}

impl NodeHandle {
    /// Starts the node's MicroCeph on `socket`; a leftover there is replaced. A `down` fault keeps
    /// it from listening. What it was told before it stopped it still knows, and its Ceph goes on.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub async fn serve(self, socket: PathBuf) -> io::Result<Serving> {
        let (daemon, down) = self.daemon.started();
        Serving::start(daemon, socket, down).await
    }
}
