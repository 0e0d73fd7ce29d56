//! The steps that make this node's monitor fast while the cluster forms, and that give it its defaults
//! back. A cluster forms without it, only more slowly: what hinders the first is said and no failure.

use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::admin::{Admin, AdminError};
use super::client::MicroCeph;
use super::tuning::{VARIABLES, Values, write_takes};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::microcluster::failures;
use crate::infra::microcluster::reach::Reach;
use crate::infra::{Context, Doing, Step};

/// How many looks a monitor that is to run may take to appear: a join answers at least a second before
/// its monitor exists. With the pause between them it is a minute.
const LOOKS: u32 = 120;

/// How often the values are set: a monitor that starts anew forgets them.
const ATTEMPTS: u32 = 3;

/// This node's monitor, as both steps reach it.
#[derive(Debug)]
pub(super) struct Monitor {
    pub(super) reach: Reach,
    pub(super) name: String,
}

impl Monitor {
    fn admin(&self) -> Admin {
        let socket = format!("ceph-mon.{}.asok", self.name);
        Admin::new(self.reach.world.ceph_run.join(socket))
    }

    /// What counts now; none where no monitor answers.
    async fn values(&self) -> Result<Option<Values>, AdminError> {
        let admin = self.admin();
        let mut told = Vec::new();
        for (variable, ..) in VARIABLES {
            match admin.get(variable).await {
                Ok(value) => told.push(value),
                Err(AdminError::Absent { .. }) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        let values = Values::told(&told);
        let strange = || AdminError::Refused(format!("no numbers: {}", told.join(", ")));
        values.map(Some).ok_or_else(strange)
    }

    /// Whether this member is to have a monitor.
    async fn is_planned(&self) -> Result<bool, Failure> {
        let ceph = MicroCeph::from(self.reach.micro.clone());
        let services = ceph.services().await;
        let services = services.map_err(|error| failures::unanswered(self.reach.app, &error))?;
        let mut services = services.iter();
        Ok(services.any(|it| it.service == "mon" && it.location == self.name))
    }

    fn say(&self, code: &str) -> Message {
        Message::new(code).with("name", &self.name)
    }

    fn none_here(&self) -> Seen {
        Seen::There(vec![self.say("microceph.no-monitor")])
    }
}

/// This node's monitor, if it has one, is tuned.
#[derive(Debug)]
pub(super) struct Tune {
    monitor: Monitor,
    /// Why it was left as it is.
    left: Mutex<Option<Message>>,
}

impl Tune {
    pub(super) fn new(monitor: Monitor) -> Self {
        Self {
            monitor,
            left: Mutex::default(),
        }
    }

    async fn look(&self) -> Result<Seen, Failure> {
        Ok(match self.monitor.values().await {
            Ok(Some(values)) if values.are_tuned() => Seen::There(self.done(&values)),
            Ok(Some(values)) => Seen::Missing(format!("elections take {} s", values.election())),
            Ok(None) if self.monitor.is_planned().await? => {
                Seen::Missing("no monitor answers yet".to_owned())
            }
            Ok(None) => self.monitor.none_here(),
            Err(error) => Seen::Missing(error.to_string()),
        })
    }

    async fn tune(&self, context: &Context) -> Result<(), Failure> {
        if matches!(self.look().await?, Seen::There(_)) || !self.appears(context).await? {
            return Ok(());
        }
        let world = self.monitor.reach.world.clone();
        let measured =
            tokio::task::spawn_blocking(move || write_takes(&world.state_dir, &world.clock));
        match measured.await {
            Ok(Ok(takes)) => self.tune_for(context, takes).await,
            Ok(Err(error)) => self.leave(&error),
            Err(error) => self.leave(&error),
        }
        Ok(())
    }

    /// Tunes the monitor of a node on which a small write takes that long.
    async fn tune_for(&self, context: &Context, takes: Duration) {
        let Some(values) = Values::for_write(takes) else {
            let slow = self.monitor.say("microceph.tune-slow");
            return self.keep(slow.with("ms", takes.as_millis()));
        };
        context.say(self.monitor.say("microceph.tuning"));
        // One that this daemon tuned before it was started anew is kept as it was found first.
        if let Ok(Some(found)) = self.monitor.values().await
            && !found.are_tuned()
            && let Err(error) = self.monitor.keep(&found)
        {
            return self.leave(&error);
        }
        if let Err(error) = self.set(&values).await {
            // What was set before the error goes again, as far as the monitor hears it.
            for (variable, ..) in VARIABLES {
                drop(self.monitor.admin().unset(variable).await);
            }
            self.leave(&error);
        }
    }

    /// Waits for a monitor that is to run.
    async fn appears(&self, context: &Context) -> Result<bool, Failure> {
        for _ in 0..LOOKS {
            if matches!(self.monitor.values().await, Ok(Some(_))) {
                return Ok(true);
            }
            if self.monitor.reach.micro.core().await.is_ok() {
                context.alive();
            }
            self.monitor.reach.pause(context).await?;
        }
        self.keep(self.monitor.say("microceph.tune-silent"));
        Ok(false)
    }

    async fn set(&self, values: &Values) -> Result<(), AdminError> {
        let admin = self.monitor.admin();
        for (variable, value) in values.each() {
            admin.set(variable, &value).await?;
        }
        Ok(())
    }

    fn leave(&self, why: &impl ToString) {
        let left = self.monitor.say("microceph.not-tuned");
        self.keep(left.with("why", why.to_string()));
    }

    fn keep(&self, left: Message) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(left);
    }

    fn left(&self) -> Option<Message> {
        let left = self.left.lock();
        left.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes sure that a monitor which started anew meanwhile is tuned again.
    async fn stays(&self, context: &Context) -> Result<Vec<Message>, Failure> {
        for _ in 0..ATTEMPTS {
            if let Some(left) = self.left() {
                return Ok(vec![left]);
            }
            if let Seen::There(found) = self.look().await? {
                return Ok(found);
            }
            self.tune(context).await?;
        }
        Ok(vec![self.left().unwrap_or_else(|| {
            let left = self.monitor.say("microceph.not-tuned");
            left.with("why", "it forgets what it is told")
        })])
    }

    fn done(&self, values: &Values) -> Vec<Message> {
        let done = self.monitor.say("microceph.is-tuned");
        vec![done.with("seconds", values.election())]
    }
}

impl Step for Tune {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(self.look())
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.tune(context))
    }

    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(self.stays(context))
    }
}

/// This node's monitor, if it has one, has its defaults back.
#[derive(Debug)]
pub(super) struct Untune {
    pub(super) monitor: Monitor,
}

impl Untune {
    async fn look(&self) -> Result<Seen, Failure> {
        Ok(match self.monitor.values().await {
            Ok(Some(values)) if values.is(&self.monitor.before()) => {
                Seen::There(vec![self.monitor.say("microceph.is-untuned")])
            }
            Ok(Some(values)) => {
                let each = values.each().map(|(name, value)| format!("{name} {value}"));
                Seen::Missing(each.collect::<Vec<_>>().join(", "))
            }
            // A monitor that does not run forgot what it was told.
            Ok(None) => self.monitor.none_here(),
            Err(error) => return Err(self.failed(&error)),
        })
    }

    async fn untune(&self) -> Result<(), Failure> {
        let admin = self.monitor.admin();
        for (variable, ..) in VARIABLES {
            match admin.unset(variable).await {
                // One that was never set may be refused; whether all are as they were is verified.
                Ok(()) | Err(AdminError::Refused(_)) => {}
                Err(AdminError::Absent { .. }) => return Ok(()),
                Err(error) => return Err(self.failed(&error)),
            }
        }
        self.set_before().await
    }

    /// Sets what somebody had set while the monitor ran: that is forgotten together with the tuning.
    async fn set_before(&self) -> Result<(), Failure> {
        let Some(before) = self.monitor.kept() else {
            return Ok(());
        };
        let now = self.monitor.values().await;
        if matches!(now, Ok(Some(now)) if !now.is(&before)) {
            let admin = self.monitor.admin();
            for (variable, value) in before.each() {
                let set = admin.set(variable, &value).await;
                set.map_err(|error| self.failed(&error))?;
            }
        }
        Ok(())
    }

    fn failed(&self, why: &impl ToString) -> Failure {
        Failure::new(self.monitor.say("microceph.not-untuned"))
            .because(why.to_string())
            .hint(self.monitor.say("microceph.hint-untune"))
    }
}

impl Step for Untune {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(self.look())
    }

    fn apply<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.untune())
    }

    fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            match self.look().await? {
                Seen::There(found) => {
                    // The next run finds out anew what counts before it.
                    drop(fs::remove_file(self.monitor.kept_in()));
                    Ok(found)
                }
                Seen::Missing(still) => Err(self.failed(&still)),
            }
        })
    }
}
