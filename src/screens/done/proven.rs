//! What was proven, by what it is to the reader: the guests first, then what else is there.

use std::collections::BTreeSet;

use ratatui::text::{Line, Span};

use crate::engine::message::Message;
use crate::engine::picture::Picture;
use crate::engine::preflight::Verdict;
use crate::engine::proven::verdict;
use crate::screens::frame::Room;
use crate::screens::parts::text::marked;
use crate::screens::{theme, words};
use crate::text::sentence;

/// With what the code of everything begins that throw-away guests have shown.
const GUESTS: &str = "lxd.guest";
/// Which guest has which address: in the order of the nodes.
const ADDRESSES: &str = "lxd.guests-addresses";

/// What was proven in two lists: what is to be read first, and the rest.
pub(super) struct Proven<'a> {
    /// What the guests have shown, what asks for a thought, and what nobody could tell.
    pub(super) first: Vec<&'a Message>,
    /// What is there: members, pools, networks. Empty where nothing else comes first.
    pub(super) rest: Vec<&'a Message>,
}

impl<'a> Proven<'a> {
    /// Sorts what was proven; the order within each list stays as it is.
    pub(super) fn of(all: &'a [Message]) -> Self {
        let mut guests: Vec<_> = all.iter().filter(|it| is_of_guests(it)).collect();
        if guests.is_empty() {
            return Self {
                first: all.iter().collect(),
                rest: Vec::new(),
            };
        }
        let others = all.iter().filter(|it| !is_of_guests(it));
        let (asides, rest): (Vec<_>, Vec<_>) = others.partition(|it| !is_good(it));
        guests.extend(asides);
        Self {
            first: guests,
            rest,
        }
    }
}

fn is_of_guests(message: &Message) -> bool {
    message.code.starts_with(GUESTS)
}

fn is_good(message: &Message) -> bool {
    verdict(message) == Some(Verdict::Good)
}

/// One sentence with its mark: good, worth a thought, or not known.
pub(super) fn lines(message: &Message, picture: &Picture, room: Room) -> Vec<Line<'static>> {
    let mark = match verdict(message) {
        None => Span::styled("  · ", theme::dim()),
        Some(Verdict::Good) => Span::styled("  ■ ", theme::good()),
        Some(_) => Span::styled("  ! ", theme::warn()),
    };
    marked(&mark, &sentence(&short(message, picture)), room.width)
}

/// The same sentence where it names every node there is: `every node`, as Review says it. Where the
/// nodes are in the order of something else that it names, they stay.
fn short(message: &Message, picture: &Picture) -> Message {
    let named = message.with.get("members");
    let Some(named) = named.filter(|_| message.code != ADDRESSES) else {
        return message.clone();
    };
    let named: BTreeSet<_> = named.split(", ").collect();
    let all: BTreeSet<_> = picture.nodes.iter().map(|it| it.name.as_str()).collect();
    if named == all && all.len() > 2 {
        let every = words::say("done-screen.every-node");
        return message.clone().with("members", every);
    }
    message.clone()
}
