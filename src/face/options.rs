//! How a full-screen face behaves.

use std::path::PathBuf;

use crate::console::Wish;
use crate::engine::wizard::Part;
use crate::world::Clock;

/// How a face behaves.
#[derive(Debug)]
pub struct Options {
    /// How it is drawn.
    pub look: Wish,
    /// The clock of the daemon it shows.
    pub clock: Clock,
    /// Whether the run goes on without this face.
    pub can_detach: bool,
    /// What it opens.
    pub opens: Opens,
    /// Whether this is a rehearsal.
    pub rehearsal: bool,
    /// The socket of a rehearsal's initiator: whoever sits in one room sees the words on its screen.
    pub words_at: Option<PathBuf>,
    /// The undertaking that was the last one when the face began a new one: it is passed over.
    pub old: Option<u64>,
}

/// What a face opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// The undertaking that was begun already.
    Undertaking,
    /// The wizard from its first screen on, and what the node is to be where the command line said
    /// it; what is under way already is shown where it stands.
    Wizard(Option<Part>),
}
