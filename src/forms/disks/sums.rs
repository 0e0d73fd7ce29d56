//! What follows from the choices on Disks: the local pool, its files, what is erased.

use super::super::parts::{fill, list, nodes, note};
use super::super::{Known, Note, Tone};
use super::given;
use crate::engine::answers::DriverChoice;
use crate::engine::picture::bytes_in_words;
use crate::engine::picture::wizard::NodeDisks;
use crate::text::say;

pub(super) fn sums(known: Known<'_>) -> Vec<Note> {
    let mut notes = pool(known);
    notes.push(erased(known));
    let unknown = known.picture.wizard.disks.iter();
    let unknown: Vec<_> = unknown.filter(|node| !node.known).map(name).collect();
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

fn pool(known: Known<'_>) -> Vec<Note> {
    let wizard = &known.picture.wizard;
    let all = &wizard.disks;
    let (with, without): (Vec<_>, Vec<_>) = all.iter().partition(|node| given(node).is_some());
    if wizard.pool.local.driver == DriverChoice::None {
        let mut notes = vec![note(Tone::Warning, say("disks.sum-no-pool"))];
        notes.extend(idle(&with));
        return notes;
    }
    if !wizard.pool.possible {
        return vec![note(Tone::Bad, say("disks.sum-impossible"))];
    }
    let Some(driver) = wizard.pool.driver.as_deref() else {
        return vec![note(Tone::Dim, say("disks.sum-unknown"))];
    };
    let holes = [
        ("driver", driver),
        ("count", &with.len().to_string()),
        ("nodes", &nodes(all.len())),
    ];
    if driver == "dir" {
        let mut notes = vec![note(Tone::Plain, say("disks.sum-dir"))];
        notes.extend(idle(&with));
        return notes;
    }
    let tone = if without.is_empty() {
        Tone::Good
    } else {
        Tone::Plain
    };
    let mut notes = vec![note(tone, fill("disks.sum-disks", &holes))];
    if !without.is_empty() {
        let size = bytes_in_words(wizard.pool.local.file);
        let names = list(without.into_iter().map(name));
        let holes = [("nodes", names.as_str()), ("size", size.as_str())];
        notes.push(note(Tone::Warning, fill("disks.sum-files", &holes)));
    }
    notes
}

/// Disks that were given to a pool which takes none.
fn idle(with: &[&NodeDisks]) -> Option<Note> {
    let names = list(with.iter().map(|node| name(node)));
    let text = fill("disks.sum-idle", &[("nodes", &names)]);
    (!with.is_empty()).then(|| note(Tone::Bad, text))
}

/// The disks that will lose what they hold.
fn erased(known: Known<'_>) -> Note {
    let all = known.picture.wizard.disks.iter();
    let lost: Vec<_> = all
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
