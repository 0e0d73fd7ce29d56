//! The step that says how many copies Ceph keeps: before LXD makes its pools, whose placement would
//! wait for ever where there are fewer disks than copies.

use super::admin::Admin;
use super::client::{CephPool, MicroCeph};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::microcluster::failures;
use crate::infra::microcluster::reach::{Reach, Silence};
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
    /// The pools, as soon as Ceph tells them: it is silent while its monitors elect, as at each join.
    async fn pools(&self, context: &Context) -> Result<Vec<CephPool>, Failure> {
        let mut silence = Silence::default();
        loop {
            let told = self.ceph.pools().await;
            if let Some(pools) = silence.bear(self.reach.app, context, told)? {
                return Ok(pools);
            }
            self.reach.pause(context).await?;
        }
    }

    /// A Ceph that was there keeps what it has, and at most new pools keep more.
    async fn look(&self, context: &Context) -> Result<Seen, Failure> {
        let pools = self.pools(context).await?;
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
            Some(size) if self.all => size == wanted,
            Some(size) => size >= wanted,
            None if self.all => !pools.is_empty(),
            None => pools.iter().any(|pool| pool.size >= wanted),
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
        if matches!(self.look(context).await?, Seen::There(_)) {
            return Ok(());
        }
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
    fn observe<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(self.look(context))
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.set(context))
    }

    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            let pools = self.pools(context).await?;
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
