//! A simulated LXD: real sockets, LXD's state, LXD's refusals, LXD's durations.
//!
//! All simulated nodes share one [`Site`], so that a join on one is a member on the others. Shapes,
//! codes and texts are those recorded from LXD 5.0.2, 5.21.7 and 6.9; what no recording shows is
//! worded after LXD's source. There is no TLS between the nodes: a joiner finds its cluster by
//! `cluster_address`, and its certificate must be the one that `GET /1.0` shows there.

mod calls;
mod ceph;
mod cluster;
mod daemon;
mod driver;
mod durations;
mod guests;
mod images;
mod join;
mod keys;
mod making;
mod members;
mod network;
mod networks;
mod operations;
mod outside;
mod ovn;
mod parts;
mod pool;
mod pools;
mod profiles;
mod routes;
mod server;
mod state;
mod volumes;
mod web;
mod wording;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::{fmt, io};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::fault::{Call, Fault, Faults};
pub use super::serving::Serving;
use crate::world::Clock;
use daemon::Daemon;
pub use outside::Probe;
use state::State;

/// Which LXD a node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Release {
    /// 5.0.2, Debian's package.
    V5_0,
    /// 5.21.7, the long-term snap.
    V5_21,
    /// 6.9, the newest snap.
    V6,
}

impl Release {
    /// The version it tells.
    pub const fn version(self) -> &'static str {
        match self {
            Self::V5_0 => "5.0.2",
            Self::V5_21 => "5.21.7",
            Self::V6 => "6.9",
        }
    }

    /// The API extensions it lists, as recorded from it.
    pub fn extensions(self) -> impl Iterator<Item = &'static str> {
        let list = match self {
            Self::V5_0 => include_str!("lxd/extensions-5.0.2.txt"),
            Self::V5_21 => include_str!("lxd/extensions-5.21.txt"),
            Self::V6 => include_str!("lxd/extensions-6.9.txt"),
        };
        list.lines()
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.version())
    }
}

/// One simulated node, as LXD sees it.
#[derive(Debug, Clone)]
pub struct NodeSpec {
    /// Its host name, and its name in the site and in faults.
    pub name: String,
    /// Its LXD.
    pub release: Release,
    /// The storage drivers that work on it, e.g. `btrfs`, `dir`.
    pub drivers: Vec<String>,
    /// The disks it has, by any path they may be asked for, e.g. `/dev/sda`.
    pub disks: Vec<String>,
    /// The addresses its LXD can listen on.
    pub addresses: Vec<IpAddr>,
    /// The NICs it has.
    pub nics: Vec<String>,
    /// Those of them that have an address.
    pub addressed: Vec<String>,
    /// Whether Ceph is there for it: LXD has its configuration, and disks are in.
    pub ceph: Probe,
    /// Whether its kernel can mount Ceph's file system.
    pub mounts_ceph: bool,
    /// Whether OVN is there for it: its chassis runs, and the databases.
    pub ovn: Probe,
    /// Whether LXD is told by itself where OVN's databases are (the plug `lxd:ovn-env`).
    pub ovn_env: Probe,
    /// The release of its kernel.
    pub kernel: String,
    /// Its architecture by the kernel's name, `aarch64`.
    pub architecture: String,
}

impl NodeSpec {
    /// A node with btrfs and dir, two NICs and no disk to spare, without Ceph and OVN.
    pub fn new(name: impl Into<String>, release: Release, address: IpAddr) -> Self {
        Self {
            name: name.into(),
            release,
            drivers: ["btrfs", "ceph", "cephfs", "dir"].map(str::to_owned).into(),
            disks: Vec::new(),
            addresses: vec![address],
            nics: vec!["eth0".into(), "eth1".into()],
            addressed: vec!["eth0".into()],
            ceph: Probe::always(false),
            mounts_ceph: true,
            ovn: Probe::always(false),
            ovn_env: Probe::always(false),
            kernel: "6.8.0-1013-raspi".to_owned(),
            architecture: "aarch64".to_owned(),
        }
    }

    /// Whether its LXD knows where OVN's databases are without being told.
    fn finds_ovn(&self) -> bool {
        let mut extensions = self.release.extensions();
        extensions.any(|it| it == "ovn_dynamic_northbound_connection") && self.ovn_env.ask()
    }
}

/// What all simulated nodes share: clock, chance, faults and what they did to each other.
#[derive(Debug, Clone)]
pub struct Site {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    seed: u64,
    faults: Faults,
    state: Mutex<State>,
    ended: Notify,
}

impl Site {
    /// An empty site. Durations pass on `clock`; `seed` decides them and every name made up.
    pub fn new(clock: Clock, seed: u64, faults: Vec<Fault>) -> Self {
        Self {
            inner: Arc::new(Inner {
                clock,
                seed,
                faults: Faults::new(faults),
                state: Mutex::new(State::new(seed)),
                ended: Notify::new(),
            }),
        }
    }

    /// Adds a node with a fresh LXD, or gives the node of that name a fresh LXD.
    pub fn add_node(&self, spec: NodeSpec) -> NodeHandle {
        let daemon = Daemon::new(self.clone(), spec.name.clone());
        daemon.state().install(spec);
        NodeHandle { daemon }
    }
}

/// A node whose LXD can be started.
#[derive(Debug, Clone)]
pub struct NodeHandle {
    daemon: Daemon,
}

impl NodeHandle {
    /// Starts the node's LXD on `socket`; a leftover there is replaced. A `down` fault keeps it from
    /// listening. What it was told before it stopped it still knows, but for its operations.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub async fn serve(self, socket: PathBuf) -> io::Result<Serving> {
        let mut daemon = self.daemon;
        daemon.stop = CancellationToken::new();
        let down = daemon.strike(Call::Daemon, None).down;
        Serving::start(daemon, socket, down).await
    }
}
