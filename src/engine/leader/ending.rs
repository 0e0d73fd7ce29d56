//! How an undertaking ends: told to everybody, and kept.

use crate::engine::Turn;
use crate::engine::event::What;
use crate::engine::message::Failure;
use crate::engine::node::{End, Stage};

impl Turn<'_> {
    /// Ends the undertaking before any step was done.
    pub(in crate::engine) fn end(&mut self, exit: u8, failure: Failure) {
        if exit != 3 {
            self.emit(What::Failure {
                step: None,
                failure: failure.clone(),
            });
        }
        self.conclude(End {
            at: self.now,
            ok: false,
            exit,
            members: 0,
            took_ms: self.now.saturating_sub(self.state.cluster.began),
            proven: Vec::new(),
            why: Some(failure.what.clone()),
            failure: Some(failure),
            timing: None,
        });
    }

    pub(in crate::engine) fn conclude(&mut self, end: End) {
        self.emit(end.told());
        self.state.cluster.stage = Stage::Ended;
        self.state.cluster.end = Some(end);
        self.changed();
    }
}
