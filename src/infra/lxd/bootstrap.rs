//! The step that makes this LXD the first member of the cluster.

use std::sync::atomic::{AtomicBool, Ordering};

use super::client::Lxd;
use super::failures;
use super::reach::{Reach, Silence, leaves_open, say};
use super::refusals::{Meaning, meaning};
use super::types::Server;
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::late::Wait;
use crate::infra::rest::RestError;
use crate::infra::{Context, Doing, Step};

/// What LXD calls it.
const ENABLING: &str = "Creating bootstrap node";

/// This LXD is the first member of the cluster.
#[derive(Debug)]
pub(super) struct Bootstrap {
    reach: Reach,
    name: String,
    enabling: AtomicBool,
}

impl Bootstrap {
    pub(super) fn new(reach: Reach, name: String) -> Self {
        Self {
            reach,
            name,
            enabling: AtomicBool::new(false),
        }
    }

    /// Whether `server` is clustered under the planned name; under another it is somebody's.
    async fn is_there(&self, lxd: &Lxd, server: &Server) -> Result<bool, Failure> {
        let found = &server.environment;
        if !found.server_clustered || found.server_name == self.name {
            return Ok(found.server_clustered);
        }
        let members = lxd.members().await;
        let members = members.map_err(|error| failures::unanswered(&error))?;
        Err(failures::other_cluster(&found.server_name, &members))
    }

    async fn look(&self) -> Result<bool, Failure> {
        let lxd = self.reach.lxd().await?;
        let server = lxd.server(None).await;
        let server = server.map_err(|error| failures::unanswered(&error))?;
        self.is_there(&lxd, &server).await
    }

    async fn enable(&self, context: &Context) -> Result<(), Failure> {
        self.reach.settle(context, (ENABLING, "")).await?;
        if self.look().await? {
            return Ok(());
        }
        let lxd = self.reach.lxd().await?.left_on(&context.cancel);
        say(context, "lxd.bootstrapping");
        self.enabling.store(true, Ordering::SeqCst);
        let alive = |_: &_| context.alive();
        let enabling = lxd.enable_cluster(&self.name, &alive);
        let Err(error) = self.reach.with_life_signs(context, &lxd, enabling).await else {
            return Ok(());
        };
        if let RestError::Left { .. } = error {
            self.enabling.store(false, Ordering::SeqCst);
        }
        let already = error
            .refusal()
            .is_some_and(|refusal| meaning(refusal) == Meaning::AlreadyClustered);
        if (already || leaves_open(&error)) && self.settled(context, &lxd).await? {
            return Ok(());
        }
        Err(self.failed(&error))
    }

    /// What it came to, once LXD answers again.
    async fn settled(&self, context: &Context, lxd: &Lxd) -> Result<bool, Failure> {
        let mut silence = Silence::default();
        loop {
            if let Some(server) = silence.seen(context, lxd.server(None).await)? {
                return self.is_there(lxd, &server).await;
            }
            self.reach.pause(context).await?;
        }
    }

    fn failed(&self, error: &RestError) -> Failure {
        let what = Message::new("lxd.bootstrap-failed").with("name", &self.name);
        failures::failed(what, error)
    }

    /// Dissolves what this attempt made: a cluster of this one member, with nothing in it. LXD
    /// itself would dissolve any cluster, so every doubt leaves it as it is.
    async fn dissolve(&self, context: &Context) -> Result<(), Failure> {
        if !self.enabling.swap(false, Ordering::SeqCst) || !self.look().await? {
            return Ok(());
        }
        let lxd = self.reach.lxd().await?;
        if !self
            .is_alone_and_empty(&lxd)
            .await
            .map_err(|error| failures::unanswered(&error))?
        {
            return Ok(());
        }
        let alive = |_: &_| context.alive();
        match lxd.disable_cluster(&alive).await {
            Err(error) if !leaves_open(&error) => {
                return Err(failures::failed(self.not_dissolved(), &error));
            }
            _ => {}
        }
        let mut wait = Wait::begin(&self.reach.world.clock);
        while self.settled(context, &lxd).await? {
            let late = Failure::new(self.not_dissolved());
            wait.goes_on(late.hint(Message::new("lxd.hint-log")))?;
            self.reach.pause(context).await?;
        }
        Ok(())
    }

    fn not_dissolved(&self) -> Message {
        Message::new("lxd.not-dissolved").with("name", &self.name)
    }

    async fn is_alone_and_empty(&self, lxd: &Lxd) -> Result<bool, RestError> {
        let members = lxd.members().await?;
        let alone = matches!(members.as_slice(), [only] if only.server_name == self.name);
        let empty = lxd.pools().await?.is_empty()
            && !lxd.networks().await?.iter().any(|network| network.managed);
        Ok(alone && empty)
    }

    fn done(&self) -> Vec<Message> {
        vec![Message::new("lxd.is-bootstrapped").with("name", &self.name)]
    }
}

impl Step for Bootstrap {
    fn observe<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            self.reach.settle(context, (ENABLING, "")).await?;
            Ok(if self.look().await? {
                Seen::There(self.done())
            } else {
                Seen::Missing("not clustered".to_owned())
            })
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.enable(context))
    }

    fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            if self.look().await? {
                return Ok(self.done());
            }
            let what = Message::new("lxd.not-bootstrapped").with("name", &self.name);
            Err(Failure::new(what).hint(Message::new("lxd.hint-log")))
        })
    }

    fn undo<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.dissolve(context))
    }
}
