//! Peers: on the initiator whom to invite, on a joiner which cluster to join.

mod initiator;
mod joiner;

pub(super) use initiator::is_wanted;

use super::parts::{address, ago, cell, deed, fill, heads, intend, line, note, typed};
use super::{Field, FieldKind, Form, Known, Note, Part, Row, Tone};
use crate::engine::Intent;
use crate::engine::neighbours::{Peer, Standing};
use crate::engine::node::Role;
use crate::engine::wizard::Part as Wanted;
use crate::text::{say, sentence};

/// The id of the address that may be typed.
const ADD: &str = "add";

pub(super) fn form(known: Known<'_>) -> Form {
    let picture = known.picture;
    if picture.role == Role::Leader || picture.wizard.part == Some(Wanted::Initiator) {
        initiator::form(known)
    } else {
        joiner::form(known)
    }
}

/// An open session that is heard.
pub(super) struct Heard<'a> {
    pub(super) peer: &'a Peer,
    pub(super) cluster: &'a str,
    /// How to knock there, or why it cannot be done.
    pub(super) wish: Result<Intent, String>,
}

impl Heard<'_> {
    pub(super) const fn tone(&self) -> Tone {
        match (&self.wish, self.peer.silent) {
            (Err(_), _) | (_, true) => Tone::Dim,
            (Ok(_), false) => Tone::Plain,
        }
    }

    pub(super) fn about(&self, known: Known<'_>) -> Vec<Note> {
        let mut notes = Vec::new();
        if let Err(why) = &self.wish {
            notes.push(note(Tone::Warning, why.clone()));
        } else {
            let with = [("node", self.peer.name.as_str()), ("cluster", self.cluster)];
            notes.push(note(Tone::Plain, fill("peers.join-about", &with)));
        }
        notes.extend(hearing(known, self.peer));
        notes
    }
}

/// The open sessions, in the order in which they were heard first.
pub(super) fn sessions(known: Known<'_>) -> Vec<Heard<'_>> {
    let peers = known.picture.wizard.neighbours.peers.iter();
    peers.filter_map(|peer| session(known, peer)).collect()
}

fn session<'a>(known: Known<'a>, peer: &'a Peer) -> Option<Heard<'a>> {
    let Standing::Open { cluster } = &peer.standing else {
        return None;
    };
    let wish = if !peer.compatible {
        Err(versions(known, peer))
    } else if peer.silent {
        Err(fill("peers.session-silent", &[("node", &peer.name)]))
    } else if peer.port.is_none() || peer.session.is_none() {
        Err(fill("peers.session-closed", &[("node", &peer.name)]))
    } else {
        Ok(Intent::Knock {
            id: peer.id.clone(),
        })
    };
    Some(Heard {
        peer,
        cluster,
        wish,
    })
}

/// Why a session with `peer` cannot be held: both versions.
fn versions(known: Known<'_>, peer: &Peer) -> String {
    let with = [
        ("node", peer.name.as_str()),
        ("theirs", peer.mcloud.as_str()),
        ("ours", known.picture.mcloud.as_str()),
    ];
    fill("peers.versions", &with)
}

/// How a peer is heard, and what is odd about it.
fn hearing(known: Known<'_>, peer: &Peer) -> Vec<Note> {
    let findings = peer.findings.iter();
    let mut notes: Vec<_> = findings
        .map(|finding| note(Tone::Warning, sentence(finding)))
        .collect();
    let (ago, ways) = (ago(known, peer.heard), peer.ways.join(", "));
    let ways = if ways.is_empty() {
        say("peers.no-way")
    } else {
        ways
    };
    let with = [("ago", ago.as_str()), ("ways", ways.as_str())];
    notes.push(note(Tone::Dim, fill("peers.hearing", &with)));
    notes
}

/// The heads of the tables of peers.
fn peer_heads() -> Vec<String> {
    heads(&[
        "form.node",
        "form.address",
        "form.model",
        "form.mcloud",
        "form.heard",
        "form.state",
    ])
}

fn peer_cells(known: Known<'_>, peer: &Peer, state: String) -> Vec<String> {
    vec![
        cell(&peer.name),
        peer.address.to_string(),
        cell(&peer.model),
        cell(&peer.mcloud),
        ago(known, peer.heard),
        state,
    ]
}

/// What a peer is doing, in words.
fn standing(peer: &Peer) -> String {
    if !peer.compatible {
        return say("peers.other-version");
    }
    if peer.silent {
        return say("peers.silent");
    }
    match &peer.standing {
        Standing::Looking => say("peers.looking"),
        Standing::Open { cluster } => fill("peers.open", &[("cluster", cluster)]),
        Standing::Joining => say("peers.joining"),
        Standing::Member { cluster } => fill("peers.member", &[("cluster", cluster)]),
        Standing::Unknown => say("peers.unknown"),
    }
}

/// What else there is to say: NICs that cannot be heard on, what is odd about peers, other versions of
/// the datagram, typed addresses that do not answer.
fn others(known: Known<'_>) -> Vec<Part> {
    let wizard = &known.picture.wizard;
    let heard = &wizard.neighbours;
    let troubles = heard.troubles.iter();
    let mut parts: Vec<_> = troubles
        .map(|it| line(Tone::Warning, sentence(it)))
        .collect();
    let odd = |peer: &Peer| -> Vec<Part> {
        let findings = peer.findings.iter().map(sentence);
        let with = |text: String| fill("peers.finding", &[("node", &peer.name), ("text", &text)]);
        findings
            .map(|text| line(Tone::Warning, with(text)))
            .collect()
    };
    parts.extend(heard.peers.iter().flat_map(odd));
    parts.extend(heard.strangers.iter().map(|(address, version)| {
        let with = [
            ("address", address.to_string()),
            ("version", version.to_string()),
        ];
        let with = with.each_ref().map(|(hole, value)| (*hole, value.as_str()));
        line(Tone::Warning, fill("peers.stranger", &with))
    }));
    let answers = |asked| heard.peers.iter().any(|peer| peer.address == asked);
    let quiet = wizard.typed.iter().filter(|asked| !answers(**asked));
    parts.extend(quiet.map(|asked| {
        let with = [("address", asked.to_string())];
        let with = with.each_ref().map(|(hole, value)| (*hole, value.as_str()));
        line(Tone::Busy, fill("peers.asked", &with))
    }));
    parts
}

/// The line that says where this node listens, and the field for an address.
fn listening(known: Known<'_>) -> Vec<Part> {
    let wizard = &known.picture.wizard;
    let on = |row: &&crate::engine::picture::wizard::AddressRow| {
        row.address
            .is_some_and(|net| Some(net.addr()) == wizard.address)
    };
    let text = match wizard.addresses.iter().find(on) {
        Some(row) => {
            let net = row.address.map(|net| net.to_string()).unwrap_or_default();
            let with = [("nic", row.nic.as_str()), ("address", net.as_str())];
            fill("peers.listening", &with)
        }
        None => say("peers.listening-everywhere"),
    };
    vec![line(Tone::Dim, text), Part::Field(add_field(known))]
}

fn add_field(known: Known<'_>) -> Field {
    let value = typed(known, ADD).unwrap_or_default().to_owned();
    let asked = address(&value);
    let is_asked = asked.is_some_and(|asked| known.picture.wizard.typed.contains(&asked));
    let about = match (&asked, value.trim().is_empty()) {
        (_, true) => note(Tone::Dim, say("peers.add-about")),
        (None, _) => note(Tone::Bad, fill("peers.add-bad", &[("text", &value)])),
        (Some(_), _) if is_asked => note(Tone::Good, fill("peers.add-asked", &[("text", &value)])),
        (Some(_), _) => note(Tone::Plain, fill("peers.add-ask", &[("text", &value)])),
    };
    let press = asked.filter(|_| !is_asked);
    Field {
        id: ADD.to_owned(),
        label: say("peers.add"),
        value,
        kind: FieldKind::Address,
        about: vec![about],
        press: press.and_then(|address| deed("key.add", intend(Intent::Add { address }))),
    }
}

/// A row of a peer that can only be looked at.
fn look(known: Known<'_>, peer: &Peer, why: String) -> Row {
    let mut about = vec![note(Tone::Warning, why)];
    about.extend(hearing(known, peer));
    Row {
        id: format!("peer:{}", peer.id),
        cells: peer_cells(known, peer, standing(peer)),
        tone: if peer.compatible {
            Tone::Dim
        } else {
            Tone::Bad
        },
        about,
        ..Row::default()
    }
}
