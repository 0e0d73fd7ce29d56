//! The nodes on Network: their NICs, which of them is the uplink, and where tunnels begin.

use std::net::IpAddr;

use super::super::parts::{cell, deed, fill, intend, leader, note};
use super::super::{Known, Note, Row, Tone};
use super::draft::Draft;
use crate::engine::Intent;
use crate::engine::answers::{NetworkKind, UplinkKind};
use crate::engine::facts::Nic;
use crate::engine::picture::wizard::NodeNetwork;
use crate::engine::preflight::{Setting, unusable_uplink};
use crate::text::{say, sentence};

/// A row for each node; where guests go out over a NIC of it, a key goes round its NICs.
pub(super) fn rows(known: Known<'_>, draft: &Draft) -> Vec<Row> {
    let all = &known.picture.wizard.networks;
    all.iter().map(|node| row(known, draft, node)).collect()
}

fn row(known: Known<'_>, draft: &Draft, node: &NodeNetwork) -> Row {
    let looked_at = !node.nics.is_empty();
    let own = node.nics.iter().find(|nic| has(nic, node.address));
    let others = node.nics.iter().filter(|nic| !has(nic, node.address));
    let others: Vec<_> = others.map(in_words).collect();
    let others = if looked_at && others.is_empty() {
        say("network.none")
    } else {
        cell(&others.join(", "))
    };
    let change = next_nic(draft, node).filter(|_| node.can_choose);
    let change = change.map(|nic| Intent::Uplink {
        node: node.node.clone(),
        nic,
        underlay: node.underlay,
    });
    let tone = match draft.tone(Setting::Uplink, Some(&node.node)) {
        Tone::Plain if !looked_at => Tone::Busy,
        tone => tone,
    };
    Row {
        id: format!("node:{}", node.node),
        cells: vec![
            cell(&node.node),
            own.map_or_else(|| say("network.looking"), |nic| cell(&nic.name)),
            node.address.to_string(),
            others,
            uplink(draft, node),
        ],
        tone,
        about: about(known, draft, node),
        press: change.and_then(|change| deed("key.next-nic", intend(change))),
        ..Row::default()
    }
}

fn over_nics(draft: &Draft) -> bool {
    let network = &draft.network;
    (network.kind, network.uplink) == (NetworkKind::Ovn, UplinkKind::Nic)
}

/// The uplink of a node in a word, and who chose it.
fn uplink(draft: &Draft, node: &NodeNetwork) -> String {
    let network = &draft.network;
    let text = match (network.kind, network.uplink) {
        (NetworkKind::Ovn, UplinkKind::Nic) => match (&node.uplink, network.vlan) {
            (Some(nic), Some(vlan)) => format!("{nic}.{vlan}"),
            (Some(nic), None) => nic.clone(),
            (None, _) => say("network.none"),
        },
        (NetworkKind::None, _) => say("network.none"),
        _ => say("network.own-bridge"),
    };
    match &node.uplink_by {
        Some(by) if over_nics(draft) => {
            format!("{text}  {}", fill("disks.chosen-by", &[("node", by)]))
        }
        _ => text,
    }
}

/// The NIC after the one that is chosen, of those that can be; none after the last one.
#[expect(
    clippy::option_option,
    reason = "that nothing can be chosen and that no NIC is are two things"
)]
fn next_nic(draft: &Draft, node: &NodeNetwork) -> Option<Option<String>> {
    if !over_nics(draft) {
        return None;
    }
    let can = |nic: &&Nic| unusable_uplink(&node.nics(), nic, draft.network.vlan).is_none();
    let usable: Vec<_> = node.nics.iter().filter(can).map(|nic| &nic.name).collect();
    let Some(now) = &node.uplink else {
        return usable.first().map(|nic| Some((*nic).clone()));
    };
    let at = usable.iter().position(|nic| *nic == now);
    let next = at.map_or(0, |at| at + 1);
    Some(usable.get(next).map(|nic| (*nic).clone()))
}

fn has(nic: &Nic, address: IpAddr) -> bool {
    nic.addresses.iter().any(|has| has.addr() == address)
}

/// The name, the addresses, and where it is down that: the kernel's own words.
fn in_words(nic: &Nic) -> String {
    let addresses = nic.addresses.iter().map(ToString::to_string);
    let down = (!nic.up).then(|| "down".to_owned());
    let words: Vec<_> = std::iter::once(nic.name.clone())
        .chain(addresses)
        .chain(down)
        .collect();
    words.join(" ")
}

fn about(known: Known<'_>, draft: &Draft, node: &NodeNetwork) -> Vec<Note> {
    if node.nics.is_empty() {
        return vec![note(Tone::Busy, say("network.looking"))];
    }
    let mut notes = draft.about(Setting::Uplink, Some(&node.node));
    if !over_nics(draft) {
        let code = if node.nics.len() == 1 {
            "network.one-nic"
        } else {
            "network.other-nics"
        };
        notes.push(note(Tone::Plain, say(code)));
        return notes;
    }
    if !node.can_choose {
        let leads = leader(&known.picture.leader);
        let with = [("node", node.node.as_str()), ("leader", leads.as_str())];
        notes.push(note(Tone::Dim, fill("network.nic-not-here", &with)));
        return notes;
    }
    if notes.is_empty() {
        notes.push(note(Tone::Plain, say("network.nic-about")));
    }
    let nics = node.nics.iter();
    let refused = nics.filter_map(|nic| unusable_uplink(&node.nics(), nic, draft.network.vlan));
    let refused: Vec<_> = refused.map(|(why, _)| sentence(&why)).collect();
    let new = refused
        .into_iter()
        .filter(|text| !notes.iter().any(|it| it.text == *text));
    let new: Vec<_> = new.collect();
    notes.extend(new.into_iter().map(|text| note(Tone::Dim, text)));
    notes
}

/// Where tunnels between the nodes begin, for each node that has more than one address for them.
pub(super) fn tunnels(known: Known<'_>, draft: &Draft) -> Vec<Row> {
    if draft.network.kind != NetworkKind::Ovn {
        return Vec::new();
    }
    let all = known.picture.wizard.networks.iter();
    all.filter_map(|node| tunnel(known, draft, node)).collect()
}

fn tunnel(known: Known<'_>, draft: &Draft, node: &NodeNetwork) -> Option<Row> {
    let usable = |address: &IpAddr| match address {
        IpAddr::V4(v4) => !v4.is_link_local(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local(),
    };
    let addresses = node.nics().addresses().into_iter();
    let all: Vec<_> = addresses.map(|net| net.addr()).filter(usable).collect();
    if all.len() < 2 && node.underlay.is_none() {
        return None;
    }
    let now = node.underlay.unwrap_or(node.address);
    let at = all.iter().position(|address| *address == now);
    let next = at.and_then(|at| all.get(at + 1)).copied();
    let change = Intent::Uplink {
        node: node.node.clone(),
        nic: node.uplink.clone(),
        underlay: next.filter(|next| *next != node.address),
    };
    let mut text = now.to_string();
    if node.underlay.is_none() {
        text = fill("network.cluster-address", &[("address", &text)]);
    }
    if let Some(by) = &node.underlay_by {
        text = format!("{text}  {}", fill("disks.chosen-by", &[("node", by)]));
    }
    let mut about = draft.about(Setting::Underlay, Some(&node.node));
    if node.can_choose {
        about.push(note(Tone::Plain, say("network.tunnel-about")));
    } else {
        let leads = leader(&known.picture.leader);
        let with = [("node", node.node.as_str()), ("leader", leads.as_str())];
        about.push(note(Tone::Dim, fill("network.nic-not-here", &with)));
    }
    Some(Row {
        id: format!("tunnel:{}", node.node),
        cells: vec![fill("network.tunnel", &[("node", &node.node)]), text],
        tone: draft.tone(Setting::Underlay, Some(&node.node)),
        about,
        press: node
            .can_choose
            .then(|| intend(change))
            .and_then(|wish| deed("key.next-value", wish)),
        ..Row::default()
    })
}
