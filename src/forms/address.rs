//! Address: the NIC and address for cluster traffic, and on the initiator the cluster's name.

use std::net::IpAddr;

use super::parts::{back, cell, deed, fill, heads, intend, line, next, note, trouble, typed};
use super::{Field, FieldKind, Form, Known, Note, Part, Row, Step, Tone, Wish, way};
use crate::engine::Intent;
use crate::engine::answers::is_name;
use crate::engine::neighbours::Standing;
use crate::engine::node::Role as NodeRole;
use crate::engine::picture::wizard::AddressRow;
use crate::engine::wizard::Part as Role;
use crate::text::{say, sentence};

/// The id of the cluster's name.
const NAME: &str = "cluster";

pub(super) fn form(known: Known<'_>) -> Form {
    let picture = known.picture;
    let leads = picture.role == NodeRole::Leader;
    let initiator = picture.wizard.part == Some(Role::Initiator);
    let mut parts = trouble(picture);
    if initiator && !leads {
        parts.push(Part::Field(name_field(known)));
    }
    let rows = picture.wizard.addresses.iter();
    let rows = rows.map(|row| address_row(known, row, leads)).collect();
    parts.push(Part::Table {
        head: heads(&[
            "address-screen.nic",
            "address-screen.link",
            "address-screen.mac",
            "address-screen.address",
            "address-screen.route",
        ]),
        rows,
        empty: say(if picture.wizard.host.is_none() {
            "preflight-screen.looking"
        } else {
            "address-screen.no-nic"
        }),
    });
    let usable = picture.wizard.addresses.iter().any(way::is_usable);
    if !usable && picture.wizard.host.is_some() {
        parts.push(line(Tone::Bad, say("address-screen.none-usable")));
        parts.push(line(Tone::Plain, say("address-screen.none-usable-fix")));
    }
    let onwards = onwards(known, leads, initiator);
    let says = if leads {
        fill("address-screen.founded", &[("cluster", &picture.cluster)])
    } else if initiator {
        say("address-screen.says")
    } else {
        say("address-screen.says-joiner")
    };
    let first = first(known, &onwards, initiator && !leads);
    let mut form = Form::new(says, parts);
    form.sums = sums(known);
    form.with(vec![back(Step::Address, picture), next(onwards)], &first)
}

/// The row where a choice is still to be made; where all is clear, the way on.
fn first(known: Known<'_>, onwards: &Result<Wish, String>, initiator: bool) -> String {
    let rows = &known.picture.wizard.addresses;
    if onwards.is_ok() {
        "next".to_owned()
    } else if initiator && !is_name(&name(known)) {
        NAME.to_owned()
    } else {
        let usable = rows.iter().find(|row| way::is_usable(row));
        usable.map_or_else(|| "back".to_owned(), row_id)
    }
}

fn row_id(row: &AddressRow) -> String {
    row.address.map_or_else(
        || format!("nic:{}", row.nic),
        |net| format!("address:{}:{}", row.nic, net.addr()),
    )
}

/// The address that is chosen, where it can be; before anything is, the one that is suggested.
fn chosen(known: Known<'_>) -> Option<&AddressRow> {
    let wizard = &known.picture.wizard;
    let mut rows = wizard.addresses.iter().filter(|row| way::is_usable(row));
    rows.find(|row| match wizard.address {
        Some(address) => of(row) == Some(address),
        None => row.suggested,
    })
}

fn of(row: &AddressRow) -> Option<IpAddr> {
    row.address.map(|net| net.addr())
}

fn address_row(known: Known<'_>, row: &AddressRow, leads: bool) -> Row {
    let usable = way::is_usable(row);
    let is_chosen = chosen(known).is_some_and(|chosen| row_id(chosen) == row_id(row));
    let address = of(row).filter(|_| usable && !leads);
    let (tone, about) = about(row, is_chosen, leads);
    Row {
        id: row_id(row),
        ticked: usable.then_some(is_chosen),
        cells: vec![
            cell(&row.nic),
            link(row),
            cell(&row.mac),
            row.address
                .map_or_else(|| "-".to_owned(), |net| net.to_string()),
            row.gateway.map_or_else(
                || "-".to_owned(),
                |via| fill("address-screen.via", &[("address", &via.to_string())]),
            ),
        ],
        tone,
        about,
        press: address.and_then(|address| deed("key.choose", intend(Intent::Address { address }))),
        toggle: None,
    }
}

fn link(row: &AddressRow) -> String {
    match (row.up, row.speed_mbps) {
        (false, _) => say("address-screen.down"),
        (true, None) => say("address-screen.up"),
        (true, Some(speed)) if speed >= 1_000 && speed.is_multiple_of(1_000) => fill(
            "address-screen.gigabits",
            &[("speed", &(speed / 1_000).to_string())],
        ),
        (true, Some(speed)) => fill("address-screen.megabits", &[("speed", &speed.to_string())]),
    }
}

fn about(row: &AddressRow, is_chosen: bool, leads: bool) -> (Tone, Vec<Note>) {
    let warnings = row
        .warnings
        .iter()
        .map(|it| note(Tone::Warning, sentence(it)));
    let mut notes: Vec<_> = warnings.collect();
    if let Some(why) = &row.unusable {
        notes.insert(0, note(Tone::Bad, sentence(why)));
        return (Tone::Dim, notes);
    }
    if row.address.is_none() {
        notes.insert(0, note(Tone::Bad, say("address-screen.without")));
        return (Tone::Dim, notes);
    }
    if leads {
        notes.push(note(Tone::Dim, say("address-screen.settled")));
    } else if is_chosen {
        notes.push(note(Tone::Good, say("address-screen.chosen")));
    } else {
        notes.push(note(Tone::Dim, say("address-screen.can-choose")));
    }
    let warned = !row.warnings.is_empty();
    (if warned { Tone::Warning } else { Tone::Plain }, notes)
}

/// What was typed; else a name that no cluster on this network has.
fn name(known: Known<'_>) -> String {
    if let Some(typed) = typed(known, NAME) {
        return typed.to_owned();
    }
    let taken = |name: &str| {
        let mut peers = known.picture.wizard.neighbours.peers.iter();
        peers.any(|peer| match &peer.standing {
            Standing::Open { cluster } | Standing::Member { cluster } => cluster == name,
            _ => false,
        })
    };
    let others = (2..).map(|n| format!("mcloud-{n}"));
    let mut names = std::iter::once("mcloud".to_owned()).chain(others);
    names.find(|name| !taken(name)).unwrap_or_default()
}

fn name_field(known: Known<'_>) -> Field {
    let value = name(known);
    let about = if is_name(&value) {
        note(Tone::Dim, say("address-screen.name-about"))
    } else {
        note(Tone::Bad, bad_name(&value))
    };
    Field {
        id: NAME.to_owned(),
        label: say("address-screen.name"),
        value,
        kind: FieldKind::Name,
        about: vec![about],
        press: None,
    }
}

fn bad_name(name: &str) -> String {
    if name.is_empty() {
        say("address-screen.no-name")
    } else {
        fill("found.bad-name", &[("name", name)])
    }
}

fn onwards(known: Known<'_>, leads: bool, initiator: bool) -> Result<Wish, String> {
    if leads {
        return Ok(Wish::Go(way::after_address(known.picture)));
    }
    let name = name(known);
    if initiator && !is_name(&name) {
        return Err(bad_name(&name));
    }
    let usable = known.picture.wizard.addresses.iter().any(way::is_usable);
    let address = chosen(known).and_then(of);
    let address = address.ok_or_else(|| {
        say(if usable {
            "address-screen.choose-first"
        } else {
            "address-screen.none-usable"
        })
    })?;
    let mut intents = vec![Intent::Address { address }];
    if initiator {
        intents.push(Intent::Found { cluster: name });
    }
    Ok(Wish::Then(intents, way::after_address(known.picture)))
}

/// What is worth knowing about the address that is chosen.
fn sums(known: Known<'_>) -> Vec<Note> {
    let warnings = chosen(known).into_iter().flat_map(|row| &row.warnings);
    warnings
        .map(|it| note(Tone::Warning, sentence(it)))
        .collect()
}
