//! Welcome: what this node is to do.

use super::parts::{deed, fill, leave, line, next, note, trouble};
use super::peers::sessions;
use super::{Form, Known, Note, Part, Row, Step, Tone, Wish, way};
use crate::engine::Intent;
use crate::engine::message::plain;
use crate::engine::neighbours::Peer;
use crate::engine::node::Role as NodeRole;
use crate::engine::picture::{Picture, bytes_in_words};
use crate::engine::wizard::Part as Role;
use crate::text::say;

pub(super) fn form(known: Known<'_>) -> Form {
    let picture = known.picture;
    let leads = picture.role == NodeRole::Leader;
    let heard = if leads { Vec::new() } else { sessions(known) };
    let mut rows: Vec<_> = resume(known).into_iter().collect();
    rows.push(if leads { go_on(known) } else { start(known) });
    rows.extend(heard.iter().map(|session| join(known, session)));
    rows.push(choose(known, leads));
    rows.push(rehearse(known));
    rows.push(leave_row(picture));
    let first = match heard.iter().find(|session| session.wish.is_ok()) {
        Some(session) if picture.wizard.part != Some(Role::Initiator) => row_id(session.peer),
        None if picture.wizard.part == Some(Role::Joiner) => "join".to_owned(),
        _ => "start".to_owned(),
    };
    let first = if picture.wizard.unfinished.is_some() {
        "resume".to_owned()
    } else {
        first
    };
    let mut parts = vec![machine(known)];
    parts.extend(trouble(picture));
    parts.push(Part::Table {
        head: Vec::new(),
        rows,
        empty: say("welcome.choose-first"),
    });
    parts.push(line(Tone::Dim, say("welcome.look")));
    let onwards = picture.wizard.part.map(|part| {
        if leads {
            Step::Preflight
        } else {
            way::from_welcome(known, part)
        }
    });
    let onwards = onwards.map(Wish::Go);
    let buttons = vec![
        leave(),
        next(onwards.ok_or_else(|| say("welcome.choose-first"))),
    ];
    Form::new(say("welcome.says"), parts).with(buttons, &first)
}

fn machine(known: Known<'_>) -> Part {
    let picture = known.picture;
    let version = picture.mcloud.as_str();
    let text = match &picture.wizard.host {
        None => fill(
            "welcome.unknown-machine",
            &[("version", version), ("node", &picture.me)],
        ),
        Some(host) => {
            let model = if host.model.is_empty() {
                say("welcome.no-model")
            } else {
                plain(&host.model)
            };
            let memory = bytes_in_words(host.memory);
            fill(
                "welcome.machine",
                &[
                    ("version", version),
                    ("node", &picture.me),
                    ("model", &model),
                    ("memory", &memory),
                ],
            )
        }
    };
    line(Tone::Strong, text)
}

fn row(id: &str, cells: [String; 2], about: Vec<Note>) -> Row {
    Row {
        id: id.to_owned(),
        cells: cells.into(),
        about,
        ..Row::default()
    }
}

/// What was chosen before is given up first: an initiator that waits for an answer is told no.
fn with_part(known: Known<'_>, part: Role) -> Vec<Intent> {
    let joining = known.picture.wizard.joining.is_some();
    let mut intents: Vec<_> = joining.then_some(Intent::Unknock).into_iter().collect();
    intents.push(Intent::Part { part });
    intents
}

fn start(known: Known<'_>) -> Row {
    let about = vec![note(Tone::Plain, say("welcome.start-about"))];
    let cells = [say("welcome.start"), say("welcome.start-words")];
    let to = if super::preflight::is_open(known) {
        Step::Preflight
    } else {
        Step::Address
    };
    Row {
        press: deed(
            "key.start",
            Wish::Then(with_part(known, Role::Initiator), to),
        ),
        ..row("start", cells, about)
    }
}

/// A run that was cut off can be taken up.
fn resume(known: Known<'_>) -> Option<Row> {
    let unfinished = known.picture.wizard.unfinished.as_ref()?;
    let cluster = plain(&unfinished.answers.cluster);
    let (done, steps) = (unfinished.done.to_string(), unfinished.steps.to_string());
    let cells = [
        fill("welcome.resume", &[("cluster", &cluster)]),
        fill(
            "welcome.resume-words",
            &[("done", &done), ("steps", &steps)],
        ),
    ];
    let about = vec![note(Tone::Plain, say("welcome.resume-about"))];
    Some(Row {
        press: deed("key.resume", Wish::Intents(vec![Intent::Resume])),
        ..row("resume", cells, about)
    })
}

/// This node leads a cluster that is being formed.
fn go_on(known: Known<'_>) -> Row {
    let cluster = known.picture.cluster.as_str();
    let cells = [
        fill("welcome.go-on", &[("cluster", cluster)]),
        say("welcome.go-on-words"),
    ];
    let about = vec![note(Tone::Plain, say("welcome.go-on-about"))];
    Row {
        press: deed("key.go-on", Wish::Go(Step::Peers)),
        ..row("start", cells, about)
    }
}

fn row_id(peer: &Peer) -> String {
    format!("session:{}", peer.id)
}

fn join(known: Known<'_>, session: &super::peers::Heard<'_>) -> Row {
    let peer = session.peer;
    let cells = [
        fill("welcome.join-this", &[("cluster", session.cluster)]),
        fill(
            "welcome.join-this-words",
            &[
                ("node", &peer.name),
                ("address", &peer.address.to_string()),
                ("ago", &super::parts::ago(known, peer.heard)),
            ],
        ),
    ];
    let press = session
        .wish
        .as_ref()
        .ok()
        .map(|knock| (knock.clone(), way::from_welcome(known, Role::Joiner)));
    let joining = known.picture.wizard.joining.as_ref();
    let is_there = joining.is_some_and(|joining| joining.peer == peer.id);
    let press = press.map(|(knock, step)| {
        let before = matches!(step, Step::Preflight | Step::Address);
        if is_there {
            return Wish::Go(if before { step } else { Step::Trust });
        }
        let mut intents = with_part(known, Role::Joiner);
        let address = way::plain_address(known.picture).filter(|_| !before);
        intents.extend(address.map(|address| Intent::Address { address }));
        // What was chosen is not asked again, whatever comes before it.
        intents.push(knock);
        Wish::Then(intents, if before { step } else { Step::Trust })
    });
    Row {
        tone: session.tone(),
        press: press.and_then(|wish| deed("key.join", wish)),
        ..row(&row_id(peer), cells, session.about(known))
    }
}

fn choose(known: Known<'_>, leads: bool) -> Row {
    let cells = [say("welcome.join"), say("welcome.join-words")];
    if leads {
        let about = vec![note(Tone::Warning, say("welcome.leads-already"))];
        return Row {
            tone: Tone::Dim,
            ..row("join", cells, about)
        };
    }
    let about = vec![note(Tone::Plain, say("welcome.join-about"))];
    let to = match way::from_welcome(known, Role::Joiner) {
        Step::Trust => Step::Peers,
        other => other,
    };
    let wish = Wish::Then(with_part(known, Role::Joiner), to);
    Row {
        press: deed("key.choose", wish),
        ..row("join", cells, about)
    }
}

fn rehearse(known: Known<'_>) -> Row {
    let cells = [say("welcome.rehearse"), say("welcome.rehearse-words")];
    if known.rehearsal {
        let about = vec![note(Tone::Dim, say("welcome.rehearsal-already"))];
        return Row {
            tone: Tone::Dim,
            ..row("rehearse", cells, about)
        };
    }
    let about = vec![note(Tone::Plain, say("welcome.rehearse-about"))];
    Row {
        press: deed("key.rehearse", Wish::Rehearse),
        ..row("rehearse", cells, about)
    }
}

fn leave_row(picture: &Picture) -> Row {
    let about = vec![note(Tone::Dim, say("form.leave-about"))];
    let stays = say(if picture.touched {
        "welcome.leave-words-touched"
    } else {
        "welcome.leave-words"
    });
    let cells = [say("welcome.leave"), stays];
    Row {
        press: deed("key.leave", Wish::Leave),
        ..row("leave-row", cells, about)
    }
}
