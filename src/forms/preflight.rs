//! Preflight: the checks of this node, each with its meaning, its evidence and its fix.

use super::parts::{back, cell, fill, heads, line, next, note, trouble};
use super::{Deed, Form, Known, Note, Part, Row, Step, Tone, Wish, way};
use crate::engine::picture::Picture;
use crate::engine::preflight::{Check, Verdict};
use crate::text::{say, sentence};

/// Whether a check warns or blocks, or this node was not looked at yet.
pub(super) fn has_doubts(picture: &Picture) -> bool {
    let mut checks = picture.wizard.checks.iter();
    picture.wizard.host.is_none() || checks.any(|check| check.verdict != Verdict::Good)
}

/// Whether a check blocks, or this node was not looked at yet.
pub(super) fn is_blocked(picture: &Picture) -> bool {
    let mut checks = picture.wizard.checks.iter();
    picture.wizard.host.is_none() || checks.any(|check| check.verdict == Verdict::Blocking)
}

/// Whether Preflight cannot be passed over: something blocks, or a warning is not acknowledged.
pub(super) fn is_open(known: Known<'_>) -> bool {
    is_blocked(known.picture) || unseen(known) > 0
}

fn unseen(known: Known<'_>) -> usize {
    let checks = checks(known.picture);
    let unseen =
        |(id, check): &&(String, &Check)| check.verdict == Verdict::Warning && !is_seen(known, id);
    checks.iter().filter(unseen).count()
}

fn is_seen(known: Known<'_>, id: &str) -> bool {
    known.typed.0.contains_key(&ack(id))
}

fn ack(id: &str) -> String {
    format!("ack:{id}")
}

/// The checks, each with an id: its name, numbered where it stands there more than once.
fn checks(picture: &Picture) -> Vec<(String, &Check)> {
    let all = &picture.wizard.checks;
    let with_id = |(at, check): (usize, &'_ Check)| {
        let before = all.iter().take(at);
        match before.filter(|other| other.name == check.name).count() {
            0 => check.name.clone(),
            n => format!("{}.{}", check.name, n + 1),
        }
    };
    all.iter()
        .enumerate()
        .map(|(at, check)| (with_id((at, check)), check))
        .collect()
}

pub(super) fn form(known: Known<'_>) -> Form {
    let picture = known.picture;
    let mut parts = trouble(picture);
    if picture.wizard.host.is_none() {
        parts.push(line(Tone::Busy, say("preflight-screen.looking")));
    }
    let checks = checks(picture);
    let rows = checks.iter().map(|(id, check)| row(known, id, check));
    parts.push(Part::Table {
        head: heads(&[
            "preflight-screen.check",
            "preflight-screen.verdict",
            "preflight-screen.found",
        ]),
        rows: rows.collect(),
        empty: say("preflight-screen.none"),
    });
    let onwards = onwards(known);
    let first = first(known, &checks, onwards.is_ok());
    let mut form = Form::new(
        fill("preflight-screen.says", &[("node", &picture.me)]),
        parts,
    );
    form.sums = vec![sum(known)];
    form.with(vec![back(Step::Preflight, picture), next(onwards)], &first)
}

fn first(known: Known<'_>, checks: &[(String, &Check)], can_go_on: bool) -> String {
    let blocking = |(_, check): &&(String, &Check)| check.verdict == Verdict::Blocking;
    let unseen =
        |(id, check): &&(String, &Check)| check.verdict == Verdict::Warning && !is_seen(known, id);
    let mut all = checks.iter();
    let found = all.find(unseen).or_else(|| checks.iter().find(blocking));
    match found {
        Some((id, _)) if !can_go_on => format!("check:{id}"),
        _ => "next".to_owned(),
    }
}

fn row(known: Known<'_>, id: &str, check: &Check) -> Row {
    let seen = is_seen(known, id);
    let (word, tone) = match check.verdict {
        Verdict::Good => ("preflight-screen.good", Tone::Good),
        Verdict::Warning if seen => ("preflight-screen.seen", Tone::Dim),
        Verdict::Warning => ("preflight-screen.warning", Tone::Warning),
        Verdict::Blocking => ("preflight-screen.blocking", Tone::Bad),
    };
    Row {
        id: format!("check:{id}"),
        ticked: (check.verdict == Verdict::Warning).then_some(seen),
        cells: vec![cell(&check.name), say(word), sentence(&check.says)],
        tone,
        about: about(check, seen),
        press: acknowledge(check, id, seen),
        toggle: None,
    }
}

fn acknowledge(check: &Check, id: &str, seen: bool) -> Option<Deed> {
    (check.verdict == Verdict::Warning).then(|| Deed {
        label: if seen {
            "key.take-back"
        } else {
            "key.acknowledge"
        },
        wish: Wish::Note(ack(id), (!seen).then(|| "seen".to_owned())),
    })
}

fn about(check: &Check, seen: bool) -> Vec<Note> {
    let (tone, then) = match check.verdict {
        Verdict::Good => (Tone::Good, "preflight-screen.good-about"),
        Verdict::Warning if seen => (Tone::Dim, "preflight-screen.seen-about"),
        Verdict::Warning => (Tone::Warning, "preflight-screen.warning-about"),
        Verdict::Blocking => (Tone::Bad, "preflight-screen.blocking-about"),
    };
    let mut notes = vec![note(tone, sentence(&check.says))];
    let fix = check.fix.iter().map(sentence);
    notes.extend(fix.map(|fix| note(Tone::Plain, fix)));
    let more = check.means.iter().chain(&check.evidence).map(sentence);
    notes.extend(more.map(|more| note(Tone::Dim, more)));
    notes.push(note(Tone::Dim, say(then)));
    notes
}

fn onwards(known: Known<'_>) -> Result<Wish, String> {
    let picture = known.picture;
    if picture.wizard.host.is_none() {
        return Err(say("preflight-screen.looking"));
    }
    if is_blocked(picture) {
        return Err(say("preflight-screen.blocked"));
    }
    if unseen(known) > 0 {
        return Err(say("preflight-screen.unseen"));
    }
    let part = picture.wizard.part;
    let part = part.ok_or_else(|| say("welcome.choose-first"))?;
    Ok(Wish::Go(way::after_checks(picture, part)))
}

fn sum(known: Known<'_>) -> Note {
    let checks = &known.picture.wizard.checks;
    let count = |verdict| checks.iter().filter(|it| it.verdict == verdict).count();
    let (bad, open) = (count(Verdict::Blocking), unseen(known));
    let good = count(Verdict::Good).to_string();
    match (known.picture.wizard.host.is_some(), bad, open) {
        (false, ..) => note(Tone::Busy, say("preflight-screen.looking")),
        (_, 0, 0) => note(Tone::Good, say("preflight-screen.all-good")),
        (_, 0, open) => note(
            Tone::Warning,
            fill(
                "preflight-screen.to-see",
                &[("count", &open.to_string()), ("good", &good)],
            ),
        ),
        (_, bad, _) => note(
            Tone::Bad,
            fill(
                "preflight-screen.to-mend",
                &[("count", &bad.to_string()), ("good", &good)],
            ),
        ),
    }
}
