//! The unix socket of a simulated daemon, and the daemon's life behind it.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{Request, State};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::daemon::Daemon;
use super::routes;
use crate::rehearsal::fault::{Call, Down};

/// A running daemon. It stops, and its socket goes, when this is dropped.
#[derive(Debug)]
pub struct Serving {
    daemon: Daemon,
    socket: PathBuf,
    wake: Arc<Notify>,
}

impl Serving {
    pub(super) async fn start(mut daemon: Daemon, socket: PathBuf) -> io::Result<Self> {
        daemon.stop = CancellationToken::new();
        let wake = Arc::new(Notify::new());
        match daemon.strike(Call::Daemon, None).down {
            None => listen(daemon.clone(), &socket).await?,
            Some(down) => {
                tokio::spawn(listen_later(
                    daemon.clone(),
                    socket.clone(),
                    down,
                    wake.clone(),
                ));
            }
        }
        Ok(Self {
            daemon,
            socket,
            wake,
        })
    }

    /// Starts a daemon that a `down` fault keeps from listening, as `systemctl start` would.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Stops the daemon at once: connections are cut, operations end unfinished and forgotten.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.daemon.stop.cancel();
        let node = &self.daemon.node;
        self.daemon.state().operations.forget_node(node);
        // The socket may never have been made, or its directory may be gone already.
        drop(std::fs::remove_file(&self.socket));
    }
}

/// Listens once `down` is over or the daemon is woken.
async fn listen_later(daemon: Daemon, socket: PathBuf, down: Down, wake: Arc<Notify>) {
    let over = async {
        match down.until {
            Some(until) => daemon.site.inner.clock.sleep(until).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = daemon.stop.cancelled() => return,
        () = wake.notified() => {}
        () = over => {}
    }
    if let Err(error) = listen(daemon.clone(), &socket).await {
        tracing::warn!(%error, "the simulated LXD cannot listen");
    }
}

async fn listen(daemon: Daemon, socket: &Path) -> io::Result<()> {
    match tokio::fs::remove_file(socket).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let lines = Lines {
        listener: UnixListener::bind(socket)?,
        stop: daemon.stop.clone(),
    };
    let stop = daemon.stop.clone().cancelled_owned();
    let router = Router::new()
        .fallback(answer)
        .with_state(daemon)
        .into_make_service_with_connect_info::<Cut>();
    tokio::spawn(async move {
        let served = axum::serve(lines, router).with_graceful_shutdown(stop);
        if let Err(error) = served.await {
            tracing::warn!(%error, "the simulated LXD ended");
        }
    });
    Ok(())
}

async fn answer(
    State(daemon): State<Daemon>,
    ConnectInfo(Cut(cut)): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    if let Some(response) = routes::answer(&daemon, request).await {
        return response;
    }
    cut.cancel();
    std::future::pending().await
}

/// The socket, whose connections the daemon can cut.
struct Lines {
    listener: UnixListener,
    stop: CancellationToken,
}

impl Listener for Lines {
    type Io = Line;
    type Addr = ();

    async fn accept(&mut self) -> (Line, ()) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let cut = self.stop.child_token();
                    let cutting = Box::pin(cut.clone().cancelled_owned());
                    let line = Line {
                        stream,
                        cut,
                        cutting,
                    };
                    return (line, ());
                }
                // Descriptors may be short; other tasks free some.
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

/// One connection.
struct Line {
    stream: UnixStream,
    cut: CancellationToken,
    cutting: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// Cuts its connection when it is cancelled.
#[derive(Debug, Clone)]
struct Cut(CancellationToken);

impl Connected<IncomingStream<'_, Lines>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        Self(stream.io().cut.clone())
    }
}

impl Line {
    /// The end of the connection, once it is cut.
    fn poll_cut(&mut self, cx: &mut Context<'_>) -> Option<io::Error> {
        let cut = self.cutting.as_mut().poll(cx).is_ready();
        cut.then(|| io::Error::from(io::ErrorKind::ConnectionReset))
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.poll_cut(cx) {
            Some(cut) => Poll::Ready(Err(cut)),
            None => Pin::new(&mut self.stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.poll_cut(cx) {
            Some(cut) => Poll::Ready(Err(cut)),
            None => Pin::new(&mut self.stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
