//! What a machine is: its board, its NICs, its disks, as found. Reading them is infra's business.

use std::collections::BTreeMap;
use std::net::IpAddr;

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
    /// Its system in its own words, `Ubuntu 24.04.3 LTS`; empty where it tells none.
    pub os: String,
    /// Seconds since it was started.
    pub uptime: Option<u64>,
    /// Whether a time server has set its clock since it was started.
    pub clock_synchronized: Option<bool>,
    /// Whether its supply was too weak at some time since it was started.
    pub under_voltage: Option<bool>,
    /// Whether it was slowed down, for heat or for its supply, at some time since it was started.
    pub throttled: Option<bool>,
    /// The temperature of its processor in whole degrees Celsius.
    pub temperature: Option<i32>,
    /// The kernel modules that services use, by name with underscores.
    pub modules: BTreeMap<String, Module>,
    /// Whether control groups are version 2 alone.
    pub cgroup_v2: Option<bool>,
    /// Whether the kernel can account and limit memory by control groups.
    pub memory_cgroup: Option<bool>,
    /// Whether the kernel confines programs by `AppArmor`.
    pub apparmor: Option<bool>,
    /// Whether its kernel has Ubuntu's fan; none where only `ipip`, once it is loaded, could tell.
    pub fan: Option<bool>,
    /// Whether it can run virtual machines at a processor's speed.
    pub kvm: Option<bool>,
    /// How many bytes are free where services keep their files.
    pub room: Option<u64>,
    /// The running kernel's node name, as `hostname` tells it; empty where it is not known. The file in
    /// `/etc` may have another, which counts from the next start on.
    pub nodename: String,
    /// How many user ids root may give to containers, by `/etc/subuid`; none where it names no range.
    pub root_uids: Option<u64>,
}

/// How far a kernel module is from use. One that cannot be told is not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Module {
    /// In the running kernel: loaded, or built in.
    There,
    /// A file that the kernel loads when it is needed.
    Available,
    /// Not among the running kernel's modules.
    Missing,
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
    /// Whether there is a carrier; none where it is switched off and cannot tell.
    pub carrier: Option<bool>,
    /// Its speed in Mb/s, where a carrier tells one.
    pub speed_mbps: Option<u32>,
    /// Its addresses, each with its prefix length.
    pub addresses: Vec<IpNet>,
    /// What it is.
    pub kind: NicKind,
    /// Whether it is a radio.
    pub wireless: bool,
    /// The most bytes of one packet.
    pub mtu: Option<u32>,
    /// The bridge or bond that it is a part of.
    pub master: Option<String>,
    /// The gateway of the default route that goes over it, that of IPv4 before that of IPv6.
    pub gateway: Option<IpAddr>,
    /// Those of its addresses that a DHCP server lent, as far as lease files tell.
    pub leased: Vec<IpAddr>,
    /// The speed in Mb/s of the USB port that it hangs on.
    pub usb_speed_mbps: Option<u32>,
}

/// What a network interface is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NicKind {
    /// A device with a cable.
    #[default]
    Ethernet,
    /// A device with a radio.
    Wireless,
    /// A bridge, of the system or of a service.
    Bridge,
    /// Several NICs as one.
    Bond,
    /// A VLAN on another NIC.
    Vlan,
    /// Anything else without a device behind it: a tunnel, one end of a pair.
    Virtual,
}

/// One whole disk.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Disk {
    /// The kernel's name, `sda`: a label, which may be another disk's tomorrow.
    pub name: String,
    /// Its most stable path: a link in `/dev/disk/by-id`, unless another disk of the machine has the
    /// same serial number; else one in `by-path`, which names its port; else `/dev/sda`.
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
    /// What it is connected by: `usb`, `nvme`, `sata`, `mmc`, `virtio`, `scsi`.
    pub transport: Option<String>,
    /// The speed in Mb/s of the USB port that it hangs on.
    pub usb_speed_mbps: Option<u32>,
    /// Its World Wide Name; some USB bridges give all their disks the same.
    pub wwn: Option<String>,
}

impl Disk {
    /// How `used` begins for a disk that is mounted; the mount point follows.
    pub const MOUNTED: &'static str = "mounted at ";
    /// What `used` says of a disk that is swapped to.
    pub const SWAP: &'static str = "swap";
    /// How `used` begins for a disk on which something is stacked; its kernel name follows.
    pub const STACKED: &'static str = "part of ";
    /// What `used` says of a disk that somebody holds for himself.
    pub const CLAIMED: &'static str = "claimed by the kernel or by another program";

    /// Whether `path`, which a service of the same node knows and which leads nowhere now, was this
    /// disk's: it may be another of its links, all of which carry its serial number as a whole word.
    pub fn is_at(&self, path: &str) -> bool {
        let named = path.strip_prefix("/dev/") == Some(self.name.as_str());
        let link = path.contains("/by-id/") && !path.contains("-part");
        let serial = self.serial.as_deref().filter(|serial| !serial.is_empty());
        named || path == self.path || (link && serial.is_some_and(|it| has_word(path, it)))
    }

    /// Whether another disk of the same machine has the same serial number: then the number tells
    /// neither of them. Some USB bridges give all their disks one.
    pub fn is_like(&self, other: &Self) -> bool {
        let serial = self.serial.as_deref().filter(|serial| !serial.is_empty());
        self.name != other.name && serial.is_some() && self.serial == other.serial
    }

    /// Whether its path names its port and not the disk.
    pub fn is_by_port(&self) -> bool {
        self.path.contains("/by-path/")
    }

    /// Whether its path is this disk's after the next start too: a link, or the name of a card's slot.
    pub fn has_lasting_path(&self) -> bool {
        self.path.contains("/by-id/") || self.is_by_port() || self.name.starts_with("mmcblk")
    }

    /// Whether the running system runs or starts from it.
    pub fn is_system(&self) -> bool {
        self.used.as_deref().is_some_and(Self::is_of_system)
    }

    /// Whether a use, in the words of `used`, is the system's own: its root, what belongs to it, or
    /// where it starts from.
    pub fn is_of_system(used: &str) -> bool {
        let Some(place) = used.strip_prefix(Self::MOUNTED) else {
            return false;
        };
        let below = place.starts_with("/boot/") || place.starts_with("/efi/");
        below || ["/", "/boot", "/efi", "/etc", "/usr", "/var"].contains(&place)
    }
}

/// Whether `text` has `word` with no letter or digit right before or after it.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at.saturating_add(word.len())..);
        let after = after.and_then(|text| text.chars().next());
        let goes_on = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !goes_on(before) && !goes_on(after)
    })
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
    /// The UUID of what is on the disk: of its file system, or of its partition table.
    pub fn uuid(&self) -> Option<&str> {
        match self {
            Self::Found { uuid, .. } => uuid.as_deref(),
            Self::Nothing | Self::Unknown(_) => None,
        }
    }

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
