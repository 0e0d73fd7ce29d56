//! Peers on a joiner: which cluster to join. The operator chooses; the first reply never wins.

use super::super::parts::{back, cell, deed, fill, heads, line, next, note, trouble, typed};
use super::super::{Form, Known, Part, Row, Step, Tone, Wish};
use super::{ADD, Heard, hearing, listening, look, others, peer_heads, sessions, versions};
use crate::engine::neighbours::{Peer, Standing};
use crate::engine::trust::JoiningState;
use crate::text::say;

pub(super) fn form(known: Known<'_>) -> Form {
    let picture = known.picture;
    let heard = sessions(known);
    let rows: Vec<_> = heard.iter().map(|session| row(known, session)).collect();
    let first = rows.iter().find(|row| row.press.is_some());
    // Whoever is typing an address goes on typing it.
    let first = first.filter(|_| typed(known, ADD).is_none_or(str::is_empty));
    let first = first.map_or_else(|| ADD.to_owned(), |row| row.id.clone());
    let mut parts = trouble(picture);
    parts.push(Part::Table {
        head: heads(&[
            "form.cluster",
            "form.led-by",
            "form.address",
            "form.mcloud",
            "form.heard",
        ]),
        rows,
        empty: say("peers.no-session"),
    });
    if heard.is_empty() {
        parts.push(line(Tone::Plain, say("peers.no-session-fix")));
    }
    let peers = picture.wizard.neighbours.peers.iter();
    let rest: Vec<_> = peers.filter_map(|peer| other(known, peer)).collect();
    if !rest.is_empty() {
        parts.push(line(Tone::Dim, say("peers.others")));
        parts.push(Part::Table {
            head: peer_heads(),
            rows: rest,
            empty: say("peers.nobody"),
        });
    }
    parts.extend(others(known));
    parts.extend(listening(known));
    let onwards = match &picture.wizard.joining {
        Some(_) => Ok(Wish::Go(Step::Trust)),
        None => Err(say("peers.choose-first")),
    };
    Form::new(say("peers.says-joiner"), parts)
        .with(vec![back(Step::Peers, picture), next(onwards)], &first)
}

fn row(known: Known<'_>, session: &Heard<'_>) -> Row {
    let peer = session.peer;
    let mut about = session.about(known);
    let wish = session.wish.clone().ok().and_then(|knock| {
        let joining = known.picture.wizard.joining.as_ref();
        match joining {
            Some(joining) if joining.state != JoiningState::Words => {
                if joining.peer == peer.id {
                    return Some(Wish::Go(Step::Trust));
                }
                let with = [("node", joining.name.as_str())];
                about = vec![note(Tone::Warning, fill("peers.busy", &with))];
                about.extend(hearing(known, peer));
                None
            }
            _ => Some(Wish::Then(vec![knock], Step::Trust)),
        }
    });
    Row {
        id: format!("session:{}", peer.id),
        cells: vec![
            cell(session.cluster),
            cell(&peer.name),
            peer.address.to_string(),
            cell(&peer.mcloud),
            super::ago(known, peer.heard),
        ],
        tone: session.tone(),
        about,
        press: wish.and_then(|wish| deed("key.join", wish)),
        ..Row::default()
    }
}

/// Whoever is heard and has no session open: never hidden, and why it cannot be joined.
fn other(known: Known<'_>, peer: &Peer) -> Option<Row> {
    let with = [("node", peer.name.as_str())];
    let why = match &peer.standing {
        Standing::Open { .. } => return None,
        _ if !peer.compatible => versions(known, peer),
        Standing::Looking => fill("peers.other-looking", &with),
        Standing::Joining => fill("peers.other-joining", &with),
        Standing::Member { cluster } => {
            let with = [("node", peer.name.as_str()), ("cluster", cluster)];
            fill("peers.other-member", &with)
        }
        Standing::Unknown => fill("peers.unknown-about", &with),
    };
    Some(look(known, peer, why))
}
