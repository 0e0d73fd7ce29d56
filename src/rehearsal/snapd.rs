//! A simulated snapd: real sockets, a store, changes with tasks that take their time, refusals.
//!
//! Each node has a snapd of its own; a [`Site`] gives them one clock, one chance and one list of
//! faults. Shapes, codes and texts are those recorded from snapd 2.68.3, which had no store: what a
//! store says is worded after snapd's source, and sizes and times are estimates for a Pi 5.

mod answer;
mod changes;
mod daemon;
mod download;
mod requests;
mod routes;
mod run;
mod shown;
mod state;
mod store;
mod tasks;
mod wording;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::{fmt, io};

use tokio_util::sync::CancellationToken;

use super::fault::{Call, Fault, Faults};
pub use super::serving::Serving;
use crate::world::Clock;
use daemon::Daemon;
use state::{Installed, State};

/// What snapd did with a snap's services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// They run from now on.
    Started,
    /// They were stopped, and started again.
    Restarted,
    /// They run no more.
    Stopped,
}

/// Something that snapd did with a snap's services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// What it did.
    pub what: What,
    /// The snap's name.
    pub snap: String,
    /// The snap's version.
    pub version: String,
    /// The channel it follows, `5.21/stable`.
    pub channel: String,
}

/// Who is told what snapd does with services; snapd goes on when the future ends.
pub type Hook = Arc<dyn Fn(Happened) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A snap that is there from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledSnap {
    /// Its name.
    pub name: String,
    /// The channel it follows; empty for one that was built here.
    pub channel: String,
    /// Its revision; none for the one that the channel has.
    pub revision: Option<String>,
    /// Whether it is enabled.
    pub active: bool,
}

impl InstalledSnap {
    /// The newest of a channel, enabled.
    pub fn new(name: &str, channel: &str) -> Self {
        Self {
            name: name.to_owned(),
            channel: channel.to_owned(),
            revision: None,
            active: true,
        }
    }
}

/// One simulated node, as snapd sees it.
#[derive(Clone)]
pub struct SnapdSpec {
    /// Its name in faults.
    pub name: String,
    /// In Debian's words.
    pub architecture: String,
    /// The version it tells.
    pub version: String,
    /// `strict` or `partial`.
    pub confinement: String,
    /// What is installed from the start; their services are taken to run.
    pub snaps: Vec<InstalledSnap>,
    /// How fast its line is, shared by what downloads at once.
    pub bytes_per_second: u64,
    /// Told what happens to services.
    pub on_service: Option<Hook>,
}

impl SnapdSpec {
    /// A Pi with snapd from its distribution's package and no snap, on a line of 20 Mbit/s.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            architecture: "arm64".to_owned(),
            version: "2.68.3".to_owned(),
            confinement: "strict".to_owned(),
            snaps: Vec::new(),
            bytes_per_second: 2_500_000,
            on_service: None,
        }
    }
}

impl fmt::Debug for SnapdSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapdSpec")
            .field("name", &self.name)
            .field("snaps", &self.snaps)
            .finish_non_exhaustive()
    }
}

/// What all simulated nodes share.
#[derive(Debug, Clone)]
pub struct Site {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    seed: u64,
    faults: Faults,
}

impl Site {
    /// Durations pass on `clock`; `seed` decides them.
    pub fn new(clock: Clock, seed: u64, faults: Vec<Fault>) -> Self {
        Self {
            inner: Arc::new(Inner {
                clock,
                seed,
                faults: Faults::new(faults),
            }),
        }
    }

    /// Adds a node.
    pub fn add_node(&self, spec: SnapdSpec) -> NodeHandle {
        let mut state = State::default();
        let now = self.inner.clock.now();
        for snap in &spec.snaps {
            state.snaps.insert(snap.name.clone(), installed(snap, now));
        }
        for snap in &spec.snaps {
            state.auto_connect(&snap.name);
        }
        NodeHandle {
            daemon: Daemon {
                site: self.clone(),
                spec: Arc::new(spec),
                state: Arc::new(Mutex::new(state)),
                stop: CancellationToken::new(),
            },
        }
    }
}

/// A snap that the store does not have was built here.
fn installed(snap: &InstalledSnap, now: u64) -> Installed {
    let mut installed = match store::find(&snap.name, &snap.channel, "") {
        Ok(release) if !snap.channel.is_empty() => Installed::from_store(&release, now),
        _ => Installed {
            version: "1".to_owned(),
            revision: "x1".to_owned(),
            channel: String::new(),
            base: "",
            kind: "app",
            bytes: 3_002_368,
            active: true,
            hold: None,
            since: now,
        },
    };
    installed.active = snap.active;
    if let Some(revision) = &snap.revision {
        installed.revision.clone_from(revision);
    }
    installed
}

/// A node whose snapd can be started.
#[derive(Debug, Clone)]
pub struct NodeHandle {
    daemon: Daemon,
}

impl NodeHandle {
    /// Starts the node's snapd on `socket`; a leftover there is replaced. A `down` fault keeps it from
    /// listening. What it was doing when it stopped it goes on with.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub async fn serve(mut self, socket: PathBuf) -> io::Result<Serving> {
        self.daemon.stop = CancellationToken::new();
        let down = self.daemon.strike(Call::Daemon).down;
        Serving::start(self.daemon, socket, down).await
    }
}
