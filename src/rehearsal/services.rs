//! The services around one simulated Pi: each can be started, stopped and started again.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::serving::Serving;

/// Starts a service.
type Start =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = io::Result<Serving>> + Send>> + Send + Sync>;

/// The services of one Pi.
#[derive(Debug, Clone)]
pub struct Services {
    /// Its LXD.
    pub lxd: Arc<Service>,
    /// Its MicroCeph.
    pub ceph: Arc<Service>,
    /// Its MicroOVN.
    pub ovn: Arc<Service>,
}

impl Services {
    /// Starts all of them.
    pub(super) async fn start(&self) -> io::Result<()> {
        for service in [&self.lxd, &self.ceph, &self.ovn] {
            service.start().await?;
        }
        Ok(())
    }
}

/// One simulated service, which runs or does not.
pub struct Service {
    begin: Start,
    serving: Mutex<Option<Serving>>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

impl Service {
    pub(super) fn new(
        begin: impl Fn() -> Pin<Box<dyn Future<Output = io::Result<Serving>> + Send>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self {
            begin: Box::new(begin),
            serving: Mutex::default(),
        }
    }

    /// Starts it where it does not run.
    ///
    /// # Errors
    /// When its socket cannot be made.
    pub async fn start(&self) -> io::Result<()> {
        let mut serving = self.serving.lock().await;
        if serving.is_none() {
            *serving = Some((self.begin)().await?);
        }
        Ok(())
    }

    /// Stops it at once; what it was told it still knows.
    pub async fn stop(&self) {
        drop(self.serving.lock().await.take());
    }

    /// Has one that does not listen listen, as `systemctl start` would.
    pub async fn wake(&self) {
        if let Some(serving) = self.serving.lock().await.as_ref() {
            serving.wake();
        }
    }
}
