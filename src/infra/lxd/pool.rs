//! The step that makes a pool on every member.

use std::sync::atomic::{AtomicBool, Ordering};

use super::client::Lxd;
use super::failures;
use super::invite::other_driver;
use super::reach::{Reach, Silence, leaves_open, say};
use super::refusals::{Meaning, meaning};
use super::share::Whole;
use super::types::{Config, NewPool, Phase, Pool};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::RemotePool;
use crate::infra::microceph::files::serve_metadata;
use crate::infra::rest::RestError;
use crate::infra::{Context, Doing, Step};

/// What LXD calls it, where it is an operation.
const MAKING: &str = "Creating storage pool";

/// A pool is made on every member.
///
/// A failed attempt leaves the pool `Errored`, with every member's part still defined, and LXD
/// takes the same call again. The local pool is left at that: to delete it would undo the members'
/// own steps, and lose what they made. A distributed one keeps what it was told in the first attempt
/// for good, so what this attempt made is deleted, to start over.
#[derive(Debug)]
pub(super) struct MadePool {
    reach: Reach,
    pool: Whole,
    members: Vec<String>,
    /// Whether this attempt made what is there.
    making: AtomicBool,
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

impl MadePool {
    /// The step for this pool on these members.
    pub(super) fn new(reach: Reach, pool: Whole, members: Vec<String>) -> Self {
        Self {
            reach,
            pool,
            members,
            making: AtomicBool::new(false),
        }
    }

    /// The pool, if there is one; with another driver it is somebody's.
    async fn look(&self, lxd: &Lxd) -> Result<Option<Pool>, Failure> {
        match lxd.pool(self.pool.name(), None).await {
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(failures::unanswered(&error)),
            Ok(pool) if pool.driver != self.pool.driver() => {
                Err(other_driver(&pool, self.pool.driver()))
            }
            Ok(pool) => Ok(Some(pool)),
        }
    }

    async fn lacking(&self, lxd: &Lxd) -> Result<Option<String>, Failure> {
        match self.look(lxd).await? {
            None => Ok(Some("no pool".to_owned())),
            Some(pool) => standing(&pool, &self.members),
        }
    }

    /// What the last phase sends. A pool that failed before has its keys already, and LXD takes no
    /// other.
    async fn whole(&self, lxd: &Lxd) -> Result<NewPool, Failure> {
        let there = self.look(lxd).await?;
        let failed = there.is_some_and(|pool| pool.status == Phase::Errored);
        self.making.store(!failed, Ordering::SeqCst);
        let server = lxd.server(None).await;
        let server = server.map_err(|error| failures::unanswered(&error))?;
        Ok(NewPool {
            name: self.pool.name().to_owned(),
            driver: self.pool.driver().to_owned(),
            description: self.pool.description().to_owned(),
            config: if failed {
                Config::new()
            } else {
                self.pool.config(&server)
            },
        })
    }

    /// Waits for LXD where it makes the pool already.
    async fn settle(&self, context: &Context) -> Result<(), Failure> {
        let path = format!("/1.0/storage-pools/{}", self.pool.name());
        self.reach.settle(context, (MAKING, &path)).await
    }

    async fn create(&self, context: &Context) -> Result<(), Failure> {
        self.settle(context).await?;
        let lxd = self.reach.lxd().await?.left_on(&context.cancel);
        if self.lacking(&lxd).await?.is_none() {
            return Ok(());
        }
        if matches!(self.pool, Whole::Remote(RemotePool::Files)) {
            serve_metadata(&self.reach.world, context).await?;
        }
        say(context, "lxd.creating-pool");
        let pool = self.whole(&lxd).await?;
        let alive = |_: &_| context.alive();
        let creating = lxd.create_pool(&pool, &alive);
        let Err(error) = self.reach.with_life_signs(context, &lxd, creating).await else {
            return Ok(());
        };
        if let RestError::Left { .. } = error {
            // LXD goes on: what it makes is not to be taken back.
            self.making.store(false, Ordering::SeqCst);
        }
        let exists = error
            .refusal()
            .is_some_and(|refusal| meaning(refusal) == Meaning::AlreadyExists);
        if (exists || leaves_open(&error)) && self.lacking(&lxd).await?.is_none() {
            return Ok(());
        }
        Err(self.failed(&error))
    }

    fn failed(&self, error: &RestError) -> Failure {
        let say = |code: &str| Message::new(code).with("pool", self.pool.name());
        let failure = failures::failed(say("lxd.pool-failed"), error);
        let meant = error.refusal().map(meaning);
        match (self.pool.leaves(), meant) {
            (Some(_), _) if failure.was_asked_for() => failure,
            (None, _) if failure.was_asked_for() => failure.data(say("lxd.data-pool")),
            (None, _) if self.pool.driver() == "dir" => failure.hint(say("lxd.hint-pool-failed")),
            (None, _) => failure
                .hint(say("lxd.hint-pool-failed"))
                .data(say("lxd.data-pool")),
            (Some(left), meant) => {
                let hint = match meant {
                    Some(Meaning::KernelLacks) => say("lxd.hint-ceph-kernel"),
                    Some(Meaning::FilesMissing) => say("lxd.hint-no-files"),
                    Some(Meaning::OsdPoolTaken) => say("lxd.hint-osd-pool"),
                    _ => say("lxd.hint-remote-failed"),
                };
                let left = |message: Message| message.with("left", left);
                failure.hint(left(hint)).data(left(say("lxd.data-remote")))
            }
        }
    }

    /// Deletes a distributed pool that this attempt left half-made.
    async fn start_over(&self, context: &Context) -> Result<(), Failure> {
        let half_made = self.making.swap(false, Ordering::SeqCst);
        if !half_made || self.pool.leaves().is_none() {
            return Ok(());
        }
        let lxd = self.reach.lxd().await?;
        match self.look(&lxd).await? {
            Some(pool) if pool.status != Phase::Created && pool.used_by.is_empty() => {}
            _ => return Ok(()),
        }
        let alive = |_: &_| context.alive();
        let deleting = lxd.delete_pool(self.pool.name(), &alive);
        match self.reach.with_life_signs(context, &lxd, deleting).await {
            Err(error) if !error.is_not_found() => {
                let what = Message::new("lxd.pool-not-removed").with("pool", self.pool.name());
                let hint = Message::new("lxd.hint-pool-other").with("pool", self.pool.name());
                Err(Failure::new(what).because(&error).hint(hint))
            }
            _ => Ok(()),
        }
    }

    /// Asks every member for its own part.
    async fn everywhere(&self, context: &Context) -> Result<Vec<Message>, Failure> {
        let lxd = self.reach.lxd().await?;
        for member in &self.members {
            let mut silence = Silence::default();
            let part = loop {
                if let Some(part) =
                    silence.seen(context, lxd.pool(self.pool.name(), Some(member)).await)?
                {
                    break part;
                }
                self.reach.pause(context).await?;
            };
            if part.status != Phase::Created || !part.locations.contains(member) {
                let what = Message::new("lxd.pool-lacks")
                    .with("pool", self.pool.name())
                    .with("members", member);
                return Err(Failure::new(what).hint(Message::new("lxd.hint-again")));
            }
        }
        Ok(vec![made(&self.pool, &self.members)])
    }
}

/// The pool is made on these members.
fn made(pool: &Whole, members: &[String]) -> Message {
    proven((pool.name(), pool.driver()), members)
}

/// The pool of this name and driver is made on these members.
pub(super) fn proven((name, driver): (&str, &str), members: &[String]) -> Message {
    Message::new("lxd.pool-made")
        .with("pool", name)
        .with("driver", driver)
        .with("count", members.len())
        .with("members", members.join(", "))
}

impl Step for MadePool {
    fn observe<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            self.settle(context).await?;
            let lxd = self.reach.lxd().await?;
            Ok(match self.lacking(&lxd).await? {
                None => Seen::There(vec![made(&self.pool, &self.members)]),
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
    fn undo<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.start_over(context))
    }
}
