//! One simulated node with a snapd, and what every test of snapd's steps does with it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use mcloud::engine::message::{Failure, Message};
use mcloud::engine::{Progress, Seen};
use mcloud::infra::snapd::client::{Build, Snapd};
use mcloud::infra::snapd::{SnapInstalled, SnapsHeld};
use mcloud::infra::{Context, Inputs, Step};
use mcloud::rehearsal::fault::Fault;
use mcloud::rehearsal::snapd::{Happened, Hook, InstalledSnap, Serving, Site, SnapdSpec};
use mcloud::world::{Clock, World};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::steps_words::{heard, spoken};

/// One node, `pi-b`, and what was seen of it.
pub(crate) struct Lab {
    pub(crate) snapd: Snapd,
    pub(crate) cancel: CancellationToken,
    socket: PathBuf,
    clock: Clock,
    signs: Arc<Mutex<Vec<Progress>>>,
    services: Arc<Mutex<Vec<Happened>>>,
    serving: Option<Serving>,
    _directory: TempDir,
}

impl Lab {
    pub(crate) async fn of(snaps: &[(&str, &str)], faults: &[&str]) -> Self {
        let snaps = snaps
            .iter()
            .map(|(name, channel)| InstalledSnap::new(name, channel));
        Self::with(snaps.collect(), faults).await
    }

    pub(crate) async fn with(snaps: Vec<InstalledSnap>, faults: &[&str]) -> Self {
        let clock = Clock::faster(200.0);
        let faults = faults
            .iter()
            .map(|spec| spec.parse::<Fault>().expect("a fault"));
        let site = Site::new(clock.clone(), 5, faults.collect());
        let services: Arc<Mutex<Vec<Happened>>> = Arc::default();
        let mut spec = SnapdSpec::new("pi-b");
        spec.snaps = snaps;
        spec.on_service = Some(noting(Arc::clone(&services)));
        let directory = TempDir::new().expect("a directory");
        let socket = directory.path().join("snapd.socket");
        let serving = site.add_node(spec).serve(socket.clone()).await;
        Self {
            snapd: Snapd::new(socket.clone(), clock.clone()),
            socket,
            clock,
            cancel: CancellationToken::new(),
            signs: Arc::default(),
            services,
            serving: Some(serving.expect("the socket")),
            _directory: directory,
        }
    }

    /// The node's outside.
    pub(crate) fn world(&self) -> World {
        World {
            snapd_socket: self.socket.clone(),
            clock: self.clock.clone(),
            ..World::machine()
        }
    }

    /// Stops snapd for good.
    pub(crate) fn stop(&mut self) {
        drop(self.serving.take());
    }

    /// What a step has at hand; all it says has words.
    pub(crate) fn context(&self, inputs: Inputs) -> Context {
        let signs = Arc::clone(&self.signs);
        Context {
            progress: Box::new(move |progress| {
                progress.doing.as_ref().map(spoken);
                let mut signs = signs.lock().unwrap_or_else(PoisonError::into_inner);
                signs.push(progress);
            }),
            cancel: self.cancel.clone(),
            inputs,
            attempt: 1,
        }
    }

    pub(crate) fn snap(&self, name: &str, channel: &str, refresh: bool) -> SnapInstalled {
        let build = Build {
            channel: channel.to_owned(),
            revision: None,
        };
        SnapInstalled::new(self.snapd.clone(), name.to_owned(), build, refresh)
    }

    pub(crate) fn held(&self, names: &[&str]) -> SnapsHeld {
        SnapsHeld {
            snapd: self.snapd.clone(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    pub(crate) async fn observe(&self, step: &dyn Step) -> Result<Seen, Failure> {
        heard(step.observe(&self.context(Inputs::new())).await)
    }

    /// Applies and verifies, as a node's daemon does; a failed attempt is undone.
    pub(crate) async fn apply(&self, step: &dyn Step) -> Result<Vec<String>, Failure> {
        self.apply_with(step, Inputs::new()).await
    }

    pub(crate) async fn apply_with(
        &self,
        step: &dyn Step,
        inputs: Inputs,
    ) -> Result<Vec<String>, Failure> {
        let context = self.context(inputs);
        if let Err(failure) = heard(step.apply(&context).await) {
            heard(step.undo(&context).await)?;
            return Err(failure);
        }
        let found = heard(step.verify(&context).await)?;
        Ok(found.iter().map(spoken).collect())
    }

    /// A step's whole way: not there, applied, there; and applied once more, which changes nothing.
    pub(crate) async fn walk(&self, step: &dyn Step) -> Vec<String> {
        match self.observe(step).await {
            Ok(Seen::Missing(before)) => assert!(!before.is_empty(), "{step:?}"),
            other => panic!("{step:?} should be missing: {other:?}"),
        }
        let found = self.apply(step).await.expect("applied");
        assert_eq!(self.is_there(step).await, found);
        assert_eq!(self.apply(step).await.expect("once more"), found);
        found
    }

    pub(crate) async fn is_there(&self, step: &dyn Step) -> Vec<String> {
        match self.observe(step).await {
            Ok(Seen::There(found)) => found.iter().map(spoken).collect(),
            other => panic!("{step:?} should be there: {other:?}"),
        }
    }

    pub(crate) fn signs(&self) -> Vec<Progress> {
        let signs = self.signs.lock().unwrap_or_else(PoisonError::into_inner);
        signs.clone()
    }

    /// The codes of what was said while steps worked.
    pub(crate) fn said(&self) -> BTreeSet<String> {
        let signs = self.signs();
        let said = signs.iter().filter_map(|sign| sign.doing.as_ref());
        said.map(|message: &Message| message.code.clone()).collect()
    }

    /// What happened to services.
    pub(crate) fn services(&self) -> Vec<String> {
        let services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        let told = services.iter();
        told.map(|it| format!("{} {:?}", it.snap, it.what))
            .collect()
    }
}

fn noting(services: Arc<Mutex<Vec<Happened>>>) -> Hook {
    Arc::new(move |happened| {
        let services = Arc::clone(&services);
        Box::pin(async move {
            let mut services = services.lock().unwrap_or_else(PoisonError::into_inner);
            services.push(happened);
        })
    })
}
