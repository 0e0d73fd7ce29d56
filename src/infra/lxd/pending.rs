//! The step that defines this node's part of a pool; nothing is written to a disk yet.

use super::client::Lxd;
use super::disk::{SIZE, SOURCE, WIPE};
use super::failures;
use super::invite::other_driver;
use super::reach::{Reach, leaves_open};
use super::refusals::{Meaning, meaning};
use super::share::Share;
use super::types::{Config, NewPool, Phase, Pool};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::rest::RestError;
use crate::infra::{Context, Doing, Step};

/// This node's part of a pool is defined.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) reach: Reach,
    pub(super) name: String,
    pub(super) share: Share,
}

impl Pending {
    /// None if the part is defined, else what is there instead.
    async fn lacking(&self, lxd: &Lxd) -> Result<Option<String>, Failure> {
        let pool = match lxd.pool(self.share.pool(), None).await {
            Err(error) if error.is_not_found() => return Ok(Some("no pool".to_owned())),
            found => found.map_err(|error| failures::unanswered(&error))?,
        };
        if pool.driver != self.share.driver() {
            return Err(other_driver(&pool, self.share.driver()));
        }
        if !pool.locations.contains(&self.name) {
            return Ok(Some(format!("defined on {}", pool.locations.join(", "))));
        }
        let own = lxd.pool(self.share.pool(), Some(&self.name)).await;
        let own = own.map_err(|error| failures::unanswered(&error))?;
        if own.status != Phase::Created {
            self.is_planned(&own, &self.config(lxd).await?)?;
            // It may have been defined long ago, by a run that was stopped. Where LXD began to make the
            // pool and did not come to an end, it may have written to any of its disks.
            let earlier = pool.status == Phase::Errored;
            self.share.look_again(&self.reach, earlier).await?;
        }
        Ok(None)
    }

    /// What is defined and not made yet must be what Review showed: making it writes to the disk.
    fn is_planned(&self, own: &Pool, planned: &Config) -> Result<(), Failure> {
        let value = |config: &Config, key: &str| config.get(key).cloned().unwrap_or_default();
        let (source, there) = (value(planned, SOURCE), value(&own.config, SOURCE));
        // LXD may have put its own place into a part that Review left to it.
        let left = source.is_empty() && !there.starts_with("/dev/");
        if there != source && !left {
            let what = self.other("lxd.pool-other-source", (&there, &source));
            let hint = Message::new("lxd.hint-pool-other").with("pool", self.share.pool());
            return Err(Failure::new(what).hint(hint));
        }
        for key in [WIPE, SIZE] {
            let (wanted, there) = (value(planned, key), value(&own.config, key));
            if wanted != there {
                let what = self.other("lxd.pool-other-part", (&there, &wanted));
                let hint = Message::new("lxd.hint-pool-part").with("pool", self.share.pool());
                return Err(Failure::new(what.with("key", key)).hint(hint));
            }
        }
        Ok(())
    }

    fn other(&self, code: &str, (found, planned): (&str, &str)) -> Message {
        Message::new(code)
            .with("pool", self.share.pool())
            .with("name", &self.name)
            .with("found", found)
            .with("planned", planned)
    }

    async fn config(&self, lxd: &Lxd) -> Result<Config, Failure> {
        let server = lxd.server(None).await;
        let server = server.map_err(|error| failures::unanswered(&error))?;
        Ok(self.share.config(&server))
    }

    async fn look(&self) -> Result<Option<String>, Failure> {
        self.lacking(&self.reach.lxd().await?).await
    }

    async fn define(&self, context: &Context) -> Result<(), Failure> {
        let lxd = self.reach.lxd().await?;
        if self.lacking(&lxd).await?.is_none() {
            return Ok(());
        }
        self.share
            .look_again(&self.reach, context.is_again())
            .await?;
        let pool = NewPool {
            name: self.share.pool().to_owned(),
            driver: self.share.driver().to_owned(),
            description: String::new(),
            config: self.config(&lxd).await?,
        };
        let alive = |_: &_| context.alive();
        let Err(first) = lxd.create_pool_pending(&self.name, &pool, &alive).await else {
            return Ok(());
        };
        if !may_be_there(&first) {
            return Err(self.failed(&first));
        }
        if self.lacking(&lxd).await?.is_none() {
            return Ok(());
        }
        // Another member's first part came between LXD's look and its own entry: now it is there.
        let again = lxd.create_pool_pending(&self.name, &pool, &alive).await;
        again.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &RestError) -> Failure {
        let what = Message::new("lxd.pending-failed")
            .with("pool", self.share.pool())
            .with("name", &self.name);
        failures::failed(what, error)
    }

    fn done(&self) -> Vec<Message> {
        let done = Message::new("lxd.pool-defined")
            .with("pool", self.share.pool())
            .with("driver", self.share.driver())
            .with("name", &self.name);
        vec![done]
    }
}

fn may_be_there(error: &RestError) -> bool {
    let known = error.refusal().is_some_and(|refusal| {
        matches!(
            meaning(refusal),
            Meaning::AlreadyPending | Meaning::AlreadyExists
        )
    });
    known || leaves_open(error)
}

impl Step for Pending {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            Ok(match self.look().await? {
                None => Seen::There(self.done()),
                Some(found) => Seen::Missing(found),
            })
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.define(context))
    }

    fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            match self.look().await? {
                None => Ok(self.done()),
                Some(found) => {
                    let what = Message::new("lxd.pool-not-defined")
                        .with("pool", self.share.pool())
                        .with("name", &self.name)
                        .with("found", found);
                    Err(Failure::new(what).hint(Message::new("lxd.hint-log")))
                }
            }
        })
    }
}
