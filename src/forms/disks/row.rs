//! The rows of Disks: a heading for each node, below it every disk.

use super::super::parts::{cell, deed, fill, intend, leader, list, note};
use super::super::{Known, Note, Row, Tone};
use super::{takes_disks, uses};
use crate::engine::Intent;
use crate::engine::answers::{Given, Purpose};
use crate::engine::picture::bytes_in_words;
use crate::engine::picture::wizard::{DiskRow, NodeDisks};
use crate::text::{say, sentence};

/// The row above the disks of a node; where there are none, it says why.
pub(super) fn heading(known: Known<'_>, node: &NodeDisks) -> Row {
    let is_here = node.node == known.picture.me;
    let name = if is_here {
        fill("screen.here", &[("node", &node.node)])
    } else {
        node.node.clone()
    };
    let state = match (node.known, node.disks.is_empty()) {
        (false, _) => say("disks.looking"),
        (true, true) => say("disks.none"),
        (true, false) => String::new(),
    };
    Row {
        cells: vec![
            name,
            node.address.clone(),
            String::new(),
            state,
            String::new(),
        ],
        tone: if node.known { Tone::Strong } else { Tone::Busy },
        ..Row::default()
    }
}

pub(super) fn row(known: Known<'_>, node: &NodeDisks, disk: &DiskRow) -> Row {
    let chosen = disk.purpose.is_some();
    let change = next_use(known, disk).filter(|_| node.can_choose);
    let change = change.map(|given| Intent::Use {
        node: node.node.clone(),
        disk: disk.path.clone(),
        purpose: given.map(|given| given.purpose),
        encrypt: given.is_some_and(|given| given.encrypt),
    });
    let tone = match (&disk.unusable, chosen, disk.erases) {
        (Some(_), true, _) => Tone::Bad,
        (Some(_), false, _) => Tone::Dim,
        (None, true, true) => Tone::Warning,
        (None, true, false) => Tone::Good,
        (None, false, _) => Tone::Plain,
    };
    Row {
        id: format!("disk:{}:{}", node.node, disk.path),
        cells: vec![
            cell(&disk.name),
            cell(&disk.model),
            if disk.gone && disk.size == 0 {
                String::new()
            } else {
                bytes_in_words(disk.size)
            },
            match (disk.gone, disk.holds.is_empty()) {
                (true, _) => say("disks.gone"),
                (false, true) => say("disks.empty"),
                (false, false) => cell(&disk.holds),
            },
            used_for(disk),
        ],
        tone,
        about: about(known, node, disk),
        press: change.and_then(|change| deed("key.next-use", intend(change))),
        ..Row::default()
    }
}

/// What comes after a disk's use, round and round: Ceph, Ceph encrypted where that can be, Local,
/// Keep. None where there is nothing but what it is.
#[expect(
    clippy::option_option,
    reason = "that nothing comes after and that it is kept are two things"
)]
fn next_use(known: Known<'_>, disk: &DiskRow) -> Option<Option<Given>> {
    let uses = uses(known, disk);
    let Some(now) = Given::of(disk.purpose, disk.encrypt) else {
        return uses.first().map(|given| Some(*given));
    };
    let at = uses.iter().position(|given| *given == now);
    Some(at.and_then(|at| uses.get(at + 1)).copied())
}

/// A use in one word.
fn word(given: Given) -> String {
    say(match (given.purpose, given.encrypt) {
        (Purpose::Local, _) => "disks.local",
        (Purpose::Ceph, false) => "disks.ceph",
        (Purpose::Ceph, true) => "disks.ceph-encrypted",
    })
}

/// `Ceph`, `Local`, `Keep` or `-`, what is erased, and who chose.
fn used_for(disk: &DiskRow) -> String {
    let given = Given::of(disk.purpose, disk.encrypt);
    let mut text = match (&disk.unusable, given) {
        (_, Some(given)) => word(given),
        (None, None) => say("disks.keep"),
        (Some(_), None) => return "-".to_owned(),
    };
    if disk.erases && disk.purpose.is_some() {
        text = format!("{text}  {}", say("disks.erase"));
    }
    match &disk.chosen_by {
        Some(by) => format!("{text}  {}", fill("disks.chosen-by", &[("node", by)])),
        None => text,
    }
}

fn about(known: Known<'_>, node: &NodeDisks, disk: &DiskRow) -> Vec<Note> {
    let mut notes = Vec::new();
    if let Some(why) = &disk.unusable {
        notes.push(note(Tone::Bad, sentence(why)));
        notes.push(match &disk.mend {
            Some(mend) => note(Tone::Plain, sentence(mend)),
            None => note(Tone::Dim, say("disks.no-mend")),
        });
    } else if !node.can_choose {
        let leads = leader(&known.picture.leader);
        let with = [("node", node.node.as_str()), ("leader", leads.as_str())];
        let code = if leads == node.node {
            "disks.not-here-leader"
        } else {
            "disks.not-here"
        };
        notes.push(note(Tone::Dim, fill(code, &with)));
    } else {
        notes.push(what(known, disk));
        let local = |given: &Given| given.purpose == Purpose::Local;
        if takes_disks(known) && !disk.offers.iter().any(local) {
            notes.push(note(Tone::Dim, say("disks.not-local")));
        }
    }
    let warnings = disk.warnings.iter().map(sentence);
    notes.extend(warnings.map(|warning| note(Tone::Warning, warning)));
    if !disk.serial.is_empty() {
        let with = [("serial", disk.serial.as_str())];
        notes.push(note(Tone::Dim, fill("disks.serial", &with)));
    }
    notes
}

/// What becomes of a disk, or could.
fn what(known: Known<'_>, disk: &DiskRow) -> Note {
    let uses = uses(known, disk);
    if disk.purpose == Some(Purpose::Local) && !takes_disks(known) {
        return note(Tone::Warning, say("disks.takes-none"));
    }
    if disk.purpose.is_none() && uses.is_empty() {
        return note(Tone::Warning, say("disks.no-use"));
    }
    let words: Vec<_> = uses.into_iter().map(word).collect();
    let goes_to = match disk.purpose {
        Some(Purpose::Ceph) if disk.encrypt => say("disks.to-ceph-encrypted"),
        Some(Purpose::Ceph) => say("disks.to-ceph"),
        _ => say("disks.to-local"),
    };
    let uses = list(words.iter().map(String::as_str));
    let with = [
        ("disk", disk.name.as_str()),
        ("holds", disk.holds.as_str()),
        ("uses", uses.as_str()),
        ("to", goes_to.as_str()),
    ];
    match (disk.purpose, disk.erases) {
        (Some(_), true) => note(Tone::Warning, fill("disks.will-erase", &with)),
        (Some(_), false) => note(Tone::Good, fill("disks.will-use", &with)),
        (None, true) => note(Tone::Plain, fill("disks.would-erase", &with)),
        (None, false) => note(Tone::Plain, fill("disks.would-use", &with)),
    }
}
