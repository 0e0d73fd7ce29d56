//! A node's part of the local pool: what LXD is told of it, and what a failure means for its disk.

use super::reach::Reach;
use super::types::Config;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::{DiskUse, PoolPart, PoolSource};
use crate::infra::host::again;

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

/// Looks at the part's disk once more, right before LXD gets it; an `earlier` attempt may have written
/// to it.
pub(super) async fn look_again(
    reach: &Reach,
    part: &PoolPart,
    earlier: bool,
) -> Result<(), Failure> {
    match of(part) {
        Some(planned) => again::look_again(&reach.world, planned, earlier).await,
        None => Ok(()),
    }
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
