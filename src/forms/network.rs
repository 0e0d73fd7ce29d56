//! Network: what each node's NICs are for, and which networks there will be.

use super::disks::ready;
use super::parts::{back, button, cell, fill, heads, line, list, note, trouble};
use super::{Form, Known, Part, Row, Step, Tone, Wish};
use crate::engine::Intent;
use crate::engine::node::Role;
use crate::engine::picture::wizard::NodeNetwork;
use crate::text::say;

pub(super) fn form(known: Known<'_>) -> Form {
    let picture = known.picture;
    let all = &picture.wizard.networks;
    let leads = picture.role == Role::Leader;
    let mut parts = trouble(picture);
    parts.push(Part::Table {
        head: heads(&[
            "form.node",
            "network.nic",
            "network.address",
            "network.others",
        ]),
        rows: all.iter().map(row).collect(),
        empty: say("disks.no-nodes"),
    });
    let names = list(all.iter().map(|node| node.node.as_str()));
    let with = [("nodes", names.as_str())];
    parts.push(line(Tone::Warning, fill("network.uplink", &with)));
    parts.push(line(Tone::Plain, say("network.uplink-then")));
    parts.push(line(Tone::Warning, fill("network.ceph", &with)));
    let last = if leads {
        let about = vec![note(Tone::Dim, say("network.review-about"))];
        let review = Some(Wish::Intents(vec![Intent::Review]));
        button("next", "network.review", review, about)
    } else {
        ready(known)
    };
    let first = last.id.clone();
    Form::new(say("network.says"), parts).with(vec![back(Step::Network, picture), last], &first)
}

fn row(node: &NodeNetwork) -> Row {
    let others = node.others.join(", ");
    let known = !node.nic.is_empty();
    let about = if !known {
        say("network.looking")
    } else if node.others.is_empty() {
        say("network.one-nic")
    } else {
        say("network.other-nics")
    };
    Row {
        id: format!("node:{}", node.node),
        cells: vec![
            cell(&node.node),
            if known {
                cell(&node.nic)
            } else {
                say("network.looking")
            },
            cell(&node.address),
            if known && others.is_empty() {
                say("network.none")
            } else {
                cell(&others)
            },
        ],
        about: vec![note(Tone::Plain, about)],
        ..Row::default()
    }
}
