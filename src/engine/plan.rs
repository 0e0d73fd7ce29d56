//! The plan: which steps, on which node, in what order at the most.

pub mod make;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// The name of the local pool, as MicroCloud names it.
pub const LOCAL_POOL: &str = "local";

/// The port of LXD's API.
pub const LXD_PORT: u16 = 8443;

/// The seven rows of the screen, in the order of the mission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Services run, units and clock are right.
    Preflight,
    /// State, CA, certificates, agents.
    ControlPlane,
    /// The LXD cluster.
    Lxd,
    /// Distributed storage.
    #[serde(rename = "microceph")]
    MicroCeph,
    /// Distributed networking.
    #[serde(rename = "microovn")]
    MicroOvn,
    /// Pools, networks and the profile.
    Attach,
    /// Metadata and the proof.
    Finalize,
}

impl Phase {
    /// All phases, in order.
    pub const ALL: [Self; 7] = [
        Self::Preflight,
        Self::ControlPlane,
        Self::Lxd,
        Self::MicroCeph,
        Self::MicroOvn,
        Self::Attach,
        Self::Finalize,
    ];

    /// The phase's name on screens.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Preflight => "Preflight",
            Self::ControlPlane => "Control plane",
            Self::Lxd => "LXD",
            Self::MicroCeph => "MicroCeph",
            Self::MicroOvn => "MicroOVN",
            Self::Attach => "Attach",
            Self::Finalize => "Finalize",
        }
    }

    /// The phase's name in events, journal and log.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::ControlPlane => "control-plane",
            Self::Lxd => "lxd",
            Self::MicroCeph => "microceph",
            Self::MicroOvn => "microovn",
            Self::Attach => "attach",
            Self::Finalize => "finalize",
        }
    }
}

/// A whole installation, sealed before it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The id of the cluster the plan is for.
    pub cluster: String,
    /// The nodes, in the operator's order, the initiator where it stands.
    pub nodes: Vec<String>,
    /// The node that leads.
    pub leader: String,
    /// The steps, so that every step stands after all it needs.
    pub steps: Vec<Step>,
    /// The disks that will lose what they hold.
    pub erasures: Vec<DiskUse>,
    /// The disks that will be formatted though nothing was found on them.
    pub formats: Vec<DiskUse>,
    /// The disks that carry their part of the pool already: nothing writes to them.
    #[serde(default)]
    pub standing: Vec<DiskUse>,
    /// The driver of the local pool; none where the operator declined the pool.
    pub driver: Option<String>,
}

impl Plan {
    /// The step called `id`.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// The steps that wait again when `id` is tried again: the step itself, and with the making of
    /// the pool each node's part of it, since somebody may have put something on a disk meanwhile.
    pub fn again(&self, id: &str) -> Vec<String> {
        let mut steps = vec![id.to_owned()];
        let making = self
            .step(id)
            .is_some_and(|step| matches!(step.work, Work::Pool { .. }));
        let parts = self
            .steps
            .iter()
            .filter(|step| making && matches!(step.work, Work::PoolPending { .. }));
        steps.extend(parts.map(|step| step.id.clone()));
        steps
    }
}

/// A disk the plan writes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskUse {
    /// The node it is in.
    pub node: String,
    /// Its kernel name, such as `sda`.
    pub name: String,
    /// The path given to the service.
    pub path: String,
    /// Its model.
    pub model: String,
    /// Its serial number.
    pub serial: String,
    /// Its size in bytes.
    pub size: u64,
    /// What it holds now, in words; empty where nothing was found.
    pub holds: String,
}

/// One step of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its id, such as `lxd.join@pi-b`: the same in events, journal and log.
    pub id: String,
    /// Its row on the screen.
    pub phase: Phase,
    /// The node it runs on.
    pub node: String,
    /// What it does.
    pub work: Work,
    /// The steps that must be done before.
    pub needs: Vec<String>,
    /// What it holds meanwhile: no two running steps share a lock.
    pub locks: Vec<String>,
    /// How long it usually takes, in ms.
    pub usual_ms: u64,
}

/// What a step does, with everything it needs to know; secrets come with the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Work {
    /// LXD's daemon runs and is ready.
    LxdReady,
    /// The leader's state, CA and listener are there.
    ControlState,
    /// This node's agent has its certificate and a link to the leader.
    ControlAgent,
    /// LXD listens on the cluster address; the initiator's carries mcloud's mark.
    LxdAddress {
        /// The cluster address.
        address: SocketAddr,
        /// The mark to leave (`user.mcloud.cluster`); none on joiners.
        mark: Option<String>,
        /// Every planned member with its cluster address: a cluster with anybody else in it is
        /// somebody's. An LXD that was stopped could not be asked before Install.
        #[serde(default)]
        members: BTreeMap<String, SocketAddr>,
    },
    /// This LXD is the first member of the cluster.
    LxdBootstrap {
        /// Its member name.
        name: String,
    },
    /// This LXD is a member of the leader's cluster.
    LxdJoin {
        /// Its member name.
        name: String,
        /// Its cluster address.
        address: SocketAddr,
        /// The leader's cluster address.
        leader: SocketAddr,
        /// This node's part of the local pool, needed where the pool is there already.
        pool: Option<PoolPart>,
    },
    /// Every planned member is online and LXD's database has a leader.
    LxdLeader {
        /// The members' names.
        members: Vec<String>,
    },
    /// This node's part of the local pool is defined.
    PoolPending {
        /// The member's name.
        name: String,
        /// The part.
        part: PoolPart,
    },
    /// The local pool is made on every member.
    Pool {
        /// Its driver.
        driver: String,
        /// The members' names.
        members: Vec<String>,
    },
    /// The default profile's root disk is on the local pool.
    Profile,
    /// What was built is there: members online, pool created everywhere, profile right.
    Proof {
        /// The members' names.
        members: Vec<String>,
        /// Whether there is a local pool to prove.
        pool: bool,
    },
}

impl Work {
    /// Whether it changes nothing and only makes sure.
    pub const fn only_looks(&self) -> bool {
        matches!(self, Self::LxdLeader { .. } | Self::Proof { .. })
    }

    /// The class under which its usual time is kept, and the front of its step's id.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::LxdReady => "lxd.ready",
            Self::ControlState => "control.state",
            Self::ControlAgent => "control.agent",
            Self::LxdAddress { .. } => "lxd.address",
            Self::LxdBootstrap { .. } => "lxd.bootstrap",
            Self::LxdJoin { .. } => "lxd.join",
            Self::LxdLeader { .. } => "lxd.leader",
            Self::PoolPending { .. } => "lxd.pool-pending",
            Self::Pool { .. } => "lxd.pool",
            Self::Profile => "lxd.profile",
            Self::Proof { .. } => "lxd.proof",
        }
    }
}

/// One node's part of the local pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolPart {
    /// The pool's driver.
    pub driver: String,
    /// Where this node keeps it.
    pub source: PoolSource,
}

/// Where a node keeps its part of a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoolSource {
    /// A directory that LXD chooses.
    Directory,
    /// A loop file that LXD makes, of this many bytes.
    File(u64),
    /// A whole disk.
    Disk {
        /// The disk, as Review showed it: it is looked at again before it is written to.
        disk: DiskUse,
        /// Whether it holds something that must be wiped.
        wipe: bool,
    },
}
