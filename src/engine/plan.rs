//! The plan: which steps, on which node, in what order at the most.

mod class;
pub mod make;
mod parts;
mod profile;
mod work;

use serde::{Deserialize, Serialize};

use super::answers::Purpose;
use super::facts::Disk;
pub use parts::{Guests, NetworkPart, NetworkShape, PoolPart, PoolSource, RemotePool, SnapName};
pub use profile::{Compared, Device, Devices, NIC, OtherDevice, ProfileWants, concerned};
pub use work::Work;

/// The name of the local pool, as MicroCloud names it.
pub const LOCAL_POOL: &str = "local";

/// The name of the network through which OVN reaches the outside.
pub const UPLINK: &str = "UPLINK";

/// The name of the guests' network over all nodes.
pub const OVN_NETWORK: &str = "default";

/// The name of the bridge with NAT that each node has where there is no OVN.
pub const BRIDGE: &str = "lxdbr0";

/// The port of LXD's API.
pub const LXD_PORT: u16 = 8443;

/// The port of `MicroCeph`'s members.
pub const CEPH_PORT: u16 = 7443;

/// The port of `MicroOVN`'s members.
pub const OVN_PORT: u16 = 6443;

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

    /// Each node's part of what `whole` makes.
    pub fn parts_of<'a>(&'a self, whole: &'a Step) -> impl Iterator<Item = &'a Step> {
        let parts = self.steps.iter();
        parts.filter(|step| step.work.is_part_of(&whole.work))
    }

    /// The step that makes the whole of which `part` is a part.
    pub fn whole_of(&self, part: &Step) -> Option<&Step> {
        let mut steps = self.steps.iter();
        steps.find(|whole| part.work.is_part_of(&whole.work))
    }

    /// The files that LXD makes for nodes without a disk for the local pool: node, size in bytes.
    pub fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        self.steps.iter().filter_map(|step| match &step.work {
            Work::PoolPending { name, part } => match part.source {
                PoolSource::File(bytes) => Some((name.as_str(), bytes)),
                PoolSource::Directory | PoolSource::Disk { .. } => None,
            },
            _ => None,
        })
    }

    /// The steps that wait again when `id` is tried again: the step itself, and with the making of a
    /// pool or network, or with one node's part of it, every node's part. Somebody may have put
    /// something on a disk meanwhile, and what failed half-way was taken back with all its parts.
    pub fn again(&self, id: &str) -> Vec<String> {
        let mut steps = vec![id.to_owned()];
        if let Some(step) = self.step(id) {
            let parts = self.parts_of(self.whole_of(step).unwrap_or(step));
            steps.extend(parts.map(|part| part.id.clone()));
        }
        // What was given back when the run stopped is changed and given back once more.
        let given = self.steps.iter().filter(|step| step.work.gives_back());
        for step in given {
            steps.extend(step.needs.first().cloned());
            steps.push(step.id.clone());
        }
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
    /// The UUID of what it holds, where that has one: a disk of the same make with the same kind of
    /// contents is not this one.
    #[serde(default)]
    pub uuid: String,
    /// What it is for.
    pub purpose: Purpose,
}

impl DiskUse {
    /// A disk of the node called `node`, which holds this, in words.
    pub fn of((node, disk): (&str, &Disk), holds: String, purpose: Purpose) -> Self {
        let uuid = disk.holds.uuid().filter(|_| !holds.is_empty());
        Self {
            uuid: uuid.unwrap_or_default().to_owned(),
            node: node.to_owned(),
            name: disk.name.clone(),
            path: disk.path.clone(),
            model: disk.model.clone().unwrap_or_default(),
            serial: disk.serial.clone().unwrap_or_default(),
            size: disk.size,
            holds,
            purpose,
        }
    }
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
