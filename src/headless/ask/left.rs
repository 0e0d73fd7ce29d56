//! How a line face was left, and what that means for the exit code.

/// How a line face was left.
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
