//! What a step does, with everything it needs to know; secrets come with the order.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{DiskUse, Guests, NetworkPart, NetworkShape, PoolPart, RemotePool, SnapName};

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Work {
    /// A service's snap is installed and active.
    Snap {
        /// Which one.
        snap: SnapName,
        /// The channel it is installed from. One that is there from another channel stays as it is, unless
        /// a revision is named.
        channel: String,
        /// The revision, and with it the channel, that one which is there is brought to; none where it
        /// stays as it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<String>,
    },
    /// The plugs that the services' snaps need of each other and of the system are connected.
    SnapConnect {
        /// The services' snaps of this node.
        snaps: Vec<SnapName>,
        /// Whether LXD's daemon may be older than its connections and is started anew once they are there:
        /// snapd makes some by itself, and LXD reads them when it starts.
        #[serde(default)]
        anew: bool,
    },
    /// A snap does not refresh by itself.
    SnapHold {
        /// Which one.
        snap: SnapName,
    },
    /// LXD's daemon runs and is ready.
    LxdReady,
    /// `MicroCeph`'s daemon runs and is ready.
    CephReady,
    /// `MicroOVN`'s daemon runs and is ready.
    OvnReady,
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
        /// Its part of the network that goes out, needed where that is there already.
        network: Option<NetworkPart>,
        /// The distributed pools, some of which want a word of each joiner where they are there.
        remote: Vec<RemotePool>,
    },
    /// Every planned member is online and LXD's database has a leader.
    LxdLeader {
        /// The members' names.
        members: Vec<String>,
    },
    /// This `MicroCeph` is the first member of its cluster.
    CephBootstrap {
        /// Its member name.
        name: String,
        /// Its address.
        address: SocketAddr,
        /// The address of its monitor, in the public network.
        monitor: IpAddr,
        /// The network of clients and monitors.
        public: IpNet,
        /// The network on which disks copy to each other.
        internal: IpNet,
        /// The planned members: a cluster with anybody else in it is somebody's, unless it is to
        /// be used as it is.
        members: Vec<String>,
        /// Whether a cluster that is there is used as it is.
        reuse: bool,
    },
    /// This `MicroCeph` is a member of the leader's cluster.
    CephJoin {
        /// Its member name.
        name: String,
        /// Its address.
        address: SocketAddr,
        /// The leader's member name.
        leader: String,
        /// Whether a cluster that is there is used as it is: its members count by name.
        #[serde(default)]
        reuse: bool,
    },
    /// This node's Ceph monitor, if it has one, is tuned for speed until the cluster is formed.
    CephTune {
        /// The member's name.
        name: String,
    },
    /// This node's Ceph monitor, if it has one, has its defaults back.
    CephUntune {
        /// The member's name.
        name: String,
    },
    /// A disk of this node is one of Ceph's.
    CephDisk {
        /// The member's name.
        name: String,
        /// The disk, as Review showed it: it is looked at again before it is written to.
        disk: DiskUse,
        /// Whether it holds something that must be wiped.
        wipe: bool,
        /// Whether what is stored on it is encrypted.
        encrypt: bool,
    },
    /// Ceph keeps this many copies.
    CephPoolSize {
        /// Copies, 1 to 3.
        size: u8,
        /// Whether pools that are there already follow; else new ones alone.
        all: bool,
    },
    /// Ceph's members are online, its disks are in, and it calls itself healthy.
    CephProof {
        /// The members' names.
        members: Vec<String>,
        /// How many disks each planned member gives, at least.
        disks: BTreeMap<String, usize>,
    },
    /// This `MicroOVN` is the first member of its cluster.
    OvnBootstrap {
        /// Its member name.
        name: String,
        /// Its address.
        address: SocketAddr,
        /// The address of its tunnels (`ovn-encap-ip`).
        underlay: IpAddr,
        /// The planned members: a cluster with anybody else in it is somebody's.
        members: Vec<String>,
    },
    /// This `MicroOVN` is a member of the leader's cluster.
    OvnJoin {
        /// Its member name.
        name: String,
        /// Its address.
        address: SocketAddr,
        /// The address of its tunnels (`ovn-encap-ip`).
        underlay: IpAddr,
        /// The leader's member name.
        leader: String,
    },
    /// Every planned member is online and is a chassis.
    OvnChassis {
        /// The members' names.
        members: Vec<String>,
    },
    /// LXD knows where OVN's northbound databases are.
    Northbound,
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
    /// A distributed pool is defined on this node.
    RemotePending {
        /// The member's name.
        name: String,
        /// Which pool.
        pool: RemotePool,
    },
    /// A distributed pool is made.
    Remote {
        /// Which pool.
        pool: RemotePool,
        /// The members' names.
        members: Vec<String>,
    },
    /// This node's part of a network is defined.
    NetworkPending {
        /// The member's name.
        name: String,
        /// The part.
        part: NetworkPart,
    },
    /// A network is made on every member.
    Network {
        /// Its name: [`super::UPLINK`], [`super::OVN_NETWORK`] or [`super::BRIDGE`].
        network: String,
        /// What it is.
        shape: NetworkShape,
        /// The members' names.
        members: Vec<String>,
    },
    /// The default profile has a root disk and a NIC; what it has already stays, unless it is to be
    /// replaced.
    Profile {
        /// The pool of the root disk; none: no root disk.
        pool: Option<String>,
        /// The network of `eth0`; none: no NIC.
        network: Option<String>,
        /// Whether a root disk or NIC that is there otherwise is replaced.
        #[serde(default)]
        replace: bool,
    },
    /// Images and backups of this member are on the local pool.
    Volumes {
        /// The member's name.
        name: String,
    },
    /// LXD's cluster says what formed it (`user.mcloud.*`).
    Metadata {
        /// The cluster's name.
        cluster: String,
        /// The leader's name.
        leader: String,
    },
    /// What was built in LXD is there: members online, pools and networks made everywhere, the
    /// profile right.
    Proof {
        /// The members' names.
        members: Vec<String>,
        /// The pools.
        pools: Vec<String>,
        /// The networks.
        networks: Vec<String>,
        /// The pool of the profile's root disk.
        root: Option<String>,
        /// The network of the profile's NIC.
        nic: Option<String>,
    },
    /// A throw-away guest on each member runs, writes, and reaches the others; then all are removed.
    GuestProof {
        /// What the guests are made on.
        guests: Guests,
    },
}
