//! What the operator decided: the same answers as screens, preseed and plan know them.

mod networks;
mod services;
mod suggest;

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

pub use networks::{network_ways, suggest_network, suggest_uplink};
pub use services::{
    AddressRange, CephStorage, GuestNetwork, NetworkKind, SnapChannels, UplinkKind,
};
pub use suggest::suggest;

/// All answers for one cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// The cluster's name, a DNS label.
    pub cluster: String,
    /// The name of the node that leads.
    pub initiator: String,
    /// Every node, the initiator too, in the operator's order.
    pub nodes: Vec<NodeAnswers>,
    /// The local storage pool.
    pub local: LocalPool,
    /// The distributed storage, where disks are given to it.
    #[serde(default)]
    pub ceph: CephStorage,
    /// The network of the guests.
    #[serde(default)]
    pub network: GuestNetwork,
    /// The snaps of the services.
    #[serde(default)]
    pub snaps: SnapChannels,
    /// What becomes of a root disk or NIC that the default profile has already.
    #[serde(default)]
    pub profile: ProfileChoice,
    /// How many disks that hold something the operator agreed to have erased.
    pub erase: usize,
}

impl Answers {
    /// What was decided for the node called `name`.
    pub fn node(&self, name: &str) -> Option<&NodeAnswers> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// Whether Ceph is part of the cluster: a node gives it a disk, or the one that is there is used.
    pub fn has_ceph(&self) -> bool {
        self.ceph.reuse
            || (self.nodes.iter()).any(|node| node.disks_for(Purpose::Ceph).next().is_some())
    }

    /// Whether OVN is part of the cluster.
    pub fn has_ovn(&self) -> bool {
        self.network.kind == NetworkKind::Ovn
    }

    /// The nodes that join the initiator.
    pub fn joiners(&self) -> impl Iterator<Item = &NodeAnswers> {
        self.nodes.iter().filter(|node| node.name != self.initiator)
    }
}

/// What was decided for one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeAnswers {
    /// Its name: its host name, and its name in every service.
    pub name: String,
    /// Its address for cluster traffic.
    pub address: IpAddr,
    /// The disks given to a service; every other disk is kept as it is.
    pub disks: Vec<DiskChoice>,
    /// The NIC through which guests reach the outside: it has no address of its own.
    #[serde(default)]
    pub uplink: Option<String>,
    /// Its address for the tunnels between guests of different nodes; none is its cluster address.
    #[serde(default)]
    pub underlay: Option<IpAddr>,
}

impl NodeAnswers {
    /// A node that gives nothing away yet.
    pub const fn new(name: String, address: IpAddr) -> Self {
        Self {
            name,
            address,
            disks: Vec::new(),
            uplink: None,
            underlay: None,
        }
    }

    /// The disks it gives away for `purpose`.
    pub fn disks_for(&self, purpose: Purpose) -> impl Iterator<Item = &DiskChoice> {
        self.disks
            .iter()
            .filter(move |choice| choice.purpose == purpose)
    }
}

/// What a node that joined by a token wants of a cluster that is there already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newcomer {
    /// What its preseed says of it; none: it gives no disk, and its uplink is the one that suits it.
    pub answers: Option<NodeAnswers>,
    /// The addresses it has.
    pub addresses: Vec<IpNet>,
    /// How many disks its preseed agrees to erase.
    pub erase: usize,
    /// Whether it is taken in without a question, or else chosen for and reviewed at the consoles.
    pub unattended: bool,
}

/// A disk given to a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskChoice {
    /// What it is for.
    pub purpose: Purpose,
    /// Which disk.
    pub find: DiskFilter,
    /// Whether what is stored on it is encrypted; Ceph's disks alone can be.
    #[serde(default)]
    pub encrypt: bool,
}

/// What a disk is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The local pool's part on this node.
    Local,
    /// One of Ceph's disks (an OSD).
    Ceph,
}

impl Purpose {
    /// Its name in preseeds.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Ceph => "ceph",
        }
    }
}

/// What a disk is given away for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// What it is for.
    pub purpose: Purpose,
    /// Whether what is stored on it is encrypted; Ceph's disks alone can be.
    pub encrypt: bool,
}

impl Given {
    /// The same, plain; none where the disk is kept.
    pub fn of(purpose: Option<Purpose>, encrypt: bool) -> Option<Self> {
        let encrypt = encrypt && purpose == Some(Purpose::Ceph);
        purpose.map(|purpose| Self { purpose, encrypt })
    }
}

/// Which disk: everything that is named must fit, and exactly one disk must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskFilter {
    /// The disk's serial number.
    pub serial: Option<String>,
    /// The disk's model.
    pub model: Option<String>,
    /// The disk's size in bytes, to one part in a hundred: disks are not sold to the byte.
    pub size: Option<u64>,
}

/// The local storage pool, one on every node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalPool {
    /// How it stores; LXD wants one driver for all members.
    pub driver: DriverChoice,
    /// Size in bytes of the loop file on a node without a disk for it.
    pub file: u64,
}

/// What becomes of a root disk or NIC that LXD's default profile has otherwise than mcloud would.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProfileChoice {
    /// It is somebody's choice: it stays.
    #[default]
    Keep,
    /// mcloud's takes its place.
    Replace,
}

/// The driver of the local pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriverChoice {
    /// The best that every node has: ZFS, else Btrfs, else a directory.
    Auto,
    /// ZFS.
    Zfs,
    /// Btrfs.
    Btrfs,
    /// A directory of the node's own file system.
    Dir,
    /// No local pool.
    None,
}

/// The loop file's size where nobody said otherwise: 20 GiB.
pub const DEFAULT_LOOP_FILE: u64 = 20 * 1024 * 1024 * 1024;

impl Default for LocalPool {
    fn default() -> Self {
        Self {
            driver: DriverChoice::Auto,
            file: DEFAULT_LOOP_FILE,
        }
    }
}

impl DiskFilter {
    /// Whether `disk` is what the filter means: everything that is named fits.
    pub fn fits(&self, disk: &super::facts::Disk) -> bool {
        let same = |wanted: &Option<String>, is: &Option<String>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| is.as_ref() == Some(wanted))
        };
        let named = self.serial.is_some() || self.model.is_some() || self.size.is_some();
        named
            && same(&self.serial, &disk.serial)
            && same(&self.model, &disk.model)
            && self
                .size
                .is_none_or(|size| size.abs_diff(disk.size) <= size / 100)
    }
}

impl std::fmt::Display for DiskFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = [
            self.serial
                .as_ref()
                .map(|serial| format!("serial {serial}")),
            self.model.as_ref().map(|model| format!("model {model}")),
            self.size.map(|size| format!("size {size}")),
        ];
        f.write_str(&words.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// Whether `text` can be a node's or a cluster's name: a DNS label in small letters (RFC 1123),
/// 1 to 63 of `a-z`, `0-9` and `-`, with no `-` at either end.
pub fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&text.len())
        && text.chars().all(fits)
        && !text.starts_with('-')
        && !text.ends_with('-')
}
