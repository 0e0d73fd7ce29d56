//! Trust: the words, the check words, and who said yes.

mod initiator;
mod joiner;

use super::{Form, Known};
use crate::engine::node::Role;

pub(super) fn form(known: Known<'_>) -> Form {
    if known.picture.role == Role::Leader {
        initiator::form(known)
    } else {
        joiner::form(known)
    }
}

/// The words apart from each other, so that they are read one by one.
fn apart<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join("  ")
}
