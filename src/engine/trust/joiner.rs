//! The joiner's side: it chooses whom to join, types the words, compares the check words.

use std::net::SocketAddr;

use super::{Called, Joining, JoiningState};
use crate::engine::message::{Failure, Message};
use crate::engine::neighbours::Standing;
use crate::engine::node::{Role, Stage};
use crate::engine::wizard::Part;
use crate::engine::{Effect, Millis, Turn};

/// So long a joiner waits for an initiator that is not reached any more before Install. A link on
/// which nothing is said is lost after two seconds more, so that a dead initiator is known in five.
const PATIENCE_MS: Millis = 2_000;

impl Turn<'_> {
    /// Chooses the session of the peer whose node id is `id`.
    pub(in crate::engine) fn knock_at(&mut self, id: &str) {
        let local = &mut self.state.local;
        let free = local.role == Role::Undecided
            && local
                .joining
                .as_ref()
                .is_none_or(|joining| joining.state == JoiningState::Words);
        if free && local.unfinished.is_some() {
            local.trouble = Some(Failure::new(Message::new("join.unfinished")));
            return;
        }
        let Some(peer) = local.neighbours.peer(id).filter(|_| free) else {
            return;
        };
        let (Standing::Open { cluster }, Some(session), Some(port)) =
            (&peer.standing, &peer.session, peer.port)
        else {
            return;
        };
        let wrong = local.joining.as_ref().filter(|known| known.peer == id);
        local.joining = Some(Joining {
            peer: peer.id.clone(),
            session: session.clone(),
            name: peer.name.clone(),
            cluster: cluster.clone(),
            address: SocketAddr::new(peer.address, port),
            state: JoiningState::Words,
            check: Vec::new(),
            wrong: wrong.map_or(0, |known| known.wrong),
            failure: None,
        });
        local.part = Some(Part::Joiner);
        local.trouble = None;
    }

    /// Goes back to the list of sessions.
    pub(in crate::engine) fn unknock(&mut self) {
        match self.joining_state() {
            Some(JoiningState::Words) => self.state.local.joining = None,
            Some(_) => self.answer(false),
            None => {}
        }
    }

    /// Calls the initiator with the words that the daemon holds: one attempt.
    pub(in crate::engine) fn call(&mut self) {
        let local = &mut self.state.local;
        let Some(joining) = local.joining.as_mut() else {
            return;
        };
        if joining.state != JoiningState::Words {
            return;
        }
        joining.state = JoiningState::Calling;
        joining.failure = None;
        let called = Called {
            peer: joining.peer.clone(),
            session: joining.session.clone(),
            address: joining.address,
            name: local.name.clone(),
            model: local
                .facts
                .as_ref()
                .map(|facts| facts.host.model.clone())
                .unwrap_or_default(),
            own: local.address,
        };
        self.effect(Effect::Call(called));
    }

    /// The words were right: now the check words are compared.
    pub(in crate::engine) fn confirmed(&mut self, check: Vec<String>) {
        if let Some(joining) = self.joining_in(JoiningState::Calling) {
            joining.check = check;
            joining.state = JoiningState::Compare;
        } else {
            // Its operator went back meanwhile.
            self.effect(Effect::Answer(false));
        }
    }

    pub(in crate::engine) fn not_confirmed(&mut self, failure: Failure, wrong_words: bool) {
        if let Some(joining) = self.joining_in(JoiningState::Calling) {
            joining.state = JoiningState::Words;
            joining.wrong = joining.wrong.saturating_add(u32::from(wrong_words));
            joining.failure = Some(failure);
        }
    }

    /// Compared: the operator trusts the initiator, or does not.
    pub(in crate::engine) fn answer(&mut self, accepts: bool) {
        let state = self.joining_state();
        if accepts {
            if let Some(joining) = self.joining_in(JoiningState::Compare) {
                joining.state = JoiningState::Waiting;
                self.effect(Effect::Answer(true));
            }
        } else if matches!(state, Some(JoiningState::Compare | JoiningState::Waiting)) {
            self.state.local.joining = None;
            self.effect(Effect::Answer(false));
        } else if state == Some(JoiningState::Calling) {
            self.state.local.joining = None;
        }
    }

    /// The session is over for this node before it had its certificate.
    pub(in crate::engine) fn turned_away(&mut self, failure: Failure) {
        if self.state.local.joining.take().is_some() {
            self.state.local.trouble = Some(failure);
        }
    }

    /// Before Install, an initiator that is not reached any more is given up.
    pub(in crate::engine) fn watch_initiator(&mut self) {
        let local = &self.state.local;
        let lost = local.link.filter(|link| !link.up);
        let lost = lost.is_some_and(|link| self.now.saturating_sub(link.since) >= PATIENCE_MS);
        if !(local.by_session && lost) {
            return;
        }
        if self.is_before_install() {
            self.forget(1, Failure::new(Message::new("end.initiator-gone")));
        } else if self.state.cluster.stage == Stage::Ended && !self.is_settled() {
            self.effect(Effect::LeaveLeader);
            self.effect(Effect::Forget);
            self.end_unsaid();
        }
    }

    /// Ends here, and leaves nothing of the cluster that did not come to be.
    pub(in crate::engine) fn forget(&mut self, exit: u8, failure: Failure) {
        self.effect(Effect::LeaveLeader);
        self.effect(Effect::Forget);
        self.state.local.by_session = false;
        self.end_here(exit, failure);
    }

    pub(in crate::engine) fn is_before_install(&self) -> bool {
        let stage = self.state.cluster.stage;
        !self.is_settled()
            && self.state.cluster.run.is_none()
            && !matches!(
                stage,
                Stage::Sealing | Stage::Installing | Stage::Stopped | Stage::Ended
            )
    }

    fn joining_state(&self) -> Option<JoiningState> {
        self.state.local.joining.as_ref().map(|it| it.state)
    }

    fn joining_in(&mut self, state: JoiningState) -> Option<&mut Joining> {
        let joining = self.state.local.joining.as_mut();
        joining.filter(|joining| joining.state == state)
    }
}
