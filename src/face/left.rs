//! How a face was left, and what that means for the exit code.

use crate::engine::event::{PublicEvent, What};

/// How a face was left.
#[derive(Debug, Clone, PartialEq)]
pub struct Left {
    /// How.
    pub how: How,
    /// The end of the undertaking, if it came.
    pub done: Option<PublicEvent>,
    /// What stopped, in the order in which it did.
    pub failures: Vec<PublicEvent>,
}

/// How a face was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The undertaking ended.
    Done,
    /// The operator detached; the run goes on.
    Detached,
    /// The home screen was closed: nothing was under way.
    Closed,
    /// The wizard was given up before anything was begun.
    Left,
    /// The operator wants a rehearsal instead.
    Rehearse,
    /// The terminal went away, or somebody ended the face.
    Gone,
    /// The daemon went away.
    DaemonEnded,
}

impl Left {
    /// The exit code: the truth about the undertaking, as far as this face saw it.
    pub fn exit(&self) -> u8 {
        match (&self.done, self.how) {
            (
                Some(PublicEvent {
                    what: What::Done { exit, .. },
                    ..
                }),
                How::Done,
            ) => *exit,
            (_, How::Detached | How::Closed | How::Rehearse) => 0,
            (_, How::DaemonEnded) => 1,
            _ => 3,
        }
    }

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
