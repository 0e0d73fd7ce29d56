//! The joiner's side: one call with the words that were typed, then both operators decide.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use super::lock;
use crate::daemon::Daemon;
use crate::daemon::kept::Kept;
use crate::engine::message::{Failure, Message};
use crate::engine::trust::Called;
use crate::engine::{Event, Fact};
use crate::session::trust::{Admission, Caller, Initiator, InitiatorSays, TrustError};
use crate::session::words::{Words, WordsError};
use crate::wire::trust::Inventory;

/// Why the words did not open the session.
enum Wrong {
    /// They are no four words of the list.
    Words(WordsError),
    /// The call failed.
    Call(TrustError),
    /// Whoever answered has another key than the beacon said.
    OtherKey,
}

impl Daemon {
    /// Calls an initiator once, with the words that a face was given.
    pub(super) async fn call(self: Arc<Self>, called: Called) {
        let (sender, answers) = mpsc::unbounded_channel();
        let newest = sender.downgrade();
        *lock(&self.trust.answers) = Some(sender);
        let came = self.try_call(&called).await;
        if newest.upgrade().is_none() {
            // Its operator called somebody else meanwhile: this call is nobody's any more.
            return;
        }
        match came {
            Ok(initiator) => {
                let check = initiator.check.to_vec();
                self.push(Event::Fact(Fact::Confirmed(check)));
                let fact = self.wait_for(initiator, answers).await;
                if let Some(fact) = fact {
                    self.push(Event::Fact(fact));
                }
            }
            Err(wrong) => self.push(Event::Fact(Fact::NotConfirmed {
                wrong_words: matches!(wrong, Wrong::Call(TrustError::Unconfirmed)),
                failure: failure(&wrong),
            })),
        }
    }

    async fn try_call(
        &self,
        called: &Called,
    ) -> Result<Initiator<impl AsyncRead + AsyncWrite + Unpin + use<>>, Wrong> {
        let typed = lock(&self.trust.typed).take();
        let words = Words::parse(typed.as_ref().map_or("", |typed| typed.0.as_str()));
        let words = words.map_err(Wrong::Words)?;
        let session = called.session.parse();
        let session = session.map_err(|_| Wrong::Call(TrustError::NoSession))?;
        let inventory = Inventory {
            name: called.name.clone(),
            model: called.model.clone(),
            mcloud: self.mcloud.clone(),
            address: called.own,
        };
        let who = Caller {
            identity: &self.identity,
            inventory: &inventory,
            now: self.world.clock.now(),
        };
        let initiator = crate::session::trust::call(called.address, &session, &words, who)
            .await
            .map_err(Wrong::Call)?;
        if initiator.id.as_str() == called.peer {
            Ok(initiator)
        } else {
            Err(Wrong::OtherKey)
        }
    }

    /// Waits for both operators. Nothing is to be told where this node's own said no.
    async fn wait_for<T: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut initiator: Initiator<T>,
        mut answers: mpsc::UnboundedReceiver<bool>,
    ) -> Option<Fact> {
        loop {
            tokio::select! {
                says = initiator.next() => return Some(match says {
                    InitiatorSays::Welcome(admission) => self.welcomed(*admission).await,
                    InitiatorSays::Refused(why) => Fact::TurnedAway(Failure::new(why)),
                    InitiatorSays::Gone(error) => {
                        let what = Message::new("session.initiator-gone");
                        Fact::TurnedAway(Failure::new(what).because(error))
                    }
                }),
                answer = answers.recv() => {
                    let accepts = answer.unwrap_or(false);
                    // An initiator that does not hear this is found gone.
                    let _ = initiator.answer(accepts).await;
                    if !accepts { return None }
                }
            }
        }
    }

    async fn welcomed(&self, admission: Admission) -> Fact {
        let (name, cluster) = (admission.name.clone(), admission.cluster.clone());
        self.leader.abandon(&self.world.state_dir).await;
        match self.keep_membership(Kept::of(admission)) {
            Ok(()) => Fact::Certified { name, cluster },
            Err(failure) => Fact::TurnedAway(failure),
        }
    }
}

fn failure(wrong: &Wrong) -> Failure {
    let say =
        |code: &str, error: &dyn std::fmt::Display| Failure::new(Message::new(code)).because(error);
    match wrong {
        Wrong::Words(error) => Failure::new(Message::new("session.no-words").with("why", error)),
        Wrong::Call(TrustError::Unconfirmed) => Failure::new(Message::new("session.unconfirmed"))
            .hint(Message::new("session.unconfirmed-fix")),
        Wrong::Call(error) => say("session.not-called", error),
        Wrong::OtherKey => Failure::new(Message::new("session.other-key"))
            .hint(Message::new("session.other-key-fix")),
    }
}
