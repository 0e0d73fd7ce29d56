//! The unix socket of a simulated daemon, and the daemon's life behind it.

use std::fmt;
use std::future::Future;
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

use super::fault::Down;
use crate::world::Clock;

/// A simulated daemon, as its socket sees it.
pub(super) trait Served: Clone + Send + Sync + 'static {
    /// Cancelled when the daemon stops: what it was doing stops with it.
    fn stopping(&self) -> &CancellationToken;

    /// The clock that a `down` fault passes on.
    fn clock(&self) -> &Clock;

    /// The answer to `request`; none where the connection is closed instead.
    fn answer(&self, request: Request) -> impl Future<Output = Option<Response>> + Send;

    /// It listens from now on.
    fn listens(&self) {}

    /// It has stopped.
    fn stopped(&self);
}

/// A running daemon. It stops, and its socket goes, when this is dropped.
pub struct Serving {
    stop: CancellationToken,
    stopped: Box<dyn Fn() + Send + Sync>,
    socket: PathBuf,
    wake: Arc<Notify>,
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Serving").field(&self.socket).finish()
    }
}

impl Serving {
    /// Starts `daemon` on `socket`; a leftover there is replaced, and `down` keeps it from listening.
    pub(super) async fn start<D: Served>(
        daemon: D,
        socket: PathBuf,
        down: Option<Down>,
    ) -> io::Result<Self> {
        let wake = Arc::new(Notify::new());
        match down {
            None => listen(daemon.clone(), &socket).await?,
            Some(down) => {
                let woken = wake.clone();
                tokio::spawn(listen_later(daemon.clone(), socket.clone(), down, woken));
            }
        }
        Ok(Self {
            stop: daemon.stopping().clone(),
            stopped: Box::new(move || daemon.stopped()),
            socket,
            wake,
        })
    }

    /// Starts a daemon that a `down` fault keeps from listening, as `systemctl start` would.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Stops the daemon at once: connections are cut, and what it was doing ends unfinished.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop.cancel();
        (self.stopped)();
        // The socket may never have been made, or its directory may be gone already.
        drop(std::fs::remove_file(&self.socket));
    }
}

/// Listens once `down` is over or the daemon is woken.
async fn listen_later<D: Served>(daemon: D, socket: PathBuf, down: Down, wake: Arc<Notify>) {
    let over = async {
        match down.until {
            Some(until) => daemon.clock().sleep(until).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = daemon.stopping().cancelled() => return,
        () = wake.notified() => {}
        () = over => {}
    }
    if let Err(error) = listen(daemon.clone(), &socket).await {
        tracing::warn!(%error, "a simulated daemon cannot listen");
    }
}

async fn listen<D: Served>(daemon: D, socket: &Path) -> io::Result<()> {
    match tokio::fs::remove_file(socket).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let lines = Lines {
        listener: UnixListener::bind(socket)?,
        stop: daemon.stopping().clone(),
    };
    daemon.listens();
    let stop = daemon.stopping().clone().cancelled_owned();
    let router = Router::new()
        .fallback(answer::<D>)
        .with_state(daemon)
        .into_make_service_with_connect_info::<Cut>();
    tokio::spawn(async move {
        let served = axum::serve(lines, router).with_graceful_shutdown(stop);
        if let Err(error) = served.await {
            tracing::warn!(%error, "a simulated daemon ended");
        }
    });
    Ok(())
}

async fn answer<D: Served>(
    State(daemon): State<D>,
    ConnectInfo(Cut(cut)): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    if let Some(response) = daemon.answer(request).await {
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
