//! What the simulated MicroCeph and MicroOVN share: microcluster, the library both are made with.
//!
//! Every call is answered when it is done, never by an operation. A caller that hangs up cancels
//! what it asked for; what is left then depends on the moment and on the application. Shapes, codes
//! and texts are those recorded from MicroCeph (microcluster v3.0.2) and MicroOVN (an early v3);
//! what no recording shows is worded after microcluster's source. There is no TLS between the nodes:
//! a joiner finds its cluster by the addresses in its token, and the token's fingerprint must be
//! that of the cluster's certificate. A failed call does not restart the daemon: what it began is
//! undone before its answer, as the recorded daemons were ready again at once.

mod control;
mod daemon;
mod join;
mod members;
mod names;
mod routes;
mod state;
mod tokens;

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};

use super::envelope::{Answer, Refusal};
use super::fault::{Call, Fault, Faults, Service};
use crate::world::Clock;

pub(super) use control::Control;
pub(super) use daemon::{Asked, Daemon, Errand};
pub(super) use names::position;
pub(super) use state::{Cluster, State};

/// What an application is called and tells of itself.
#[derive(Debug)]
pub(super) struct Identity {
    /// As faults and durations know it.
    pub(super) service: Service,
    /// Its word in the dice.
    pub(super) word: &'static str,
    /// The version it tells.
    pub(super) version: &'static str,
    /// The API extensions it lists.
    pub(super) extensions: &'static [&'static str],
    /// The version of its own tables.
    pub(super) schema: u64,
    /// Where a token is deleted, all but its name; the other path is unknown to it.
    pub(super) tokens: &'static [&'static str],
    /// What it says of a member that it does not know, around the name.
    pub(super) no_member: (&'static str, &'static str),
    /// Milliseconds that the removal of a member takes.
    pub(super) removal: u64,
    /// Whether two joins at once fail. Measured: two of 28 of MicroCeph's, none of MicroOVN's; here
    /// always and never.
    pub(super) one_join: bool,
}

/// A path that an application serves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path {
    /// The methods it has.
    pub(super) methods: &'static [&'static str],
    /// What faults call it; none for a path that no fault strikes.
    pub(super) call: Option<Call>,
}

/// An application of microcluster.
pub(super) trait App: Clone + fmt::Debug + Send + Sync + Sized + 'static {
    /// What one of its daemons keeps for itself.
    type Node: fmt::Debug + Send + 'static;
    /// What its clusters' databases keep.
    type Cluster: fmt::Debug + Default + Send + 'static;

    /// What it tells of itself.
    const IDENTITY: &'static Identity;

    /// Its own path, without `1.0`, asked with `method`; none for an unknown one.
    fn path(path: &[&str], method: &str) -> Option<Path>;

    /// The hook before anything is begun: what it refuses leaves no trace but name and address.
    fn precheck(state: &State<Self>, host: &str, control: &Control) -> Result<(), Refusal>;

    /// Puts on record what is there as soon as the new member is listed.
    fn enrol(state: &mut State<Self>, host: &str, control: &Control);

    /// Everything after that; a refusal rolls the member back.
    fn start(
        errand: &Errand<Self>,
        control: &Control,
    ) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// Whether `member`, on its own wish, may leave its cluster.
    fn may_leave(cluster: &Cluster<Self>, member: &str) -> Result<(), String>;

    /// Forgets what `member` on `host` ran; it is no member any more.
    fn leave(state: &mut State<Self>, host: &str, member: &str, cluster: u64);

    /// Answers one of its own paths on an initialised daemon.
    fn answer(errand: &Errand<Self>) -> impl Future<Output = Result<Answer, Refusal>> + Send;
}

/// What all nodes of one application share: clock, chance, faults and what they did to each other.
#[derive(Debug)]
pub(super) struct Site<A: App> {
    inner: Arc<Inner<A>>,
}

impl<A: App> Clone for Site<A> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
        }
    }
}

#[derive(Debug)]
struct Inner<A: App> {
    clock: Clock,
    seed: u64,
    faults: Faults,
    state: Mutex<State<A>>,
}

impl<A: App> Site<A> {
    pub(super) fn new(clock: Clock, seed: u64, faults: Vec<Fault>) -> Self {
        Self {
            inner: Arc::new(Inner {
                clock,
                seed,
                faults: Faults::new(faults),
                state: Mutex::new(State::new(seed)),
            }),
        }
    }

    /// Adds a node with a fresh daemon, or gives the node of that name a fresh one.
    pub(super) fn add(&self, host: &str, own: A::Node) -> Daemon<A> {
        self.state().install(host, own);
        Daemon::new(self.clone(), host.to_owned())
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.inner.clock
    }
}
