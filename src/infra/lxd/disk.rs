//! A node's part of the local pool: what LXD is told of it, and the last look at a disk before it
//! is given away.

use super::reach::Reach;
use super::types::Config;
use crate::engine::facts::{Disk, Holds};
use crate::engine::message::{Failure, Message};
use crate::engine::plan::{DiskUse, PoolPart, PoolSource};
use crate::infra::host::disks::disks;

/// Where a member's part of a pool is: a path, or empty where LXD chooses.
pub(super) const SOURCE: &str = "source";

/// How large LXD makes a file.
pub(super) const SIZE: &str = "size";

/// Whether LXD clears what is on a disk first.
pub(super) const WIPE: &str = "source.wipe";

/// The member-specific keys for a node's part.
pub(super) fn config(part: &PoolPart) -> Config {
    let pairs = match &part.source {
        PoolSource::Directory => Vec::new(),
        PoolSource::File(bytes) => vec![(SIZE, format!("{bytes}B"))],
        PoolSource::Disk { disk, wipe: false } => vec![(SOURCE, disk.path.clone())],
        PoolSource::Disk { disk, wipe: true } => {
            vec![(SOURCE, disk.path.clone()), (WIPE, "true".to_owned())]
        }
    };
    let pairs = pairs.into_iter();
    pairs.map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The disk a part is on, if it is on one.
pub(super) fn of(part: &PoolPart) -> Option<&DiskUse> {
    match &part.source {
        PoolSource::Disk { disk, .. } => Some(disk),
        PoolSource::Directory | PoolSource::File(_) => None,
    }
}

/// Looks at the part's disk once more, right before LXD gets it.
pub(super) async fn look_again(reach: &Reach, part: &PoolPart) -> Result<(), Failure> {
    let Some(planned) = of(part) else {
        return Ok(());
    };
    let found = disks(&reach.world)
        .await
        .map_err(|error| changed(planned, "lxd.disk-unread").because(error))?;
    same_disk(&found, planned)
}

/// Makes sure that a planned disk still is what Review showed: the same path, name, serial number,
/// model and size, holding the same, and used by nothing.
pub fn same_disk(found: &[Disk], planned: &DiskUse) -> Result<(), Failure> {
    let Some(disk) = found.iter().find(|disk| disk.path == planned.path) else {
        return Err(changed(planned, "lxd.disk-gone"));
    };
    let differs = |was: &str, is: &str, code: &str| {
        let is = if is.is_empty() { "nothing" } else { is };
        let was = if was.is_empty() { "nothing" } else { was };
        let mut failure = changed(planned, code);
        failure.what = failure.what.with("was", was).with("is", is);
        Err(failure)
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let pairs = [
        (planned.name.clone(), disk.name.clone()),
        (planned.serial.clone(), text(&disk.serial)),
        (planned.model.clone(), text(&disk.model)),
        (planned.size.to_string(), disk.size.to_string()),
    ];
    for (was, is) in &pairs {
        if was != is {
            return differs(was, is, "lxd.disk-other");
        }
    }
    let holds = disk.holds.in_words(&disk.partitions);
    if holds != planned.holds || matches!(disk.holds, Holds::Unknown(_)) {
        return differs(&planned.holds, &holds, "lxd.disk-holds-other");
    }
    if let Some(used) = &disk.used {
        return differs("", used, "lxd.disk-used");
    }
    if disk.read_only {
        return Err(changed(planned, "lxd.disk-read-only"));
    }
    Ok(())
}

fn changed(planned: &DiskUse, code: &str) -> Failure {
    let what = Message::new(code)
        .with("disk", &planned.name)
        .with("path", &planned.path)
        .with("node", &planned.node);
    Failure::new(what)
        .hint(Message::new("lxd.hint-disk").with("disk", &planned.name))
        .data(Message::new("lxd.data-disk-untouched").with("disk", &planned.name))
}

/// What a failed call means for the data of a part.
pub(super) fn data(part: &PoolPart) -> Message {
    match of(part) {
        Some(disk) => Message::new("lxd.data-disk")
            .with("disk", &disk.name)
            .with("node", &disk.node),
        None => Message::new("failure.data-untouched"),
    }
}
