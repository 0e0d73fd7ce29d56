//! The tasks of one daemon: whatever it began ends with it.

use std::future::Future;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The tasks of one daemon. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tasks {
    stop: CancellationToken,
    tracker: TaskTracker,
}

impl Tasks {
    /// Does `work` beside everything else; none comes back where the daemon ended first. That is
    /// what the end of the process does to it, too.
    pub(super) fn spawn<F>(&self, work: F) -> JoinHandle<Option<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let stop = self.stop.clone();
        self.tracker.spawn(stop.run_until_cancelled_owned(work))
    }

    /// Does `work` to its own end, which must come once the daemon is gone.
    pub(super) fn spawn_to_end<F>(&self, work: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tracker.spawn(work);
    }

    /// Waits until they are to end: for what has something to close then.
    pub(super) async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Ends them.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// Ends them where whoever holds this ends, by a panic for instance.
    pub(super) fn end_with(&self) -> tokio_util::sync::DropGuard {
        self.stop.clone().drop_guard()
    }

    /// Waits until all have ended and what they held is let go.
    pub(super) async fn ended(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}
