//! One node's daemon: how a call is struck by faults, takes its time, and ends.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::durations::{Chore, usual};
use super::images::Image;
use super::operations::{self, Begun, Class};
use super::state::State;
use super::{Release, Site};
use crate::engine::Millis;
use crate::rehearsal::dice::Dice;
use crate::rehearsal::envelope::{Answer, Refusal};
use crate::rehearsal::fault::{Call, Service, Strike};

/// One request, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The node whose daemon is asked.
    pub(super) node: String,
    pub(super) method: String,
    /// The path's parts, decoded.
    pub(super) path: Vec<String>,
    pub(super) target: Option<String>,
    pub(super) recursion: bool,
    pub(super) force: bool,
    /// Seconds; none for as long as it takes.
    pub(super) timeout: Option<u64>,
    pub(super) if_match: Option<String>,
    pub(super) body: Value,
    /// What was sent instead of JSON.
    pub(super) upload: Option<Upload>,
}

/// Bytes that were sent: of them only an image's properties are kept.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) fingerprint: String,
    pub(super) size: usize,
    /// None where they are no image.
    pub(super) image: Option<Image>,
}

impl Asked {
    /// A text of the body; empty where there is none.
    pub(super) fn text(&self, key: &str) -> &str {
        self.body.get(key).and_then(Value::as_str).unwrap_or("")
    }

    /// Refuses a change of what is no longer as the caller read it.
    pub(super) fn matches(&self, release: Release, present: &str) -> Result<(), Refusal> {
        let asked = self.if_match.as_deref().map(|tag| tag.trim_matches('"'));
        match asked {
            Some(tag) if tag != present => {
                let text = super::wording::stale(release, present, tag);
                Err(Refusal::new(412, text))
            }
            _ => Ok(()),
        }
    }
}

/// How a piece of work ended well.
#[derive(Debug, Clone)]
pub(super) struct Done {
    /// Milliseconds that it takes.
    pub(super) took: u64,
    /// What to answer where no operation stands for it.
    pub(super) answer: Answer,
}

impl Done {
    pub(super) fn new(took: u64, answer: Answer) -> Self {
        Self { took, answer }
    }
}

/// A change, ready to be made. It is made twice: on a copy, to learn how long it takes, then in
/// earnest.
pub(super) type Work = Box<dyn Fn(&mut State, Millis) -> Result<Done, Refusal> + Send + Sync>;

/// A change and how its caller hears of its end.
pub(super) struct Job {
    /// The operation that stands for it; none where the answer waits.
    pub(super) operation: Option<Begun>,
    pub(super) work: Work,
}

impl Job {
    /// A change whose caller waits for the answer.
    pub(super) fn waited(
        work: impl Fn(&mut State, Millis) -> Result<Done, Refusal> + Send + Sync + 'static,
    ) -> Self {
        Self {
            operation: None,
            work: Box::new(work),
        }
    }

    /// The same change as an operation.
    #[must_use]
    pub(super) fn in_operation(mut self, description: &'static str, metadata: Value) -> Self {
        self.operation = Some(Begun {
            class: Class::Task,
            description,
            cluster_wide: metadata.is_null(),
            metadata,
            expires: None,
        });
        self
    }
}

/// One node's daemon.
#[derive(Debug, Clone)]
pub(super) struct Daemon {
    pub(super) site: Site,
    pub(super) node: String,
    /// Cancelled when the daemon stops: what it was doing stops with it.
    pub(super) stop: CancellationToken,
}

impl Daemon {
    pub(super) fn new(site: Site, node: String) -> Self {
        Self {
            site,
            node,
            stop: CancellationToken::new(),
        }
    }

    pub(super) fn now(&self) -> Millis {
        self.site.inner.clock.now()
    }

    /// What the site knows, without the operations that are forgotten by now.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        let state = self.site.inner.state.lock();
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        let remembered = operations::remembered(&self.site.inner.clock);
        state.operations.forget_ended(self.now(), remembered);
        state
    }

    /// What the faults do to `call`; a target is struck instead of the node that was asked.
    pub(super) fn strike(&self, call: Call, target: Option<&str>) -> Strike {
        let node = {
            let state = self.state();
            let target = state.target(&self.node, target);
            target.unwrap_or_else(|_| self.node.clone())
        };
        self.site.inner.faults.strike(Service::Lxd, call, &node)
    }

    /// Waits about `took` milliseconds of the site's time.
    pub(super) async fn pass(&self, took: u64) {
        let mut dice = {
            let mut state = self.state();
            let nth = state.calls(&self.node);
            Dice::of(self.site.inner.seed, &["duration", &self.node], nth)
        };
        let took = Duration::from_millis(dice.jitter(took));
        self.site.inner.clock.sleep(took).await;
    }

    /// Answers a question.
    pub(super) async fn look(
        &self,
        asked: &Asked,
        strike: Strike,
        see: impl Fn(&State, &Asked) -> Result<Answer, Refusal>,
    ) -> Answer {
        let release = self.state().release(&self.node);
        let chore = match asked.path.get(1).map(String::as_str) {
            Some("networks") => Chore::Networks,
            _ => Chore::Read,
        };
        self.pass(usual(release, chore)).await;
        self.site.inner.clock.sleep(strike.delay).await;
        if let Some(text) = strike.refused {
            return Refusal::internal(text).answer();
        }
        see(&self.state(), asked).unwrap_or_else(|refusal| refusal.answer())
    }

    /// Makes a change. It is made although the caller hangs up, as LXD does.
    pub(super) async fn change(
        &self,
        asked: &Asked,
        strike: Strike,
        prepare: impl Fn(&mut State, &Asked) -> Result<Job, Refusal>,
    ) -> Answer {
        if strike.foreign {
            self.state().occupy(asked);
        }
        let prepared = prepare(&mut self.state(), asked);
        let job = match prepared {
            Ok(job) => job,
            Err(refusal) => {
                self.pass(refusal.took).await;
                return refusal.answer();
            }
        };
        match job.operation {
            Some(begun) => self.begin(begun, job.work, strike),
            None => self.finish(job.work, strike).await,
        }
    }

    /// Starts an operation and answers with it.
    fn begin(&self, begun: Begun, work: Work, strike: Strike) -> Answer {
        let (id, shown) = {
            let mut state = self.state();
            let id = state.begin(&self.node, begun, self.now());
            let release = state.release(&self.node);
            let shown = state.operations.get(&id).map(|it| it.shown(release));
            (id, shown.unwrap_or_default())
        };
        let daemon = self.clone();
        let named = id.clone();
        tokio::spawn(async move {
            let stop = daemon.stop.clone();
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = daemon.run(work, strike) => outcome,
            };
            let now = daemon.now();
            let ended = outcome.map(|_| ());
            daemon.state().operations.end(&named, ended, now);
            daemon.site.inner.ended.notify_waiters();
        });
        Answer::accepted(&id, &shown)
    }

    async fn finish(&self, work: Work, strike: Strike) -> Answer {
        let daemon = self.clone();
        let made = tokio::spawn(async move {
            let stop = daemon.stop.clone();
            tokio::select! {
                () = stop.cancelled() => Err(Refusal::new(503, "LXD daemon is shutting down")),
                outcome = daemon.run(work, strike) => outcome,
            }
        });
        match made.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(refusal)) => refusal.answer(),
            Err(gone) => Refusal::internal(gone.to_string()).answer(),
        }
    }

    /// Lets the time pass that `work` takes, then does it.
    async fn run(&self, work: Work, strike: Strike) -> Result<Answer, Refusal> {
        let rehearsed = {
            let mut copy = self.state().clone();
            work(&mut copy, self.now())
        };
        let took = match &rehearsed {
            Ok(done) => done.took,
            Err(refusal) => refusal.took,
        };
        self.pass(took).await;
        self.site.inner.clock.sleep(strike.delay).await;
        if let Some(text) = strike.refused {
            return Err(Refusal::internal(text));
        }
        let now = self.now();
        let answer = work(&mut self.state(), now).map(|done| done.answer);
        self.site.inner.ended.notify_waiters();
        answer
    }
}
