//! Who may be believed, over real TLS on this machine's loopback.

#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "in a test, an assumption that does not hold is a failure"
)]

mod agents;
mod attacks;
mod certificates;
mod crowds;
mod impostors;
mod joining;
mod keys;
mod masks;
mod pake;
mod strangers;
mod tokens;
mod trust;
mod words;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mcloud::session::tls::{ALPN_AGENT, ALPN_JOIN};
use mcloud::session::token::Invitation;
use mcloud::session::{
    Acceptor, Authority, Bounds, CertificateDer, Identity, Incoming, JoinToken, Membership,
    TlsError,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A moment in 2025; no test looks at the machine's clock, and certificates are judged by this.
pub(crate) const NOW: u64 = 1_760_000_000_000;

/// The epoch in which the leader of these tests leads.
pub(crate) const EPOCH: u64 = 7;

/// A leader that listens on a port of its own.
pub(crate) struct Leader {
    pub(crate) authority: Authority,
    pub(crate) identity: Identity,
    pub(crate) acceptor: Acceptor,
    pub(crate) listener: TcpListener,
    pub(crate) address: SocketAddr,
    dir: TempDir,
}

impl Leader {
    pub(crate) async fn new() -> Self {
        Self::bounded(Bounds::default()).await
    }

    pub(crate) async fn bounded(bounds: Bounds) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        let identity = Identity::load_or_create(&state).unwrap();
        let authority = Authority::create(&state, NOW).unwrap();
        let own = authority.issue_server(&identity, EPOCH, NOW).unwrap();
        let ca = authority.certificate();
        let acceptor = Acceptor::new(&identity, &own.certificate, ca, bounds).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self {
            authority,
            identity,
            acceptor,
            listener,
            address,
            dir,
        }
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// Takes the next connection through its handshake.
    pub(crate) async fn accept(&self) -> Result<Incoming, TlsError> {
        let (stream, _) = self.listener.accept().await.unwrap();
        self.acceptor.accept(stream, NOW).await
    }

    pub(crate) fn token(&self) -> JoinToken {
        JoinToken::create(Invitation {
            cluster: self.authority.cluster().to_owned(),
            addresses: vec![self.address],
            ca_sha256: self.authority.fingerprint(),
            expires: NOW + 3_600_000,
        })
        .unwrap()
    }

    /// A node with a certificate of this leader's authority.
    pub(crate) fn worker(&self) -> (Identity, Membership) {
        let identity = Identity::generate().unwrap();
        let csr = identity.csr().unwrap();
        let issued = self.authority.issue_client(&csr, identity.id(), NOW);
        let membership = Membership {
            certificate: issued.unwrap().certificate,
            authority: self.authority.certificate().clone(),
            cluster: self.authority.cluster().to_owned(),
            leader: self.identity.id().clone(),
            epoch: EPOCH,
        };
        (identity, membership)
    }
}

/// A client that is not mcloud's: it trusts the leader as any TLS client would, has no certificate,
/// and offers what it likes.
pub(crate) async fn foreign_client(
    leader: &Leader,
    alpn: &[&[u8]],
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(leader.authority.certificate().clone()).unwrap();
    let mut config = ClientConfig::builder_with_details(provider(), Arc::new(AtNow))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let tcp = TcpStream::connect(leader.address).await?;
    let name = ServerName::try_from(leader.identity.id().to_string()).unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await
}

/// A server that is not mcloud's: it shows `chain` for the key in `pem`, to one caller.
pub(crate) async fn foreign_server(chain: Vec<CertificateDer>, pem: &str) -> SocketAddr {
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![ALPN_JOIN.to_vec(), ALPN_AGENT.to_vec()];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let stream = TlsAcceptor::from(Arc::new(config)).accept(tcp).await;
        drop(stream);
    });
    address
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[derive(Debug)]
struct AtNow;

impl TimeProvider for AtNow {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_millis(NOW)))
    }
}
