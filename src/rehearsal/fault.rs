//! The faults a rehearsal injects: `SERVICE.CALL@NODE=KIND[,Nx]`, parsed, matched and counted.
//!
//! `lxd.join@pi-c=refused,2x` makes pi-c's first two joins fail; `lxd.pool@*=slow:30s` delays
//! every node's pools; `microceph.disk-add@pi-b=foreign` makes MicroCeph refuse pi-b's disk. `NODE` is a node's name or `*`. `Nx` is how often the fault strikes; without
//! it, it always does. The kinds:
//!
//! - `refused`: the call ends with error 500 and a text that names the fault;
//! - `slow:DURATION`: the call takes that much longer (`30s`, `2m`);
//! - `foreign`, for the call `disk-add` alone: the disk turns out to hold another's data and is
//!   refused as MicroCeph refuses such a disk, unless it may be wiped;
//! - `hangup`: the connection is closed before an answer, and nothing was done;
//! - `down` or `down:DURATION`, for the call `daemon` alone: the daemon does not listen when it
//!   is started, for that long or until it is started again.

mod parse;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub use parse::FaultError;

/// A simulated service that faults are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// LXD, `lxd`.
    Lxd,
    /// MicroCeph, `microceph`.
    MicroCeph,
    /// MicroOVN, `microovn`.
    MicroOvn,
}

impl Service {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Lxd, "lxd"),
        (Self::MicroCeph, "microceph"),
        (Self::MicroOvn, "microovn"),
    ];
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name_of(&Self::ALL, self))
    }
}

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
}

impl Call {
    const ALL: [(Self, &'static str); 34] = [
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
        (Self::Bootstrap, "bootstrap"),
        (Self::Disks, "disks"),
        (Self::DiskAdd, "disk-add"),
        (Self::DiskRemove, "disk-remove"),
        (Self::PoolSize, "pool-size"),
        (Self::Services, "services"),
        (Self::Service, "service"),
    ];
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name_of(&Self::ALL, self))
    }
}

/// What a fault does to the call it strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It fails with error 500.
    Refused,
    /// It takes this much longer.
    Slow(Duration),
    /// Its disk holds another's data.
    Foreign,
    /// Its connection is closed without an answer.
    HangUp,
    /// The daemon does not listen, for this long or until it is started again.
    Down(Option<Duration>),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("refused"),
            Self::Slow(by) => write!(f, "slow:{}", short(*by)),
            Self::Foreign => f.write_str("foreign"),
            Self::HangUp => f.write_str("hangup"),
            Self::Down(None) => f.write_str("down"),
            Self::Down(Some(until)) => write!(f, "down:{}", short(*until)),
        }
    }
}

/// One fault: which call of which service on which node, what happens to it, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The service that is struck.
    pub service: Service,
    /// The call that is struck.
    pub call: Call,
    /// The node that is struck; none for all of them.
    pub node: Option<String>,
    /// What happens.
    pub kind: Kind,
    /// How often it happens; none for always.
    pub times: Option<u32>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node = self.node.as_deref().unwrap_or("*");
        write!(f, "{}.{}@{node}={}", self.service, self.call, self.kind)?;
        self.times.map_or(Ok(()), |times| write!(f, ",{times}x"))
    }
}

fn name_of<T: PartialEq>(all: &[(T, &'static str)], value: &T) -> &'static str {
    all.iter()
        .find(|(each, _)| each == value)
        .map_or("?", |(_, name)| name)
}

/// A duration in the one word that the syntax reads back.
fn short(duration: Duration) -> String {
    humantime::format_duration(duration)
        .to_string()
        .replace(' ', "")
}

/// How long a daemon does not listen; none until it is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Down {
    pub(super) until: Option<Duration>,
}

/// What the faults do to one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Strike {
    pub(super) delay: Duration,
    pub(super) refused: Option<String>,
    pub(super) hung_up: bool,
    /// A disk that holds another's data.
    pub(super) foreign: bool,
    /// A daemon that does not listen: for how long.
    pub(super) down: Option<Down>,
}

/// The faults of a rehearsal, each with the times it still strikes.
#[derive(Debug)]
pub(super) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        Self(Mutex::new(faults))
    }

    /// What happens to `call` on `node` now; counted ones strike once less afterwards.
    pub(super) fn strike(&self, service: Service, call: Call, node: &str) -> Strike {
        let mut strike = Strike::default();
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = faults.iter_mut().filter(|fault| {
            fault.service == service
                && fault.call == call
                && fault.times != Some(0)
                && fault.node.as_deref().is_none_or(|named| named == node)
        });
        for fault in here {
            match fault.kind {
                Kind::Slow(by) => strike.delay += by,
                Kind::HangUp => strike.hung_up = true,
                Kind::Foreign => strike.foreign = true,
                Kind::Down(until) => strike.down = Some(Down { until }),
                Kind::Refused => {
                    strike.refused =
                        Some(format!("refused by the rehearsal: {service}.{call}@{node}"));
                }
            }
            fault.times = fault.times.map(|left| left - 1);
        }
        strike
    }
}
