//! The trust session on this node: the words, who knocks at it, and calling another node's.

use std::sync::{Arc, PoisonError};

use super::Daemon;
use crate::engine::Effect;
use crate::wire::Secret;

impl Daemon {
    /// Keeps the words that a face was given, until the initiator was called with them.
    pub(super) fn keep_words(&self, words: Secret) {
        *self.words.lock().unwrap_or_else(PoisonError::into_inner) = Some(words);
    }

    /// Does what the engine wants of the trust session.
    pub(super) fn perform_trust(self: &Arc<Self>, effect: Effect) {
        tracing::debug!(?effect, "the trust session");
    }
}
