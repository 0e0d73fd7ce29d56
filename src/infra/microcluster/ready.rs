//! The step that has an application's daemon run and answer.

use std::pin::pin;

use super::failures;
use super::reach::{BETWEEN_SIGNS, Reach, passes};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::late::Wait;
use crate::infra::rest::RestError;
use crate::infra::systemd;
use crate::infra::{Context, Doing, Step};

/// How long a started daemon may show no sign of life, neither an answer nor a unit that is starting.
const SILENCE_MS: u64 = 180_000;

/// The application's daemon runs and is ready.
#[derive(Debug)]
pub(in crate::infra) struct Ready {
    pub(in crate::infra) reach: Reach,
}

impl Ready {
    async fn look(&self) -> Result<Seen, Failure> {
        let app = self.reach.app;
        match self.reach.micro.ready().await {
            Ok(true) => Ok(Seen::There(vec![self.version().await?])),
            Ok(false) => Ok(Seen::Missing("starting".to_owned())),
            Err(RestError::NoSocket { .. }) => {
                match systemd::is_installed(&self.reach.world, app.unit).await {
                    Some(true) => Ok(Seen::Missing("stopped".to_owned())),
                    Some(false) | None => Err(failures::absent(app)),
                }
            }
            Err(RestError::NobodyListens { .. }) => {
                match systemd::is_installed(&self.reach.world, app.unit).await {
                    Some(false) => Err(failures::absent(app)),
                    Some(true) | None => Ok(Seen::Missing("stopped".to_owned())),
                }
            }
            // It starts: what this step waits for.
            Err(error) if passes(&error) => Ok(Seen::Missing("starting".to_owned())),
            Err(error) => Err(failures::unanswered(app, &error)),
        }
    }

    async fn version(&self) -> Result<Message, Failure> {
        let app = self.reach.app;
        let core = self.reach.micro.core().await;
        let core = core.map_err(|error| failures::unanswered(app, &error))?;
        Ok(app
            .say("micro.is-ready")
            .with("version", core.short_version()))
    }

    async fn make_ready(&self, context: &Context) -> Result<(), Failure> {
        let app = self.reach.app;
        match self.look().await? {
            Seen::There(_) => return Ok(()),
            Seen::Missing(found) if found == "stopped" => {
                if systemd::is_installed(&self.reach.world, app.unit)
                    .await
                    .is_none()
                {
                    let stopped = Failure::new(app.say("micro.stopped"));
                    return Err(stopped.hint(app.say("micro.hint-start")));
                }
                context.say(app.say("micro.starting"));
                self.start(context).await?;
            }
            Seen::Missing(_) => {}
        }
        self.until_ready(context).await
    }

    /// Starts the unit; systemd's word that it is starting it is the sign of life.
    async fn start(&self, context: &Context) -> Result<(), Failure> {
        let (world, app) = (&self.reach.world, self.reach.app);
        let unit = [app.unit];
        let mut starting = pin!(systemd::start(world, &unit));
        loop {
            tokio::select! {
                biased;
                () = context.cancel.cancelled() => return Err(failures::stopped(app)),
                started = &mut starting => {
                    return started.map_err(|words| self.not_started().because(words));
                }
                () = world.clock.sleep(BETWEEN_SIGNS) => {}
            }
            if systemd::is(world, app.unit, "activating").await {
                context.alive();
            }
        }
    }

    /// Looks until the daemon says that it is ready; a unit that systemd gave up never will, and one
    /// that shows no sign of life for long is not waited for any longer.
    async fn until_ready(&self, context: &Context) -> Result<(), Failure> {
        let (world, app) = (&self.reach.world, self.reach.app);
        context.say(app.say("micro.awaiting-ready"));
        let mut heard = world.clock.now();
        let mut wait = Wait::begin(&world.clock);
        loop {
            let alive = match self.reach.micro.ready().await {
                Ok(true) => return Ok(()),
                Ok(false) => true,
                Err(error) if passes(&error) => false,
                Err(error) => return Err(failures::unanswered(app, &error)),
            };
            if systemd::is(world, app.unit, "failed").await {
                return Err(self.not_started());
            }
            if alive || systemd::is(world, app.unit, "activating").await {
                context.alive();
                heard = world.clock.now();
            }
            if world.clock.now().saturating_sub(heard) > SILENCE_MS {
                return Err(self.not_started());
            }
            wait.goes_on(failures::starts_long(app))?;
            self.reach.pause(context).await?;
        }
    }

    fn not_started(&self) -> Failure {
        let app = self.reach.app;
        let say = |code: &str| app.say(code).with("unit", app.unit);
        Failure::new(say("micro.not-started")).hint(say("micro.hint-not-started"))
    }
}

impl Step for Ready {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(self.look())
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.make_ready(context))
    }

    fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move { Ok(vec![self.version().await?]) })
    }
}
