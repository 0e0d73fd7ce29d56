//! The initiator's side: joiners knock, and nobody is trusted before both consoles said yes.

use std::net::IpAddr;
use std::sync::Arc;

use super::{Knock, KnockState, Session};
use crate::engine::answers::NodeAnswers;
use crate::engine::event::{Level, What};
use crate::engine::message::Message;
use crate::engine::node::Stage;
use crate::engine::{Effect, Member, Turn};

/// A session is open for an hour, and an hour more whenever it is extended.
pub(in crate::engine) const SESSION_MS: u64 = 3_600_000;

impl Turn<'_> {
    pub(in crate::engine) fn session_opened(&mut self, id: String) {
        let before = self.state.cluster.session.take().unwrap_or_default();
        self.state.cluster.session = Some(Session {
            id,
            opened: self.now,
            until: self.now.saturating_add(SESSION_MS),
            ..before
        });
        self.changed();
        self.log(Level::Info, Message::new("session.opened"));
    }

    /// A joiner typed the right words. Whoever comes again, after a lost link for instance, takes its
    /// own row again.
    pub(in crate::engine) fn knocked(&mut self, knock: Knock) {
        if !self.is_forming() || self.state.cluster.session.is_none() {
            return self.decide(&knock, Some(Message::new("session.over")));
        }
        if self.is_name_taken(&knock) {
            let why = Message::new("session.name-taken").with("name", &knock.name);
            self.tell_trust(&knock.name, "refused", &knock.id);
            return self.decide(&knock, Some(why));
        }
        let says = Message::new("session.knocked")
            .with("node", &knock.name)
            .with("address", knock.address);
        self.log(Level::Info, says);
        if let Some(session) = &mut self.state.cluster.session {
            session.knocks.retain(|known| known.id != knock.id);
            session.knocks.push(knock);
        }
        self.changed();
    }

    /// A joiner's operator said yes or no, or the joiner went away.
    pub(in crate::engine) fn joiner_said(&mut self, id: &str, accepts: Option<bool>) {
        let Some(knock) = self.knock(id) else { return };
        match accepts {
            _ if knock.state == KnockState::Trusted => return,
            Some(true) => knock.theirs = true,
            Some(false) => knock.state = KnockState::Refused,
            None if knock.state == KnockState::Refused => return,
            None => knock.state = KnockState::Gone,
        }
        let (name, state) = (knock.name.clone(), knock.state);
        self.changed();
        if state == KnockState::Refused {
            self.tell_trust(&name, "refused", id);
        }
    }

    /// Lets a joiner in, if it is the one whose check words were compared: one that came again in the
    /// meantime has others, even with the same key, and is asked about anew.
    pub(in crate::engine) fn admit(&mut self, id: &str, check: &[String]) {
        let asking = self.knock(id);
        let meant = |knock: &&mut Knock| knock.state == KnockState::Asking && knock.check == check;
        let Some(knock) = asking.filter(meant) else {
            return;
        };
        knock.state = KnockState::Accepted;
        let knock = knock.clone();
        self.changed();
        self.decide(&knock, None);
    }

    /// A node that was let in before this daemon started has a row on Trust like those that knocked
    /// since: one that never comes back can be put out there.
    pub(in crate::engine) fn known_already(&mut self, member: Member) {
        let cluster = &mut self.state.cluster;
        let Some(node) = cluster.nodes.get_mut(&member.name) else {
            return;
        };
        node.id = Some(member.id.clone());
        node.up = member.up;
        let answers = cluster.answers.as_ref();
        let named = answers.filter(|answers| answers.initiator != member.name);
        let named = named.and_then(|answers| answers.node(&member.name));
        let (Some(node), Some(session)) = (named, &mut cluster.session) else {
            return;
        };
        session.knocks.retain(|known| known.id != member.id);
        session.knocks.push(Knock {
            id: member.id,
            name: member.name,
            address: node.address,
            model: String::new(),
            mcloud: String::new(),
            check: Vec::new(),
            theirs: true,
            state: KnockState::Trusted,
        });
    }

    /// Whether a service's cluster has this node as a member, by what is known of all nodes: it must be
    /// removed there before anything can go on without it. While a run that was begun is looked at
    /// afresh, nobody knows.
    fn is_in_a_service(&self, name: &str) -> bool {
        let cluster = &self.state.cluster;
        let mut known = cluster.nodes.values().filter_map(|it| it.facts.as_ref());
        let looks = cluster.touched && known.clone().next().is_none();
        looks || known.any(|facts| facts.has_member(name))
    }

    /// Says no to a joiner; one that is trusted already is out again.
    pub(in crate::engine) fn refuse(&mut self, id: &str) {
        let Some(knock) = self.knock(id).cloned() else {
            return;
        };
        let was_trusted = knock.state == KnockState::Trusted;
        if matches!(knock.state, KnockState::Refused | KnockState::Gone) {
            return;
        }
        if was_trusted && self.is_in_a_service(&knock.name) {
            let says = Message::new("session.is-member").with("node", &knock.name);
            return self.log(Level::Warning, says);
        }
        if let Some(known) = self.knock(id) {
            known.state = KnockState::Refused;
        }
        let why = Message::new("session.refused");
        self.tell_trust(&knock.name, "refused", id);
        if was_trusted {
            self.dismiss(&knock.name, why);
        } else {
            self.changed();
            self.decide(&knock, Some(why));
        }
    }

    /// Takes a node out of the answers: it is no part of the cluster to be any more.
    pub(in crate::engine) fn dismiss(&mut self, node: &str, why: Message) {
        let cluster = &mut self.state.cluster;
        if let Some(answers) = cluster.answers.as_mut().map(Arc::make_mut) {
            answers.nodes.retain(|known| known.name != node);
        }
        cluster.nodes.remove(node);
        cluster.chosen_by.remove(node);
        let session = cluster.session.iter_mut();
        for knock in session.flat_map(|session| &mut session.knocks) {
            if knock.name == node && knock.state == KnockState::Trusted {
                knock.state = KnockState::Gone;
            }
        }
        self.effect(Effect::Dismiss {
            node: node.to_owned(),
            why,
        });
        self.unseal();
    }

    /// Whether the joiner whose certificate was just made is still let in.
    pub(in crate::engine) fn is_welcome(&mut self, id: &str) -> bool {
        let forming = self.is_forming();
        self.knock(id).is_some_and(|knock| {
            forming && matches!(knock.state, KnockState::Accepted | KnockState::Trusted)
        })
    }

    /// The joiner has its certificate: from now on it is one of the nodes.
    pub(in crate::engine) fn trusted(&mut self, name: &str, id: String) {
        let Some(knock) = self.knock(&id) else { return };
        knock.state = KnockState::Trusted;
        let address: IpAddr = knock.address;
        let cluster = &mut self.state.cluster;
        // One that comes again may be linked already.
        cluster.nodes.entry(name.to_owned()).or_default().id = Some(id);
        if let Some(answers) = cluster.answers.as_mut().map(Arc::make_mut) {
            answers.nodes.retain(|known| known.name != name);
            answers
                .nodes
                .push(NodeAnswers::new(name.to_owned(), address));
        }
        self.unseal();
    }

    pub(in crate::engine) fn invite(&mut self, id: String, wanted: bool) {
        if let Some(session) = &mut self.state.cluster.session {
            if wanted {
                session.left_out.remove(&id);
            } else {
                session.left_out.insert(id);
            }
            self.changed();
        }
    }

    /// Keeps the session open for another hour; where it has closed, a new one is opened.
    pub(in crate::engine) fn extend(&mut self) {
        if !self.is_forming() {
            return;
        }
        match &mut self.state.cluster.session {
            Some(session) if session.until > self.now && !session.id.is_empty() => {
                session.until = self.now.saturating_add(SESSION_MS);
                self.changed();
            }
            _ => self.effect(Effect::OpenSession),
        }
    }

    /// Closes the session when its time is over.
    pub(in crate::engine) fn watch_session(&mut self) {
        let session = self.state.cluster.session.as_ref();
        if session.is_some_and(|session| session.until <= self.now) && self.close_session() {
            self.changed();
            self.log(Level::Warning, Message::new("session.closed"));
        }
    }

    /// Nobody comes in any more; says whether a session was open.
    pub(in crate::engine) fn close_session(&mut self) -> bool {
        let session = self.state.cluster.session.as_mut();
        let open = session.filter(|session| !session.id.is_empty());
        let Some(session) = open else { return false };
        session.id.clear();
        for knock in &mut session.knocks {
            if matches!(knock.state, KnockState::Asking | KnockState::Accepted) {
                knock.state = KnockState::Gone;
            }
        }
        self.effect(Effect::CloseSession);
        true
    }

    /// Whether nodes may still come in and choose.
    pub(in crate::engine) const fn is_forming(&self) -> bool {
        matches!(
            self.state.cluster.stage,
            Stage::Forming | Stage::Gathering | Stage::Review
        )
    }

    fn is_name_taken(&self, knock: &Knock) -> bool {
        let nodes = &self.state.cluster.nodes;
        let by_node = nodes
            .get(&knock.name)
            .is_some_and(|node| node.id.as_deref() != Some(knock.id.as_str()));
        let session = self.state.cluster.session.iter();
        let waits = |other: &Knock| {
            other.name == knock.name
                && other.id != knock.id
                && matches!(other.state, KnockState::Asking | KnockState::Accepted)
        };
        by_node || session.flat_map(|session| &session.knocks).any(waits)
    }

    fn knock(&mut self, id: &str) -> Option<&mut Knock> {
        let session = self.state.cluster.session.as_mut()?;
        session.knocks.iter_mut().find(|knock| knock.id == id)
    }

    fn decide(&mut self, knock: &Knock, refuse: Option<Message>) {
        self.effect(Effect::Decide {
            joiner: knock.id.clone(),
            check: knock.check.clone(),
            refuse,
        });
    }

    fn tell_trust(&mut self, node: &str, state: &str, id: &str) {
        let trust = What::Trust {
            state: state.to_owned(),
            by: "session".to_owned(),
            id: id.to_owned(),
        };
        self.emit_for(node.to_owned(), trust);
    }
}
