//! Links to agents come and go.

use crate::engine::event::{Level, PeerState, What};
use crate::engine::message::{Failure, Message};
use crate::engine::node::Stage;
use crate::engine::{Effect, Turn};

impl Turn<'_> {
    pub(in crate::engine) fn link_up(&mut self, name: &str) {
        let Some(node) = self.state.cluster.nodes.get_mut(name) else {
            return;
        };
        if node.up {
            return;
        }
        node.up = true;
        node.heard = Some(self.now);
        self.changed();
        self.peer(name, PeerState::Connected);
        match self.state.cluster.stage {
            Stage::Installing => {
                self.resend(name);
                if self.is_stopping() {
                    // It may still be at work on what it did not hear to be stopped.
                    self.effect(Effect::CancelAll);
                }
            }
            _ => self.plan_when_ready(),
        }
    }

    pub(super) fn link_down(&mut self, name: &str) {
        let Some(node) = self.state.cluster.nodes.get_mut(name) else {
            return;
        };
        if !node.up {
            return;
        }
        node.up = false;
        self.changed();
        self.peer(name, PeerState::Lost);
        match self.state.cluster.stage {
            Stage::Review => {
                // It may come back with other disks: it is planned by what it says then.
                if let Some(node) = self.state.cluster.nodes.get_mut(name) {
                    node.facts = None;
                }
                self.state.cluster.stage = Stage::Gathering;
                self.state.cluster.gathers = self.now;
            }
            Stage::Installing => self.give_up(name),
            _ => {}
        }
    }

    /// A joiner gave the undertaking up: before Install, one that came by the session is out again.
    pub(super) fn peer_left(&mut self, node: &str) {
        let says = Message::new("peer.left").with("node", node);
        self.log(Level::Warning, says.clone());
        self.link_down(node);
        if self.is_forming() && self.state.cluster.session.is_some() {
            self.dismiss(node, says);
        }
    }

    pub(super) fn not_gathered(&mut self, node: Option<String>, failure: Failure) {
        let name = node.unwrap_or_else(|| self.state.local.name.clone());
        if !self.state.cluster.nodes.contains_key(&name) {
            return;
        }
        if self.state.cluster.unattended && self.state.cluster.stage == Stage::Gathering {
            return self.end(1, failure);
        }
        let what = What::Failure {
            step: None,
            failure,
        };
        self.emit_for(name, what);
    }
}
