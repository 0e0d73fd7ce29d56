//! Network: what the guests are on, over which NICs, and Ceph's networks; all of it filled in before.

mod draft;
mod nodes;
mod storage;

use super::disks::{lacking, ready};
use super::parts::{back, button, cell, deed, fill, heads, intend, leader, note, trouble};
use super::{Field, FieldKind, Form, Known, Note, Part, Row, Step, Tone, Wish};
use crate::engine::Intent;
use crate::engine::answers::{GuestNetwork, NetworkKind, UplinkKind};
use crate::engine::node::Role;
use crate::engine::preflight::Setting;
use crate::text::say;
use draft::{Asked, Draft, asked};

pub(super) fn form(known: Known<'_>) -> Form {
    let picture = known.picture;
    let leads = picture.role == Role::Leader;
    let draft = Draft::new(known);
    let mut parts = trouble(picture);
    parts.push(Part::Table {
        head: Vec::new(),
        rows: vec![kind(known, &draft, leads)],
        empty: say("disks.no-nodes"),
    });
    for asked in asked(&draft.network) {
        parts.push(if leads {
            Part::Field(field(&draft, *asked))
        } else {
            told(&draft, *asked)
        });
    }
    parts.push(Part::Table {
        head: heads(&[
            "form.node",
            "network.nic",
            "network.address",
            "network.others",
            "network.uplink",
        ]),
        rows: nodes::rows(known, &draft),
        empty: say("disks.no-nodes"),
    });
    let mut settings = nodes::tunnels(known, &draft);
    settings.extend(storage::rows(known, &draft, leads));
    if !settings.is_empty() {
        parts.push(Part::Table {
            head: Vec::new(),
            rows: settings,
            empty: say("disks.no-nodes"),
        });
    }
    let last = if leads {
        review(known, &draft)
    } else {
        ready(known)
    };
    let first = draft.first(leads).unwrap_or_else(|| last.id.clone());
    let says = if leads {
        say("network.says")
    } else {
        fill(
            "network.says-joiner",
            &[("leader", &leader(&picture.leader))],
        )
    };
    let mut form = Form::new(says, parts);
    form.sums = sums(known, &draft);
    form.with(vec![back(Step::Network, picture), last], &first)
}

/// The way on: what was typed goes with it.
fn review(known: Known<'_>, draft: &Draft) -> super::Button {
    let wish = draft.is_right().map(|()| {
        let typed = draft.network != known.picture.wizard.network.network;
        let network = Box::new(draft.network.clone());
        let typed = typed.then_some(Intent::Network { network });
        Wish::Intents(typed.into_iter().chain([Intent::Review]).collect())
    });
    match wish {
        Ok(wish) => {
            let about = say(if known.picture.touched {
                "network.review-about-touched"
            } else {
                "network.review-about"
            });
            let about = vec![note(Tone::Dim, about)];
            button("next", "network.review", Some(wish), about)
        }
        Err(why) => button("next", "network.review", None, vec![note(Tone::Bad, why)]),
    }
}

/// What the guests' network is made of: a key goes round the ways there are.
fn kind(known: Known<'_>, draft: &Draft, leads: bool) -> Row {
    let view = &known.picture.wizard.network;
    let now = (draft.network.kind, draft.network.uplink);
    let possible = |way: &&GuestNetwork| way.kind != NetworkKind::Ovn || view.no_ovn.is_empty();
    let ways: Vec<_> = view.ways.iter().filter(possible).collect();
    let is_now = |way: &&GuestNetwork| {
        way.kind == now.0 && (way.kind != NetworkKind::Ovn || way.uplink == now.1)
    };
    let at = ways.iter().position(is_now);
    let next = at.map_or(0, |at| (at + 1) % ways.len().max(1));
    let next = ways.get(next).map(|way| Intent::Network {
        network: Box::new((*way).clone()),
    });
    let mut about = draft.about(Setting::Kind, None);
    about.push(if leads {
        note(Tone::Plain, say("network.kind-about"))
    } else {
        let with = leader(&known.picture.leader);
        note(Tone::Dim, fill("network.not-here", &[("leader", &with)]))
    });
    Row {
        id: "kind".to_owned(),
        cells: vec![say("network.kind"), say(way(&draft.network))],
        tone: if at.is_some() { Tone::Plain } else { Tone::Bad },
        about,
        press: next
            .filter(|_| leads)
            .and_then(|next| deed("key.next-value", intend(next))),
        ..Row::default()
    }
}

const fn way(network: &GuestNetwork) -> &'static str {
    match (network.kind, network.uplink) {
        (NetworkKind::None, _) => "network.way-none",
        (NetworkKind::Ovn, UplinkKind::Nic) => "network.way-nic",
        (NetworkKind::Ovn, UplinkKind::Bridge) => "network.way-bridge",
        (NetworkKind::Bridge, _) => "network.way-plain",
        (NetworkKind::Fan, _) => "network.way-fan",
    }
}

fn field(draft: &Draft, asked: Asked) -> Field {
    let mut about = draft.about(asked.setting, None);
    about.push(note(Tone::Dim, say(asked.about)));
    Field {
        id: draft.id(asked),
        label: say(asked.label),
        value: draft.text(asked),
        kind: FieldKind::Network,
        about,
        press: None,
    }
}

/// The same where it is only to be read.
fn told(draft: &Draft, asked: Asked) -> Part {
    let text = draft.text(asked);
    let text = if text.is_empty() {
        say("network.nothing")
    } else {
        cell(&text)
    };
    Part::Named {
        name: say(asked.label),
        value: note(Tone::Plain, text),
    }
}

/// What the guests will have, or why they cannot.
fn sums(known: Known<'_>, draft: &Draft) -> Vec<Note> {
    let view = &known.picture.wizard.network;
    let mut notes = Vec::new();
    let lacks = view.no_ovn.iter();
    let lacks = lacks.map(|(node, refusal)| (node.as_str(), refusal));
    notes.extend(lacking("network.no-ovn", lacks));
    let (tone, code) = match (draft.network.kind, draft.network.uplink) {
        (NetworkKind::None, _) => (Tone::Warning, "network.sum-none"),
        (NetworkKind::Ovn, UplinkKind::Nic) => (Tone::Good, "network.sum-nic"),
        (NetworkKind::Ovn, UplinkKind::Bridge) => (Tone::Good, "network.sum-bridge"),
        (NetworkKind::Fan, _) => (Tone::Plain, "network.sum-fan"),
        (NetworkKind::Bridge, _) if known.picture.wizard.networks.len() > 1 => {
            (Tone::Warning, "network.sum-plain")
        }
        (NetworkKind::Bridge, _) => (Tone::Plain, "network.sum-plain-alone"),
    };
    match draft.is_right() {
        Ok(()) => notes.push(note(tone, say(code))),
        Err(why) => notes.push(note(Tone::Bad, why)),
    }
    notes
}
