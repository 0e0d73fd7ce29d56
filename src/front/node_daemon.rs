//! The node's daemon as a process: `mcloudd` on the leader, `mcloud-agent` on workers.

use tokio::signal::unix::{SignalKind, signal};

use super::Exit;
use crate::cli::Common;
use crate::daemon::{self, DaemonError};

/// Runs the daemon until it is told to end.
pub(super) async fn run(common: &Common) -> Result<u8, Exit> {
    // A session of its own: a closed terminal costs a face, never a run.
    let _ = rustix::process::setsid();
    let failed = |error: std::io::Error| Exit::failed(error);
    // Taking SIGHUP undoes an inherited "ignore": services that are started under it break.
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    log();
    let world = super::world(common);
    let parts = super::parts(&world);
    let mut running = daemon::start(world, parts)
        .await
        .map_err(|error| match error {
            DaemonError::Owned(_) => Exit::owned(error),
            _ => Exit::failed(error),
        })?;
    loop {
        tokio::select! {
            _ = hangup.recv() => {}
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            () = running.ended() => {
                return Err(Exit::failed("the daemon's loop ended by itself"));
            }
        }
    }
    running.stop().await;
    Ok(0)
}

fn log() {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;
    let asked = std::env::var("MCLOUD_LOG").ok();
    let filter = asked.and_then(|asked| asked.parse::<Targets>().ok());
    let filter = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let written = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(std::io::stderr);
    let subscriber = tracing_subscriber::registry().with(filter).with(written);
    // A second subscriber in one process is no reason to stop.
    let _ = subscriber.try_init();
}
