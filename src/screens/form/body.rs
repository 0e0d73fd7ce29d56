//! A form's body, and what of it comes into sight.

use std::ops::Range;

use super::Sheet;
use super::lay::{Focus, lay};
use super::stops::{Stop, stops};
use crate::forms::Form;
use crate::screens::frame::{Body, Room};

impl Sheet {
    /// The body; `sight` says which of its lines are in sight.
    pub(in crate::screens) fn body(
        &self,
        form: &Form,
        room: Room,
        sight: impl Fn(&Body) -> Range<usize>,
    ) -> Body {
        let stops = stops(form);
        let at = self.at(form, &stops);
        let stop = stops.get(at);
        let focus = Focus {
            id: stop.map(Stop::id),
            editor: &self.editor,
        };
        let laid = lay(form, focus, room);
        let body = Body {
            lines: laid.lines,
            pinned: laid.pinned,
            ..Body::default()
        };
        sight(&body);
        if let Some(stop) = stop {
            self.last.set(stop.at(at));
        }
        let mut whole = false;
        if let Some(place) = laid.places.get(at) {
            let before = at.checked_sub(1).and_then(|at| laid.places.get(at));
            let from = before.map_or(0, |place| place.end);
            let to = if at + 1 == laid.places.len() {
                body.lines.len()
            } else {
                place.end
            };
            if !self.loose {
                self.scroll.show(place, &(from..to));
            }
            let shown = sight(&body);
            whole = shown.start <= from && place.end <= shown.end;
        }
        let ids = stops.iter().map(|stop| stop.id().to_owned()).collect();
        self.sight.note(stop.map(Stop::id), whole, ids);
        body
    }
}
