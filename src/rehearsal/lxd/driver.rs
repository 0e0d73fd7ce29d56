//! Storage drivers: which a node has, and what making a member's part of a pool comes to.

use serde_json::{Value, json};

use super::durations::{Chore, usual};
use super::pool::Standing;
use super::state::{Config, Database};
use super::{NodeSpec, Release, wording};
use crate::rehearsal::certificate::sha256;
use crate::rehearsal::envelope::Refusal;

/// The drivers LXD has, each with the version told and whether its storage is everybody's.
const KNOWN: [(&str, &str, bool); 6] = [
    ("btrfs", "6.6.3", false),
    ("ceph", "18.2.7", true),
    ("cephfs", "18.2.7", true),
    ("dir", "1", false),
    (
        "lvm",
        "2.03.16(2) (2022-05-18) / 1.02.185 (2022-05-18)",
        false,
    ),
    ("zfs", "2.2.2", false),
];

/// The size of a pool in a file where nobody says one: LXD's choice in the recordings.
const LOOP_SIZE: &str = "30GiB";

/// `storage_supported_drivers`, with the capital letters LXD gives their keys.
pub(super) fn supported(spec: &NodeSpec) -> Value {
    let has = KNOWN.iter().filter(|(name, _, _)| has(spec, name));
    has.map(|(name, version, remote)| json!({"Name": name, "Version": version, "Remote": remote}))
        .collect()
}

fn has(spec: &NodeSpec, driver: &str) -> bool {
    spec.drivers.iter().any(|each| each == driver)
}

/// `environment.storage`: the drivers of the pools there are.
pub(super) fn in_use(database: &Database) -> String {
    let created = database
        .pools
        .values()
        .filter(|pool| pool.standing == Standing::Created);
    let mut drivers: Vec<&str> = created.map(|pool| pool.driver.as_str()).collect();
    drivers.sort_unstable();
    drivers.dedup();
    drivers.join(" | ")
}

/// Refuses a driver that does not work on the node.
pub(super) fn check(spec: &NodeSpec, driver: &str) -> Result<(), Refusal> {
    if has(spec, driver) {
        return Ok(());
    }
    if !KNOWN.iter().any(|(name, _, _)| *name == driver) {
        return Err(Refusal::new(400, "Unknown driver"));
    }
    let why = format!(
        "modprobe: FATAL: Module {driver} not found in directory /lib/modules/{}",
        spec.kernel
    );
    let command = format!("modprobe -b {driver}");
    let failed = wording::failed_to_run(spec.release, &command, &why);
    Err(Refusal::new(
        400,
        format!("Error loading \"{driver}\" module: {failed}"),
    ))
}

/// Milliseconds that creating a pool takes.
pub(super) fn took(release: Release, driver: &str) -> u64 {
    let chore = match driver {
        "dir" => Chore::PoolDir,
        "btrfs" => Chore::PoolBtrfs,
        "ceph" => Chore::PoolRemote,
        "cephfs" => Chore::PoolCephFs,
        _ => Chore::PoolOther,
    };
    usual(release, chore)
}

/// Makes a member's part of `pool`: the configuration it then has, or what the driver says.
pub(super) fn make(
    spec: &NodeSpec,
    pool: &str,
    driver: &str,
    asked: &Config,
) -> Result<Config, String> {
    let mut config = asked.clone();
    config.remove("source.wipe");
    let root = match spec.release {
        Release::V5_0 => "/var/lib/lxd",
        Release::V5_21 | Release::V6 => "/var/snap/lxd/common/lxd",
    };
    let source = asked.get("source").filter(|source| !source.is_empty());
    let mut set = |key: &str, value: String| config.insert(key.to_owned(), value);
    match (driver, source) {
        ("ceph" | "cephfs", _) => {}
        ("dir", None) => {
            set("source", format!("{root}/storage-pools/{pool}"));
        }
        (_, None) => {
            set("source", format!("{root}/disks/{pool}.img"));
            let size = asked.get("size").cloned();
            set("size", size.unwrap_or_else(|| LOOP_SIZE.to_owned()));
            named_inside(driver, pool, &mut config);
        }
        (_, Some(source)) => {
            if source.starts_with("/dev/") && (driver == "dir" || !spec.disks.contains(source)) {
                return Err(cannot_use(spec.release, pool, driver, source));
            }
            if source.starts_with("/dev/") {
                set("volatile.initial_source", source.clone());
                set("source", source_of(spec, pool, driver, source));
            }
            named_inside(driver, pool, &mut config);
        }
    }
    Ok(config)
}

/// The name that the pool has inside its driver.
fn named_inside(driver: &str, pool: &str, config: &mut Config) {
    let key = match driver {
        "zfs" => "zfs.pool_name",
        "lvm" => "lvm.vg_name",
        _ => return,
    };
    config
        .entry(key.to_owned())
        .or_insert_with(|| pool.to_owned());
}

/// What LXD keeps as the source of a pool on a disk: from 5.21 on a file system's UUID.
fn source_of(spec: &NodeSpec, pool: &str, driver: &str, disk: &str) -> String {
    match driver {
        "btrfs" if spec.release == Release::V5_0 => disk.to_owned(),
        "btrfs" => {
            let digest = sha256(format!("{} {disk} {pool}", spec.name).as_bytes());
            let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
            let parts = [
                part(0, 8),
                part(8, 12),
                part(12, 16),
                part(16, 20),
                part(20, 32),
            ];
            parts.join("-")
        }
        _ => pool.to_owned(),
    }
}

/// What the driver's tool says of a disk that is not there; btrfs's words are recorded.
fn cannot_use(release: Release, pool: &str, driver: &str, disk: &str) -> String {
    match driver {
        "zfs" => {
            let command = format!("zpool create -m none -O compression=on {pool} {disk}");
            let why = format!("cannot open '{disk}': No such file or directory");
            wording::failed_to_run(release, &command, &why)
        }
        "lvm" => {
            let why = format!("No device found for {disk}.");
            wording::failed_to_run(release, &format!("pvcreate {disk}"), &why)
        }
        "dir" => format!("Source path '{disk}' isn't a directory"),
        _ => {
            let why = "ERROR: Could not create subvolume: Inappropriate ioctl for device";
            wording::failed_to_run(release, &format!("btrfs subvolume create {disk}"), why)
        }
    }
}
