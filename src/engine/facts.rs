//! What a machine is: its board, its NICs, its disks, as found. Reading them is infra's business.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// One machine. Every field may be missing in a file, so that a rehearsal names only what it means.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostFacts {
    /// Its host name.
    pub hostname: String,
    /// The board's model, `Raspberry Pi 5 Model B Rev 1.0`; empty where it tells none.
    pub model: String,
    /// The board's serial number.
    pub serial: Option<String>,
    /// Its memory in bytes.
    pub memory: u64,
    /// Its logical CPUs.
    pub cpus: u32,
    /// The running kernel's release, `6.8.0-1013-raspi`.
    pub kernel: String,
    /// Its architecture by the kernel's name, `aarch64`.
    pub arch: String,
    /// Its NICs without loopback, by name.
    pub nics: Vec<Nic>,
    /// Every whole disk, by name.
    pub disks: Vec<Disk>,
}

/// One network interface.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Nic {
    /// `eth0`.
    pub name: String,
    /// `dc:a6:32:00:00:01`; empty where it has none.
    pub mac: String,
    /// Whether it is in operation: enabled, and with a carrier.
    pub up: bool,
    /// Its speed in Mb/s, where a carrier tells one.
    pub speed_mbps: Option<u32>,
    /// Its addresses, each with its prefix length.
    pub addresses: Vec<IpNet>,
    /// The default route over it.
    pub gateway: Option<std::net::IpAddr>,
}

/// One whole disk.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Disk {
    /// The kernel's name, `sda`: a label, which may be another disk's tomorrow.
    pub name: String,
    /// Its most stable path: a link in `/dev/disk/by-id`, else `/dev/sda`.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its model.
    pub model: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Whether the medium can be taken out; many USB disks say no.
    pub removable: bool,
    /// Whether the kernel refuses to write to it.
    pub read_only: bool,
    /// Whether it spins, by the kernel's word.
    pub rotational: bool,
    /// The kernel's names of its partitions.
    pub partitions: Vec<String>,
    /// What its first bytes say that it holds.
    pub holds: Holds,
    /// What the running system uses it for; none if nothing.
    pub used: Option<String>,
}

/// What a disk holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// No signature that is known.
    #[default]
    Nothing,
    /// A file system, a partition table, a part of something.
    Found {
        /// `ext4`, `zfs_member`, `ceph_bluestore`, or a partition table's kind: `gpt`, `dos`.
        kind: String,
        /// Its label.
        #[serde(default)]
        label: Option<String>,
        /// Its UUID.
        #[serde(default)]
        uuid: Option<String>,
    },
    /// It could not be told, and why: treat it as if it held something dear.
    Unknown(String),
}

impl Holds {
    /// What is on the disk in a few words, `ext4 "photos"` or `gpt, partitions sda1 sda2`; empty if
    /// there is nothing.
    pub fn in_words(&self, partitions: &[String]) -> String {
        let mut words = match self {
            Self::Nothing => Vec::new(),
            Self::Found {
                kind,
                label: Some(label),
                ..
            } => vec![format!("{kind} \"{label}\"")],
            Self::Found { kind, .. } => vec![kind.clone()],
            Self::Unknown(why) => vec![why.clone()],
        };
        if !partitions.is_empty() {
            words.push(format!("partitions {}", partitions.join(" ")));
        }
        words.join(", ")
    }
}
