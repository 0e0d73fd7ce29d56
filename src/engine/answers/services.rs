//! What the operator decided about the services beside LXD: Ceph, the guests' network, snaps.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

/// How distributed storage is set up, where a node gives it a disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CephStorage {
    /// The network on which clients and monitors speak; none is that of the cluster addresses.
    pub public: Option<IpNet>,
    /// The network on which disks copy to each other; none is the public one.
    pub internal: Option<IpNet>,
    /// Whether there is a distributed file system beside the block pool.
    pub filesystem: bool,
    /// Whether monitors are tuned for speed while the cluster forms, and given their defaults back.
    pub tune: bool,
    /// Whether a Ceph that is there already is used; else it is refused.
    pub reuse: bool,
}

impl Default for CephStorage {
    fn default() -> Self {
        Self {
            public: None,
            internal: None,
            filesystem: true,
            tune: true,
            reuse: false,
        }
    }
}

/// The network that guests are on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestNetwork {
    /// What it is made of.
    pub kind: NetworkKind,
    /// How OVN reaches the outside.
    #[serde(default)]
    pub uplink: UplinkKind,
    /// The VLAN on the uplink NICs, 1 to 4094; none: untagged.
    #[serde(default)]
    pub vlan: Option<u16>,
    /// The router of the uplink's IPv4 subnet, with the subnet's prefix. With a bridge as uplink it
    /// is the bridge's own address.
    #[serde(default)]
    pub gateway4: Option<Ipv4Net>,
    /// The uplink's IPv4 addresses that OVN may take.
    #[serde(default)]
    pub range4: Option<AddressRange>,
    /// The router of the uplink's IPv6 subnet, with the subnet's prefix.
    #[serde(default)]
    pub gateway6: Option<Ipv6Net>,
    /// The name servers that guests are told; none: the gateway.
    #[serde(default)]
    pub dns: Vec<IpAddr>,
    /// The guests' own IPv4 subnet, as the address of its router; none: LXD chooses.
    #[serde(default)]
    pub guests4: Option<Ipv4Net>,
    /// The guests' own IPv6 subnet, as the address of its router; none: LXD chooses.
    #[serde(default)]
    pub guests6: Option<Ipv6Net>,
}

/// What the guests' network is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkKind {
    /// None: the default profile has no NIC.
    #[default]
    None,
    /// One network over all nodes, by OVN.
    Ovn,
    /// A bridge with NAT on each node: guests of different nodes do not reach each other.
    Bridge,
    /// A fan: one network over all nodes without OVN, on kernels that have it.
    Fan,
}

/// How OVN reaches the outside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UplinkKind {
    /// A NIC of each node that has no address.
    #[default]
    Nic,
    /// A bridge that LXD makes on each node, with NAT: nodes with one NIC need nothing else.
    Bridge,
}

/// IPv4 addresses from the first to the last, both in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressRange {
    /// The first address.
    pub first: Ipv4Addr,
    /// The last address.
    pub last: Ipv4Addr,
}

impl AddressRange {
    /// Whether `address` is in the range.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        (self.first..=self.last).contains(&address)
    }
}

impl std::fmt::Display for AddressRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// The snaps of the services: whether mcloud installs what is missing, and from which channels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapChannels {
    /// Whether what is missing is installed; else Preflight says which commands to run.
    pub install: bool,
    /// LXD's channel.
    pub lxd: String,
    /// `MicroCeph`'s channel.
    pub microceph: String,
    /// `MicroOVN`'s channel.
    pub microovn: String,
}

impl Default for SnapChannels {
    fn default() -> Self {
        Self {
            install: true,
            lxd: "5.21/stable".to_owned(),
            microceph: "squid/stable".to_owned(),
            microovn: "24.03/stable".to_owned(),
        }
    }
}
