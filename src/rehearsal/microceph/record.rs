//! What a simulated MicroCeph keeps: on each machine, and in its cluster's database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::app::Ceph;
use super::monitors::Monitor;
use super::{Disk, NodeSpec};
use crate::engine::Millis;
use crate::rehearsal::microcluster::Cluster;

/// Milliseconds after which Ceph's manager sees that there are OSDs for its pool: more than a second
/// and less than twenty in the recordings.
const MANAGER: Millis = 15_000;

/// One machine.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) spec: NodeSpec,
    /// The monitor that runs on it.
    pub(super) monitor: Option<Monitor>,
    /// Held while a disk is added: the daemon adds them one after the other.
    pub(super) adding: Arc<tokio::sync::Mutex<()>>,
    /// 0 for panic to 6 for trace.
    pub(super) log_level: u64,
}

impl Machine {
    pub(super) fn new(spec: NodeSpec) -> Self {
        Self {
            spec,
            monitor: None,
            adding: Arc::default(),
            log_level: 4,
        }
    }

    /// The disk that is asked for by `path`.
    pub(super) fn disk(&self, path: &str) -> Option<&Disk> {
        let disks = self.spec.disks.iter();
        disks
            .into_iter()
            .find(|disk| disk.path == path || disk.by_id.as_deref() == Some(path))
    }

    /// The disk that is kept as `stable`, to be changed.
    pub(super) fn disk_mut(&mut self, stable: &str) -> Option<&mut Disk> {
        let disks = self.spec.disks.iter_mut();
        disks.into_iter().find(|disk| disk.stable() == stable)
    }
}

/// What the cluster's database and its Ceph keep.
#[derive(Debug)]
pub(super) struct Record {
    /// What runs on each member: `mds`, `mgr`, `mon`.
    pub(super) services: BTreeMap<String, BTreeSet<&'static str>>,
    /// The members whose start is over.
    pub(super) ready: BTreeSet<String>,
    /// Each member's zone; empty for none.
    pub(super) zones: BTreeMap<String, String>,
    pub(super) osds: Vec<Row>,
    /// The last number that was given to a disk; every failure burns one.
    pub(super) last_osd: u64,
    pub(super) configs: BTreeMap<String, String>,
    /// By key and host.
    pub(super) client_configs: BTreeMap<(String, String), String>,
    pub(super) pools: Vec<Pool>,
    /// How many copies a new pool keeps.
    pub(super) default_size: u64,
    /// When that was decided.
    sized: Millis,
    /// Whether copies are kept on different hosts; before, on different OSDs.
    pub(super) by_host: bool,
    /// When the election that runs is over.
    pub(super) election_until: Millis,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            services: BTreeMap::new(),
            ready: BTreeSet::new(),
            zones: BTreeMap::new(),
            osds: Vec::new(),
            last_osd: 0,
            configs: BTreeMap::new(),
            client_configs: BTreeMap::new(),
            pools: Vec::new(),
            default_size: 3,
            sized: 0,
            by_host: false,
            election_until: 0,
        }
    }
}

/// A disk's row.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) osd: u64,
    /// The disk's stable path.
    pub(super) path: String,
    /// The member it is on.
    pub(super) location: String,
    /// When its OSD is up; none while it is made, and for ever if that was broken off.
    pub(super) up: Option<Millis>,
}

/// A pool.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    pub(super) name: String,
    pub(super) id: usize,
    pub(super) size: u64,
}

impl Record {
    pub(super) fn runs(&self, member: &str, service: &str) -> bool {
        let its = self.services.get(member);
        its.is_some_and(|its| its.contains(service))
    }

    /// How many members but `member` run `service`.
    pub(super) fn beside(&self, member: &str, service: &str) -> usize {
        let others = self.services.iter().filter(|(name, _)| *name != member);
        others.filter(|(_, its)| its.contains(service)).count()
    }

    /// How many OSDs are up.
    pub(super) fn up(&self, now: Millis) -> usize {
        let is_up = |row: &&Row| row.up.is_some_and(|at| at <= now);
        self.osds.iter().filter(is_up).count()
    }

    /// The members that have OSDs, but for the OSD `without`.
    pub(super) fn hosts(&self, without: Option<u64>) -> BTreeSet<&str> {
        let left = self.osds.iter().filter(|row| Some(row.osd) != without);
        left.map(|row| row.location.as_str()).collect()
    }

    /// Ceph's manager makes its pool a while after there are OSDs for its copies.
    pub(super) fn settle(&mut self, now: Millis) {
        let mut up: Vec<Millis> = self.osds.iter().filter_map(|row| row.up).collect();
        up.sort_unstable();
        let last = usize::try_from(self.default_size.max(1) - 1).unwrap_or(usize::MAX);
        let enough = up.get(last).map(|at| self.sized.max(*at));
        let there = enough.is_some_and(|at| at.saturating_add(MANAGER) <= now);
        if there && self.pools.iter().all(|pool| pool.name != ".mgr") {
            self.add_pool(".mgr");
        }
    }

    /// Sets how many copies a new pool keeps.
    pub(super) fn set_size(&mut self, size: u64, now: Millis) {
        if self.default_size != size {
            self.default_size = size;
            self.sized = now;
        }
    }

    /// Adds a pool of that name, where there is none.
    pub(super) fn add_pool(&mut self, name: &str) {
        if self.pools.iter().any(|pool| pool.name == name) {
            return;
        }
        let last = self.pools.iter().map(|pool| pool.id).max();
        self.pools.push(Pool {
            name: name.to_owned(),
            id: last.unwrap_or(0) + 1,
            size: self.default_size,
        });
    }
}

/// The cluster's rows as MicroCeph lists them: member by member, as they came.
pub(super) fn listed(cluster: &Cluster<Ceph>) -> Vec<&Row> {
    let place = |row: &&Row| {
        let at = |name: &str| cluster.members.iter().position(|it| it.name == name);
        (at(&row.location), row.osd)
    };
    let mut rows: Vec<&Row> = cluster.app.osds.iter().collect();
    rows.sort_by_key(place);
    rows
}
