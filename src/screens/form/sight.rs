//! What of a form was in sight when it was drawn last: a key is meant for that.

use std::cell::RefCell;

/// What was in sight.
#[derive(Debug, Clone, Default)]
pub(super) struct Sight(RefCell<Seen>);

#[derive(Debug, Clone, Default)]
struct Seen {
    /// The id of what had the focus.
    focus: Option<String>,
    /// Whether all of that was in sight, with what is asked above it.
    whole: bool,
    /// The ids of all that could have had it.
    ids: Vec<String>,
}

impl Sight {
    /// The form was drawn with the focus on `focus`, which was in sight as a whole or not.
    pub(super) fn note(&self, focus: Option<&str>, whole: bool, ids: Vec<String>) {
        self.0.replace(Seen {
            focus: focus.map(str::to_owned),
            whole,
            ids,
        });
    }

    /// Nothing of it is in sight any more.
    pub(super) fn hide(&self) {
        self.0.take();
    }

    /// Whether this had the focus.
    pub(super) fn had_focus(&self, id: &str) -> bool {
        self.0.borrow().focus.as_deref() == Some(id)
    }

    /// Whether this had the focus and was in sight as a whole.
    pub(super) fn showed(&self, id: &str) -> bool {
        self.had_focus(id) && self.0.borrow().whole
    }

    /// Whether this could have had the focus.
    pub(super) fn had(&self, id: &str) -> bool {
        self.0.borrow().ids.iter().any(|it| it == id)
    }
}
