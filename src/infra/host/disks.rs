//! This machine's disks, from `/sys/class/block`, udev's notes and `/dev` below World's roots.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use futures_util::future::join_all;

use super::used::Uses;
use super::{HostError, bus, flag, holds, line, listed, names, number};
use crate::engine::facts::Disk;
use crate::infra::rest::plain;
use crate::world::{Roots, World};

/// A sector as `/sys/class/block/*/size` counts it, whatever the disk's own is.
const SECTOR: u64 = 512;

/// Optical and floppy drives and Ceph's mapped images: block devices with a parent, yet no disks.
const NO_DISKS: &[&str] = &["sr", "fd", "rbd"];

/// What the kernel makes from other things; a disk all the same if there is a device behind it.
const MADE: &[&str] = &[
    "loop", "ram", "zram", "dm-", "md", "nbd", "zd", "bcache", "drbd",
];

/// Links in `by-id` that name what is on a disk, or the disk less readably than another link does.
const LESSER: &[&str] = &[
    "wwn-",
    "nvme-eui.",
    "nvme-nvme.",
    "nvme-uuid.",
    "scsi-3",
    "scsi-1",
];

/// Every whole disk, with what it holds and what it is used for.
pub async fn disks(world: &World) -> Result<Vec<Disk>, HostError> {
    let found = all(world)?.into_iter().map(|disk| opened(world, disk));
    Ok(join_all(found).await)
}

/// The disk at `path` alone, with what it holds and what it is used for; none where there is none. No
/// other disk is opened.
pub(super) async fn disk_at(world: &World, path: &str) -> Result<Option<Disk>, HostError> {
    let found = all(world)?.into_iter().find(|disk| disk.path == path);
    Ok(match found {
        Some(disk) => Some(opened(world, disk).await),
        None => None,
    })
}

/// Every whole disk as the kernel and udev tell it; none of them is opened.
fn all(world: &World) -> Result<Vec<Disk>, HostError> {
    let roots = &world.roots;
    let class = roots.sys.join("class/block");
    let all = listed(&class)?;
    let uses = Uses::read(roots);
    let whole = all.iter().filter(|name| is_disk(&class.join(name), name));
    let mut found: Vec<_> = whole.map(|name| disk(roots, name, &all)).collect();
    let (by_id, by_path) = (
        links(&roots.dev.join("disk/by-id")),
        links(&roots.dev.join("disk/by-path")),
    );
    // A link by a serial number that several disks have is one of theirs, and another's tomorrow.
    let alike: Vec<_> = found
        .iter()
        .map(|disk| found.iter().any(|other| disk.is_like(other)))
        .collect();
    for (disk, alike) in found.iter_mut().zip(alike) {
        let own = by_id.get(&disk.name).filter(|_| !alike);
        let path = own.or_else(|| by_path.get(&disk.name));
        let bare = roots.dev.join(&disk.name);
        disk.path = path.unwrap_or(&bare).display().to_string();
        disk.used = uses.of(&class, &disk.name, &disk.partitions);
    }
    Ok(found)
}

/// The disk with what is read from itself: what it holds, and whether somebody has claimed it.
async fn opened(world: &World, mut disk: Disk) -> Disk {
    disk.holds = holds::holds(world, &disk).await;
    if disk.used.is_none() && holds::is_claimed(world, &disk).await {
        disk.used = Some(Disk::CLAIMED.to_owned());
    }
    disk
}

/// The kernel name of the device that `path` leads to, as a service of this machine knows it; none
/// where it leads to none.
pub(in crate::infra) fn device(world: &World, path: &str) -> Option<String> {
    let path = match path.strip_prefix("/dev/") {
        Some(rest) => world.roots.dev.join(rest),
        None => path.into(),
    };
    let device = path.canonicalize().ok()?;
    let dev = world.roots.dev.canonicalize().ok()?;
    let name = device.strip_prefix(dev).ok()?;
    name.to_str().map(str::to_owned)
}

/// A disk is told by its name and by the device behind it, never by its number: the lab's `sdb`
/// has a loop's.
fn is_disk(dir: &Path, name: &str) -> bool {
    let is = |kinds: &[&str]| {
        kinds.iter().any(|kind| {
            name.strip_prefix(kind)
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '_'))
        })
    };
    let device = dir.join("device").exists();
    dir.is_dir() && !dir.join("partition").exists() && !is(NO_DISKS) && (device || !is(MADE))
}

/// What the kernel and udev say of one disk.
fn disk(roots: &Roots, name: &str, all: &[String]) -> Disk {
    let dir = roots.sys.join("class/block").join(name);
    let udev = notes(roots, &dir);
    let note = |key: &str| udev.get(key).cloned();
    let said = |file: &str| line(&dir.join(file));
    Disk {
        name: name.to_owned(),
        size: number::<u64>(&dir.join("size"))
            .unwrap_or(0)
            .saturating_mul(SECTOR),
        model: said("device/model")
            .or_else(|| said("device/name"))
            .or_else(|| note("ID_MODEL")),
        serial: note("ID_SERIAL_SHORT")
            .or_else(|| said("device/serial"))
            .or_else(|| said("serial"))
            .or_else(|| note("ID_SERIAL")),
        removable: flag(&dir.join("removable")),
        read_only: flag(&dir.join("ro")),
        rotational: flag(&dir.join("queue/rotational")),
        partitions: partitions(&dir, name, all),
        transport: bus::transport(&dir, (name, udev.get("ID_BUS"))),
        usb_speed_mbps: bus::usb_speed(roots, &dir),
        wwn: note("ID_WWN").or_else(|| bus::wwn(&dir)),
        ..Disk::default()
    }
}

/// A disk's partitions: what lies in its directory, or beside it where there are no links.
fn partitions(dir: &Path, name: &str, all: &[String]) -> Vec<String> {
    let class = dir.parent().unwrap_or(dir);
    let is_part = |path: PathBuf| path.join("partition").exists();
    let numbered = |part: &str| {
        let rest = part.strip_prefix(name)?;
        let number = if name.ends_with(|c: char| c.is_ascii_digit()) {
            rest.strip_prefix('p')?
        } else {
            rest
        };
        number.parse::<u32>().ok()
    };
    let mut parts: Vec<String> = names(dir)
        .unwrap_or_default()
        .into_iter()
        .filter(|part| is_part(dir.join(part)))
        .collect();
    for part in all {
        if numbered(part).is_some() && is_part(class.join(part)) && !parts.contains(part) {
            parts.push(part.clone());
        }
    }
    parts
}

/// Udev's notes on a device: the `E:KEY=value` lines of `data/b<major>:<minor>`.
fn notes(roots: &Roots, dir: &Path) -> BTreeMap<String, String> {
    let number = line(&dir.join("dev")).unwrap_or_default();
    let file = roots.udev.join("data").join(format!("b{number}"));
    let notes = fs::read(file).unwrap_or_default();
    String::from_utf8_lossy(&notes)
        .lines()
        .filter_map(|line| line.strip_prefix("E:")?.split_once('='))
        .map(|(key, value)| (key.to_owned(), plain(value)))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// The best link to each disk in `/dev/disk/by-id` or `by-path`: the most readable, then the shortest.
fn links(dir: &Path) -> BTreeMap<String, PathBuf> {
    let mut best: BTreeMap<String, (bool, usize, PathBuf)> = BTreeMap::new();
    for link in names(dir).unwrap_or_default() {
        let path = dir.join(&link);
        let target = fs::read_link(&path).ok();
        let Some(disk) = target.as_deref().and_then(|t| t.file_name()?.to_str()) else {
            continue;
        };
        let lesser = LESSER.iter().any(|kind| link.starts_with(kind));
        let candidate = (lesser, link.len(), path);
        let known = best.entry(disk.to_owned());
        let chosen = known.or_insert_with(|| candidate.clone());
        if candidate < *chosen {
            *chosen = candidate;
        }
    }
    best.into_iter()
        .map(|(disk, (_, _, path))| (disk, path))
        .collect()
}
