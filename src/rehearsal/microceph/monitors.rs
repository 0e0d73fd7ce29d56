//! The monitors: their elections, which block every command, and the tuning of both.
//!
//! Measured: the election after each new monitor lasts about `mon_election_timeout`, and map changes
//! are paced by `paxos_propose_interval`. A joiner's monitor starts a second after its join was
//! answered; until then commands go through.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fs, io};

use tokio_util::sync::CancellationToken;

use super::admin::{self, Values};
use super::app::Ceph;
use crate::rehearsal::microcluster::{Errand, Site, State};

/// Milliseconds between the answer to a join and the start of its monitor.
const STARTS_AFTER: Duration = Duration::from_secs(1);

/// Milliseconds of an election beside its timeout.
const ELECTION: u64 = 600;

/// A monitor that runs. Its admin socket goes when it is dropped.
#[derive(Debug)]
pub(super) struct Monitor {
    pub(super) values: Arc<Mutex<Values>>,
    socket: PathBuf,
    stop: CancellationToken,
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.stop.cancel();
        // Its directory may be gone already.
        drop(fs::remove_file(&self.socket));
    }
}

/// How the monitors of a cluster are tuned, in seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) election: f64,
    pub(super) propose: f64,
}

/// Milliseconds that `seconds` are.
pub(super) fn millis(seconds: f64) -> u64 {
    u64::try_from(
        Duration::try_from_secs_f64(seconds)
            .unwrap_or_default()
            .as_millis(),
    )
    .unwrap_or(u64::MAX)
}

/// How the monitors of `host`'s cluster are tuned: the slowest counts.
pub(super) fn pace(state: &State<Ceph>, host: &str) -> Pace {
    let members = state.cluster(host).map(|(_, cluster)| &cluster.members);
    let members = members.into_iter().flatten();
    let monitors = members.filter_map(|it| state.node(&it.host).app.monitor.as_ref());
    let values: Vec<Values> = monitors
        .map(|monitor| {
            let values = monitor.values.lock();
            values.unwrap_or_else(PoisonError::into_inner).clone()
        })
        .collect();
    let slowest = |name: &str| {
        let each = values.iter().map(|values| values.get(name));
        each.reduce(f64::max)
            .unwrap_or_else(|| Values::default().get(name))
    };
    Pace {
        election: slowest("mon_election_timeout"),
        propose: slowest("paxos_propose_interval"),
    }
}

/// Starts the monitor of `host`, or starts it anew: its socket is another, its tuning forgotten.
pub(super) fn start(state: &mut State<Ceph>, host: &str, name: &str) {
    let machine = &mut state.node_mut(host).app;
    machine.monitor = None;
    let path = machine.spec.admin_dir.join(format!("ceph-mon.{name}.asok"));
    match open(&path) {
        Ok(monitor) => machine.monitor = Some(monitor),
        Err(error) => tracing::warn!(%error, "a simulated monitor has no admin socket"),
    }
}

fn open(path: &Path) -> io::Result<Monitor> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let values = Arc::new(Mutex::new(Values::default()));
    let stop = CancellationToken::new();
    admin::listen(path, values.clone(), stop.clone())?;
    Ok(Monitor {
        values,
        socket: path.to_path_buf(),
        stop,
    })
}

/// Starts the monitor of a member that has joined, in a while.
pub(super) fn start_later(site: &Site<Ceph>, host: &str, name: &str) {
    let (site, host, name) = (site.clone(), host.to_owned(), name.to_owned());
    tokio::spawn(async move {
        site.clock().sleep(STARTS_AFTER).await;
        let now = site.now();
        let mut state = site.state();
        let lasts = millis(pace(&state, &host).election) + ELECTION;
        let Ok(cluster) = state.cluster_mut(&host) else {
            return;
        };
        if !cluster.app.runs(&name, "mon") {
            return;
        }
        cluster.app.election_until = now.saturating_add(lasts);
        start(&mut state, &host, &name);
    });
}

/// Waits until no election keeps the monitors from taking a command.
pub(super) async fn elected(errand: &Errand<Ceph>) {
    loop {
        let until = {
            let state = errand.site.state();
            let cluster = state.cluster(&errand.host);
            cluster.map_or(0, |(_, cluster)| cluster.app.election_until)
        };
        let left = until.saturating_sub(errand.site.now());
        if left == 0 {
            return;
        }
        errand.site.clock().sleep(Duration::from_millis(left)).await;
    }
}

/// Waits for a change of a map.
pub(super) async fn proposed(errand: &Errand<Ceph>) {
    let seconds = pace(&errand.site.state(), &errand.host).propose;
    errand.pass(millis(seconds)).await;
}
