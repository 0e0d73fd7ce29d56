//! What a simulated LXD finds outside itself: whether Ceph and OVN are there is asked anew each time.

use std::fmt;
use std::sync::Arc;

/// A question about the world outside LXD. It is asked while LXD's state is held: the answer must not
/// come from an LXD.
#[derive(Clone)]
pub struct Probe(Arc<dyn Fn() -> bool + Send + Sync>);

impl Probe {
    /// Asks `question` whenever LXD needs to know.
    pub fn when(question: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(question))
    }

    /// Always the same answer.
    pub fn always(answer: bool) -> Self {
        Self::when(move || answer)
    }

    pub(super) fn ask(&self) -> bool {
        (self.0)()
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Probe")
    }
}
