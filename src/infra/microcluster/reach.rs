//! How the steps reach this node's application of microcluster: signs of life while it works, patience
//! between two looks, and what is left after a call that broke.

use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use serde::de::IgnoredAny;

use super::App;
use super::client::Micro;
use super::failures;
use super::refusals::{Meaning, meaning};
use super::types::Member;
use crate::engine::message::Failure;
use crate::infra::Context;
use crate::infra::late::Wait;
use crate::infra::rest::RestError;
use crate::infra::systemd;
use crate::world::World;

/// The pause between two looks at something that is on its way.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// How often something small is asked while a long call runs: its answer is the sign of life.
pub(super) const BETWEEN_SIGNS: Duration = Duration::from_secs(2);

/// This node's application as the steps reach it.
#[derive(Debug, Clone)]
pub(in crate::infra) struct Reach {
    pub(in crate::infra) world: World,
    pub(in crate::infra) app: App,
    pub(in crate::infra) micro: Micro,
}

impl Reach {
    /// `app` in `world`, on its socket.
    pub(in crate::infra) fn new(world: World, app: App, socket: PathBuf) -> Self {
        Self {
            world,
            app,
            micro: Micro::new(socket),
        }
    }

    /// The members of its cluster, none where it is in no cluster; or why it does not say.
    pub(in crate::infra) async fn members(&self) -> Result<Vec<Member>, Failure> {
        let members = self.micro.members().await;
        members.map_err(|error| failures::unanswered(self.app, &error))
    }

    /// Whether its own services answer; a version without the call is asked where they run.
    pub(in crate::infra) async fn works(&self) -> Result<(), RestError> {
        match self.micro.get::<IgnoredAny>(self.app.proof).await {
            Err(error) if error.is_not_found() => self.micro.services().await.map(drop),
            other => other.map(drop),
        }
    }

    /// Whether the service that starts last runs, as far as systemd tells.
    pub(in crate::infra) async fn is_whole(&self) -> bool {
        let Some(unit) = self.app.last else {
            return true;
        };
        let installed = systemd::is_installed(&self.world, unit).await;
        installed != Some(true) || systemd::is(&self.world, unit, "active").await
    }

    /// Waits until the next look; stops where the step was asked to.
    pub(in crate::infra) async fn pause(&self, context: &Context) -> Result<(), Failure> {
        tokio::select! {
            biased;
            () = context.cancel.cancelled() => Err(failures::stopped(self.app)),
            () = self.world.clock.sleep(BETWEEN_LOOKS) => Ok(()),
        }
    }

    /// Stops, between two calls, where the step was asked to.
    pub(in crate::infra) fn may_go_on(&self, context: &Context) -> Result<(), Failure> {
        if context.cancel.is_cancelled() {
            return Err(failures::stopped(self.app));
        }
        Ok(())
    }

    /// Does something long, and is never dropped before it ends. Beside it the daemon is asked who
    /// it is, on another connection, and each answer is a sign of life.
    pub(in crate::infra) async fn with_life_signs<T>(
        &self,
        context: &Context,
        doing: impl Future<Output = T>,
    ) -> T {
        let mut doing = pin!(doing);
        loop {
            tokio::select! {
                biased;
                done = &mut doing => return done,
                lives = self.sign() => if lives { context.alive() },
            }
        }
    }

    async fn sign(&self) -> bool {
        self.world.clock.sleep(BETWEEN_SIGNS).await;
        self.micro.core().await.is_ok()
    }

    /// What a bootstrap or a join that failed or broke came to, once the daemon is ready again: it
    /// wipes what it began and starts anew.
    pub(in crate::infra) async fn settled(
        &self,
        context: &Context,
    ) -> Result<Vec<Member>, Failure> {
        let mut silence = Silence::default();
        let mut wait = Wait::begin(&self.world.clock);
        loop {
            let ready = silence.seen(self.app, context, self.micro.ready().await)?;
            if ready == Some(true) {
                let members = self.micro.members().await;
                if let Some(members) = silence.seen(self.app, context, members)? {
                    return Ok(members);
                }
            }
            wait.goes_on(failures::starts_long(self.app))?;
            self.pause(context).await?;
        }
    }
}

/// How many looks one after the other may find the daemon away: with the pause between them five
/// minutes at least, in which a Pi has long started it again.
const MOST_SILENT: u32 = 600;

/// How many looks there were since it last answered.
#[derive(Debug, Default)]
pub(in crate::infra) struct Silence(u32);

impl Silence {
    /// What a look while waiting gave: none where the daemon is merely away for now, which passes.
    /// One that stays away is not awaited for ever.
    pub(in crate::infra) fn seen<T>(
        &mut self,
        app: App,
        context: &Context,
        look: Result<T, RestError>,
    ) -> Result<Option<T>, Failure> {
        match look {
            Err(error) if !passes(&error) => Err(failures::unanswered(app, &error)),
            other => self.bear(app, context, other),
        }
    }

    /// The same, where a no may turn into a yes by itself, as that of services that start.
    pub(in crate::infra) fn bear<T>(
        &mut self,
        app: App,
        context: &Context,
        look: Result<T, RestError>,
    ) -> Result<Option<T>, Failure> {
        match look {
            Ok(found) => {
                self.0 = 0;
                context.alive();
                Ok(Some(found))
            }
            Err(_) if self.0 < MOST_SILENT => {
                self.0 = self.0.saturating_add(1);
                Ok(None)
            }
            Err(error) => Err(failures::silent(app, &error)),
        }
    }
}

/// Whether an error is one that passes without anybody's doing.
pub(in crate::infra) fn passes(error: &RestError) -> bool {
    match error {
        RestError::NoSocket { .. }
        | RestError::NobodyListens { .. }
        | RestError::NoAnswer { .. }
        | RestError::Lost { .. } => true,
        RestError::Refused(refusal) => {
            matches!(meaning(refusal), Meaning::NotReady | Meaning::RolesPending)
        }
        RestError::NotPermitted { .. }
        | RestError::Broken { .. }
        | RestError::OperationGone { .. }
        | RestError::OperationCancelled { .. }
        | RestError::Left { .. } => false,
    }
}

/// Whether an error leaves open what happened, so that the state must be looked at.
pub(in crate::infra) fn leaves_open(error: &RestError) -> bool {
    matches!(error, RestError::Lost { .. } | RestError::NoAnswer { .. })
        || error
            .refusal()
            .is_some_and(|it| meaning(it) == Meaning::AlreadyInitialised)
}
