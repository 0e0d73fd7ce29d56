//! What a full-screen face saw of an undertaking, for whoever reads the terminal after it.

use crate::engine::event::{PublicEvent, What};
use crate::wire::Offers;
use crate::wire::face::How;

/// How a full-screen face was left, and what it saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Left {
    /// How.
    pub how: How,
    /// The end of the undertaking, if it came.
    pub done: Option<PublicEvent>,
    /// What stopped, in the order in which it did.
    pub failures: Vec<PublicEvent>,
    /// What the cluster offers that is ready.
    pub offers: Offers,
}

impl Left {
    /// How many disks the plan erases, where that was not what the answers agreed to.
    pub fn erases(&self) -> Option<usize> {
        self.failures.iter().find_map(|event| match &event.what {
            What::Failure { failure, .. } if failure.what.code == "install.erase-count" => {
                failure.what.with.get("planned")?.parse().ok()
            }
            _ => None,
        })
    }
}
