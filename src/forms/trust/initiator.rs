//! Trust on the initiator: it shows the words, and lets in whoever shows the same check words.

use super::super::parts::{back, cell, deed, fill, heads, intend, named, next, nodes, note};
use super::super::peers::is_wanted;
use super::super::{Deed, Form, Known, Note, Part, Row, Step, Tone, Wish};
use super::columns::{check_words, columns, in_columns, shows};
use crate::engine::Intent;
use crate::engine::message::plain;
use crate::engine::neighbours::Peer;
use crate::engine::trust::{Knock, KnockState, Session};
use crate::text::say;

/// So long before its end a session's end is a warning, in ms.
const SOON_MS: u64 = 300_000;

pub(super) fn form(known: Known<'_>) -> Form {
    let picture = known.picture;
    let none = Session::default();
    let session = picture.wizard.session.as_ref().unwrap_or(&none);
    let is_open = !session.id.is_empty();
    let columns = columns(known, session);
    let mut parts = vec![words(known, is_open, &columns), session_row(known, session)];
    let asking = || {
        let knocks = session.knocks.iter();
        knocks.filter(|knock| knock.state == KnockState::Asking)
    };
    for knock in asking() {
        parts.extend(question(knock, &columns));
    }
    let knocks = session.knocks.iter();
    parts.extend(knocks.filter_map(|knock| compares(knock, &columns)));
    let rows = others(known, session);
    let first = asking().next().map(|knock| format!("admit:{}", knock.id));
    let waits = || rows.iter().find(|row| row.id.starts_with("wait:"));
    let first = first.or_else(|| waits().map(|row| row.id.clone()));
    // The way on is meant once somebody was let in and nobody is awaited: whoever knocks then moves
    // the focus, and the key that was under way only chooses.
    let let_in = |it: &Knock| matches!(it.state, KnockState::Accepted | KnockState::Trusted);
    let through = session.knocks.iter().any(let_in);
    let first = first.unwrap_or_else(|| if through { "next" } else { "session" }.to_owned());
    parts.push(Part::Table {
        head: heads(&["form.node", "form.address", "form.model", "form.state"]),
        rows,
        empty: say("trust-screen.nobody"),
    });
    let mut form = Form::new(say("trust-screen.says"), parts);
    form.sums = sums(known, asking().count());
    let buttons = vec![back(Step::Trust, picture), next(Ok(Wish::Go(Step::Disks)))];
    form.with(buttons, &first)
}

fn words(known: Known<'_>, is_open: bool, columns: &[usize]) -> Part {
    match known.words {
        Some(words) if is_open => named(
            "trust-screen.words",
            Tone::Strong,
            in_columns(words.split_whitespace(), columns),
        ),
        _ if is_open => named("trust-screen.words", Tone::Dim, "..."),
        _ => named(
            "trust-screen.words",
            Tone::Dim,
            say("trust-screen.no-words"),
        ),
    }
}

/// The session, and how long it stays open.
fn session_row(known: Known<'_>, session: &Session) -> Part {
    let left = session.until.saturating_sub(known.now);
    let minutes = left.div_ceil(60_000).to_string();
    let with = [("minutes", minutes.as_str())];
    let (tone, state, about) = match (session.id.is_empty(), left) {
        (true, _) if session.until == 0 => (
            Tone::Busy,
            say("trust-screen.opening"),
            "trust-screen.opening-about",
        ),
        (true, _) | (_, 0) => (
            Tone::Bad,
            say("trust-screen.closed"),
            "trust-screen.closed-about",
        ),
        (_, ..=SOON_MS) => (
            Tone::Warning,
            fill("trust-screen.closes-soon", &with),
            "trust-screen.extend-about",
        ),
        _ => (
            Tone::Plain,
            fill("trust-screen.closes", &with),
            "trust-screen.extend-about",
        ),
    };
    let is_opening = tone == Tone::Busy;
    let row = Row {
        id: "session".to_owned(),
        cells: vec![say("trust-screen.session"), state],
        tone,
        about: vec![note(Tone::Plain, say(about))],
        press: (!is_opening).then(|| Deed {
            label: if tone == Tone::Bad {
                "key.open-again"
            } else {
                "key.extend"
            },
            wish: intend(Intent::Extend),
        }),
        ..Row::default()
    };
    Part::Table {
        head: Vec::new(),
        rows: vec![row],
        empty: say("trust-screen.opening"),
    }
}

/// Where a joiner calls from, and what board it is where it says so.
fn from(knock: &Knock) -> String {
    let (name, model) = (plain(&knock.name), plain(&knock.model));
    let address = knock.address.to_string();
    let with = [("node", name.as_str()), ("address", &address)];
    if model.is_empty() {
        return fill("trust-screen.asks-from", &with);
    }
    let board = [("model", model.as_str())];
    fill(
        "trust-screen.asks-from-board",
        &[with.as_slice(), &board].concat(),
    )
}

/// A joiner asks: its check words, and the two answers, each with its own row.
fn question(knock: &Knock, columns: &[usize]) -> [Part; 2] {
    let name = plain(&knock.name);
    let with = [("node", name.as_str())];
    let answer = |id: &str, says: &str, about: &str, deed: Option<Deed>| Row {
        id: format!("{id}:{}", knock.id),
        cells: vec![fill(says, &with)],
        about: vec![
            note(Tone::Plain, fill(about, &with)),
            note(Tone::Dim, from(knock)),
        ],
        press: deed,
        ..Row::default()
    };
    let (id, check) = (knock.id.clone(), knock.check.clone());
    let no = deed("key.refuse", intend(Intent::Refuse { id: id.clone() }));
    let yes = deed("key.admit", intend(Intent::Admit { id, check }));
    [
        Part::Named {
            name: fill("trust-screen.asks", &with),
            value: note(Tone::Strong, check_words(knock, columns)),
        },
        Part::Table {
            head: Vec::new(),
            rows: vec![
                answer("admit", "trust-screen.same", "trust-screen.same-about", yes),
                answer(
                    "refuse",
                    "trust-screen.differ",
                    "trust-screen.differ-about",
                    no,
                ),
            ],
            empty: say("trust-screen.nobody"),
        },
    ]
}

/// This console said yes, and the joiner's operator is still comparing: the words stay in sight.
fn compares(knock: &Knock, columns: &[usize]) -> Option<Part> {
    let waits = knock.state == KnockState::Accepted && shows(knock);
    waits.then(|| Part::Named {
        name: fill("trust-screen.compares", &[("node", &knock.name)]),
        value: note(Tone::Strong, check_words(knock, columns)),
    })
}

/// Whoever does not ask: those that are through, and those that are awaited.
fn others(known: Known<'_>, session: &Session) -> Vec<Row> {
    let knocks = session.knocks.iter();
    let knocks = knocks.filter(|knock| knock.state != KnockState::Asking);
    let mut rows: Vec<_> = knocks.flat_map(|knock| answered(known, knock)).collect();
    let peers = known.picture.wizard.neighbours.peers.iter();
    let came = |peer: &Peer| session.knocks.iter().any(|knock| knock.id == peer.id);
    let awaited = peers.filter(|peer| is_wanted(known, peer) && !came(peer));
    rows.extend(awaited.map(wait));
    rows
}

fn wait(peer: &Peer) -> Row {
    let with = [("node", peer.name.as_str())];
    let (tone, state) = if peer.silent {
        (Tone::Dim, say("peers.silent"))
    } else {
        (Tone::Plain, say("trust-screen.awaited"))
    };
    Row {
        id: format!("wait:{}", peer.id),
        cells: vec![
            cell(&peer.name),
            peer.address.to_string(),
            cell(&peer.model),
            state,
        ],
        tone,
        about: vec![note(Tone::Plain, fill("trust-screen.awaited-about", &with))],
        ..Row::default()
    }
}

/// How a joiner that does not ask stands: its weight, the word for it, and what it means.
const fn standing(knock: &Knock) -> (Tone, &'static str, &'static str) {
    match (knock.state, knock.theirs) {
        (KnockState::Trusted, _) => (
            Tone::Good,
            "trust-screen.trusted",
            "trust-screen.trusted-about",
        ),
        (KnockState::Refused, _) => (
            Tone::Bad,
            "trust-screen.refused",
            "trust-screen.refused-about",
        ),
        (KnockState::Gone, _) => (Tone::Dim, "trust-screen.gone", "trust-screen.gone-about"),
        (_, true) => (
            Tone::Busy,
            "trust-screen.certifying",
            "trust-screen.certifying-about",
        ),
        (_, false) => (
            Tone::Busy,
            "trust-screen.accepted",
            "trust-screen.accepted-about",
        ),
    }
}

fn answered(known: Known<'_>, knock: &Knock) -> Vec<Row> {
    let (tone, state, about) = standing(knock);
    let menu = format!("menu:{}", knock.id);
    let is_open = known.typed.0.contains_key(&menu);
    let can_go = matches!(knock.state, KnockState::Trusted | KnockState::Accepted);
    let press = can_go.then(|| Deed {
        label: if is_open { "key.close" } else { "key.open" },
        wish: Wish::Note(menu, (!is_open).then(String::new)),
    });
    let main = Row {
        id: format!("knock:{}", knock.id),
        cells: vec![
            cell(&knock.name),
            knock.address.to_string(),
            cell(&knock.model),
            say(state),
        ],
        tone,
        about: vec![note(tone, fill(about, &[("node", &knock.name)]))],
        press,
        ..Row::default()
    };
    let mut rows = vec![main];
    rows.extend((can_go && is_open).then(|| put_out(knock)));
    rows
}

/// The second thought: whoever was let in can be put out again before Install.
fn put_out(knock: &Knock) -> Row {
    let with = [("node", knock.name.as_str())];
    let about = note(Tone::Warning, fill("trust-screen.put-out-about", &with));
    let mut cells = vec![say("trust-screen.put-out")];
    cells.resize(4, String::new());
    let refuse = Intent::Refuse {
        id: knock.id.clone(),
    };
    Row {
        id: format!("refuse:{}", knock.id),
        cells,
        tone: Tone::Warning,
        about: vec![about],
        press: deed("key.refuse", intend(refuse)),
        ..Row::default()
    }
}

fn sums(known: Known<'_>, asking: usize) -> Vec<Note> {
    let sum = match known.picture.nodes.len().max(1) {
        1 => note(Tone::Plain, say("form.alone")),
        2 => note(Tone::Plain, say("form.two")),
        n => note(Tone::Good, fill("form.many", &[("nodes", &nodes(n))])),
    };
    let mut sums = vec![sum];
    if asking > 0 {
        let count = asking.to_string();
        let with = [("count", count.as_str())];
        sums.push(note(Tone::Busy, fill("trust-screen.asking", &with)));
    }
    sums
}
