//! Home: a node that is in a cluster.

use super::parts::{
    button, cell, deed, fill, intend, leader, line, list, named, nodes, note, trouble,
};
use super::{Form, Known, Note, Part, Row, Tone, Wish};
use crate::engine::Intent;
use crate::engine::node::Role;
use crate::engine::wizard::Membership;
use crate::text::say;

pub(super) fn form(known: Known<'_>) -> Form {
    let picture = known.picture;
    let about = vec![note(Tone::Dim, say("home.close-about"))];
    let close = button("close", "key.close", Some(Wish::Close), about);
    let Some(member) = &picture.wizard.member else {
        let parts = vec![line(Tone::Plain, say("home.no-cluster"))];
        return Form::new(say("home.says-none"), parts).with(vec![close], "close");
    };
    let leads = picture.role == Role::Leader;
    let mut parts = facts(known, member, leads);
    parts.extend(trouble(picture));
    parts.push(Part::Table {
        head: Vec::new(),
        rows: rows(member, leads),
        empty: say("home.no-cluster"),
    });
    let says = fill(
        "home.says",
        &[("node", &picture.me), ("cluster", &member.cluster)],
    );
    Form::new(says, parts).with(vec![close], "close-row")
}

fn facts(known: Known<'_>, member: &Membership, leads: bool) -> Vec<Part> {
    let role = match known.picture.link {
        _ if leads => note(Tone::Good, say("home.leads")),
        Some(link) if link.up => note(Tone::Good, say("home.works-linked")),
        _ => note(Tone::Warning, say("home.works-alone")),
    };
    let members = if member.nodes.is_empty() {
        note(Tone::Dim, say("home.nodes-unknown"))
    } else {
        let names = list(member.nodes.iter().map(String::as_str));
        let text = format!("{}: {names}", nodes(member.nodes.len()));
        note(Tone::Plain, text)
    };
    let leads_it = if leads {
        known.picture.me.clone()
    } else {
        leader(&member.leader)
    };
    vec![
        named("form.cluster", Tone::Strong, cell(&member.cluster)),
        named("form.led-by", Tone::Plain, leads_it),
        Part::Named {
            name: say("home.nodes"),
            value: members,
        },
        Part::Named {
            name: say("home.role"),
            value: role,
        },
    ]
}

fn rows(member: &Membership, leads: bool) -> Vec<Row> {
    let row = |id: &str, cells: [String; 2], about: Note| Row {
        id: id.to_owned(),
        cells: cells.into(),
        about: vec![about],
        ..Row::default()
    };
    let leader = leader(&member.leader);
    let where_to = |here: &str, there: &str| {
        let with = [("leader", leader.as_str())];
        note(
            Tone::Plain,
            if leads { say(here) } else { fill(there, &with) },
        )
    };
    vec![
        Row {
            press: leads
                .then(|| intend(Intent::Grow))
                .and_then(|it| deed("key.grow", it)),
            ..row(
                "add-node",
                [say("home.add"), say("home.add-command")],
                where_to("home.add-about", "home.add-about-there"),
            )
        },
        row(
            "list-nodes",
            [say("home.list"), say("home.list-command")],
            where_to("home.list-about", "home.list-about-there"),
        ),
        Row {
            press: deed("key.close", Wish::Close),
            ..row(
                "close-row",
                [say("home.close"), String::new()],
                note(Tone::Dim, say("home.close-about")),
            )
        },
    ]
}
