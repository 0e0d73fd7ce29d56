//! The services around one simulated Pi: each can be started, stopped and started again.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::serving::Serving;
use super::snapd::{Happened, Hook, What};

/// Starts a service.
type Start =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = io::Result<Serving>> + Send>> + Send + Sync>;

/// The services of one Pi.
#[derive(Debug)]
pub struct Services {
    /// What its snaps bring.
    pub daemons: Daemons,
    /// Its snapd.
    pub snapd: Service,
}

/// The daemons that the snaps of one Pi bring.
#[derive(Debug, Clone)]
pub struct Daemons {
    /// Its LXD.
    pub lxd: Arc<Service>,
    /// Its MicroCeph.
    pub ceph: Arc<Service>,
    /// Its MicroOVN.
    pub ovn: Arc<Service>,
}

impl Daemons {
    /// The daemon of the snap called `snap`.
    pub(super) const fn of(&self, snap: &str) -> Option<&Arc<Service>> {
        match snap.as_bytes() {
            b"lxd" => Some(&self.lxd),
            b"microceph" => Some(&self.ceph),
            b"microovn" => Some(&self.ovn),
            _ => None,
        }
    }

    /// Does what snapd does with the services of its snaps.
    pub(super) fn hook(self) -> Hook {
        Arc::new(move |happened: Happened| {
            let daemon = self.of(&happened.snap).cloned();
            Box::pin(async move {
                let Some(daemon) = daemon else { return };
                if happened.what != What::Started {
                    daemon.stop().await;
                }
                if happened.what != What::Stopped
                    && let Err(error) = daemon.start().await
                {
                    tracing::warn!(%error, snap = happened.snap, "a simulated daemon cannot start");
                }
            })
        })
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
