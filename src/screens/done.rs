//! Done: what was proven and what comes next; or why it ended, and what stays.

mod proven;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::frame::{Body, Room};
use super::install::story;
use super::keymap::{Can, Command, Context, Place};
use super::parts::buttons::{Button, row};
use super::parts::scroll::Scroll;
use super::parts::table::columns;
use super::parts::text::{marked, paragraph};
use super::{Act, Reply, theme, words};
use crate::engine::Millis;
use crate::engine::message::{Message, plain};
use crate::engine::node::End;
use crate::engine::picture::Picture;
use crate::forms::Words;
use crate::text::{join_command, minute, sentence};
use proven::Proven;

/// Done's own memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Done {
    pub(super) scroll: Scroll,
    pub(super) offers: Offers,
}

/// What a cluster that is ready offers its operator, as far as it is known; it is in no picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offers {
    /// The token with which one more node joins.
    pub join: Option<Offer>,
    /// The address of LXD's web interface.
    pub web: Option<Offer>,
}

/// One secret, and when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// It.
    pub secret: Words,
    /// When it ends.
    pub expires: Millis,
}

impl Done {
    /// What the keys can do here.
    pub(super) fn context(&self, picture: &Picture) -> Context {
        Context {
            enter: (!picture.unattended).then_some("key.close"),
            ..Context::at(Place::Done)
        }
        .with(Can::Scroll, self.scroll.overflows())
    }

    /// Does what a key asks for.
    pub(super) fn press(&mut self, command: Command) -> Option<Reply> {
        match command {
            Command::Down => drop(self.scroll.down()),
            Command::Up => drop(self.scroll.up()),
            Command::PageDown => self.scroll.page_down(),
            Command::PageUp => self.scroll.page_up(),
            Command::Home => self.scroll.home(),
            Command::End => self.scroll.end(),
            Command::Press | Command::Toggle => return Some(Reply::Act(Act::Close)),
            _ => {}
        }
        None
    }

    /// The body.
    pub(super) fn body(&self, picture: &Picture, room: Room) -> Body {
        let Some(end) = &picture.end else {
            return Body::default();
        };
        let lines = if end.ok {
            self.well(picture, end, room)
        } else {
            badly(picture, end, room)
        };
        let button = Button {
            label: words::say("key.close"),
            style: theme::focus(),
            focused: true,
        };
        let pinned = if picture.unattended {
            Vec::new()
        } else {
            row(&[button], room.width)
        };
        Body {
            lines,
            pinned,
            ..Body::default()
        }
    }

    /// What a guest could do first, then what comes next; the whole list of what is there is long,
    /// and comes last.
    fn well(&self, picture: &Picture, end: &End, room: Room) -> Vec<Line<'static>> {
        let holes = [
            ("cluster", &*picture.cluster),
            ("members", &*words::members(end.members)),
            ("time", &*words::took(end.took_ms)),
        ];
        let ready = words::fill("done-screen.ready", &holes);
        let mut lines = paragraph(&ready, room.width, theme::strong());
        let Proven { first, rest } = Proven::of(&end.proven);
        let here = (picture, room);
        lines.extend(proven("done-screen.proven", &first, here));
        if !rest.is_empty() {
            let count = rest.len().to_string();
            let text = words::fill("done-screen.more-below", &[("count", &count)]);
            let indent = Span::raw("    ");
            lines.extend(marked(&indent, &text, room.width));
        }
        lines.extend(next(room));
        lines.extend(self.offered(room));
        lines.extend(proven("done-screen.proven-too", &rest, here));
        lines.push(Line::default());
        lines.push(Line::raw(words::say("done-screen.members")));
        lines.extend(members(picture, room));
        lines
    }

    /// The token and the way into the web interface; nothing where there is none.
    fn offered(&self, room: Room) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        let until = |code: &str, offer: &Offer| {
            let says = words::fill(code, &[("until", &minute(offer.expires))]);
            let says = paragraph(&says, room.width, Style::new());
            std::iter::once(Line::default()).chain(says)
        };
        let secret = |text: &str| marked(&Span::raw("    "), text, room.width);
        if let Some(join) = &self.offers.join {
            lines.extend(until("offers.join", join));
            lines.extend(secret(&join_command(&join.secret.0)));
            let then = words::say("offers.then");
            lines.extend(paragraph(&then, room.width, Style::new()));
        }
        if let Some(web) = &self.offers.web {
            lines.extend(until("offers.web", web));
            lines.extend(secret(&web.secret.0));
        }
        lines
    }
}

/// What was proven, or the beginning of it, below its heading.
fn proven(code: &str, all: &[&Message], (picture, room): (&Picture, Room)) -> Vec<Line<'static>> {
    if all.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::default(), Line::raw(words::say(code))];
    let said = all.iter();
    lines.extend(said.flat_map(|it| proven::lines(it, picture, room)));
    lines
}

fn next(room: Room) -> Vec<Line<'static>> {
    let next = [
        ("lxc cluster list", "done-screen.next-list"),
        ("lxc launch ubuntu:24.04 first", "done-screen.next-launch"),
        ("mcloud node list", "done-screen.next-nodes"),
    ];
    let rows = next.map(|(command, code)| vec![command.to_owned(), words::say(code)]);
    let texts = columns(&rows, room.width.saturating_sub(4));
    let texts = texts.unwrap_or_else(|| next.map(|(command, _)| command.to_owned()).to_vec());
    let mut lines = vec![Line::default(), Line::raw(words::say("done-screen.next"))];
    lines.extend(
        texts
            .into_iter()
            .map(|text| Line::raw(format!("    {text}"))),
    );
    lines
}

fn members(picture: &Picture, room: Room) -> Vec<Line<'static>> {
    let row = |node: &crate::engine::picture::NodeRow| {
        vec![node.name.clone(), node.address.clone(), plain(&node.model)]
    };
    let rows: Vec<_> = picture.nodes.iter().map(row).collect();
    let texts = columns(&rows, room.width.saturating_sub(4));
    let texts = texts.unwrap_or_else(|| picture.nodes.iter().map(|n| n.name.clone()).collect());
    texts
        .into_iter()
        .map(|text| Line::raw(format!("    {text}")))
        .collect()
}

fn badly(picture: &Picture, end: &End, room: Room) -> Vec<Line<'static>> {
    let left = end.exit == 3;
    let why = end.why.as_ref().map(sentence);
    let mut lines = match &why {
        Some(why) if left => paragraph(why, room.width, theme::strong()),
        _ => paragraph(
            &words::say("done-screen.not-ready"),
            room.width,
            theme::bad(),
        ),
    };
    if !left {
        lines.push(Line::default());
        match (&end.failure, why) {
            (Some(failure), _) => lines.extend(story(failure, room.width)),
            (None, Some(why)) => lines.extend(paragraph(&why, room.width, Style::new())),
            (None, None) => {}
        }
    }
    if !left {
        lines.push(Line::default());
        let code = if picture.install.is_some() || picture.touched {
            "done-screen.what-stays"
        } else {
            "done-screen.nothing-written"
        };
        lines.extend(paragraph(&words::say(code), room.width, Style::new()));
    }
    lines.push(Line::default());
    let holes = [
        ("exit", &*end.exit.to_string()),
        ("time", &*words::took(end.took_ms)),
    ];
    let code = if picture.install.is_some() {
        "done-screen.exit-run"
    } else {
        "done-screen.exit"
    };
    lines.extend(paragraph(
        &words::fill(code, &holes),
        room.width,
        theme::dim(),
    ));
    lines
}
