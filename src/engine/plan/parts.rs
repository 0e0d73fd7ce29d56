//! What steps are about: snaps, pools, networks, guests.

use std::net::IpAddr;

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use super::DiskUse;
use crate::engine::answers::AddressRange;

/// The snap of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SnapName {
    /// LXD.
    Lxd,
    /// `MicroCeph`.
    #[serde(rename = "microceph")]
    MicroCeph,
    /// `MicroOVN`.
    #[serde(rename = "microovn")]
    MicroOvn,
}

impl SnapName {
    /// Its name in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lxd => "lxd",
            Self::MicroCeph => "microceph",
            Self::MicroOvn => "microovn",
        }
    }
}

/// A pool on Ceph, as `MicroCloud` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemotePool {
    /// `remote`: block devices (driver `ceph`).
    Block,
    /// `remote-fs`: a file system (driver `cephfs`).
    Files,
}

impl RemotePool {
    /// The pool's name in LXD.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Block => "remote",
            Self::Files => "remote-fs",
        }
    }

    /// LXD's driver for it.
    pub const fn driver(self) -> &'static str {
        match self {
            Self::Block => "ceph",
            Self::Files => "cephfs",
        }
    }
}

/// One node's part of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkPart {
    /// The network's name.
    pub network: String,
    /// Its type in LXD: `physical` or `bridge`.
    pub kind: String,
    /// The NIC under it; none for a bridge that LXD makes.
    pub parent: Option<String>,
}

/// What a network is, as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum NetworkShape {
    /// A NIC of each node, through which OVN reaches the outside.
    Physical {
        /// The VLAN on the NICs.
        vlan: Option<u16>,
        /// The router, with the subnet's prefix.
        gateway4: Option<Ipv4Net>,
        /// The addresses OVN may take.
        range4: Option<AddressRange>,
        /// The IPv6 router, with the subnet's prefix.
        gateway6: Option<Ipv6Net>,
        /// The name servers; none: the gateway's.
        dns: Vec<IpAddr>,
    },
    /// A bridge with NAT on each node.
    Bridge {
        /// The bridge's own address, with the subnet's prefix; none: LXD chooses.
        address4: Option<Ipv4Net>,
        /// The addresses OVN may take, where it is OVN's uplink.
        range4: Option<AddressRange>,
    },
    /// A fan over all nodes.
    Fan {
        /// The network of the cluster addresses.
        underlay: Ipv4Net,
    },
    /// One network over all nodes, by OVN.
    Ovn {
        /// The network through which it reaches the outside.
        uplink: String,
        /// The guests' router with their subnet's prefix; none: LXD chooses.
        guests4: Option<Ipv4Net>,
        /// The same for IPv6.
        guests6: Option<Ipv6Net>,
    },
}

/// What throw-away guests are made on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guests {
    /// The members, a guest on each.
    pub members: Vec<String>,
    /// The pool of their root disks.
    pub pool: String,
    /// Their network; none: guests without a NIC.
    pub network: Option<String>,
    /// Whether that network spans the nodes: then guests must reach each other.
    pub spans: bool,
    /// Whether the pool spans the nodes: then a guest is moved once.
    pub moves: bool,
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
