//! Peers on the initiator: who is there, and who is wanted.

use super::super::parts::{back, deed, fill, intend, line, next, nodes, note, trouble};
use super::super::{Form, Known, Note, Part, Row, Step, Tone, Wish};
use super::{hearing, listening, look, others, peer_cells, peer_heads, standing, versions};
use crate::engine::Intent;
use crate::engine::neighbours::{Peer, Standing};
use crate::engine::node::Role;
use crate::engine::trust::{KnockState, Session};
use crate::text::say;

pub(super) fn form(known: Known<'_>) -> Form {
    let picture = known.picture;
    let heard = &picture.wizard.neighbours;
    let mut parts = trouble(picture);
    // It could not be founded, or it is not yet.
    let why = if parts.is_empty() {
        say("peers.founding")
    } else {
        say("peers.not-founded")
    };
    if picture.role != Role::Leader && parts.is_empty() {
        parts.push(line(Tone::Busy, why.clone()));
    }
    parts.push(Part::Table {
        head: peer_heads(),
        rows: heard.peers.iter().map(|peer| row(known, peer)).collect(),
        empty: say("peers.nobody"),
    });
    parts.extend(others(known));
    parts.extend(listening(known));
    let onwards = if picture.role == Role::Leader {
        Ok(Wish::Go(Step::Trust))
    } else {
        Err(why)
    };
    let first = if onwards.is_ok() { "next" } else { "back" };
    let mut form = Form::new(say("peers.says"), parts);
    form.sums = vec![sum(known)];
    form.with(vec![back(Step::Peers, picture), next(onwards)], first)
}

fn session(known: Known<'_>) -> Option<&Session> {
    known.picture.wizard.session.as_ref()
}

/// Whether a peer is in this node's own session.
fn is_ours(known: Known<'_>, peer: &Peer) -> bool {
    let ours = session(known).map(|session| session.id.as_str());
    ours.is_some() && peer.session.as_deref() == ours
}

fn knock(known: Known<'_>, peer: &Peer) -> Option<KnockState> {
    let mut knocks = session(known)?.knocks.iter();
    knocks.find(|knock| knock.id == peer.id).map(|it| it.state)
}

/// Whether a peer can come in; if not, why not.
fn can_come(known: Known<'_>, peer: &Peer) -> Result<(), String> {
    if !peer.compatible {
        return Err(versions(known, peer));
    }
    let with = [("node", peer.name.as_str())];
    match &peer.standing {
        Standing::Looking => Ok(()),
        Standing::Joining if is_ours(known, peer) => Ok(()),
        Standing::Joining => Err(fill("peers.joining-about", &with)),
        Standing::Open { cluster } => {
            let with = [("node", peer.name.as_str()), ("cluster", cluster)];
            Err(fill("peers.open-about", &with))
        }
        Standing::Member { cluster } => {
            let with = [("node", peer.name.as_str()), ("cluster", cluster)];
            Err(fill("peers.member-about", &with))
        }
        Standing::Unknown => Err(fill("peers.unknown-about", &with)),
    }
}

/// Whether a peer is wanted: one that can come in and was not left out.
pub(in crate::forms) fn is_wanted(known: Known<'_>, peer: &Peer) -> bool {
    let left_out = session(known).is_some_and(|session| session.left_out.contains(&peer.id));
    can_come(known, peer).is_ok() && !left_out
}

fn row(known: Known<'_>, peer: &Peer) -> Row {
    if knock(known, peer) == Some(KnockState::Trusted) {
        return trusted(known, peer);
    }
    if let Err(why) = can_come(known, peer) {
        return look(known, peer, why);
    }
    let wanted = is_wanted(known, peer);
    let state = match &peer.standing {
        Standing::Joining if !peer.silent => say("peers.in-session"),
        _ => standing(peer),
    };
    let mut about = vec![invited(peer, wanted)];
    about.extend(hearing(known, peer));
    let can = session(known).is_some();
    let label = if wanted {
        "key.leave-out"
    } else {
        "key.invite"
    };
    let invite = Intent::Invite {
        id: peer.id.clone(),
        wanted: !wanted,
    };
    Row {
        id: format!("peer:{}", peer.id),
        ticked: Some(wanted),
        cells: peer_cells(known, peer, state),
        tone: tone(peer),
        about,
        press: can.then(|| intend(invite)).and_then(|it| deed(label, it)),
        toggle: None,
    }
}

const fn tone(peer: &Peer) -> Tone {
    match (peer.silent, peer.findings.is_empty()) {
        (true, _) => Tone::Dim,
        (false, false) => Tone::Warning,
        (false, true) => Tone::Plain,
    }
}

fn invited(peer: &Peer, wanted: bool) -> Note {
    let with = [("node", peer.name.as_str())];
    match (wanted, peer.silent) {
        (_, true) => note(Tone::Warning, fill("peers.silent-about", &with)),
        (true, _) => note(Tone::Plain, fill("peers.wanted-about", &with)),
        (false, _) => note(Tone::Plain, fill("peers.left-out-about", &with)),
    }
}

fn trusted(known: Known<'_>, peer: &Peer) -> Row {
    let with = [("node", peer.name.as_str())];
    let mut about = vec![note(Tone::Good, fill("peers.trusted-about", &with))];
    about.extend(hearing(known, peer));
    Row {
        id: format!("peer:{}", peer.id),
        cells: peer_cells(known, peer, say("trust-screen.trusted")),
        tone: Tone::Good,
        about,
        ..Row::default()
    }
}

/// How many nodes it would be.
fn sum(known: Known<'_>) -> Note {
    let wizard = &known.picture.wizard;
    let in_already = known.picture.nodes.len().max(1);
    let peers = wizard.neighbours.peers.iter();
    let coming = peers.filter(|peer| {
        knock(known, peer) != Some(KnockState::Trusted) && !peer.silent && is_wanted(known, peer)
    });
    match in_already + coming.count() {
        1 => note(Tone::Plain, say("form.alone")),
        2 => note(Tone::Plain, say("form.two")),
        n => note(Tone::Good, fill("form.many", &[("nodes", &nodes(n))])),
    }
}
