//! Made-up forms with everything that a form can have, and a console that shows them.

use mcloud::engine::Intent;
use mcloud::engine::node::Stage as How;
use mcloud::engine::picture::Picture;
use mcloud::forms::{
    Button, Deed, Field, FieldKind, Form, Known, Note, Part, Row, Step, Tone, Wish, Words,
};
use mcloud::screens::{Forms, Options, Screens};

use crate::desk::Desk;
use crate::stage::Stage;

pub(crate) fn note(tone: Tone, text: &str) -> Note {
    Note {
        tone,
        text: text.to_owned(),
    }
}

/// What Enter on a row called `id` asks for.
pub(crate) fn opened(id: &str) -> Intent {
    Intent::Admit {
        id: id.to_owned(),
        check: Vec::new(),
    }
}

/// What Space on a row called `id` asks for.
pub(crate) fn toggled(id: &str) -> Intent {
    Intent::Invite {
        id: id.to_owned(),
        wanted: true,
    }
}

fn row(id: &str, cells: &[&str], tone: Tone) -> Row {
    let deed = |label, intent| {
        Some(Deed {
            label,
            wish: Wish::Intents(vec![intent]),
        })
    };
    Row {
        id: id.to_owned(),
        ticked: Some(tone != Tone::Bad),
        cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
        tone,
        about: vec![
            note(tone, &format!("{id} was looked at.")),
            note(Tone::Plain, "Space takes it or leaves it."),
        ],
        press: deed("key.choose", opened(id)),
        toggle: deed("key.count", toggled(id)),
    }
}

fn heading(text: &str) -> Row {
    Row {
        cells: vec![text.to_owned()],
        ..Row::default()
    }
}

fn field(known: &Known, id: &str, kind: FieldKind) -> Field {
    let typed = known.typed.0.get(id).cloned();
    let press = (kind == FieldKind::Words).then(|| Deed {
        label: "key.choose",
        wish: Wish::Words(Words(typed.clone().unwrap_or_default())),
    });
    let label = match kind {
        FieldKind::Name => "Cluster",
        FieldKind::Address | FieldKind::Network => "Add by address",
        FieldKind::Words => "The four words",
    };
    let suggested = if kind == FieldKind::Name { "attic" } else { "" };
    let about = if is_no_address(known, id, kind) {
        note(Tone::Bad, "That is no address.")
    } else {
        note(Tone::Plain, "What is typed here is only looked at.")
    };
    Field {
        id: id.to_owned(),
        label: label.to_owned(),
        value: typed.unwrap_or_else(|| suggested.to_owned()),
        kind,
        about: vec![about],
        press,
    }
}

fn is_no_address(known: &Known, id: &str, kind: FieldKind) -> bool {
    let typed = known.typed.0.get(id).filter(|typed| !typed.is_empty());
    kind == FieldKind::Address
        && typed.is_some_and(|typed| typed.parse::<std::net::IpAddr>().is_err())
}

pub(crate) fn button(id: &str, label: &str, wish: Option<Wish>) -> Button {
    let about = match wish {
        Some(_) => "It goes there.",
        None => "First choose something.",
    };
    Button {
        id: id.to_owned(),
        label: label.to_owned(),
        wish,
        about: vec![note(Tone::Plain, about)],
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Peers: a table, named values, a field, sums, buttons. The picture's nodes are the rows.
fn peers(known: &Known) -> Form {
    let tones = [Tone::Good, Tone::Busy, Tone::Bad, Tone::Dim, Tone::Warning];
    let states = ["trusted", "asked", "other version", "silent", "clone"];
    let nodes = known.picture.nodes.iter().enumerate();
    let rows = nodes.map(|(at, node)| {
        let cells = [
            &node.name,
            &node.address,
            "Raspberry Pi 5 Model B Rev 1.0",
            "0.1.0",
            "15 s ago",
            states[at % 5],
        ];
        row(&node.name, &cells, tones[at % 5])
    });
    let named = |name: &str, tone, text: &str| Part::Named {
        name: name.to_owned(),
        value: note(tone, text),
    };
    let on = Some(Wish::Go(Step::Disks));
    let on = on.filter(|_| !is_no_address(known, "add", FieldKind::Address));
    Form {
        says: strings(&["Start mcloud on each other Pi, choose Join, and type these words there."]),
        parts: vec![
            named("Words", Tone::Strong, "copper  lantern  otter  violet"),
            named("Session", Tone::Good, "open, closes in 58 min"),
            Part::Table {
                head: strings(&["Node", "Address", "Model", "mcloud", "Heard", "State"]),
                rows: rows.collect(),
                empty: "Nobody is heard yet.".to_owned(),
            },
            Part::Note(note(Tone::Warning, "Multicast may be filtered here.")),
            Part::Field(field(known, "add", FieldKind::Address)),
        ],
        sums: vec![note(Tone::Good, "With this node: 3 nodes.")],
        buttons: vec![
            button("back", "Back", Some(Wish::Go(Step::Address))),
            button("next", "Next", on),
        ],
        first: known
            .picture
            .nodes
            .get(1)
            .map(|node| node.name.clone())
            .unwrap_or_default(),
    }
}

/// Disks: headings in the table, and nothing that goes on.
fn disks(known: &Known) -> Form {
    let mut rows = Vec::new();
    for node in &known.picture.nodes {
        rows.push(heading(&format!("{}  {}", node.name, node.address)));
        for disk in ["nvme0n1", "sda"] {
            let id = format!("{}/{disk}", node.name);
            let tone = if disk == "sda" {
                Tone::Warning
            } else {
                Tone::Plain
            };
            let cells = [disk, "WD SN740", "512 GB", "ext4 \"photos\"", "Local"];
            rows.push(Row {
                ticked: None,
                ..row(&id, &cells, tone)
            });
        }
    }
    Form {
        says: strings(&["Say what each disk is for."]),
        parts: vec![Part::Table {
            head: strings(&["Disk", "Model", "Size", "Now holds", "Use"]),
            rows,
            empty: "No node is looked at yet.".to_owned(),
        }],
        sums: vec![
            note(Tone::Good, "Local: 3 disks on 3 nodes."),
            note(Tone::Warning, "2 disks will be erased."),
        ],
        buttons: vec![
            button("back", "Back", Some(Wish::Go(Step::Peers))),
            button("next", "Next", None),
        ],
        first: String::new(),
    }
}

/// Address: two fields; a button that gives way.
fn address(known: &Known) -> Form {
    Form {
        says: strings(&["Give the cluster a name."]),
        parts: vec![
            Part::Field(field(known, "name", FieldKind::Name)),
            Part::Field(field(known, "words", FieldKind::Words)),
        ],
        buttons: vec![
            button("leave", "Leave...", Some(Wish::Leave)),
            button("rehearse", "Rehearse", Some(Wish::Rehearse)),
            button(
                "next",
                "Next",
                Some(Wish::Then(vec![Intent::Extend], Step::Peers)),
            ),
        ],
        first: "name".to_owned(),
        ..Form::default()
    }
}

/// More to read than fits, and one button.
fn welcome() -> Form {
    let line = |n| Part::Note(note(Tone::Plain, &format!("This is line {n} of many.")));
    Form {
        says: strings(&["Read all of it."]),
        parts: (1..=40).map(line).collect(),
        buttons: vec![button("next", "Next", Some(Wish::Go(Step::Peers)))],
        ..Form::default()
    }
}

fn form(step: Step, known: Known) -> Form {
    match step {
        Step::Welcome => welcome(),
        Step::Address => address(&known),
        Step::Disks => disks(&known),
        Step::Peers => peers(&known),
        _ => Form::default(),
    }
}

fn back(step: Step, _: &Picture) -> Option<Step> {
    match step {
        Step::Disks => Some(Step::Peers),
        Step::Peers => Some(Step::Address),
        Step::Address => Some(Step::Welcome),
        _ => None,
    }
}

/// The cluster's name in the picture says which form it calls for.
fn natural(picture: &Picture) -> Option<Step> {
    match picture.cluster.as_str() {
        "welcome" => Some(Step::Welcome),
        "address" => Some(Step::Address),
        "peers" => Some(Step::Peers),
        "disks" => Some(Step::Disks),
        "empty" => Some(Step::Trust),
        _ => None,
    }
}

fn fits(step: Step, picture: &Picture) -> bool {
    // Once the disks are there, nobody goes back to the name.
    picture.cluster != "disks" || step != Step::Address
}

/// A console at the form that `wanted` names, with so many nodes to see.
pub(crate) fn at(wanted: &str, nodes: usize) -> Desk {
    let stage = Stage::new(nodes.max(1)).begin(crate::stage::answers(nodes.max(1), &[]), false);
    let mut desk = Desk::of(&stage);
    desk.screens = Screens::with_forms(
        Options {
            can_detach: true,
            wizard: true,
            rehearsal: false,
        },
        Forms {
            form,
            natural,
            fits,
            back,
        },
    );
    desk.log.clear();
    desk.picture.stage = How::Forming;
    desk.picture.nodes.truncate(nodes);
    wanted.clone_into(&mut desk.picture.cluster);
    desk
}

/// All of them.
pub(crate) fn all() -> Vec<(&'static str, Desk)> {
    vec![
        ("welcome", at("welcome", 3)),
        ("address", at("address", 3)),
        ("peers", at("peers", 5)),
        ("many peers", at("peers", 20)),
        ("no peers", at("peers", 0)),
        ("disks", at("disks", 3)),
        ("many disks", at("disks", 12)),
    ]
}
