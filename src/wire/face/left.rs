//! How a face was left, and what that means for the exit code.

use crate::engine::node::Stage;
use crate::engine::picture::Picture;

/// How a face was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The undertaking ended, with this exit code.
    Done(u8),
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

impl How {
    /// How a face is left that is closed on this picture; `is_old` says whether an end on it is that
    /// of an undertaking before this face's. An end that is to be seen counts: to a worker the picture
    /// of it comes before the event that tells of it, and somebody may be quicker than the event.
    pub fn closed(picture: &Picture, is_old: bool) -> Self {
        match (picture.stage, &picture.end) {
            (Stage::Ended, _) if is_old => Self::Left,
            (Stage::Ended, Some(end)) => Self::Done(end.exit),
            (Stage::Idle, _) if picture.wizard.member.is_some() => Self::Closed,
            (Stage::Idle, _) => Self::Left,
            _ => Self::Gone,
        }
    }

    /// The exit code: the truth about the undertaking, as far as this face saw it.
    pub const fn exit(self) -> u8 {
        match self {
            Self::Done(exit) => exit,
            Self::Detached | Self::Closed | Self::Rehearse => 0,
            Self::DaemonEnded => 1,
            Self::Left | Self::Gone => 3,
        }
    }
}
