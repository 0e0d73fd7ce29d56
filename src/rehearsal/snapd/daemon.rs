//! One node's snapd: how a call is struck by faults, takes its time, and is answered.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::answer::{Answer, Refusal};
use super::changes::Wish;
use super::state::State;
use super::{Happened, Site, SnapdSpec, What};
use crate::engine::Millis;
use crate::rehearsal::dice::Dice;
use crate::rehearsal::fault::{Call, Kind, Service, Strike};

/// One node's snapd.
#[derive(Clone)]
pub(super) struct Daemon {
    pub(super) site: Site,
    pub(super) spec: Arc<SnapdSpec>,
    pub(super) state: Arc<Mutex<State>>,
    /// Cancelled when the daemon stops: what it was doing waits until it is started again.
    pub(super) stop: CancellationToken,
}

impl fmt::Debug for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Daemon").field(&self.spec.name).finish()
    }
}

impl Daemon {
    pub(super) fn now(&self) -> Millis {
        self.site.inner.clock.now()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn strike(&self, call: Call) -> Strike {
        let faults = &self.site.inner.faults;
        faults.strike(Service::Snapd, call, &self.spec.name)
    }

    /// Waits about `took` milliseconds of the site's time.
    pub(super) async fn pass(&self, took: u64) {
        let nth = {
            let mut state = self.state();
            state.answers += 1;
            state.answers
        };
        let mut dice = Dice::of(self.site.inner.seed, &["snapd", &self.spec.name], nth);
        self.sleep(dice.jitter(took)).await;
    }

    pub(super) async fn sleep(&self, milliseconds: u64) {
        let clock = &self.site.inner.clock;
        clock.sleep(Duration::from_millis(milliseconds)).await;
    }

    /// Begins a change and answers with it.
    pub(super) fn begin(&self, wish: Wish) -> Answer {
        let now = self.now();
        let id = self.state().begin(wish, now);
        self.go_on(id.clone());
        Answer::begun(&id)
    }

    /// What stands between a wish and its change: faults, and what the store says.
    pub(super) async fn asks_store(
        &self,
        action: &str,
        snap: &str,
        strike: Strike,
    ) -> Result<(), Refusal> {
        use super::wording;
        self.site.inner.clock.sleep(strike.delay).await;
        if strike.trouble == Some(Kind::Offline) {
            return Err(wording::unreachable(action, snap));
        }
        if strike.trouble == Some(Kind::Full) {
            return Err(wording::no_space(action, snap));
        }
        refused(strike)?;
        self.pass(900).await;
        Ok(())
    }

    /// Tells the rehearsal that a snap's services were started or stopped, and waits until it has
    /// done so.
    pub(super) async fn tell(&self, snap: &str, what: What) {
        let happened = {
            let state = self.state();
            let Some(installed) = state.snaps.get(snap) else {
                return;
            };
            Happened {
                what,
                snap: snap.to_owned(),
                version: installed.version.clone(),
                channel: installed.channel.clone(),
            }
        };
        if let Some(told) = &self.spec.on_service {
            told(happened).await;
        }
    }
}

/// The refusal of a call that a fault strikes.
pub(super) fn refused(strike: Strike) -> Result<(), Refusal> {
    match strike.refused {
        Some(words) => Err(Refusal::new(500, words)),
        None => Ok(()),
    }
}
