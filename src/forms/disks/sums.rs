//! What follows from the choices on Disks: the local pool, its files, what is erased.

use super::super::parts::{fill, list, nodes, note};
use super::super::{Known, Note, Tone};
use super::{driver_of, given, takes_disks};
use crate::engine::answers::DriverChoice;
use crate::engine::picture::wizard::NodeDisks;
use crate::preseed;
use crate::text::say;

pub(super) fn sums(known: Known<'_>) -> Vec<Note> {
    let all = &known.picture.wizard.disks;
    if all.is_empty() {
        return vec![note(Tone::Busy, say("disks.no-nodes"))];
    }
    let mut notes = pool(known);
    let wrong = wrong(known).into_iter();
    notes.extend(wrong.map(|why| note(Tone::Bad, why)));
    notes.push(erased(known));
    let unknown: Vec<_> = all.iter().filter(|node| !node.known).map(name).collect();
    if !unknown.is_empty() {
        let with = list(unknown);
        notes.push(note(
            Tone::Busy,
            fill("disks.still-looking", &[("nodes", &with)]),
        ));
    }
    notes
}

const fn name(node: &NodeDisks) -> &str {
    node.node.as_str()
}

/// Why the choices cannot be: a driver that not every node has, or a disk for a pool that takes none.
pub(super) fn wrong(known: Known<'_>) -> Option<String> {
    let wizard = &known.picture.wizard;
    let all = &wizard.disks;
    if !wizard.pool.possible && !all.is_empty() && all.iter().all(|node| node.known) {
        return Some(say("disks.sum-impossible"));
    }
    let idle = all.iter().filter(|node| given(node).is_some());
    let idle: Vec<_> = idle.map(name).collect();
    let is_idle = !takes_disks(known) && !idle.is_empty();
    is_idle.then(|| fill("disks.sum-idle", &[("nodes", &list(idle))]))
}

/// What the local pool comes to.
fn pool(known: Known<'_>) -> Vec<Note> {
    let wizard = &known.picture.wizard;
    let all = &wizard.disks;
    if wizard.pool.local.driver == DriverChoice::None {
        return vec![note(Tone::Warning, say("disks.sum-no-pool"))];
    }
    let Some(driver) = driver_of(known) else {
        return vec![note(Tone::Dim, say("disks.sum-unknown"))];
    };
    if driver == "dir" {
        return vec![note(Tone::Plain, say("disks.sum-dir"))];
    }
    let (with, without): (Vec<_>, Vec<_>) = all.iter().partition(|node| given(node).is_some());
    let holes = [
        ("driver", driver),
        ("count", &with.len().to_string()),
        ("nodes", &nodes(all.len())),
    ];
    let tone = if without.is_empty() {
        Tone::Good
    } else {
        Tone::Plain
    };
    let mut notes = vec![note(tone, fill("disks.sum-disks", &holes))];
    if !without.is_empty() {
        let size = preseed::size(wizard.pool.local.file);
        let names = list(without.into_iter().map(name));
        let holes = [("nodes", names.as_str()), ("size", size.as_str())];
        notes.push(note(Tone::Warning, fill("disks.sum-files", &holes)));
    }
    notes
}

/// The disks that will lose what they hold.
fn erased(known: Known<'_>) -> Note {
    let all = known.picture.wizard.disks.iter();
    let lost: Vec<_> = all
        .filter(|_| takes_disks(known))
        .flat_map(|node| node.disks.iter().map(move |disk| (node, disk)))
        .filter(|(_, disk)| disk.erases && disk.purpose.is_some())
        .map(|(node, disk)| format!("{} {}", node.node, disk.name))
        .collect();
    if lost.is_empty() {
        return note(Tone::Good, say("disks.sum-keeps"));
    }
    let disks = list(lost.iter().map(String::as_str));
    note(
        Tone::Warning,
        fill("disks.sum-erases", &[("disks", &disks)]),
    )
}
