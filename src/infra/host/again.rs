//! The last look at a disk before it is given away: it must still be what Review showed.

use super::disks::disks;
use crate::engine::facts::{Disk, Holds};
use crate::engine::message::{Failure, Message};
use crate::engine::plan::DiskUse;
use crate::world::World;

/// Looks at a planned disk once more, right before a service gets it.
pub async fn look_again(world: &World, planned: &DiskUse) -> Result<(), Failure> {
    let found = disks(world)
        .await
        .map_err(|error| changed(planned, "disk.unread").because(error))?;
    same_disk(&found, planned)
}

/// Makes sure that a planned disk still is what Review showed: the same path, name, serial number,
/// model and size, holding the same, and used by nothing.
pub fn same_disk(found: &[Disk], planned: &DiskUse) -> Result<(), Failure> {
    let Some(disk) = found.iter().find(|disk| disk.path == planned.path) else {
        return Err(changed(planned, "disk.gone"));
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
            return differs(was, is, "disk.other");
        }
    }
    let holds = disk.holds.in_words(&disk.partitions);
    if holds != planned.holds || matches!(disk.holds, Holds::Unknown(_)) {
        return differs(&planned.holds, &holds, "disk.holds-other");
    }
    if let Some(used) = &disk.used {
        return differs("", used, "disk.used");
    }
    if disk.read_only {
        return Err(changed(planned, "disk.read-only"));
    }
    Ok(())
}

fn changed(planned: &DiskUse, code: &str) -> Failure {
    let what = Message::new(code)
        .with("disk", &planned.name)
        .with("path", &planned.path)
        .with("node", &planned.node);
    Failure::new(what)
        .hint(Message::new("disk.hint-changed").with("disk", &planned.name))
        .data(Message::new("disk.data-untouched").with("disk", &planned.name))
}
