//! Disks: what each disk of each node is for, and what follows from it.

mod sums;

use super::parts::{back, button, cell, deed, fill, heads, intend, leader, next, note, trouble};
use super::{Button, Form, Known, Note, Part, Row, Step, Tone, Wish};
use crate::engine::Intent;
use crate::engine::answers::{DriverChoice, LocalPool, Purpose};
use crate::engine::node::Role;
use crate::engine::picture::bytes_in_words;
use crate::engine::picture::wizard::{DiskRow, NodeDisks};
use crate::text::{say, sentence};

pub(super) fn form(known: Known<'_>) -> Form {
    let picture = known.picture;
    let leads = picture.role == Role::Leader;
    let mut rows = Vec::new();
    for node in &picture.wizard.disks {
        rows.push(heading(known, node));
        rows.extend(node.disks.iter().map(|disk| row(known, node, disk)));
    }
    let mut parts = trouble(picture);
    parts.push(Part::Table {
        head: heads(&[
            "disks.disk",
            "disks.model",
            "disks.size",
            "disks.holds",
            "disks.use",
        ]),
        rows,
        empty: say("disks.no-nodes"),
    });
    parts.push(Part::Table {
        head: Vec::new(),
        rows: vec![driver(known, leads)],
        empty: say("disks.no-nodes"),
    });
    let suggested = suggested(known);
    let mut buttons = Vec::new();
    let mut first = if leads { "next" } else { "ready" };
    if !suggested.is_empty() {
        first = "suggest";
        buttons.push(suggest(suggested));
    }
    buttons.push(back(Step::Disks, picture));
    if leads {
        let go = Wish::Go(Step::Network);
        buttons.push(next(sums::wrong(known).map_or(Ok(go), Err)));
    } else {
        let about = vec![note(Tone::Dim, say("disks.network-about"))];
        let wish = Some(Wish::Go(Step::Network));
        buttons.push(button("network", "disks.network", wish, about));
        buttons.push(ready(known));
    }
    let says = if leads {
        say("disks.says")
    } else {
        fill("disks.says-joiner", &[("leader", &leader(&picture.leader))])
    };
    let mut form = Form::new(says, parts);
    form.sums = sums::sums(known);
    form.with(buttons, first)
}

/// The last button of a joiner: there is nothing to press, and it says so.
pub(super) fn ready(known: Known<'_>) -> Button {
    let with = leader(&known.picture.leader);
    let about = fill("disks.ready-about", &[("leader", &with)]);
    button("ready", "disks.ready", None, vec![note(Tone::Good, about)])
}

fn suggest(intents: Vec<Intent>) -> Button {
    let count = intents.len().to_string();
    let about = fill("disks.suggest-about", &[("count", &count)]);
    button(
        "suggest",
        "disks.suggest",
        Some(Wish::Intents(intents)),
        vec![note(Tone::Plain, about)],
    )
}

/// The first empty, usable disk of each node that gives none: nothing in it erases anything.
fn suggested(known: Known<'_>) -> Vec<Intent> {
    let wizard = &known.picture.wizard;
    // Before every node was looked at, the best that all have may turn out to take no disk.
    let auto = wizard.pool.local.driver == DriverChoice::Auto;
    let can = takes_disks(known) && (!auto || driver_of(known).is_some());
    let nodes = wizard.disks.iter();
    let open = nodes.filter(|node| can && node.can_choose && given(node).is_none());
    let spare = |disk: &&DiskRow| disk.unusable.is_none() && !disk.erases;
    let of = |node: &NodeDisks| {
        let disk = node.disks.iter().find(spare)?;
        Some(Intent::Use {
            node: node.node.clone(),
            disk: disk.path.clone(),
            purpose: Some(Purpose::Local),
        })
    };
    open.filter_map(of).collect()
}

/// The driver of the local pool, once every node was looked at.
fn driver_of(known: Known<'_>) -> Option<&str> {
    let wizard = &known.picture.wizard;
    let looked_at = !wizard.disks.is_empty() && wizard.disks.iter().all(|node| node.known);
    wizard.pool.driver.as_deref().filter(|_| looked_at)
}

/// Whether the local pool takes disks, as far as that is known.
fn takes_disks(known: Known<'_>) -> bool {
    match known.picture.wizard.pool.local.driver {
        DriverChoice::Dir | DriverChoice::None => false,
        DriverChoice::Zfs | DriverChoice::Btrfs => true,
        DriverChoice::Auto => driver_of(known) != Some("dir"),
    }
}

/// The disk that a node gives to the local pool.
fn given(node: &NodeDisks) -> Option<&DiskRow> {
    node.disks
        .iter()
        .find(|disk| disk.purpose == Some(Purpose::Local))
}

/// The row above the disks of a node; where there are none, it says why.
fn heading(known: Known<'_>, node: &NodeDisks) -> Row {
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

fn row(known: Known<'_>, node: &NodeDisks, disk: &DiskRow) -> Row {
    let chosen = disk.purpose.is_some();
    let can = disk.unusable.is_none() && node.can_choose;
    let purpose = (!chosen).then_some(Purpose::Local);
    let change = Intent::Use {
        node: node.node.clone(),
        disk: disk.path.clone(),
        purpose,
    };
    let tone = match (&disk.unusable, chosen, disk.erases) {
        (Some(_), ..) => Tone::Dim,
        (None, true, true) => Tone::Warning,
        (None, true, false) => Tone::Good,
        (None, false, _) => Tone::Plain,
    };
    Row {
        id: format!("disk:{}:{}", node.node, disk.path),
        cells: vec![
            cell(&disk.name),
            cell(&disk.model),
            bytes_in_words(disk.size),
            if disk.holds.is_empty() {
                say("disks.empty")
            } else {
                cell(&disk.holds)
            },
            used_for(disk),
        ],
        tone,
        about: about(known, node, disk),
        press: can
            .then(|| intend(change))
            .and_then(|wish| deed("key.next-use", wish)),
        ..Row::default()
    }
}

/// `Local`, `Keep` or `-`, what is erased, and who chose.
fn used_for(disk: &DiskRow) -> String {
    let mut text = match (&disk.unusable, disk.purpose) {
        (_, Some(Purpose::Local)) => say("disks.local"),
        (_, Some(Purpose::Ceph)) => say("disks.ceph"),
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
        notes.push(if takes_disks(known) {
            what(disk)
        } else {
            note(Tone::Warning, say("disks.takes-none"))
        });
    }
    let warnings = disk.warnings.iter().map(sentence);
    notes.extend(warnings.map(|warning| note(Tone::Warning, warning)));
    if !disk.serial.is_empty() {
        let with = [("serial", disk.serial.as_str())];
        notes.push(note(Tone::Dim, fill("disks.serial", &with)));
    }
    notes
}

fn what(disk: &DiskRow) -> Note {
    let with = [("disk", disk.name.as_str()), ("holds", disk.holds.as_str())];
    match (disk.purpose, disk.erases) {
        (Some(_), true) => note(Tone::Warning, fill("disks.will-erase", &with)),
        (Some(_), false) => note(Tone::Good, fill("disks.will-use", &with)),
        (None, true) => note(Tone::Plain, fill("disks.would-erase", &with)),
        (None, false) => note(Tone::Plain, fill("disks.would-use", &with)),
    }
}

/// The row of the local pool's driver.
fn driver(known: Known<'_>, leads: bool) -> Row {
    let pool = &known.picture.wizard.pool;
    let (word, next) = match pool.local.driver {
        DriverChoice::Auto => ("disks.auto", DriverChoice::Zfs),
        DriverChoice::Zfs => ("disks.zfs", DriverChoice::Btrfs),
        DriverChoice::Btrfs => ("disks.btrfs", DriverChoice::Dir),
        DriverChoice::Dir => ("disks.dir", DriverChoice::None),
        DriverChoice::None => ("disks.no-pool", DriverChoice::Auto),
    };
    let change = Intent::Local {
        local: LocalPool {
            driver: next,
            ..pool.local.clone()
        },
    };
    let about = if leads {
        note(Tone::Plain, say("disks.driver-about"))
    } else {
        let with = leader(&known.picture.leader);
        note(
            Tone::Dim,
            fill("disks.driver-not-here", &[("leader", &with)]),
        )
    };
    let comes_to = driver_of(known).map_or_else(|| say("disks.not-known"), str::to_owned);
    let text = fill(word, &[("driver", &comes_to)]);
    let wrong = sums::wrong(known).is_some();
    Row {
        id: "driver".to_owned(),
        cells: vec![say("disks.driver"), text],
        tone: if wrong { Tone::Bad } else { Tone::Plain },
        about: vec![about],
        press: leads
            .then(|| intend(change))
            .and_then(|wish| deed("key.next-value", wish)),
        ..Row::default()
    }
}
