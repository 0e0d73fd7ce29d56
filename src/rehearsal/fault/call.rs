//! The calls that a fault can strike.

use std::fmt;

use super::name_of;

/// A call that a fault can strike, named in the syntax by the word in its description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `daemon`: the start of the daemon itself.
    Daemon,
    /// `ready`: asking whether it is ready.
    Ready,
    /// `server`: reading the server's configuration and facts.
    Server,
    /// `address`: setting the addresses it listens on.
    Address,
    /// `config`: setting any other key.
    Config,
    /// `enable`: making it a cluster of one.
    Enable,
    /// `join`: joining a cluster.
    Join,
    /// `disable`: dissolving a cluster of one.
    Disable,
    /// `cluster`: reading its half of the cluster.
    Cluster,
    /// `token`: issuing a join token.
    Token,
    /// `members`: reading the members.
    Members,
    /// `remove`: removing a member.
    Remove,
    /// `operations`: reading, cancelling and awaiting operations.
    Operations,
    /// `pools`: reading storage pools.
    Pools,
    /// `pool-pending`: one member's part of a pool; the node is the target.
    PoolPending,
    /// `pool`: creating a pool for good.
    Pool,
    /// `pool-delete`: deleting a pool.
    PoolDelete,
    /// `profiles`: reading profiles.
    Profiles,
    /// `profile`: changing a profile.
    Profile,
    /// `networks`: reading networks.
    Networks,
    /// `network-pending`: one member's part of a network; the node is the target.
    NetworkPending,
    /// `network`: creating a network for good.
    Network,
    /// `network-delete`: deleting a network.
    NetworkDelete,
    /// `volume`: reading, making and deleting custom volumes; the node is the target.
    Volume,
    /// `images`: reading, taking in and deleting images.
    Images,
    /// `guests`: reading, making, switching, moving and deleting guests; the node is the target.
    Guests,
    /// `guest-command`: running a command in a guest.
    GuestCommand,
    /// `web`: LXD's web interface, and the token of the first browser.
    Web,
    /// `bootstrap`: making a MicroCeph or MicroOVN cluster of one.
    Bootstrap,
    /// `disks`: reading MicroCeph's disks.
    Disks,
    /// `disk-add`: giving a disk to MicroCeph; the node is the target.
    DiskAdd,
    /// `disk-remove`: taking a disk from MicroCeph; the node is the target.
    DiskRemove,
    /// `pool-size`: setting how many copies MicroCeph's pools keep.
    PoolSize,
    /// `services`: reading where MicroCeph's and MicroOVN's services run.
    Services,
    /// `service`: starting and stopping one of them; the node is the target.
    Service,
    /// `install`: asking snapd to install a snap.
    Install,
    /// `refresh`: asking it to change or remove one.
    Refresh,
    /// `download`: its download of a snap.
    Download,
    /// `hook`: the hook that a snap runs when it is installed.
    Hook,
    /// `hold`: holding refreshes.
    Hold,
    /// `connect`: connecting a plug.
    Connect,
    /// `restart`: restarting a snap's services.
    Restart,
    /// `snaps`: reading snaps and connections.
    Snaps,
}

impl Call {
    pub(super) const ALL: [(Self, &'static str); 43] = [
        (Self::Daemon, "daemon"),
        (Self::Ready, "ready"),
        (Self::Server, "server"),
        (Self::Address, "address"),
        (Self::Config, "config"),
        (Self::Enable, "enable"),
        (Self::Join, "join"),
        (Self::Disable, "disable"),
        (Self::Cluster, "cluster"),
        (Self::Token, "token"),
        (Self::Members, "members"),
        (Self::Remove, "remove"),
        (Self::Operations, "operations"),
        (Self::Pools, "pools"),
        (Self::PoolPending, "pool-pending"),
        (Self::Pool, "pool"),
        (Self::PoolDelete, "pool-delete"),
        (Self::Profiles, "profiles"),
        (Self::Profile, "profile"),
        (Self::Networks, "networks"),
        (Self::NetworkPending, "network-pending"),
        (Self::Network, "network"),
        (Self::NetworkDelete, "network-delete"),
        (Self::Volume, "volume"),
        (Self::Images, "images"),
        (Self::Guests, "guests"),
        (Self::GuestCommand, "guest-command"),
        (Self::Web, "web"),
        (Self::Bootstrap, "bootstrap"),
        (Self::Disks, "disks"),
        (Self::DiskAdd, "disk-add"),
        (Self::DiskRemove, "disk-remove"),
        (Self::PoolSize, "pool-size"),
        (Self::Services, "services"),
        (Self::Service, "service"),
        (Self::Install, "install"),
        (Self::Refresh, "refresh"),
        (Self::Download, "download"),
        (Self::Hook, "hook"),
        (Self::Hold, "hold"),
        (Self::Connect, "connect"),
        (Self::Restart, "restart"),
        (Self::Snaps, "snaps"),
    ];
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name_of(&Self::ALL, self))
    }
}
