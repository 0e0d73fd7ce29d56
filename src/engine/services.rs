//! What the services on a node are found to be: facts, as read from their own APIs.

use serde::{Deserialize, Serialize};

mod micro;
mod snapd;

use super::facts::{HostFacts, Module};
use super::plan::{Devices, LOCAL_POOL, RemotePool};

pub use micro::{MicroFacts, MicroMember, MicroState, Osd};
pub use snapd::{NotAVersion, SnapFacts, SnapdFacts, SnapdState, SnapdVersion};

/// Everything the plan needs to know of one node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeFacts {
    /// The machine.
    pub host: HostFacts,
    /// Its LXD.
    pub lxd: LxdState,
    /// Its `MicroCeph`.
    #[serde(default)]
    pub ceph: MicroState,
    /// Its `MicroOVN`.
    #[serde(default)]
    pub ovn: MicroState,
    /// Its snapd.
    #[serde(default)]
    pub snapd: SnapdState,
    /// The version of mcloud that looked.
    pub mcloud: String,
}

/// How one service of a node was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceState {
    /// LXD.
    Lxd(LxdState),
    /// `MicroCeph`.
    Ceph(MicroState),
    /// `MicroOVN`.
    Ovn(MicroState),
    /// snapd.
    Snapd(SnapdState),
}

impl NodeFacts {
    /// The local pool, where the part of this node, whose name is `node`, is made: then its disk is not
    /// written to any more.
    pub fn made_pool(&self, node: &str) -> Option<&LxdPool> {
        let LxdState::Answers(lxd) = &self.lxd else {
            return None;
        };
        let mut pools = lxd.pools.iter().filter(|_| lxd.clustered);
        pools.find(|pool| pool.name == LOCAL_POOL && pool.is_made_on(node))
    }

    /// Whether its LXD can have a pool of this driver. An LXD that snapd is to install brings every
    /// tool with it: then the kernel decides. A stopped one cannot say; only a directory is certain.
    pub fn can_store(&self, driver: &str) -> bool {
        match &self.lxd {
            LxdState::Answers(lxd) => lxd.drivers.iter().any(|name| name == driver),
            LxdState::Absent if self.can_install() => {
                let module = self.host.modules.get(driver);
                driver == "dir" || module.is_some_and(|it| *it != Module::Missing)
            }
            _ => driver == "dir",
        }
    }

    /// Whether a service's cluster that this node is in has a member called `name`.
    pub fn has_member(&self, name: &str) -> bool {
        let lxd = match &self.lxd {
            LxdState::Answers(lxd) => lxd.members.as_slice(),
            _ => &[],
        };
        let mut micro = [&self.ceph, &self.ovn]
            .into_iter()
            .flat_map(MicroState::members);
        lxd.iter().any(|member| member.name == name) || micro.any(|member| member.name == name)
    }

    /// Whether its LXD can wipe a disk that holds something: every snap of it that is offered can.
    pub fn can_wipe(&self) -> bool {
        match &self.lxd {
            LxdState::Answers(lxd) => lxd.can_wipe,
            LxdState::Absent => self.can_install(),
            _ => false,
        }
    }

    /// Whether its LXD cannot make the pool `remote-fs` and has none yet. Every snap of LXD that is
    /// offered can; a stopped one cannot say.
    pub fn lacks_files(&self) -> bool {
        let LxdState::Answers(lxd) = &self.lxd else {
            return false;
        };
        let files = RemotePool::Files.name();
        lxd.no_files && lxd.pools.iter().all(|pool| pool.name != files)
    }

    fn can_install(&self) -> bool {
        matches!(self.snapd, SnapdState::Answers(_))
    }

    /// Puts what was found of a service in its place.
    #[must_use]
    pub fn with(mut self, found: ServiceState) -> Self {
        match found {
            ServiceState::Lxd(state) => self.lxd = state,
            ServiceState::Ceph(state) => self.ceph = state,
            ServiceState::Ovn(state) => self.ovn = state,
            ServiceState::Snapd(state) => self.snapd = state,
        }
        self
    }
}

/// How a node's LXD was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LxdState {
    /// No socket and no unit: LXD is not installed.
    #[default]
    Absent,
    /// Installed, but its daemon does not run.
    Stopped,
    /// Its socket may not be opened by this user.
    NotPermitted,
    /// It runs and does not answer as LXD does; its own words.
    Broken(String),
    /// It answers.
    Answers(Box<LxdFacts>),
}

/// What an answering LXD says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LxdFacts {
    /// Its version, for display; decisions use its API extensions.
    pub version: String,
    /// Whether it is a member of a cluster.
    pub clustered: bool,
    /// Its name in that cluster.
    pub name: String,
    /// The id of the mcloud cluster that marked it (`user.mcloud.cluster`).
    pub mark: Option<String>,
    /// The members of its cluster.
    pub members: Vec<LxdMember>,
    /// Its storage pools.
    pub pools: Vec<LxdPool>,
    /// The networks it manages, by name.
    pub networks: Vec<String>,
    /// The storage drivers it can use, by name.
    pub drivers: Vec<String>,
    /// Whether it can wipe a disk that holds something (`storage_pool_source_wipe`).
    pub can_wipe: bool,
    /// Whether it makes no file system in Ceph where there is none: one that lacks
    /// `storage_cephfs_create_missing`, such as 5.0.
    #[serde(default)]
    pub no_files: bool,
    /// The devices of its default profile.
    #[serde(default)]
    pub profile: Devices,
}

/// One member of an LXD cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LxdMember {
    /// Its name.
    pub name: String,
    /// Its cluster address, `ip:port`.
    pub address: String,
    /// Whether it is online.
    pub online: bool,
}

/// One storage pool of an LXD.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LxdPool {
    /// Its name.
    pub name: String,
    /// Its driver.
    pub driver: String,
    /// Its status on this member: `Created`, `Pending`, `Errored`, …
    pub status: String,
    /// The members it is defined on.
    pub members: Vec<String>,
    /// Where it is on this member: the kernel name of a disk, or the path of a file or of a device that
    /// is not there any more; none where that cannot be told.
    #[serde(default)]
    pub place: Option<String>,
}

impl LxdPool {
    /// Whether the part of the member called `name`, whose LXD was asked, is made. A part that is
    /// only defined has not written to its disk yet.
    pub fn is_made_on(&self, name: &str) -> bool {
        self.status == "Created" && self.members.iter().any(|member| member == name)
    }
}
