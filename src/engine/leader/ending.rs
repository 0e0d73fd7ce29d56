//! How an undertaking ends: told to everybody, and kept.

use crate::engine::event::What;
use crate::engine::message::{Failure, Message};
use crate::engine::node::{End, Stage};
use crate::engine::{Effect, Turn};

impl Turn<'_> {
    /// The initiator's operator leaves before Install. Of a cluster that was to come nothing stays; one
    /// that is there stays as it is, without those that were to come into it.
    pub(super) fn leave_before_install(&mut self) {
        let cluster = &self.state.cluster;
        let by_session = cluster.session.is_some();
        let code = match (&cluster.grows, cluster.touched) {
            (Some(_), _) => "end.left-growing",
            (None, true) => "end.left-touched",
            (None, false) => "end.left",
        };
        let newcomers = self.newcomers();
        // The end is told before the links are parted with.
        self.end(3, Failure::new(Message::new(code)));
        if self.state.cluster.grows.is_some() {
            self.close_session();
            self.state.cluster.session = None;
            for node in newcomers {
                self.dismiss(&node, Message::new("session.left-growing"));
            }
        } else {
            self.effects.extend(by_session.then_some(Effect::Abandon));
        }
    }

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
