//! What lies outside mcloud on this machine: the services and the host.
//!
//! Every service implements [`InfraBootstrapper`]; every step is one small type with `observe`,
//! `apply`, `verify` and, where it can be, `undo`. `apply` is safe to repeat: it asks the service
//! first, and what is there already is never an error.

pub mod host;
mod late;
pub mod lxd;
pub mod microceph;
pub mod microcluster;
pub mod microovn;
mod patient;
pub mod rest;
pub mod snapd;
mod systemd;
mod tokens;

use std::collections::BTreeMap;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use crate::engine::message::{Failure, Message};
use crate::engine::plan::Work;
use crate::engine::services::{NodeFacts, ServiceState};
use crate::engine::{Millis, Progress, Seen};

/// A future that may be kept as a value.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What only the leader can give to a step of another node, by name: a join token, the cluster's
/// certificate. Never shown, logged or kept.
pub type Inputs = BTreeMap<String, String>;

/// The way into a web interface.
#[derive(Debug, Clone)]
pub struct Web {
    /// The address with the secret that lets its caller in. Never logged or kept.
    pub url: SecretString,
    /// How long it is good, in ms.
    pub lasts_ms: Millis,
}

/// What a step has at hand while it works.
pub struct Context {
    /// Where signs of life go.
    pub progress: Box<dyn Fn(Progress) + Send + Sync>,
    /// Asked, never enforced: a step looks at it between two calls and stops at a safe place.
    pub cancel: CancellationToken,
    /// What the leader gave with the order.
    pub inputs: Inputs,
    /// Which attempt of its step this is, from 1.
    pub attempt: u32,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("cancel", &self.cancel)
            .finish_non_exhaustive()
    }
}

impl Context {
    /// Whether an earlier attempt of the step may have written something.
    pub const fn is_again(&self) -> bool {
        self.attempt > 1
    }

    /// Says what the step is doing now.
    pub fn say(&self, doing: Message) {
        (self.progress)(Progress {
            doing: Some(doing),
            units: None,
        });
    }

    /// Shows that the step is alive.
    pub fn alive(&self) {
        (self.progress)(Progress::default());
    }
}

/// One step of the plan on this node.
pub trait Step: Send + Sync + std::fmt::Debug {
    /// Looks whether it is there already; what is there instead goes into the journal. Something
    /// of somebody else in its place is a failure.
    fn observe<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Seen, Failure>>;

    /// Does it; safe to repeat.
    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>>;

    /// Makes sure that it is there, and says what was found.
    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>>;

    /// Takes back what a failed `apply` left half-made, so that it can be tried again.
    fn undo<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        let _ = context;
        Box::pin(async { Ok(()) })
    }
}

/// A service that mcloud brings up: what it is, its first member, its joins.
pub trait InfraBootstrapper: Send + Sync + std::fmt::Debug {
    /// What the service on this node is found to be; reads only.
    fn status(&self) -> Doing<'_, ServiceState>;

    /// The step that does `work` on this node, if it is this service's.
    fn step(&self, work: &Work) -> Option<Box<dyn Step>>;

    /// What the leader's service must give before another node can do `work`: nothing for most.
    fn inputs_for<'a>(&'a self, work: &'a Work) -> Doing<'a, Result<Inputs, Failure>>;

    /// The way into the service's web interface on this node, reached at `address`: made anew, so it is
    /// asked for once. None where the service has none, or somebody was given one already.
    fn web(&self, address: IpAddr) -> Doing<'_, Option<Web>> {
        let _ = address;
        Box::pin(async { None })
    }
}

/// The facts of a node, with how each of its services is found; reads only.
pub async fn look(services: &[Box<dyn InfraBootstrapper>], mut facts: NodeFacts) -> NodeFacts {
    let found = services.iter().map(|service| service.status());
    for found in futures_util::future::join_all(found).await {
        facts = facts.with(found);
    }
    facts
}
