//! How the steps reach this node's LXD: its socket, signs of life while it works, patience between
//! two looks.

use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use tokio::net::UnixStream;

use super::client::Lxd;
use super::failures;
use super::refusals::{Meaning, meaning};
use crate::engine::message::{Failure, Message};
use crate::infra::Context;
use crate::infra::rest::RestError;
use crate::world::World;

/// The pause between two looks at something that is on its way.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// How often LXD is asked something small while a long call runs: its answer is the sign of life.
pub(super) const BETWEEN_SIGNS: Duration = Duration::from_secs(2);

/// This node's LXD as the steps reach it.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    pub(super) world: World,
}

impl Reach {
    pub(super) fn new(world: World) -> Self {
        Self { world }
    }

    /// The LXD to speak with; none where there is no socket. A socket that somebody listens on
    /// comes before one that a removed LXD left behind.
    pub(super) async fn find(&self) -> Option<Lxd> {
        let there: Vec<&PathBuf> = self
            .world
            .lxd_sockets
            .iter()
            .filter(|path| path.exists())
            .collect();
        if there.len() > 1 {
            for path in &there {
                if UnixStream::connect(path).await.is_ok() {
                    return Some(Lxd::new((*path).clone()));
                }
            }
        }
        there.first().map(|path| Lxd::new((*path).clone()))
    }

    /// The LXD to speak with, or why there is none.
    pub(super) async fn lxd(&self) -> Result<Lxd, Failure> {
        self.find().await.ok_or_else(failures::absent)
    }

    /// Waits until the next look; stops where the step was asked to.
    pub(super) async fn pause(&self, context: &Context) -> Result<(), Failure> {
        tokio::select! {
            biased;
            () = context.cancel.cancelled() => Err(failures::stopped()),
            () = self.world.clock.sleep(BETWEEN_LOOKS) => Ok(()),
        }
    }

    /// Does something long. Beside it LXD is asked who it is, and each answer is a sign of life:
    /// a call that works before it answers shows none of its own.
    pub(super) async fn with_life_signs<T>(
        &self,
        context: &Context,
        lxd: &Lxd,
        doing: impl Future<Output = T>,
    ) -> T {
        let mut doing = pin!(doing);
        loop {
            tokio::select! {
                biased;
                done = &mut doing => return done,
                lives = self.sign(lxd) => if lives { context.alive() },
            }
        }
    }

    /// Waits for what this LXD does by itself since an earlier order, and left to itself by a step that was
    /// asked to stop: `task` in LXD's words, and the path of what it makes. However it ends, what is there
    /// tells.
    pub(super) async fn settle(
        &self,
        context: &Context,
        (task, entity): (&str, &str),
    ) -> Result<(), Failure> {
        let lxd = self.lxd().await?.left_on(&context.cancel);
        // An LXD that does not tell says at the next call why.
        let running = lxd.running(task, entity).await;
        for operation in running.unwrap_or_default() {
            say(context, "lxd.adopting");
            let ended = lxd.wait_for(&operation, &|_| context.alive()).await;
            if let Err(error @ RestError::Left { .. }) = ended {
                return Err(failures::left(&error));
            }
        }
        Ok(())
    }

    async fn sign(&self, lxd: &Lxd) -> bool {
        self.world.clock.sleep(BETWEEN_SIGNS).await;
        lxd.server(None).await.is_ok()
    }
}

/// How many looks one after the other may find LXD away: with the pause between them five minutes at
/// least, in which a Pi's LXD has long started again or elected a leader.
const MOST_SILENT: u32 = 600;

/// How many looks there were since LXD last answered.
#[derive(Debug, Default)]
pub(super) struct Silence(u32);

impl Silence {
    /// What a look while waiting gave: none where LXD is merely away for now (it starts again, or
    /// its database elects a leader), which passes. One that stays away is not awaited for ever.
    pub(super) fn seen<T>(
        &mut self,
        context: &Context,
        look: Result<T, RestError>,
    ) -> Result<Option<T>, Failure> {
        match look {
            Ok(found) => {
                self.0 = 0;
                context.alive();
                Ok(Some(found))
            }
            Err(error) if passes(&error) && self.0 < MOST_SILENT => {
                self.0 = self.0.saturating_add(1);
                Ok(None)
            }
            Err(error) => Err(failures::silent(&error)),
        }
    }
}

/// Whether an error is one that passes without anybody's doing.
pub(super) fn passes(error: &RestError) -> bool {
    match error {
        RestError::NoSocket { .. }
        | RestError::NobodyListens { .. }
        | RestError::NoAnswer { .. }
        | RestError::Lost { .. } => true,
        RestError::Refused(refusal) => {
            matches!(meaning(refusal), Meaning::NotReady | Meaning::NoQuorum)
        }
        RestError::NotPermitted { .. }
        | RestError::Broken { .. }
        | RestError::OperationGone { .. }
        | RestError::OperationCancelled { .. }
        | RestError::Left { .. } => false,
    }
}

/// Whether an error leaves open what happened, so that the state must be looked at.
pub(super) fn leaves_open(error: &RestError) -> bool {
    matches!(
        error,
        RestError::Lost { .. } | RestError::NoAnswer { .. } | RestError::OperationGone { .. }
    )
}

/// Says what the step is doing now.
pub(super) fn say(context: &Context, code: &str) {
    context.say(Message::new(code));
}
