//! Install: the bar, phases by nodes, what runs now, and what stopped.

mod failure;
mod overview;
mod steps;

use std::cell::Cell;

use ratatui::style::Style;
use ratatui::text::Line;

use super::frame::{Body, Info, Room};
use super::keymap::{Can, Command, Context, Place};
use super::parts::buttons::{Button, row};
use super::parts::scroll::Scroll;
use super::parts::text::paragraph;
use super::{Act, Now, Reply, theme, words};
use crate::engine::Intent;
use crate::engine::message::Remedy;
use crate::engine::node::{Role, Stage};
use crate::engine::picture::{Install as Run, Picture};

pub(super) use failure::story;

/// A node that was not heard for longer is worth a line, in ms.
const SILENT_MS: u64 = 15_000;

/// Install's own memory: focus, scroll, and the first node that is shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Install {
    focus: usize,
    pub(super) scroll: Scroll,
    first: Option<usize>,
    /// How many nodes fit, as it was drawn.
    shown: Cell<usize>,
}

/// One way on from one failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way {
    /// Which failure.
    failure: usize,
    remedy: Remedy,
}

impl Install {
    /// What the keys can do here.
    pub(super) fn context(&self, picture: &Picture, can_detach: bool) -> Context {
        let ways = ways(picture);
        let enter = self.way(&ways).map(|way| match way.remedy {
            Remedy::Retry => "key.retry",
            Remedy::GoOnWithout => "key.go-on-without",
            Remedy::Change => "key.change",
            Remedy::Report => "key.report",
            Remedy::Leave => "key.end-here",
        });
        let retries = ways.iter().any(|way| way.remedy == Remedy::Retry);
        Context {
            enter,
            again: retries.then_some("key.retry"),
            ..Context::at(Place::Install)
        }
        .with(Can::Scroll, self.scroll.overflows())
        .with(Can::Columns, self.shown.get() < picture.nodes.len())
        .with(Can::Move, ways.len() > 1)
        .with(Can::Detach, can_detach)
    }

    /// Does what a key asks for.
    pub(super) fn press(&mut self, picture: &Picture, command: Command) -> Option<Reply> {
        let ways = ways(picture);
        self.focus = self.focus.min(ways.len().saturating_sub(1));
        let columns = self.shown.get() < picture.nodes.len();
        match command {
            Command::Down if !self.scroll.down() => self.step(&ways, true),
            Command::Up if self.focus == 0 => drop(self.scroll.up()),
            Command::Left if columns => self.shift(picture, false),
            Command::Right if columns => self.shift(picture, true),
            Command::Previous if self.focus == 0 => self.focus = ways.len().saturating_sub(1),
            Command::Next if self.focus + 1 >= ways.len() => self.focus = 0,
            Command::Up | Command::Previous | Command::Left => self.step(&ways, false),
            Command::Next | Command::Right => self.step(&ways, true),
            Command::PageDown => self.scroll.page_down(),
            Command::PageUp => self.scroll.page_up(),
            Command::Home => self.scroll.home(),
            Command::End => self.scroll.end(),
            Command::Press | Command::Toggle => return act(picture, self.way(&ways)?),
            Command::Again => {
                let failure = self.way(&ways)?.failure;
                let retry = |way: &&Way| way.remedy == Remedy::Retry;
                let of_focus = ways.iter().filter(retry).find(|way| way.failure == failure);
                return act(picture, *of_focus.or_else(|| ways.iter().find(retry))?);
            }
            Command::Detach => return Some(Reply::Act(Act::Detach)),
            _ => {}
        }
        None
    }

    fn step(&mut self, ways: &[Way], forward: bool) {
        self.focus = if forward {
            (self.focus + 1).min(ways.len().saturating_sub(1))
        } else {
            self.focus.saturating_sub(1)
        };
    }

    fn shift(&mut self, picture: &Picture, forward: bool) {
        let first = self.first(picture, self.shown.get());
        let most = picture.nodes.len().saturating_sub(self.shown.get());
        self.first = Some(if forward {
            (first + 1).min(most)
        } else {
            first.saturating_sub(1)
        });
    }

    fn way(&self, ways: &[Way]) -> Option<Way> {
        ways.get(self.focus).or(ways.last()).copied()
    }

    /// The first node that is shown: so that this node is in sight, until somebody scrolls.
    fn first(&self, picture: &Picture, shown: usize) -> usize {
        let me = picture
            .nodes
            .iter()
            .position(|node| node.name == picture.me);
        let mine = me.map_or(0, |me| (me + 1).saturating_sub(shown));
        let most = picture.nodes.len().saturating_sub(shown);
        self.first.unwrap_or(mine).min(most)
    }

    /// The body.
    pub(super) fn body(&self, picture: &Picture, now: Now, room: Room) -> Body {
        let Some(run) = &picture.install else {
            return Body::default();
        };
        let fit = overview::fit(picture, room);
        self.shown.set(fit.shown);
        let first = self.first(picture, fit.shown);
        let ways = ways(picture);
        let pinned = self.pinned(picture, &ways, room);
        let stopped = if run.failures.is_empty() {
            Vec::new()
        } else {
            let way = self.way(&ways).map_or(0, |way| way.failure);
            failure::lines(picture, run, way, room)
        };
        let mut lines = overview::bar(picture, run, now, room);
        // Where the room is scarce, blank lines and phases without steps go first.
        let needed = lines.len() + 9 + stopped.len() + pinned.len() + 2;
        let tight = needed > room.height;
        if !tight {
            lines.push(Line::default());
        }
        lines.extend(overview::matrix(picture, run, now, (first, fit)).lines(tight));
        if !tight || stopped.is_empty() {
            lines.push(Line::default());
        }
        lines.extend(stopped);
        let rest = room.height.saturating_sub(lines.len() + pinned.len());
        lines.extend(steps::lines(run, now, (room, rest)));
        Body {
            lines,
            pinned,
            ..Body::default()
        }
    }

    fn pinned(&self, picture: &Picture, ways: &[Way], room: Room) -> Vec<Line<'static>> {
        let several = picture.install.iter().any(|run| run.failures.len() > 1);
        let button = |(at, way): (usize, &Way)| {
            let focused = self.way(ways) == Some(*way) && at == self.focus.min(ways.len() - 1);
            let node = picture
                .install
                .iter()
                .filter_map(|run| run.failures.get(way.failure));
            let node = node
                .map(|failure| failure.node.as_str())
                .next()
                .unwrap_or_default();
            let label = match way.remedy {
                Remedy::Retry if several => words::fill("key.retry-on", &[("node", node)]),
                Remedy::Retry => words::say("key.retry"),
                Remedy::GoOnWithout => words::fill("key.go-on-without-node", &[("node", node)]),
                Remedy::Change => words::say("key.change"),
                Remedy::Report => words::say("key.report"),
                Remedy::Leave => words::say("key.end-here"),
            };
            let style = if focused {
                theme::focus()
            } else {
                Style::new()
            };
            Button {
                label,
                style,
                focused,
            }
        };
        let buttons: Vec<_> = ways.iter().enumerate().map(button).collect();
        if buttons.is_empty() {
            return Vec::new();
        }
        let report = picture.report.as_ref().map(|file| {
            let text = words::fill("report.written", &[("file", file)]);
            paragraph(&text, room.width, Style::new())
        });
        let mut lines = report.unwrap_or_default();
        lines.extend(row(&buttons, room.width));
        lines
    }

    /// What is worth knowing now.
    pub(super) fn info(&self, picture: &Picture, now: Now) -> Option<Info> {
        let run = picture.install.as_ref()?;
        let failed = self.way(&ways(picture)).map_or(0, |way| way.failure);
        let Some(failed) = run.failures.get(failed) else {
            return heard(picture, now);
        };
        let code = match (picture.stage, picture.role) {
            (_, Role::Worker) => "install-screen.initiator-decides",
            (Stage::Stopped, _) => "install-screen.you-decide",
            _ => "install-screen.others-go-on",
        };
        let text = words::fill(code, &[("node", &failed.node)]);
        Some(Info::wrong(text))
    }
}

/// Which nodes were not heard just now.
fn heard(picture: &Picture, now: Now) -> Option<Info> {
    let others = picture.nodes.iter().filter(|node| node.name != picture.me);
    let mut silent = Vec::new();
    for node in others.filter(|_| picture.role == Role::Leader) {
        let gone = now.saturating_sub(node.heard?);
        if gone >= SILENT_MS {
            silent.push(format!("{} {}", node.name, words::ago(gone)));
        }
    }
    let nodes = silent.join(", ");
    let text = words::fill("install-screen.heard", &[("nodes", &nodes)]);
    (!silent.is_empty()).then(|| Info::warning(text))
}

/// The ways on that this console may choose, each of one failure; Leave only once, at the end.
fn ways(picture: &Picture) -> Vec<Way> {
    let failures = picture.install.iter().flat_map(|run: &Run| &run.failures);
    if picture.role != Role::Leader || picture.unattended {
        return Vec::new();
    }
    let has = |remedy: Remedy| {
        let failures = failures.clone().enumerate();
        let with = failures.filter(move |(_, row)| row.failure.remedies.contains(&remedy));
        with.map(move |(failure, _)| Way { failure, remedy })
    };
    let stopped = picture.stage == Stage::Stopped;
    let once = |remedy| has(remedy).filter(|_| stopped).take(1);
    let without = has(Remedy::GoOnWithout).filter(|_| stopped);
    let ends = once(Remedy::Change).chain(once(Remedy::Report));
    let ends = ends.chain(once(Remedy::Leave));
    has(Remedy::Retry).chain(without).chain(ends).collect()
}

fn act(picture: &Picture, way: Way) -> Option<Reply> {
    let failed = picture.install.as_ref()?.failures.get(way.failure)?;
    Some(Reply::Act(Act::Intent(match way.remedy {
        Remedy::Retry => Intent::Retry {
            step: failed.step.clone(),
        },
        Remedy::GoOnWithout => Intent::GoOnWithout {
            node: failed.node.clone(),
        },
        Remedy::Change => Intent::Change,
        Remedy::Report => Intent::Report,
        Remedy::Leave => Intent::Leave,
    })))
}
