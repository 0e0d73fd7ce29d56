//! The step that makes the local pool on every member.

use super::client::Lxd;
use super::failures;
use super::invite::other_driver;
use super::reach::{Reach, Silence, leaves_open, say};
use super::refusals::{Meaning, meaning};
use super::types::{Config, NewPool, Phase, Pool};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::LOCAL_POOL;
use crate::infra::rest::RestError;
use crate::infra::{Context, Doing, Step};

/// What the operator sees in LXD's lists.
const DESCRIPTION: &str = "Local storage";

/// The local pool is made on every member.
///
/// A failed attempt leaves the pool `Errored`, with every member's part still defined, and LXD
/// takes the same call again. Nothing is undone: to delete the pool would undo the members' own
/// steps, and lose what they made.
#[derive(Debug)]
pub(super) struct LocalPool {
    pub(super) reach: Reach,
    pub(super) driver: String,
    pub(super) members: Vec<String>,
}

/// How the pool stands: made, or what it is instead. What making it again cannot mend is a failure.
pub(super) fn standing(pool: &Pool, members: &[String]) -> Result<Option<String>, Failure> {
    let say = |code: &str| Message::new(code).with("pool", &pool.name);
    match pool.status {
        Phase::Created => {
            let lacks = |name: &&String| !pool.locations.contains(name);
            let lacking: Vec<&str> = members.iter().filter(lacks).map(String::as_str).collect();
            if lacking.is_empty() {
                return Ok(None);
            }
            let what = say("lxd.pool-lacks").with("members", lacking.join(", "));
            Err(Failure::new(what).hint(say("lxd.hint-pool-other")))
        }
        Phase::Unavailable => {
            Err(Failure::new(say("lxd.pool-unavailable")).hint(Message::new("lxd.hint-log")))
        }
        Phase::Pending | Phase::Errored | Phase::Unknown => Ok(Some(format!(
            "{:?} on {}",
            pool.status,
            pool.locations.join(", ")
        ))),
    }
}

impl LocalPool {
    async fn lacking(&self, lxd: &Lxd) -> Result<Option<String>, Failure> {
        match lxd.pool(LOCAL_POOL, None).await {
            Err(error) if error.is_not_found() => Ok(Some("no pool".to_owned())),
            Err(error) => Err(failures::unanswered(&error)),
            Ok(pool) if pool.driver != self.driver => Err(other_driver(&pool.driver, &self.driver)),
            Ok(pool) => standing(&pool, &self.members),
        }
    }

    async fn create(&self, context: &Context) -> Result<(), Failure> {
        let lxd = self.reach.lxd().await?;
        if self.lacking(&lxd).await?.is_none() {
            return Ok(());
        }
        say(context, "lxd.creating-pool");
        let pool = NewPool {
            name: LOCAL_POOL.to_owned(),
            driver: self.driver.clone(),
            description: DESCRIPTION.to_owned(),
            config: Config::new(),
        };
        let alive = |_: &_| context.alive();
        let creating = lxd.create_pool(&pool, &alive);
        let Err(error) = self.reach.with_life_signs(context, &lxd, creating).await else {
            return Ok(());
        };
        let exists = error
            .refusal()
            .is_some_and(|refusal| meaning(refusal) == Meaning::AlreadyExists);
        if (exists || leaves_open(&error)) && self.lacking(&lxd).await?.is_none() {
            return Ok(());
        }
        Err(self.failed(&error))
    }

    fn failed(&self, error: &RestError) -> Failure {
        let say = |code: &str| Message::new(code).with("pool", LOCAL_POOL);
        let failure = failures::failed(say("lxd.pool-failed"), error);
        let failure = failure.hint(say("lxd.hint-pool-failed"));
        if self.driver == "dir" {
            failure
        } else {
            failure.data(say("lxd.data-pool"))
        }
    }

    /// Asks every member for its own part.
    async fn everywhere(&self, context: &Context) -> Result<Vec<Message>, Failure> {
        let lxd = self.reach.lxd().await?;
        for member in &self.members {
            let mut silence = Silence::default();
            let part = loop {
                if let Some(part) =
                    silence.seen(context, lxd.pool(LOCAL_POOL, Some(member)).await)?
                {
                    break part;
                }
                self.reach.pause(context).await?;
            };
            if part.status != Phase::Created || !part.locations.contains(member) {
                let what = Message::new("lxd.pool-lacks")
                    .with("pool", LOCAL_POOL)
                    .with("members", member);
                return Err(Failure::new(what).hint(Message::new("lxd.hint-again")));
            }
        }
        Ok(vec![made(&self.driver, &self.members)])
    }
}

/// The pool is made on these members.
pub(super) fn made(driver: &str, members: &[String]) -> Message {
    Message::new("lxd.pool-made")
        .with("pool", LOCAL_POOL)
        .with("driver", driver)
        .with("count", members.len())
        .with("members", members.join(", "))
}

impl Step for LocalPool {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            let lxd = self.reach.lxd().await?;
            Ok(match self.lacking(&lxd).await? {
                None => Seen::There(vec![made(&self.driver, &self.members)]),
                Some(found) => Seen::Missing(found),
            })
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.create(context))
    }

    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(self.everywhere(context))
    }
}
