//! The step that makes this node's application a member of the leader's cluster.

use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::SecretString;

use super::failures;
use super::invite::{MEMBER, TOKEN};
use super::reach::{Reach, Silence, leaves_open};
use super::terms::Terms;
use super::types::Member;
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::late::Wait;
use crate::infra::rest::RestError;
use crate::infra::{Context, Doing, Step};

/// This application is a member of the leader's cluster.
#[derive(Debug)]
pub(in crate::infra) struct Join {
    reach: Reach,
    terms: Terms,
    leader: String,
    /// Whether a member that is there is used at whatever address it has.
    reuse: bool,
    joining: AtomicBool,
}

impl Join {
    /// Through `leader`; `reuse` says that a member that is there is known by its name alone.
    pub(in crate::infra) fn new(
        reach: Reach,
        terms: Terms,
        (leader, reuse): (String, bool),
    ) -> Self {
        Self {
            reach,
            terms,
            leader,
            reuse,
            joining: AtomicBool::new(false),
        }
    }

    /// Which of `members` is this one; none outside a cluster. In another cluster than the leader's
    /// this application is not ours to take.
    fn own<'a>(&self, members: &'a [Member]) -> Result<Option<&'a Member>, Failure> {
        if members.is_empty() {
            return Ok(None);
        }
        let address = self.terms.address.to_string();
        let is_own =
            |it: &&Member| it.name == self.terms.name && (self.reuse || it.address == address);
        let leads = members.iter().any(|it| it.name == self.leader);
        match members.iter().find(is_own) {
            Some(own) if leads => Ok(Some(own)),
            _ => Err(failures::other_cluster(
                self.reach.app,
                &self.terms.name,
                members,
            )),
        }
    }

    async fn join(&self, context: &Context) -> Result<(), Failure> {
        let (reach, app) = (&self.reach, self.reach.app);
        if self.own(&reach.members().await?)?.is_some() {
            return Ok(());
        }
        let token = self.token(context)?;
        let control = self.terms.control(reach).await?;
        reach.may_go_on(context)?;
        context.say(app.say("micro.joining"));
        self.joining.store(true, Ordering::SeqCst);
        let joining = reach.micro.join(&control, &token);
        let Err(error) = reach.with_life_signs(context, joining).await else {
            self.joining.store(false, Ordering::SeqCst);
            return Ok(());
        };
        if error.is_unreachable() {
            self.joining.store(false, Ordering::SeqCst);
            return Err(self.failed(&error));
        }
        match reach.settled(context).await {
            // What it came to counts where nobody said how it went.
            Ok(members) if leaves_open(&error) && self.own(&members)?.is_some() => {
                self.joining.store(false, Ordering::SeqCst);
                Ok(())
            }
            Ok(_) => Err(self.failed(&error)),
            Err(away) => {
                let failure = self.failed(&error);
                Err(away.causes.into_iter().fold(failure, Failure::because))
            }
        }
    }

    fn failed(&self, error: &RestError) -> Failure {
        let app = self.reach.app;
        let what = app.say("micro.join-failed");
        let what = what.with("name", &self.terms.name);
        failures::failed(app, what.with("leader", &self.leader), error)
    }

    /// The token the leader gave. A leader that lists this node already has what a failed join left:
    /// only a member can take that out, and this node is none.
    fn token(&self, context: &Context) -> Result<SecretString, Failure> {
        let app = self.reach.app;
        let say = |code: &str| {
            app.say(code)
                .with("name", &self.terms.name)
                .with("leader", &self.leader)
        };
        if context.inputs.contains_key(MEMBER) {
            return Err(Failure::new(say("micro.join-ghost")).hint(say("micro.hint-join-ghost")));
        }
        let token = context.inputs.get(TOKEN).filter(|it| !it.is_empty());
        let token = token
            .ok_or_else(|| Failure::new(say("micro.join-inputs")).hint(say("micro.hint-again")))?;
        Ok(SecretString::from(token.clone()))
    }

    /// Leaves the cluster again where a failed join of this attempt left this daemon in it. Where the
    /// daemon left by itself, as it should, its leader may still list it: the next attempt says so.
    async fn leave(&self, context: &Context) -> Result<(), Failure> {
        if !self.joining.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let (reach, app) = (&self.reach, self.reach.app);
        let members = reach.members().await?;
        if !matches!(self.own(&members), Ok(Some(_))) {
            return Ok(());
        }
        let (name, address) = (&self.terms.name, self.terms.address);
        let leaving = reach.micro.delete_member(name, address, true);
        let left = reach.with_life_signs(context, leaving).await;
        let members = reach.settled(context).await?;
        match left {
            Err(error) if !members.is_empty() => {
                let say = |code: &str| {
                    app.say(code)
                        .with("name", name)
                        .with("leader", &self.leader)
                };
                Err(Failure::new(say("micro.not-left"))
                    .because(error)
                    .hint(say("micro.hint-join-ghost")))
            }
            _ => Ok(()),
        }
    }

    /// Looks until this member is online in its own view, with a role.
    async fn until_online(&self, context: &Context) -> Result<Vec<Message>, Failure> {
        let (reach, app) = (&self.reach, self.reach.app);
        let mut silence = Silence::default();
        let mut wait = Wait::begin(&reach.world.clock);
        loop {
            let members = silence.seen(app, context, reach.micro.members().await)?;
            if let Some(members) = members {
                match self.own(&members)? {
                    Some(own) if is_settled(own) => return Ok(self.done()),
                    Some(own) if own.is_unfit() => return Err(failures::unfit(app, own)),
                    Some(own) => wait.goes_on(failures::late(app, &[own]).failure)?,
                    None => return Err(failures::gone(app, &self.terms.name, &members)),
                }
            }
            reach.pause(context).await?;
        }
    }

    fn done(&self) -> Vec<Message> {
        let app = self.reach.app;
        let done = app.say("micro.is-joined").with("name", &self.terms.name);
        vec![done.with("leader", &self.leader)]
    }
}

fn is_settled(own: &Member) -> bool {
    own.is_online() && !own.is_pending()
}

impl Step for Join {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            let members = self.reach.members().await?;
            Ok(match self.own(&members)? {
                Some(own) if is_settled(own) => Seen::There(self.done()),
                Some(own) => Seen::Missing(format!("{}, {}", own.status, own.role)),
                None => Seen::Missing("in no cluster".to_owned()),
            })
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.join(context))
    }

    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(self.until_online(context))
    }

    fn undo<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.leave(context))
    }
}
