//! The trust session on this node: the words, who knocks at it, and calling another node's.

mod initiator;
mod joiner;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Daemon;
use crate::engine::Effect;
use crate::engine::message::Message;
use crate::session::trust::OpenSession;
use crate::session::words::Words;
use crate::wire::{Answer, Secret};

/// What a session needs on this node; empty where none is open or called.
#[derive(Debug, Default)]
pub(super) struct Trust {
    /// The session that is open here (initiator).
    open: Mutex<Option<Arc<OpenHere>>>,
    /// The words that a face was given, until the initiator was called with them (joiner).
    typed: Mutex<Option<Secret>>,
    /// Whom places are kept for (initiator).
    invited: Mutex<Vec<IpAddr>>,
    /// Where this node's operator's answer goes (joiner).
    answers: Mutex<Option<mpsc::UnboundedSender<bool>>>,
}

/// A session that is open here.
#[derive(Debug)]
struct OpenHere {
    /// Shown on this node's screen, and nowhere else.
    words: Words,
    session: OpenSession,
    closed: CancellationToken,
    /// The joiners that typed the right words, by node id.
    waiting: Mutex<BTreeMap<String, Waiting>>,
}

/// A connection's check words, and where the operator's decision goes.
type Waiting = (Vec<String>, mpsc::UnboundedSender<Decision>);

/// What the operator decided about a joiner: why it is not let in, or that it is.
type Decision = Option<Message>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Daemon {
    /// Keeps the words that a face was given, until the initiator was called with them.
    pub(super) fn keep_words(&self, words: Secret) {
        *lock(&self.trust.typed) = Some(words);
    }

    /// The words of the session that is open here.
    pub(super) fn words(&self) -> Answer {
        let open = self.trust.open();
        Answer::Words {
            session: open.as_ref().map(|open| open.session.id().to_string()),
            words: Secret(open.map_or_else(String::new, |open| open.words.expose().to_owned())),
        }
    }

    /// Does what the engine wants of the trust session.
    pub(super) fn perform_trust(self: &Arc<Self>, effect: Effect) {
        let daemon = Arc::clone(self);
        match effect {
            Effect::OpenSession => drop(self.tasks.spawn(daemon.open_session())),
            Effect::CloseSession => self.trust.close(),
            Effect::Decide {
                joiner,
                check,
                refuse,
            } => self.trust.decide((&joiner, &check), refuse),
            Effect::Dismiss { node, why } => drop(self.tasks.spawn(daemon.dismiss(node, why))),
            Effect::Abandon => drop(self.tasks.spawn(daemon.abandon())),
            Effect::Call(called) => drop(self.tasks.spawn(daemon.call(called))),
            Effect::Answer(accepts) => self.trust.answer(accepts),
            Effect::Forget => self.forget(),
            _ => {}
        }
    }
}

impl Trust {
    fn open(&self) -> Option<Arc<OpenHere>> {
        lock(&self.open).clone()
    }

    /// Closes the session: who waits at it is told.
    fn close(&self) {
        if let Some(open) = lock(&self.open).take() {
            open.closed.cancel();
        }
    }

    /// Tells the connection that has these check words; a newer one of the same node knocks by itself.
    fn decide(&self, (joiner, check): (&str, &[String]), refuse: Decision) {
        if let Some(open) = self.open()
            && let Some((words, waiting)) = lock(&open.waiting).get(joiner)
            && words == check
        {
            // One that has gone meanwhile has told so.
            let _ = waiting.send(refuse);
        }
    }

    fn answer(&self, accepts: bool) {
        if let Some(answers) = lock(&self.answers).as_ref() {
            let _ = answers.send(accepts);
        }
    }
}
