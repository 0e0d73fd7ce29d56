//! Where the focus can be: rows, fields, buttons, and the groups that Tab goes through.

use crate::engine::Intent;
use crate::forms::{Button, Deed, Field, FieldKind, Form, Note, Part, Row, Wish};

/// A place for the focus.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop<'a> {
    /// Which part of the form it is in; the buttons are the last.
    pub(super) group: usize,
    pub(super) what: What<'a>,
}

/// Where something was that had the focus.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Last {
    group: usize,
    place: usize,
    row: bool,
}

/// What has the focus.
#[derive(Debug, Clone, Copy)]
pub(super) enum What<'a> {
    Row(&'a Row),
    Field(&'a Field),
    Button(&'a Button),
}

impl<'a> Stop<'a> {
    pub(super) fn id(&self) -> &'a str {
        match self.what {
            What::Row(row) => &row.id,
            What::Field(field) => &field.id,
            What::Button(button) => &button.id,
        }
    }

    pub(super) fn about(&self) -> &'a [Note] {
        match self.what {
            What::Row(row) => &row.about,
            What::Field(field) => &field.about,
            What::Button(button) => &button.about,
        }
    }

    /// What Enter does here, where that is not a button.
    pub(super) fn press(&self) -> Option<&'a Deed> {
        match self.what {
            What::Row(row) => row.press.as_ref(),
            What::Field(field) => field.press.as_ref(),
            What::Button(_) => None,
        }
    }

    /// Where it is, to be found again by when it has gone.
    pub(super) fn at(&self, place: usize) -> Last {
        Last {
            group: self.group,
            place,
            row: self.is_row(),
        }
    }

    /// Whether somebody is let in by pressing it.
    pub(super) fn lets_in(&self) -> bool {
        let admits = |intent: &Intent| matches!(intent, Intent::Admit { .. });
        self.press()
            .is_some_and(|deed| matches!(&deed.wish, Wish::Intents(all) if all.iter().any(admits)))
    }

    /// Whether it is something to type that cannot stay as it is.
    pub(super) fn is_wrong(&self) -> bool {
        matches!(self.what, What::Field(field) if field.is_wrong())
    }

    /// Whether Enter leaves the focus here also where it does nothing: words that are not whole.
    pub(super) fn stays(&self) -> bool {
        matches!(self.what, What::Field(field) if field.kind == FieldKind::Words)
    }

    pub(super) fn is_row(&self) -> bool {
        matches!(self.what, What::Row(_))
    }

    pub(super) fn is_button(&self) -> bool {
        matches!(self.what, What::Button(_))
    }
}

/// The places for the focus, from top to bottom.
pub(super) fn stops(form: &Form) -> Vec<Stop<'_>> {
    let mut stops = Vec::new();
    for (group, part) in form.parts.iter().enumerate() {
        match part {
            Part::Note(_) | Part::Named { .. } => {}
            Part::Table { rows, .. } => {
                let rows = rows.iter().filter(|row| !row.id.is_empty());
                stops.extend(rows.map(|row| Stop {
                    group,
                    what: What::Row(row),
                }));
            }
            Part::Field(field) => stops.push(Stop {
                group,
                what: What::Field(field),
            }),
        }
    }
    let group = form.parts.len();
    stops.extend(form.buttons.iter().map(|button| Stop {
        group,
        what: What::Button(button),
    }));
    stops
}

/// Which stop has the focus, of those that there are: the one called `wanted`; where it has gone,
/// the nearest row of its table; where there is none, or nothing was wanted, what the form means.
pub(super) fn focused(form: &Form, stops: &[Stop], wanted: Option<&str>, last: Last) -> usize {
    let called = |id: &str| stops.iter().position(|stop| stop.id() == id);
    if let Some(at) = wanted.and_then(called) {
        return at;
    }
    let kin = stops.iter().enumerate();
    let kin = kin.filter(|(_, stop)| stop.group == last.group && stop.is_row() && last.row);
    let kin = kin.filter(|_| wanted.is_some()).map(|(at, _)| at);
    let nearest = kin.min_by_key(|at| at.abs_diff(last.place));
    nearest.or_else(|| called(&form.first)).unwrap_or(0)
}

/// The first stop of the next group, or of the one before; round and round.
pub(super) fn next_group(stops: &[Stop], at: usize, forward: bool) -> usize {
    let Some(here) = stops.get(at).map(|stop| stop.group) else {
        return at;
    };
    let mut firsts: Vec<(usize, usize)> = Vec::new();
    for (place, stop) in stops.iter().enumerate() {
        if firsts.last().is_none_or(|(group, _)| *group != stop.group) {
            firsts.push((stop.group, place));
        }
    }
    let next = if forward {
        let after = firsts.iter().find(|(group, _)| *group > here);
        after.or_else(|| firsts.first())
    } else {
        let before = firsts.iter().rev().find(|(group, _)| *group < here);
        before.or_else(|| firsts.last())
    };
    next.map_or(at, |(_, place)| *place)
}
