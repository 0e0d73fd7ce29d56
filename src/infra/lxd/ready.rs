//! The step that has LXD's daemon run and answer.

use std::pin::pin;

use super::client::Lxd;
use super::failures;
use super::reach::{BETWEEN_SIGNS, Reach, passes, say};
use super::units::{Units, start, state_of, units};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::late::Wait;
use crate::infra::rest::RestError;
use crate::infra::{Context, Doing, Step};

/// How long a started LXD may show no sign of life, neither an answer nor a unit that is starting.
const SILENCE_MS: u64 = 180_000;

/// LXD's daemon runs and is ready.
#[derive(Debug)]
pub(super) struct Ready {
    reach: Reach,
}

impl Ready {
    pub(super) fn new(reach: Reach) -> Self {
        Self { reach }
    }

    async fn look(&self) -> Result<Seen, Failure> {
        let Some(lxd) = self.reach.find().await else {
            return match units(&self.reach.world).await {
                Units::There(_) => Ok(Seen::Missing("stopped".to_owned())),
                Units::None | Units::Unknown => Err(failures::absent()),
            };
        };
        match lxd.ready().await {
            Ok(true) => Ok(Seen::There(vec![version(&lxd).await?])),
            Ok(false) => Ok(Seen::Missing("starting".to_owned())),
            Err(RestError::NoSocket { .. } | RestError::NobodyListens { .. }) => {
                match units(&self.reach.world).await {
                    Units::None => Err(failures::absent()),
                    Units::There(_) | Units::Unknown => Ok(Seen::Missing("stopped".to_owned())),
                }
            }
            // It starts, or its database elects a leader: what this step waits for.
            Err(error) if passes(&error) => Ok(Seen::Missing("starting".to_owned())),
            Err(error) => Err(failures::unanswered(&error)),
        }
    }

    async fn make_ready(&self, context: &Context) -> Result<(), Failure> {
        let world = &self.reach.world;
        let found = match self.look().await? {
            Seen::There(_) => return Ok(()),
            Seen::Missing(found) => found,
        };
        let mut own = Vec::new();
        if found == "stopped" {
            let Units::There(units) = units(world).await else {
                return Err(
                    Failure::new(Message::new("lxd.stopped")).hint(Message::new("lxd.hint-start"))
                );
            };
            say(context, "lxd.starting");
            self.start(context, &units).await?;
            own = units;
        }
        self.until_ready(context, &own).await
    }

    /// Starts the units; systemd's word that it is starting them is the sign of life.
    async fn start(&self, context: &Context, units: &[&'static str]) -> Result<(), Failure> {
        let mut starting = pin!(start(&self.reach.world, units));
        loop {
            tokio::select! {
                biased;
                () = context.cancel.cancelled() => return Err(failures::stopped()),
                started = &mut starting => {
                    return started.map_err(|words| not_started(units).because(words));
                }
                () = self.reach.world.clock.sleep(BETWEEN_SIGNS) => {}
            }
            if state_of(&self.reach.world, units, "activating")
                .await
                .is_some()
            {
                context.alive();
            }
        }
    }

    /// Looks until LXD answers that it is ready; a unit that systemd gave up never will, and one
    /// that shows no sign of life for long is not waited for any longer.
    async fn until_ready(&self, context: &Context, units: &[&'static str]) -> Result<(), Failure> {
        say(context, "lxd.awaiting-ready");
        let world = &self.reach.world;
        let mut heard = world.clock.now();
        let mut wait = Wait::begin(&world.clock);
        loop {
            let mut alive = false;
            if let Some(lxd) = self.reach.find().await {
                match lxd.ready().await {
                    Ok(true) => return Ok(()),
                    Ok(false) => alive = true,
                    Err(error) if passes(&error) => {}
                    Err(error) => return Err(failures::unanswered(&error)),
                }
            }
            if let Some(unit) = state_of(world, units, "failed").await {
                return Err(not_started(&[unit]));
            }
            if alive || state_of(world, units, "activating").await.is_some() {
                context.alive();
                heard = world.clock.now();
            }
            if world.clock.now().saturating_sub(heard) > SILENCE_MS {
                return Err(not_started(units));
            }
            wait.goes_on(failures::starts_long())?;
            self.reach.pause(context).await?;
        }
    }
}

fn not_started(units: &[&str]) -> Failure {
    let units = units.join(" ");
    Failure::new(Message::new("lxd.not-started").with("units", &units))
        .hint(Message::new("lxd.hint-not-started").with("units", units))
}

async fn version(lxd: &Lxd) -> Result<Message, Failure> {
    let server = lxd.server(None).await;
    let server = server.map_err(|error| failures::unanswered(&error))?;
    Ok(Message::new("lxd.is-ready").with("version", server.environment.server_version))
}

impl Step for Ready {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(self.look())
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.make_ready(context))
    }

    fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            let lxd = self.reach.lxd().await?;
            Ok(vec![version(&lxd).await?])
        })
    }
}
