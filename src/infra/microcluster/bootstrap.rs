//! The step that makes this node's application the first member of its cluster.

use super::failures;
use super::reach::{Reach, Silence, leaves_open};
use super::terms::Terms;
use super::types::Member;
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::late::Wait;
use crate::infra::rest::RestError;
use crate::infra::{Context, Doing, Step};

/// This application is the first member of its cluster.
#[derive(Debug)]
pub(in crate::infra) struct Bootstrap {
    pub(in crate::infra) reach: Reach,
    pub(in crate::infra) terms: Terms,
    /// The planned members.
    pub(in crate::infra) members: Vec<String>,
    /// Whether a cluster that is there is used as it is, whoever is in it.
    pub(in crate::infra) reuse: bool,
}

/// What a cluster lacks whose services are still being started.
const SILENT: &str = "its services do not answer yet";

/// How far it is.
enum Stage {
    Outside,
    Beginning,
    Done(Vec<Message>),
}

impl Bootstrap {
    /// Which of `members` is this one. A cluster with anybody else in it is somebody's.
    fn own<'a>(&self, members: &'a [Member]) -> Result<&'a Member, Failure> {
        let address = self.terms.address.to_string();
        let is_own =
            |it: &&Member| it.name == self.terms.name && (self.reuse || it.address == address);
        let own = members.iter().find(is_own);
        let planned = |it: &Member| self.reuse || self.members.contains(&it.name);
        match own {
            Some(own) if members.iter().all(planned) => Ok(own),
            _ => Err(failures::other_cluster(
                self.reach.app,
                &self.terms.name,
                members,
            )),
        }
    }

    async fn look(&self) -> Result<Stage, Failure> {
        let members = self.reach.members().await?;
        if members.is_empty() {
            return Ok(Stage::Outside);
        }
        let online = self.own(&members)?.is_online();
        let works = online && self.reach.works().await.is_ok();
        Ok(if works && self.reach.is_whole().await {
            Stage::Done(self.done(&members))
        } else {
            Stage::Beginning
        })
    }

    async fn begin(&self, context: &Context) -> Result<(), Failure> {
        let (reach, app) = (&self.reach, self.reach.app);
        if !matches!(self.look().await?, Stage::Outside) {
            return Ok(());
        }
        let control = self.terms.control(reach).await?;
        reach.may_go_on(context)?;
        context.say(app.say("micro.bootstrapping"));
        let beginning = reach.micro.bootstrap(&control);
        let Err(error) = reach.with_life_signs(context, beginning).await else {
            return Ok(());
        };
        if error.is_unreachable() {
            return Err(self.failed(&error));
        }
        let came_to = reach.settled(context).await;
        match came_to {
            Ok(members) if !members.is_empty() && leaves_open(&error) => {
                self.own(&members).map(drop)
            }
            Ok(members) if !members.is_empty() => Err(self.half(&error)),
            Ok(_) => Err(self.failed(&error)),
            Err(away) => {
                let failure = self.failed(&error);
                Err(away.causes.into_iter().fold(failure, Failure::because))
            }
        }
    }

    fn failed(&self, error: &RestError) -> Failure {
        let app = self.reach.app;
        let what = app.say("micro.bootstrap-failed");
        failures::failed(app, what.with("name", &self.terms.name), error)
    }

    /// A bootstrap that failed and was not undone: no call undoes it.
    fn half(&self, error: &RestError) -> Failure {
        let app = self.reach.app;
        let say = |code: &str| app.say(code).with("name", &self.terms.name);
        Failure::new(say("micro.bootstrap-half"))
            .because(error)
            .hint(say("micro.hint-purge"))
    }

    /// Looks until the cluster has this member online and its services answer.
    async fn until_works(&self, context: &Context) -> Result<Vec<Message>, Failure> {
        let (reach, app) = (&self.reach, self.reach.app);
        let (mut silence, mut patience) = (Silence::default(), Silence::default());
        let mut wait = Wait::begin(&reach.world.clock);
        loop {
            let members = silence.seen(app, context, reach.micro.members().await)?;
            if let Some(members) = members {
                if members.is_empty() {
                    let what = app.say("micro.not-bootstrapped");
                    return Err(Failure::new(what.with("name", &self.terms.name))
                        .hint(app.say("micro.hint-log")));
                }
                let own = self.own(&members)?;
                if own.is_unfit() {
                    return Err(failures::unfit(app, own));
                }
                let works =
                    own.is_online() && patience.bear(app, context, reach.works().await)?.is_some();
                if works && reach.is_whole().await {
                    return Ok(self.done(&members));
                }
                let late = if own.is_online() {
                    failures::without(app, SILENT)
                } else {
                    failures::late(app, &[own])
                };
                wait.goes_on(late.failure)?;
            }
            reach.pause(context).await?;
        }
    }

    fn done(&self, members: &[Member]) -> Vec<Message> {
        let app = self.reach.app;
        let others = members.iter().any(|it| !self.members.contains(&it.name));
        vec![if self.reuse && others {
            let names = failures::names(members);
            app.say("micro.is-reused").with("members", names)
        } else {
            app.say("micro.is-bootstrapped")
                .with("name", &self.terms.name)
        }]
    }
}

impl Step for Bootstrap {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            Ok(match self.look().await? {
                Stage::Done(found) => Seen::There(found),
                Stage::Beginning => Seen::Missing(SILENT.to_owned()),
                Stage::Outside => Seen::Missing("in no cluster".to_owned()),
            })
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.begin(context))
    }

    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(self.until_works(context))
    }
}
