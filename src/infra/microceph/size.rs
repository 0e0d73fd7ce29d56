//! The step that says how many copies Ceph keeps: before LXD makes its pools, whose placement would
//! wait for ever where there are fewer disks than copies.

use super::admin::Admin;
use super::client::MicroCeph;
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::microcluster::failures;
use crate::infra::microcluster::reach::Reach;
use crate::infra::{Context, Doing, Step};

/// How many copies new pools keep, in Ceph's own words.
const DEFAULT: &str = "osd_pool_default_size";

/// Ceph keeps this many copies.
#[derive(Debug)]
pub(super) struct PoolSize {
    pub(super) reach: Reach,
    pub(super) ceph: MicroCeph,
    /// The member whose monitor is asked for what `MicroCeph` does not tell.
    pub(super) monitor: String,
    pub(super) size: u8,
    pub(super) all: bool,
}

impl PoolSize {
    async fn look(&self) -> Result<Seen, Failure> {
        let pools = self.ceph.pools().await;
        let pools = pools.map_err(|error| failures::unanswered(self.reach.app, &error))?;
        let wanted = u64::from(self.size);
        let others: Vec<String> = pools
            .iter()
            .filter(|pool| self.all && pool.size != wanted)
            .map(|pool| format!("{} keeps {}", pool.pool, pool.size))
            .collect();
        if !others.is_empty() {
            return Ok(Seen::Missing(others.join(", ")));
        }
        // `MicroCeph` sets both at once where it sets that of all pools.
        let new = match self.of_new_pools().await {
            Some(size) => size == wanted,
            None => self.all && !pools.is_empty(),
        };
        Ok(if new {
            Seen::There(self.done())
        } else {
            Seen::Missing("other for new pools, or not told".to_owned())
        })
    }

    /// How many copies new pools keep, where a monitor of this node tells.
    async fn of_new_pools(&self) -> Option<u64> {
        let socket = format!("ceph-mon.{}.asok", self.monitor);
        let admin = Admin::new(self.reach.world.ceph_run.join(socket));
        admin.get(DEFAULT).await.ok()?.parse().ok()
    }

    async fn set(&self, context: &Context) -> Result<(), Failure> {
        self.reach.may_go_on(context)?;
        context.say(Message::new("microceph.setting-size"));
        let setting = self.ceph.set_pool_size(self.size, self.all);
        let set = self.reach.with_life_signs(context, setting).await;
        set.map_err(|error| {
            let what = Message::new("microceph.size-failed").with("size", self.size);
            failures::failed(self.reach.app, what, &error)
        })
    }

    fn done(&self) -> Vec<Message> {
        let code = match (self.size, self.all) {
            (1, _) => "microceph.one-copy",
            (_, true) => "microceph.copies",
            (_, false) => "microceph.copies-of-new",
        };
        vec![Message::new(code).with("size", self.size)]
    }
}

impl Step for PoolSize {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(self.look())
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.set(context))
    }

    fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            let pools = self.ceph.pools().await;
            let pools = pools.map_err(|error| failures::unanswered(self.reach.app, &error))?;
            let wanted = u64::from(self.size);
            let other = pools.iter().find(|it| self.all && it.size != wanted);
            match other {
                None => Ok(self.done()),
                Some(pool) => {
                    let what = Message::new("microceph.size-not-kept").with("pool", &pool.pool);
                    let what = what.with("found", pool.size).with("size", self.size);
                    Err(Failure::new(what).hint(Message::new("microceph.hint-log")))
                }
            }
        })
    }
}
