//! Intents: what an operator can want.

use serde::{Deserialize, Serialize};

use super::answers::{
    Answers, CephStorage, GuestNetwork, LocalPool, Newcomer, Purpose, SnapChannels,
};
use super::wizard::Part;

/// What an operator can want. Secrets never travel here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "intent")]
pub enum Intent {
    /// Lead a cluster by these answers.
    Begin {
        /// The answers.
        answers: Box<Answers>,
        /// Whether Review and Done go on by themselves.
        unattended: bool,
        /// Where the daemon writes one token file per joiner; none where the nodes are in already.
        tokens: Option<String>,
    },
    /// Join a cluster; the token stays with the daemon.
    Join {
        /// This node's name by the preseed, where there is one.
        name: Option<String>,
        /// What it wants of a cluster that is there already.
        #[serde(default)]
        newcomer: Newcomer,
    },
    /// Open the wizard: what is over is cleared away, what is under way goes on.
    Open {
        /// What this node is to be, where the command line said it.
        part: Option<Part>,
    },
    /// This node is to be an initiator or a joiner.
    Part {
        /// Which.
        part: Part,
    },
    /// Take this address for cluster traffic.
    Address {
        /// One of this node's.
        address: std::net::IpAddr,
    },
    /// Ask at this address who is there.
    Add {
        /// The address of a peer's node.
        address: std::net::IpAddr,
    },
    /// Take up the run that was cut off.
    Resume,
    /// Take more nodes into the cluster that is there.
    Grow,
    /// Start a cluster at the chosen address, and open the trust session.
    Found {
        /// The cluster's name.
        cluster: String,
    },
    /// A peer is wanted in the cluster, or is not.
    Invite {
        /// Its node id.
        id: String,
        /// Whether it is wanted.
        wanted: bool,
    },
    /// Keep the session open for another hour.
    Extend,
    /// Let a joiner in whose check words were compared.
    Admit {
        /// Its node id.
        id: String,
        /// The check words that were on this console: one that has others is not let in.
        check: Vec<String>,
    },
    /// Turn a joiner away, or put a trusted one out again.
    Refuse {
        /// Its node id.
        id: String,
    },
    /// Join the session of this peer.
    Knock {
        /// Its node id.
        id: String,
    },
    /// Call the initiator with the words that the daemon was given.
    Call,
    /// The check words were compared: trust the initiator, or do not.
    Trust {
        /// Whether to trust it.
        accept: bool,
    },
    /// Back to the list of sessions.
    Unknock,
    /// What a disk is for.
    Use {
        /// The node it is in.
        node: String,
        /// Its path.
        disk: String,
        /// What it is for; none: it is kept as it is.
        purpose: Option<Purpose>,
        /// Whether what is stored on it is encrypted; Ceph's disks alone can be.
        #[serde(default)]
        encrypt: bool,
    },
    /// How the local pool is to be.
    Local {
        /// The pool.
        local: LocalPool,
    },
    /// How distributed storage is to be.
    Storage {
        /// The storage.
        ceph: CephStorage,
    },
    /// How the network of the guests is to be.
    Network {
        /// The network.
        network: Box<GuestNetwork>,
    },
    /// Whether missing snaps are installed, and from which channels.
    Snaps {
        /// The snaps.
        snaps: SnapChannels,
    },
    /// Over what a node's guests reach the outside, and each other.
    Uplink {
        /// The node.
        node: String,
        /// Its uplink NIC; none: it gives none.
        nic: Option<String>,
        /// Its address for tunnels; none: its cluster address.
        underlay: Option<std::net::IpAddr>,
    },
    /// From the choices to Review.
    Review,
    /// From Review, or from a run that stopped, back to the choices.
    Change,
    /// Go on without a node that has not joined.
    GoOnWithout {
        /// Its name.
        node: String,
    },
    /// Install what Review showed.
    Install {
        /// The digest of the plan that was shown.
        digest: String,
        /// How many disks the operator agreed to have erased.
        erase: usize,
    },
    /// Write down all that is known, for whoever is asked.
    Report,
    /// Look at every node again.
    LookAgain,
    /// Try a failed step again.
    Retry {
        /// Its id.
        step: String,
    },
    /// Begin nothing new; what runs is asked to stop.
    Stop,
    /// Give the undertaking up (before Install), or end a stopped one.
    Leave,
}
