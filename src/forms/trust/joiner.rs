//! Trust on a joiner: it types the words, compares the check words, and waits for the initiator.

use super::super::parts::{back, deed, failure, fill, line, named, next, note, trouble, typed};
use super::super::{
    Button, Deed, Field, FieldKind, Form, Known, Note, Part, Row, Step, Tone, WORDS, Wish, Words,
};
use super::columns::apart;
use crate::engine::Intent;
use crate::engine::message::plain;
use crate::engine::trust::{Joining, JoiningState};
use crate::text::say;

/// So many words there are, and so many letters tell one of them from all others.
const COUNT: usize = 4;
const LETTERS: usize = 3;

pub(super) fn form(known: Known<'_>) -> Form {
    let Some(joining) = &known.picture.wizard.joining else {
        return without_session(known);
    };
    let mut parts = vec![initiator(joining)];
    let (first, why) = match joining.state {
        JoiningState::Words => {
            parts.extend(wrong(joining));
            if let Some(words) = known.words.filter(|_| known.rehearsal) {
                let label = "trust-screen.rehearsed";
                parts.push(named(label, Tone::Strong, words.to_owned()));
            }
            parts.push(Part::Field(field(known, joining)));
            (WORDS, say("trust-screen.type-first"))
        }
        JoiningState::Calling => {
            parts.push(calling());
            ("calling", say("trust-screen.calling"))
        }
        JoiningState::Compare => {
            parts.extend(compare(known, joining));
            ("same", say("trust-screen.compare-first"))
        }
        JoiningState::Waiting => {
            parts.extend(waiting(joining));
            ("waiting", waits_for(joining))
        }
    };
    let says = match joining.state {
        JoiningState::Words | JoiningState::Calling => "trust-screen.says-joiner",
        JoiningState::Compare => "trust-screen.says-compare",
        JoiningState::Waiting => "trust-screen.says-waiting",
    };
    let with = [("node", joining.name.as_str())];
    Form::new(fill(says, &with), parts).with(buttons(known, why), first)
}

/// Between Enter and the engine's answer, and after the session ended for this node.
fn without_session(known: Known<'_>) -> Form {
    let mut parts = trouble(known.picture);
    let why = if parts.is_empty() {
        say("trust-screen.knocking")
    } else {
        say("trust-screen.over")
    };
    parts.push(line(Tone::Busy, why.clone()));
    let node = say("form.the-initiator");
    let says = fill("trust-screen.says-joiner", &[("node", &node)]);
    Form::new(says, parts).with(buttons(known, why), "back")
}

/// The words are under way: a row on which Enter does nothing yet.
fn calling() -> Part {
    let row = Row {
        tone: Tone::Busy,
        ..answer(
            "calling",
            say("trust-screen.calling"),
            note(Tone::Plain, say("trust-screen.calling-about")),
            None,
        )
    };
    Part::Table {
        head: Vec::new(),
        rows: vec![row],
        empty: say("trust-screen.nobody"),
    }
}

fn buttons(known: Known<'_>, why: String) -> Vec<Button> {
    vec![back(Step::Trust, known.picture), next(Err(why))]
}

fn initiator(joining: &Joining) -> Part {
    let address = joining.address.ip().to_string();
    let with = [
        ("cluster", joining.cluster.as_str()),
        ("node", joining.name.as_str()),
        ("address", address.as_str()),
    ];
    named(
        "trust-screen.join",
        Tone::Plain,
        fill("trust-screen.join-this", &with),
    )
}

/// Why the last attempt failed, and how often the words were wrong.
fn wrong(joining: &Joining) -> Vec<Part> {
    let story = joining.failure.iter().flat_map(failure);
    let mut parts: Vec<_> = story.map(Part::Note).collect();
    if joining.wrong > 0 {
        let count = joining.wrong.to_string();
        let with = [("count", count.as_str()), ("node", &joining.name)];
        parts.push(line(Tone::Warning, fill("trust-screen.wrong", &with)));
    }
    parts
}

fn field(known: Known<'_>, joining: &Joining) -> Field {
    let value = typed(known, WORDS).unwrap_or_default().to_owned();
    let words: Vec<_> = value.split_whitespace().collect();
    let long = |word: &&&str| word.chars().count() >= LETTERS;
    let count = words.iter().filter(long).count();
    let done = count == COUNT && words.len() == COUNT;
    let with = [
        ("node", joining.name.as_str()),
        ("whole", &count.to_string()),
    ];
    let about = match (done, words.len()) {
        (true, _) => note(Tone::Plain, fill("trust-screen.words-done", &with)),
        (_, 0) => note(Tone::Plain, fill("trust-screen.words-none", &with)),
        (_, ..=COUNT) => note(Tone::Plain, fill("trust-screen.words-some", &with)),
        _ => note(Tone::Bad, say("trust-screen.words-many")),
    };
    let send = done.then(|| Wish::Words(Words(words.join(" "))));
    Field {
        id: WORDS.to_owned(),
        label: say("trust-screen.words"),
        value: value.clone(),
        kind: FieldKind::Words,
        about: vec![about],
        press: send.and_then(|send| deed("key.send", send)),
    }
}

fn answer(id: &str, text: String, about: Note, press: Option<Deed>) -> Row {
    Row {
        id: id.to_owned(),
        cells: vec![text],
        about: vec![about],
        press,
        ..Row::default()
    }
}

fn check_words(joining: &Joining) -> Part {
    let words = apart(joining.check.iter().map(String::as_str));
    named("trust-screen.check", Tone::Strong, words)
}

fn compare(known: Known<'_>, joining: &Joining) -> Vec<Part> {
    let name = plain(&joining.name);
    let with = [
        ("node", name.as_str()),
        ("cluster", &joining.cluster),
        ("me", &known.picture.me),
    ];
    let yes = Wish::Intents(vec![Intent::Trust { accept: true }]);
    let no = Wish::Then(vec![Intent::Trust { accept: false }], Step::Peers);
    let rows = vec![
        answer(
            "same",
            fill("trust-screen.same-join", &with),
            note(Tone::Plain, fill("trust-screen.same-join-about", &with)),
            deed("key.join", yes),
        ),
        answer(
            "differ",
            fill("trust-screen.differ-leave", &with),
            note(Tone::Plain, fill("trust-screen.differ-leave-about", &with)),
            deed("key.refuse", no),
        ),
    ];
    vec![
        check_words(joining),
        line(Tone::Plain, fill("trust-screen.compare", &with)),
        Part::Table {
            head: Vec::new(),
            rows,
            empty: say("trust-screen.nobody"),
        },
    ]
}

fn waits_for(joining: &Joining) -> String {
    fill("trust-screen.waiting", &[("node", &joining.name)])
}

fn waiting(joining: &Joining) -> Vec<Part> {
    let with = [("node", joining.name.as_str())];
    let no = Wish::Then(vec![Intent::Unknock], Step::Peers);
    let rows = vec![
        Row {
            tone: Tone::Busy,
            ..answer(
                "waiting",
                waits_for(joining),
                note(Tone::Plain, fill("trust-screen.waiting-about", &with)),
                None,
            )
        },
        answer(
            "unknock",
            say("trust-screen.unknock"),
            note(Tone::Plain, fill("trust-screen.unknock-about", &with)),
            deed("key.refuse", no),
        ),
    ];
    vec![
        check_words(joining),
        Part::Table {
            head: Vec::new(),
            rows,
            empty: say("trust-screen.nobody"),
        },
    ]
}
