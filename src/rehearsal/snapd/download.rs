//! The download of a snap: bytes over a line that all downloads of a node share.

use super::changes::{Effect, Status, Task};
use super::daemon::Daemon;
use super::run::{SLICE, Stop};
use super::wording;
use crate::rehearsal::fault::{Call, Kind, Strike};

impl Daemon {
    /// Downloads what a change puts in its place.
    pub(super) async fn download(&self, id: &str, at: usize, task: &Task) -> Result<(), Stop> {
        let strike = self.strike(Call::Download);
        let total = self.bytes(id, at, &task.snap);
        self.on_task(id, at, |task, _| task.total = total);
        let mut done = 0;
        while done < total {
            self.wait(id, SLICE).await?;
            done = total.min(done + self.share());
            self.on_task(id, at, |task, _| task.done = done);
            // A download fails in its middle, not before it has begun.
            if done > total / 3 {
                fails(&task.snap, &strike)?;
            }
        }
        self.site.inner.clock.sleep(strike.delay).await;
        Ok(())
    }

    /// The bytes of the snap that a change downloads: those of the release it puts in its place.
    fn bytes(&self, id: &str, at: usize, snap: &str) -> u64 {
        let state = self.state();
        let later = state.change(id).map(|change| change.tasks.iter().skip(at));
        let release = later
            .into_iter()
            .flatten()
            .find_map(|task| match &task.effect {
                Effect::Link(release) if release.snap == snap => Some(release.bytes),
                _ => None,
            });
        release.unwrap_or(1)
    }

    /// What one download gets of the line in a slice of time.
    fn share(&self) -> u64 {
        let state = self.state();
        let tasks = state.changes.iter().flat_map(|change| &change.tasks);
        let loading = tasks.filter(|task| task.status == Status::Doing && task.total > 1);
        let loading = u64::try_from(loading.count()).unwrap_or(1).max(1);
        (self.spec.bytes_per_second * SLICE / 1000 / loading).max(1)
    }
}

/// What a fault does to a download.
fn fails(snap: &str, strike: &Strike) -> Result<(), Stop> {
    let words = if strike.trouble == Some(Kind::Offline) {
        format!("cannot download snap \"{snap}\": {}", wording::no_store())
    } else if strike.trouble == Some(Kind::Full) {
        wording::full(snap)
    } else if strike.hung_up {
        wording::cut_off(snap)
    } else if let Some(reason) = &strike.refused {
        format!("cannot download snap \"{snap}\": {reason}")
    } else {
        return Ok(());
    };
    Err(Stop::Failed(words))
}
