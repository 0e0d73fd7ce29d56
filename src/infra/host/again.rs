//! The last look at a disk before it is given away: it must still be what Review showed.

use super::disks::disk_at;
use crate::engine::facts::{Disk, Holds};
use crate::engine::message::{Failure, Message};
use crate::engine::plan::DiskUse;
use crate::world::World;

/// Looks at a planned disk once more, right before a service gets it. Where an `earlier` attempt may
/// have written to it, a failure says so.
pub async fn look_again(world: &World, planned: &DiskUse, earlier: bool) -> Result<(), Failure> {
    let found = disk_at(world, &planned.path).await;
    let found = found.map_err(|error| changed(planned, "disk.unread").because(error));
    let same = found.and_then(|found| same_disk(found.as_ref(), planned));
    same.map_err(|failure| {
        if earlier {
            failure.data(Message::new("disk.data-earlier").with("disk", &planned.name))
        } else {
            failure
        }
    })
}

/// Makes sure that the disk at a planned path still is what Review showed: the same name, serial
/// number, model and size, holding the same, and used by nothing. One that was to be erased may be
/// empty by now: an earlier attempt did that, or somebody else, and nothing is left to lose.
pub fn same_disk(found: Option<&Disk>, planned: &DiskUse) -> Result<(), Failure> {
    let Some(disk) = found.filter(|disk| disk.path == planned.path) else {
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
    let uuid = disk.holds.uuid().unwrap_or_default();
    let same = holds == planned.holds && uuid == planned.uuid;
    if !(same || holds.is_empty()) || matches!(disk.holds, Holds::Unknown(_)) {
        let was = with_uuid(&planned.holds, &planned.uuid);
        return differs(&was, &with_uuid(&holds, uuid), "disk.holds-other");
    }
    if let Some(used) = &disk.used {
        return differs("", used, "disk.used");
    }
    if disk.read_only {
        return Err(changed(planned, "disk.read-only"));
    }
    Ok(())
}

/// What a disk holds, with the UUID that tells it from another that looks the same.
fn with_uuid(holds: &str, uuid: &str) -> String {
    if uuid.is_empty() {
        holds.to_owned()
    } else {
        format!("{holds} (UUID {uuid})")
    }
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
