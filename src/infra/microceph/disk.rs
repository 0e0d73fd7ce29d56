//! The step that gives a disk of this node to Ceph.

use std::sync::atomic::{AtomicBool, Ordering};

use super::client::{CephDisk, MicroCeph, NewDisk};
use super::osd::{Running, record, running};
use super::refusals::refused;
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::DiskUse;
use crate::infra::host::again;
use crate::infra::microcluster::failures;
use crate::infra::microcluster::reach::{Reach, leaves_open};
use crate::infra::rest::RestError;
use crate::infra::{Context, Doing, Step};

/// How many looks may find an OSD not up: with the pause between them five minutes at least.
const MOST_LOOKS: u32 = 600;

/// A disk of this node is one of Ceph's.
#[derive(Debug)]
pub(super) struct GiveDisk {
    reach: Reach,
    ceph: MicroCeph,
    name: String,
    disk: DiskUse,
    how: How,
    adding: AtomicBool,
}

/// How a disk is given.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    pub(super) wipe: bool,
    pub(super) encrypt: bool,
}

impl GiveDisk {
    pub(super) fn new(reach: Reach, name: String, disk: DiskUse, how: How) -> Self {
        Self {
            ceph: MicroCeph::from(reach.micro.clone()),
            reach,
            name,
            disk,
            how,
            adding: AtomicBool::new(false),
        }
    }

    /// Ceph's record of the disk.
    async fn record(&self) -> Result<Option<CephDisk>, RestError> {
        let records = self.ceph.disks().await?;
        let own = (self.name.as_str(), &self.disk);
        Ok(record(&self.reach.world, own, &records).cloned())
    }

    async fn look(&self) -> Result<Option<CephDisk>, Failure> {
        let found = self.record().await;
        found.map_err(|error| failures::unanswered(self.reach.app, &error))
    }

    async fn seen(&self) -> Result<Seen, Failure> {
        let Some(found) = self.look().await? else {
            return Ok(Seen::Missing("not one of Ceph's".to_owned()));
        };
        Ok(match running(&self.reach.world, found.osd).await {
            Running::Up => Seen::There(self.done(&found, "microceph.disk-up")),
            Running::Unknown => Seen::There(self.done(&found, "microceph.disk-listed")),
            Running::Not(state) => Seen::Missing(format!("osd.{} is {state}", found.osd)),
            Running::Silent => Seen::Missing(format!("osd.{} does not run", found.osd)),
        })
    }

    async fn give(&self, context: &Context) -> Result<(), Failure> {
        let (reach, app) = (&self.reach, self.reach.app);
        if self.look().await?.is_some() {
            return Ok(());
        }
        again::look_again(&reach.world, &self.disk, context.is_again()).await?;
        reach.may_go_on(context)?;
        context.say(self.message("microceph.adding-disk"));
        let new = NewDisk {
            path: self.disk.path.clone(),
            wipe: self.how.wipe,
            encrypt: self.how.encrypt,
        };
        let adding = self.ceph.add_disk(&new);
        let Err(error) = reach.with_life_signs(context, adding).await else {
            return Ok(());
        };
        let failure = refused(app, &self.disk, self.how.wipe, &error);
        if !leaves_open(&error) {
            return Err(failure);
        }
        // The attempt may go on, or be undone by now and leave no more than its record.
        self.adding.store(true, Ordering::SeqCst);
        reach.settled(context).await?;
        if self.look().await?.is_none() {
            return Err(failure);
        }
        self.until_up(context).await?;
        self.adding.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// Looks until the OSD is up, as far as that can be known.
    async fn until_up(&self, context: &Context) -> Result<Vec<Message>, Failure> {
        let reach = &self.reach;
        context.say(self.message("microceph.awaiting-disk"));
        let Some(found) = self.look().await? else {
            return Err(Failure::new(self.message("microceph.disk-gone"))
                .hint(self.message("microceph.hint-log"))
                .data(self.data()));
        };
        let mut state = String::new();
        for _ in 0..MOST_LOOKS {
            match running(&reach.world, found.osd).await {
                Running::Up => return Ok(self.done(&found, "microceph.disk-up")),
                Running::Unknown => return Ok(self.done(&found, "microceph.disk-listed")),
                Running::Not(now) => state = now,
                Running::Silent => "silent".clone_into(&mut state),
            }
            if reach.micro.core().await.is_ok() {
                context.alive();
            }
            reach.pause(context).await?;
        }
        let say = |code: &str| self.message(code).with("osd", found.osd);
        Err(
            Failure::new(say("microceph.disk-down").with("state", state))
                .hint(say("microceph.hint-disk-down"))
                .data(self.data()),
        )
    }

    /// Takes back the record that a broken attempt of this step left without an OSD. `MicroCeph` does not
    /// where data could be lost; then the record stays, and the failure says how to go on.
    async fn take_back(&self, context: &Context) -> Result<(), Failure> {
        if !self.adding.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let Some(found) = self.look().await? else {
            return Ok(());
        };
        if running(&self.reach.world, found.osd).await == Running::Up {
            return Ok(());
        }
        let deleting = self.ceph.delete_disk(found.osd, &self.name);
        let deleted = self.reach.with_life_signs(context, deleting).await;
        deleted.map_err(|error| {
            let say = |code: &str| self.message(code).with("osd", found.osd);
            Failure::new(say("microceph.record-left"))
                .because(error)
                .hint(say("microceph.hint-disk-down"))
                .data(self.data())
        })
    }

    fn message(&self, code: &str) -> Message {
        Message::new(code)
            .with("disk", &self.disk.name)
            .with("path", &self.disk.path)
            .with("node", &self.disk.node)
    }

    fn data(&self) -> Message {
        self.message(if self.how.wipe {
            "microceph.data-disk-wiped"
        } else {
            "microceph.data-disk"
        })
    }

    fn done(&self, found: &CephDisk, code: &str) -> Vec<Message> {
        vec![self.message(code).with("osd", found.osd)]
    }
}

impl Step for GiveDisk {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(self.seen())
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.give(context))
    }

    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(self.until_up(context))
    }

    fn undo<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.take_back(context))
    }
}
