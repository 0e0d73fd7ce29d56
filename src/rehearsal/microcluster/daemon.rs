//! One node's daemon, and one call that it works on.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{App, Site, State, names, routes};
use crate::engine::Millis;
use crate::rehearsal::dice::Dice;
use crate::rehearsal::envelope::{Answer, Refusal};
use crate::rehearsal::fault::{Call, Strike};
use crate::rehearsal::serving::Served;
use crate::world::Clock;

impl<A: App> Site<A> {
    pub(in crate::rehearsal) fn state(&self) -> MutexGuard<'_, State<A>> {
        let state = self.inner.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::rehearsal) fn now(&self) -> Millis {
        self.inner.clock.now()
    }

    /// About `took` milliseconds, as chance has it on `host` this time.
    fn about(&self, host: &str, took: u64) -> Duration {
        let nth = self.state().waits(host);
        let words = [A::IDENTITY.word, "duration", host];
        Duration::from_millis(Dice::of(self.inner.seed, &words, nth).jitter(took))
    }
}

/// One request, taken apart.
#[derive(Debug, Clone)]
pub(in crate::rehearsal) struct Asked {
    pub(in crate::rehearsal) method: String,
    /// The path's parts.
    pub(in crate::rehearsal) path: Vec<String>,
    pub(in crate::rehearsal) target: Option<String>,
    pub(in crate::rehearsal) force: bool,
    pub(in crate::rehearsal) body: Vec<u8>,
}

impl Asked {
    /// The body; Go's words where it is none of the kind.
    pub(in crate::rehearsal) fn json<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_slice(&self.body).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => error.to_string(),
            _ => names::not_json(&self.body),
        })
    }

    /// The body as a value; null where it is none.
    pub(in crate::rehearsal) fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// One node's daemon.
#[derive(Debug)]
pub(in crate::rehearsal) struct Daemon<A: App> {
    pub(super) site: Site<A>,
    pub(super) host: String,
    stop: CancellationToken,
}

impl<A: App> Clone for Daemon<A> {
    fn clone(&self) -> Self {
        Self {
            site: self.site.clone(),
            host: self.host.clone(),
            stop: self.stop.clone(),
        }
    }
}

impl<A: App> Daemon<A> {
    pub(super) fn new(site: Site<A>, host: String) -> Self {
        Self {
            site,
            host,
            stop: CancellationToken::new(),
        }
    }

    /// The same daemon, started anew, and how long a fault keeps it from listening.
    pub(in crate::rehearsal) fn started(mut self) -> (Self, Option<crate::rehearsal::fault::Down>) {
        self.stop = CancellationToken::new();
        let strike = self.strike(Call::Daemon, &self.host);
        (self, strike.down)
    }

    pub(super) fn strike(&self, call: Call, host: &str) -> Strike {
        let service = A::IDENTITY.service;
        self.site.inner.faults.strike(service, call, host)
    }

    /// Works on `errand`. It goes on although its caller hangs up, but knows of it.
    pub(super) async fn work(&self, errand: Errand<A>) -> Result<Answer, Refusal> {
        let stop = self.stop.clone();
        let hung_up = errand.gone.clone().drop_guard();
        let made = tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => Err(Refusal::new(503, "Daemon is shutting down")),
                outcome = routes::perform(&errand) => outcome,
            }
        });
        let outcome = made.await;
        hung_up.disarm();
        outcome.unwrap_or_else(|gone| Err(Refusal::internal(gone.to_string())))
    }
}

impl<A: App> Served for Daemon<A> {
    fn stopping(&self) -> &CancellationToken {
        &self.stop
    }

    fn clock(&self) -> &Clock {
        self.site.clock()
    }

    async fn answer(&self, request: Request) -> Option<Response> {
        routes::answer(self, request).await
    }

    fn listens(&self) {
        self.site.state().node_mut(&self.host).up = true;
    }

    fn stopped(&self) {
        self.site.state().node_mut(&self.host).up = false;
    }
}

/// One call: what was asked, of which node, and whether the caller still waits.
#[derive(Debug, Clone)]
pub(in crate::rehearsal) struct Errand<A: App> {
    pub(in crate::rehearsal) site: Site<A>,
    /// The node that does it.
    pub(in crate::rehearsal) host: String,
    pub(in crate::rehearsal) asked: Asked,
    pub(in crate::rehearsal) strike: Strike,
    gone: CancellationToken,
}

impl<A: App> Errand<A> {
    pub(super) fn new(site: Site<A>, host: String, asked: Asked, strike: Strike) -> Self {
        Self {
            site,
            host,
            asked,
            strike,
            gone: CancellationToken::new(),
        }
    }

    /// Waits about `took` milliseconds of the site's time, whatever the caller does.
    pub(in crate::rehearsal) async fn pass(&self, took: u64) {
        let took = self.site.about(&self.host, took);
        self.site.inner.clock.sleep(took).await;
    }

    /// Waits about `took` milliseconds, or until the caller is gone: then it is refused.
    pub(in crate::rehearsal) async fn pass_while_asked(&self, took: u64) -> Result<(), Refusal> {
        tokio::select! {
            biased;
            () = self.gone.cancelled() => Err(Refusal::internal("context canceled")),
            () = self.pass(took) => Ok(()),
        }
    }

    /// Whether the caller has hung up.
    pub(in crate::rehearsal) fn is_gone(&self) -> bool {
        self.gone.is_cancelled()
    }

    /// The path's parts after `1.0`.
    pub(in crate::rehearsal) fn path(&self) -> Vec<&str> {
        self.asked.path.iter().skip(1).map(String::as_str).collect()
    }
}
