//! Review before there is a plan: who is there, and what must be mended.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::checks::findings;
use super::stand::Stand;
use crate::engine::message::plain;
use crate::engine::node::Role;
use crate::engine::picture::{NodeRow, NodeState, Picture};
use crate::engine::preflight::Verdict;
use crate::screens::frame::Room;
use crate::screens::parts::table::columns;
use crate::screens::parts::text::{marked, paragraph};
use crate::screens::{Now, theme, words};

/// The lines of the body.
pub(super) fn lines(picture: &Picture, now: Now, room: Room) -> Vec<Line<'static>> {
    let mut lines = paragraph(&headline(picture, now), room.width, theme::strong());
    if picture.nodes.is_empty() {
        return lines;
    }
    lines.push(Line::default());
    lines.extend(nodes(picture, now, room));
    let blocked = Stand::of(picture) == Stand::Blocked;
    let asked = picture
        .checks
        .iter()
        .filter(|check| check.verdict != Verdict::Good);
    for finding in findings(asked.filter(|_| blocked)) {
        lines.push(Line::default());
        lines.extend(finding.lines(room));
    }
    if blocked {
        lines.push(Line::default());
        let text = words::say("review.good-checks");
        lines.extend(paragraph(&text, room.width, theme::dim()));
        return lines;
    }
    lines.extend(what_to_do(picture, room));
    lines
}

fn headline(picture: &Picture, now: Now) -> String {
    let gone = words::clock(now.saturating_sub(picture.began));
    let missing = names(picture, |state| state != NodeState::Ready);
    match (Stand::of(picture), picture.role) {
        (Stand::Idle, Role::Worker) => words::say("review.joining"),
        (Stand::Idle, _) => words::say("review.idle"),
        (Stand::Blocked, _) => words::say("review.blocked"),
        (Stand::Gathering, _) if missing.is_empty() => words::say("review.planning"),
        (Stand::Gathering, _) => {
            let missing = words::list(missing);
            words::fill("review.waiting", &[("nodes", &missing), ("time", &gone)])
        }
        _ => words::say("review.planning"),
    }
}

fn names(picture: &Picture, which: fn(NodeState) -> bool) -> Vec<&str> {
    let nodes = picture.nodes.iter().filter(|node| which(node.state));
    nodes.map(|node| node.name.as_str()).collect()
}

fn nodes(picture: &Picture, now: Now, room: Room) -> Vec<Line<'static>> {
    let heard = |node: &NodeRow| {
        let heard = node.heard.filter(|_| node.name != picture.me);
        heard
            .map(|heard| words::ago(now.saturating_sub(heard)))
            .unwrap_or_default()
    };
    let name = |node: &NodeRow| {
        let here = if node.name == picture.me {
            "screen.here"
        } else {
            "screen.there"
        };
        words::fill(here, &[("node", &node.name)])
    };
    let full = |node: &NodeRow| {
        vec![
            name(node),
            node.address.clone(),
            plain(&node.model),
            heard(node),
            state(node.state).2,
        ]
    };
    let short = |node: &NodeRow| vec![node.name.clone(), state(node.state).2];
    let rows: Vec<_> = picture.nodes.iter().map(full).collect();
    let brief: Vec<_> = picture.nodes.iter().map(short).collect();
    let inner = room.width.saturating_sub(4);
    let texts = columns(&rows, inner).or_else(|| columns(&brief, inner));
    let texts = texts.unwrap_or_else(|| brief.iter().map(|row| row.join(" ")).collect());
    let line = |(node, text): (&NodeRow, String)| {
        let (mark, style, _) = state(node.state);
        Line::from(vec![
            Span::styled(format!("  {mark} "), style),
            Span::raw(text),
        ])
    };
    picture.nodes.iter().zip(texts).map(line).collect()
}

fn state(state: NodeState) -> (&'static str, Style, String) {
    match state {
        NodeState::Missing => ("·", theme::warn(), words::say("review.node-missing")),
        NodeState::Silent => ("!", theme::warn(), words::say("review.node-silent")),
        NodeState::Looking => ("•", theme::busy(), words::say("review.node-looking")),
        NodeState::Ready => ("■", theme::good(), words::say("review.node-ready")),
    }
}

/// What somebody has to do where a node does not come.
fn what_to_do(picture: &Picture, room: Room) -> Vec<Line<'static>> {
    if picture.role == Role::Worker {
        let mut lines = vec![Line::default()];
        lines.extend(paragraph(
            &words::say("review.joiner-waits"),
            room.width,
            Style::new(),
        ));
        return lines;
    }
    let missing = names(picture, |state| state == NodeState::Missing);
    let silent = words::list(names(picture, |state| state == NodeState::Silent));
    let mut lines = Vec::new();
    if !missing.is_empty() {
        lines.push(Line::default());
        let text = words::say("review.do-join");
        lines.extend(paragraph(&text, room.width, Style::new()));
        lines.push(Line::default());
    }
    for node in missing {
        let command = format!("mcloud join --token-file {node}.token");
        let mark = Span::raw(format!("    {node}   "));
        lines.extend(marked(&mark, &command, room.width));
    }
    if !silent.is_empty() {
        lines.push(Line::default());
        let text = words::fill("review.do-start", &[("nodes", &silent)]);
        lines.extend(paragraph(&text, room.width, Style::new()));
    }
    lines
}
