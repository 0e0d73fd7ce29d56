//! Disks: what each disk of each node is for, and what follows from it.

mod row;
mod settings;
mod sums;

pub(super) use sums::lacking;

use super::parts::{back, button, fill, heads, leader, next, note, trouble};
use super::{Button, Form, Known, Part, Step, Tone, Wish};
use crate::engine::Intent;
use crate::engine::answers::{DriverChoice, Given, Purpose};
use crate::engine::node::Role;
use crate::engine::picture::wizard::{DiskRow, NodeDisks};
use crate::text::say;

pub(super) fn form(known: Known<'_>) -> Form {
    let picture = known.picture;
    let leads = picture.role == Role::Leader;
    let mut rows = Vec::new();
    for node in &picture.wizard.disks {
        rows.push(row::heading(known, node));
        rows.extend(node.disks.iter().map(|disk| row::row(known, node, disk)));
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
        rows: settings::rows(known, leads),
        empty: say("disks.no-nodes"),
    });
    let suggested = suggested(known);
    let mut buttons = Vec::new();
    let mut first = if leads { "next" } else { "ready" };
    if !suggested.is_empty() {
        first = "suggest";
        buttons.push(suggest(suggested, leads));
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
    let says = if leads && !picture.wizard.ceph.offered {
        say("disks.says-local")
    } else if leads {
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

/// `leads` is whether it is for all nodes; else for this one.
fn suggest(intents: Vec<Intent>, leads: bool) -> Button {
    let count = intents.len().to_string();
    let to = |wanted: Purpose| {
        let mut uses = intents.iter();
        uses.any(|it| matches!(it, Intent::Use { purpose, .. } if *purpose == Some(wanted)))
    };
    let code = match (to(Purpose::Ceph), to(Purpose::Local), leads) {
        (true, true, _) => "disks.suggest-both",
        (true, false, true) => "disks.suggest-ceph",
        (true, false, false) => "disks.suggest-ceph-here",
        (false, _, true) => "disks.suggest-about",
        (false, _, false) => "disks.suggest-about-here",
    };
    let about = fill(code, &[("count", &count)]);
    button(
        "suggest",
        "disks.suggest",
        Some(Wish::Intents(intents)),
        vec![note(Tone::Plain, about)],
    )
}

/// So many nodes with a disk each make a Ceph that survives the loss of a node; with fewer it is
/// suggested only where somebody began it.
const ENOUGH: usize = 3;

/// Empty, usable disks: on each node the largest for Ceph, where enough nodes have one and it has none
/// yet; then one for the local pool. Nothing in it erases anything.
fn suggested(known: Known<'_>) -> Vec<Intent> {
    let wizard = &known.picture.wizard;
    let all = &wizard.disks;
    // Before every node was looked at, the best that all have may turn out to take no disk.
    let auto = wizard.pool.local.driver == DriverChoice::Auto;
    let local = takes_disks(known) && (!auto || driver_of(known).is_some());
    let has = |node: &&NodeDisks| gives(node, Purpose::Ceph) || spare(node).next().is_some();
    let begun = all.iter().any(|node| gives(node, Purpose::Ceph));
    let ceph = wizard.ceph.offered
        && all.iter().all(|node| node.known)
        && (begun || all.iter().filter(has).count() >= ENOUGH);
    let mut intents = Vec::new();
    for node in all.iter().filter(|node| node.can_choose) {
        let use_it = |disk: &DiskRow, purpose| Intent::Use {
            node: node.node.clone(),
            disk: disk.path.clone(),
            purpose: Some(purpose),
            encrypt: false,
        };
        let fit = |purpose| spare(node).filter(move |disk| offers(disk, purpose));
        let wants = ceph && !gives(node, Purpose::Ceph);
        let largest = fit(Purpose::Ceph).filter(|_| wants);
        // Of disks of one size the first.
        let largest = largest
            .rev()
            .max_by_key(|disk| (disk.warnings.is_empty(), disk.size));
        intents.extend(largest.map(|disk| use_it(disk, Purpose::Ceph)));
        let taken = largest.map(|disk| disk.path.as_str());
        let mut rest = fit(Purpose::Local).filter(|disk| Some(disk.path.as_str()) != taken);
        let first = rest.next().filter(|_| local && given(node).is_none());
        intents.extend(first.map(|disk| use_it(disk, Purpose::Local)));
    }
    intents
}

/// The disks that can be given away, hold nothing, and are kept so far.
fn spare(node: &NodeDisks) -> impl DoubleEndedIterator<Item = &DiskRow> {
    let disks = node.disks.iter();
    disks.filter(|disk| disk.purpose.is_none() && !disk.erases && disk.unusable.is_none())
}

fn offers(disk: &DiskRow, purpose: Purpose) -> bool {
    disk.offers.iter().any(|given| given.purpose == purpose)
}

fn gives(node: &NodeDisks, purpose: Purpose) -> bool {
    node.disks.iter().any(|disk| disk.purpose == Some(purpose))
}

/// Whether Ceph is part of the cluster as it is chosen now.
pub(super) fn has_ceph(known: Known<'_>) -> bool {
    let wizard = &known.picture.wizard;
    let mut all = wizard.disks.iter();
    wizard.ceph.storage.reuse || all.any(|node| gives(node, Purpose::Ceph))
}

/// What a disk can be for as the pools are now, in the order in which a key goes round.
fn uses(known: Known<'_>, disk: &DiskRow) -> Vec<Given> {
    let local = takes_disks(known);
    let offers = disk.offers.iter().copied();
    offers
        .filter(|given| local || given.purpose != Purpose::Local)
        .collect()
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
