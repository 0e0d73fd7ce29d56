//! Trust: the words, the check words, and who said yes.

mod columns;
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
