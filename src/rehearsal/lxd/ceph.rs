//! Pools on Ceph: what the cluster as a whole makes of them, and how that fails.

use super::pool::{Pool, Standing};
use super::state::{Config, State};
use super::{NodeSpec, Release, wording};
use crate::rehearsal::envelope::Refusal;

/// How long LXD tries to mount a file system that the kernel does not know (recorded).
const NO_KERNEL: u64 = 15_181;

/// How long it takes to find an OSD pool in use (recorded).
const IN_USE: u64 = 213;

/// Whether all members of a pool of this driver share one storage.
pub(super) fn is_remote(driver: &str) -> bool {
    matches!(driver, "ceph" | "cephfs")
}

/// Why `spec`'s LXD does not reach Ceph, if it does not.
pub(super) fn reach(spec: &NodeSpec) -> Result<(), String> {
    if spec.ceph.ask() {
        return Ok(());
    }
    let command = "ceph --name client.admin --cluster ceph osd pool ls";
    let why = "Error initializing cluster client: \
               ObjectNotFound('RADOS object not found (error calling conf_read_file)')";
    Err(wording::failed_to_run(spec.release, command, why))
}

/// Mounts the file system on `spec`'s host.
pub(super) fn mount(spec: &NodeSpec) -> Result<(), Refusal> {
    reach(spec).map_err(Refusal::internal)?;
    if spec.mounts_ceph {
        return Ok(());
    }
    let failed = match spec.release {
        Release::V5_0 | Release::V5_21 => "Failed to mount",
        Release::V6 => "Failed mounting",
    };
    let text = format!(
        "{failed} \"admin@affd4017-fda7-4e0f-b8c2-037b5dc52b73.lxd_cephfs=/\" on \
         \"/tmp/lxd_cephfs_4167410133/mount\" using \"ceph\": no such device"
    );
    Err(Refusal::internal(text).after(NO_KERNEL))
}

/// Makes a whole pool: the keys that it then has besides those it was told.
pub(super) fn make(
    state: &State,
    node: &str,
    (name, pool): (&str, &Pool),
) -> Result<Config, Refusal> {
    let spec = &state.node(node).spec;
    reach(spec).map_err(Refusal::internal)?;
    let pairs: &[(&str, &str)] = if pool.driver == "ceph" {
        unused(state, node, (name, pool))?;
        &[
            ("ceph.osd.pg_num", "32"),
            ("ceph.osd.pool_size", "3"),
            ("ceph.cluster_name", "ceph"),
            ("ceph.user.name", "admin"),
            ("volatile.pool.pristine", "true"),
        ]
    } else {
        file_system(spec, name, pool)?;
        for member in &state.database(node).members {
            mount(&state.node(&member.node).spec)?;
        }
        &[
            ("cephfs.cluster_name", "ceph"),
            ("cephfs.user.name", "admin"),
            ("volatile.pool.pristine", "true"),
        ]
    };
    let pairs = pairs.iter();
    Ok(pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect())
}

/// 5.0 makes no file system: it must be there, and here it never is.
fn file_system(spec: &NodeSpec, name: &str, pool: &Pool) -> Result<(), Refusal> {
    if spec.release != Release::V5_0 {
        return Ok(());
    }
    if let Some(key) = [
        "cephfs.create_missing",
        "cephfs.data_pool",
        "cephfs.meta_pool",
    ]
    .into_iter()
    .find(|key| pool.config.contains_key(*key))
    {
        let text = format!("Invalid option for storage pool \"{name}\" option \"{key}\"");
        return Err(Refusal::internal(text));
    }
    Err(Refusal::internal(
        "The requested 'lxd_cephfs' CEPHFS doesn't exist",
    ))
}

/// Refuses an OSD pool that another of this LXD's pools has.
fn unused(state: &State, node: &str, (name, pool): (&str, &Pool)) -> Result<(), Refusal> {
    let key = "ceph.osd.pool_name";
    let mut others = state.database(node).pools.iter();
    let other = others.find(|(other, it)| {
        *other != name
            && it.driver == pool.driver
            && it.standing == Standing::Created
            && it.config.get(key) == pool.config.get(key)
    });
    match other {
        None => Ok(()),
        Some((other, _)) => {
            let text = format!("Cannot use source as it's already in use by pool \"{other}\"");
            Err(Refusal::internal(text).after(IN_USE))
        }
    }
}
