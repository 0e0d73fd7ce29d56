//! The faults a rehearsal injects: `SERVICE.CALL@NODE=KIND[,Nx]`, parsed, matched and counted.
//!
//! `lxd.join@pi-c=refused,2x` makes pi-c's first two joins fail; `lxd.pool@*=slow:30s` delays every
//! node's pools; `microceph.disk-add@pi-b=foreign` makes MicroCeph refuse pi-b's disk. `NODE` is a
//! node's name or `*`; `Nx` is how often it strikes, without it always. The kinds:
//!
//! - `refused`: the call ends with error 500 and a text that names the fault;
//! - `slow:DURATION`: the call takes that much longer (`30s`, `2m`);
//! - `foreign`, for the call `disk-add`: the disk turns out to hold another's data and is
//!   refused as MicroCeph refuses such a disk, unless it may be wiped; for `network-pending`: the
//!   node turns out to have an interface with the network's name, and LXD makes no bridge there;
//! - `offline` and `full`, for snapd's `install`, `refresh` and `download`: the store cannot be
//!   reached, or the disk is full, in snapd's words;
//! - `hangup`: the connection is closed, and nothing was done; a download ends in its middle;
//! - `down` or `down:DURATION`, for the call `daemon` alone: the daemon does not listen when it
//!   is started, for that long or until it is started again.

mod call;
mod parse;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub use call::Call;
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
    /// snapd, `snapd`.
    Snapd,
}

impl Service {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Lxd, "lxd"),
        (Self::MicroCeph, "microceph"),
        (Self::MicroOvn, "microovn"),
        (Self::Snapd, "snapd"),
    ];
}

impl fmt::Display for Service {
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
    /// Its disk holds another's data, or its network's name is another's.
    Foreign,
    /// The store cannot be reached.
    Offline,
    /// The disk for snaps is full.
    Full,
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
            Self::Offline => f.write_str("offline"),
            Self::Full => f.write_str("full"),
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
    /// A disk that holds another's data, a name that another has.
    pub(super) foreign: bool,
    /// `Offline` or `Full`.
    pub(super) trouble: Option<Kind>,
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
                Kind::Offline | Kind::Full => strike.trouble = Some(fault.kind),
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
