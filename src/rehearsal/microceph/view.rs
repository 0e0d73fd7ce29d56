//! What the other simulated daemons may know of a MicroCeph without asking it.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use super::record::listed;
use super::{Holds, MicroCeph, monitors};

/// Seconds that a pool takes beside its map changes.
const POOL: f64 = 1.6;

/// How many map changes a pool takes: 6.7 s in all, with tuned monitors 1.8 (measured).
const POOL_CHANGES: f64 = 5.0;

/// An OSD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Osd {
    /// Its number.
    pub number: u64,
    /// The member it is on.
    pub node: String,
    /// Its disk's path by id.
    pub path: String,
    /// Whether it runs. It is told to be made a little before, and a row that a broken addition left
    /// behind never does.
    pub up: bool,
}

impl MicroCeph {
    /// Whether `node` is a member whose start is over: its `ceph.conf` and keys are there.
    pub fn ceph_ready(&self, node: &str) -> bool {
        let state = self.site.state();
        let Ok((_, cluster)) = state.cluster(node) else {
            return false;
        };
        let name = cluster.name_of(node).unwrap_or_default();
        cluster.app.ready.contains(name)
    }

    /// Whether there are OSDs for a new pool's copies: without them, making one hangs.
    pub fn can_make_pools(&self, node: &str) -> bool {
        let now = self.site.now();
        let state = self.site.state();
        let record = state.cluster(node).map(|(_, cluster)| &cluster.app);
        record.is_ok_and(|record| {
            let up = record.up(now);
            up > 0 && u64::try_from(up).is_ok_and(|up| up >= record.default_size)
        })
    }

    /// Whether a metadata server runs in `node`'s cluster: `cephfs` needs one.
    pub fn has_metadata_server(&self, node: &str) -> bool {
        let state = self.site.state();
        let record = state.cluster(node).map(|(_, cluster)| &cluster.app);
        record.is_ok_and(|record| {
            let mut ready = record.ready.iter();
            ready.any(|member| record.runs(member, "mds"))
        })
    }

    /// The OSDs of `node`'s cluster, as its disks are listed.
    pub fn osds(&self, node: &str) -> Vec<Osd> {
        let now = self.site.now();
        let state = self.site.state();
        let rows = state.cluster(node).map(|(_, cluster)| listed(cluster));
        let rows = rows.into_iter().flatten();
        rows.map(|row| Osd {
            number: row.osd,
            node: row.location.clone(),
            path: row.path.clone(),
            up: row.up.is_some_and(|at| at <= now),
        })
        .collect()
    }

    /// How many copies a new pool of `node`'s cluster keeps.
    pub fn pool_size(&self, node: &str) -> Option<u64> {
        let state = self.site.state();
        let cluster = state.cluster(node);
        cluster.ok().map(|(_, cluster)| cluster.app.default_size)
    }

    /// How long it takes to make a pool now, the election that runs included.
    pub fn pool_takes(&self, node: &str) -> Duration {
        let now = self.site.now();
        let state = self.site.state();
        let until = state.cluster(node);
        let until = until.map_or(0, |(_, cluster)| cluster.app.election_until);
        let propose = monitors::pace(&state, node).propose;
        let making = monitors::millis(POOL_CHANGES.mul_add(propose, POOL));
        Duration::from_millis(until.saturating_sub(now).saturating_add(making))
    }

    /// Puts a pool that LXD made on record, so that MicroCeph lists it.
    pub fn add_pool(&self, node: &str, name: &str) {
        let now = self.site.now();
        if let Ok(cluster) = self.site.state().cluster_mut(node) {
            cluster.app.settle(now);
            cluster.app.add_pool(name);
        }
    }

    /// Takes a pool that LXD deleted off the record.
    pub fn remove_pool(&self, node: &str, name: &str) {
        if let Ok(cluster) = self.site.state().cluster_mut(node) {
            cluster.app.pools.retain(|pool| pool.name != name);
        }
    }

    /// Puts something on the disk of `node` that is asked for by `path`, or takes it away.
    pub fn set_holds(&self, node: &str, path: &str, holds: Holds) {
        let mut state = self.site.state();
        let stable = state.find(node).and_then(|node| node.app.disk(path));
        let Some(stable) = stable.map(|disk| disk.stable().to_owned()) else {
            return;
        };
        if let Some(disk) = state.node_mut(node).app.disk_mut(&stable) {
            disk.holds = holds;
        }
    }

    /// What of the monitor on `node` is set otherwise than Ceph has it, in seconds; empty when it was
    /// given back, none where no monitor runs.
    pub fn tuning(&self, node: &str) -> Option<BTreeMap<&'static str, f64>> {
        let state = self.site.state();
        let monitor = state.find(node)?.app.monitor.as_ref()?;
        let values = monitor.values.lock();
        Some(values.unwrap_or_else(PoisonError::into_inner).changed())
    }
}
