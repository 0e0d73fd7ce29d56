//! Review: who is there, what must be mended, then what will be erased and done.

mod checks;
mod consent;
mod plan;
mod stand;
mod waiting;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

use super::frame::{Body, Room};
use super::keymap::{Can, Command, Context, Place};
use super::parts::field::Number;
use super::parts::scroll::Scroll;
use super::{Act, Now, Reply};
use crate::engine::Intent;
use crate::engine::node::Role;
use crate::engine::picture::Picture;
pub(super) use stand::can_save;
use stand::{Press, Stand, buttons, can_change, decides, digest, erasures, label};

/// Review's own memory: focus, scroll, the number being typed, and which rows were in sight.
#[derive(Debug, Clone, Default)]
pub(super) struct Review {
    /// The plan all of this is about.
    digest: Option<String>,
    focus: Option<Focus>,
    typed: Number,
    pub(super) scroll: Scroll,
    seen: RefCell<Seen>,
}

/// What was in sight of a plan. Only who draws knows, so drawing notes it.
#[derive(Debug, Clone, Default)]
struct Seen {
    digest: Option<String>,
    /// The first (false) and the last (true) line of each row that must be seen.
    ends: BTreeSet<(usize, bool)>,
    /// How many rows must be seen.
    rows: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Focus {
    Text,
    Number,
    Button(usize),
}

impl Review {
    /// What the keys can do here.
    pub(super) fn context(&self, picture: &Picture) -> Context {
        let decides = decides(picture);
        let counts = decides && erasures(picture) > 0;
        let focus = self.focus(picture);
        let enter = match focus {
            Focus::Text => None,
            Focus::Number => Some("key.next-stop"),
            Focus::Button(at) => buttons(picture).get(at).map(|press| label(*press)),
        };
        let again = picture.role == Role::Leader && !picture.unattended;
        let again = again && !matches!(Stand::of(picture), Stand::Idle | Stand::Sealing);
        let place = if Stand::of(picture) == Stand::Ready {
            Place::Ready
        } else {
            Place::Waiting
        };
        Context {
            enter,
            again: again.then_some("key.look-again"),
            ..Context::at(place)
        }
        .with(Can::Count, counts)
        .with(Can::Type, focus == Focus::Number)
        .with(Can::Forward, decides && self.lacks(picture).is_none())
        .with(Can::Scroll, self.scroll.overflows() && focus == Focus::Text)
        .with(Can::Pages, self.scroll.overflows())
        .with(Can::Move, self.stops(picture).len() > 1)
        .with(Can::Back, can_change(picture))
    }

    /// Does what a key asks for.
    pub(super) fn press(&mut self, picture: &Picture, command: Command) -> Option<Reply> {
        if self.digest.as_deref() != digest(picture) {
            // What was typed and looked at was about another plan.
            self.digest = digest(picture).map(str::to_owned);
            (self.focus, self.typed) = (None, Number::default());
            self.scroll.home();
        }
        match command {
            Command::Down => self.down(picture),
            Command::Up => self.up(picture),
            Command::Right => self.step(picture, true),
            Command::Left => self.step(picture, false),
            Command::Next => self.turn(picture, true),
            Command::Previous => self.turn(picture, false),
            Command::PageDown => self.scroll.page_down(),
            Command::PageUp => self.scroll.page_up(),
            Command::Home => self.scroll.home(),
            Command::End => self.scroll.end(),
            Command::Digit(digit) => {
                self.typed.push(digit);
                self.focus = Some(Focus::Number);
            }
            Command::Erase => {
                self.typed.erase();
                self.focus = Some(Focus::Number);
            }
            Command::Toggle if self.focus(picture) == Focus::Number => self.typed.step(),
            Command::Press | Command::Toggle => return self.enter(picture),
            Command::Forward => return self.install(picture),
            Command::Again => return Some(Reply::Act(Act::Intent(Intent::LookAgain))),
            Command::Back => return Some(Reply::Act(Act::Intent(Intent::Change))),
            _ => {}
        }
        None
    }

    fn enter(&mut self, picture: &Picture) -> Option<Reply> {
        let Focus::Button(at) = self.focus(picture) else {
            self.step(picture, true);
            return None;
        };
        match buttons(picture).get(at)? {
            Press::Install => self.install(picture),
            Press::LookAgain => Some(Reply::Act(Act::Intent(Intent::LookAgain))),
            Press::Leave => Some(Reply::Leave),
        }
    }

    /// Install, if all it takes is there; otherwise the focus goes to what is lacking.
    fn install(&mut self, picture: &Picture) -> Option<Reply> {
        let Some(lacks) = self.lacks(picture) else {
            return Some(Reply::Act(Act::Intent(Intent::Install {
                digest: digest(picture)?.to_owned(),
                erase: erasures(picture),
            })));
        };
        self.focus = Some(match lacks {
            Lacks::Sight(_) => Focus::Text,
            Lacks::Number | Lacks::OtherNumber => Focus::Number,
        });
        None
    }

    fn lacks(&self, picture: &Picture) -> Option<Lacks> {
        let seen = self.seen.borrow();
        let both = |row: &usize| {
            [false, true]
                .iter()
                .all(|end| seen.ends.contains(&(*row, *end)))
        };
        let count = erasures(picture);
        let unseen = if seen.digest.as_deref() == digest(picture) && seen.rows == count {
            (0..count).filter(|row| !both(row)).count()
        } else {
            count.max(1)
        };
        match self.typed_for(picture).value() {
            _ if unseen > 0 => Some(Lacks::Sight(unseen)),
            _ if count == 0 => None,
            None => Some(Lacks::Number),
            Some(typed) if typed != count => Some(Lacks::OtherNumber),
            Some(_) => None,
        }
    }

    /// What was typed about the plan that is shown.
    fn typed_for(&self, picture: &Picture) -> Number {
        let same = self.digest.as_deref() == digest(picture);
        if same {
            self.typed.clone()
        } else {
            Number::default()
        }
    }

    fn focus(&self, picture: &Picture) -> Focus {
        let stops = self.stops(picture);
        let same = self.digest.as_deref() == digest(picture);
        if let Some(focus) = self.focus.filter(|focus| same && stops.contains(focus)) {
            return focus;
        }
        match self.lacks(picture) {
            Some(Lacks::Sight(_)) if decides(picture) && stops.contains(&Focus::Text) => {
                Focus::Text
            }
            _ => stops
                .into_iter()
                .find(|stop| *stop != Focus::Text)
                .unwrap_or(Focus::Text),
        }
    }

    fn stops(&self, picture: &Picture) -> Vec<Focus> {
        let text = self.scroll.overflows().then_some(Focus::Text);
        let number = (decides(picture) && erasures(picture) > 0).then_some(Focus::Number);
        let buttons = (0..buttons(picture).len()).map(Focus::Button);
        text.into_iter().chain(number).chain(buttons).collect()
    }

    fn down(&mut self, picture: &Picture) {
        if self.focus(picture) == Focus::Text && self.scroll.down() {
            self.focus = Some(Focus::Text);
        } else {
            self.step(picture, true);
        }
    }

    fn up(&mut self, picture: &Picture) {
        if self.focus(picture) == Focus::Text {
            self.scroll.up();
        } else {
            self.step(picture, false);
        }
    }

    fn step(&mut self, picture: &Picture, forward: bool) {
        let stops = self.stops(picture);
        let now = self.focus(picture);
        let at = stops.iter().position(|stop| *stop == now).unwrap_or(0);
        let to = if forward {
            at + 1
        } else {
            at.saturating_sub(1)
        };
        self.focus = stops.get(to).copied().or(Some(now));
    }

    /// To the next stop or the one before; round and round, as on a form.
    fn turn(&mut self, picture: &Picture, forward: bool) {
        let before = self.focus(picture);
        self.step(picture, forward);
        if self.focus(picture) == before {
            let stops = self.stops(picture);
            let end = if forward { stops.first() } else { stops.last() };
            self.focus = end.copied();
        }
    }

    /// Notes which of the rows that must be seen were in sight.
    pub(super) fn saw(&self, picture: &Picture, body: &Body, shown: &Range<usize>) {
        let mut seen = self.seen.borrow_mut();
        if seen.digest.as_deref() != digest(picture) {
            *seen = Seen {
                digest: digest(picture).map(str::to_owned),
                ..Seen::default()
            };
        }
        seen.rows = body.must_see.len();
        for (row, lines) in body.must_see.iter().enumerate() {
            for (end, line) in [(false, lines.start), (true, lines.end.saturating_sub(1))] {
                if shown.contains(&line) {
                    seen.ends.insert((row, end));
                }
            }
        }
    }

    /// The body.
    pub(super) fn body(&self, picture: &Picture, now: Now, room: Room) -> Body {
        let (lines, must_see) = match (Stand::of(picture), &picture.review) {
            (Stand::Ready | Stand::Sealing | Stand::Unsealed, Some(review)) => {
                plan::lines(picture, review, room)
            }
            _ => (waiting::lines(picture, now, room), Vec::new()),
        };
        Body {
            lines,
            must_see,
            pinned: self.pinned(picture, room),
        }
    }
}

/// Why Install cannot be pressed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lacks {
    /// So many rows were not in sight yet.
    Sight(usize),
    /// No number was typed.
    Number,
    /// Another number was typed.
    OtherNumber,
}
