//! A cable that can be pulled: TCP passed on between a joiner and its leader.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Passes connections on to one address until it is dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    cut: Arc<Mutex<Cut>>,
    end: CancellationToken,
}

/// How the connections of now can be ended.
#[derive(Default, Clone)]
struct Cut {
    both: CancellationToken,
    near: CancellationToken,
    mute: CancellationToken,
}

impl Proxy {
    pub(crate) async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let cut: Arc<Mutex<Cut>> = Arc::default();
        let end = CancellationToken::new();
        let now = Arc::clone(&cut);
        let accepting = async move {
            while let Ok((near, _)) = listener.accept().await {
                let cut = now.lock().expect("no test panics here").clone();
                tokio::spawn(pass(near, target, cut));
            }
        };
        tokio::spawn(end.clone().run_until_cancelled_owned(accepting));
        Self { address, cut, end }
    }

    fn renew(&self) -> Cut {
        std::mem::take(&mut *self.cut.lock().expect("no test panics here"))
    }

    /// Ends every connection for both sides; new ones are passed on.
    pub(crate) fn cut(&self) {
        self.renew().both.cancel();
    }

    /// Ends every connection for the caller alone: the called side hears nothing of it.
    pub(crate) fn cut_near(&self) {
        self.renew().near.cancel();
    }
}

impl Proxy {
    /// From now on nothing is passed on over the connections of now, which stay open: so it is when
    /// the other machine stands still.
    pub(crate) fn mute(&self) {
        self.renew().mute.cancel();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.end.cancel();
        self.cut();
    }
}

async fn pass(mut near: TcpStream, target: SocketAddr, cut: Cut) {
    let Ok(mut far) = TcpStream::connect(target).await else {
        return;
    };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
        () = cut.both.cancelled() => {}
        () = cut.mute.cancelled() => cut.both.cancelled().await,
        () = cut.near.cancelled() => {
            let _ = near.shutdown().await;
            drop(near);
            cut.both.cancelled().await;
        }
    }
}
