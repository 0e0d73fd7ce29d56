//! The leader's side: one listener, the caller's kind told by ALPN.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::verify_tls13_signature;
use rustls::pki_types::UnixTime;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme,
};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::{StartHandshake, TlsStream};

use super::gate::{Gate, Pass};
use super::{ALPN_AGENT, ALPN_JOIN, At, Distrust, HANDSHAKE, TlsError, explain, provider};
use crate::engine::Millis;
use crate::session::CertificateDer;
use crate::session::identity::Identity;
use crate::session::peer::{PeerCertificate, Role};

/// A plain TLS alert record: fatal, `no_application_protocol` (RFC 7301, section 3.2).
const NO_APPLICATION_PROTOCOL: [u8; 7] = [21, 3, 3, 0, 2, 2, 120];

/// What a stranger may take of the leader before anybody knows who it is.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// For the whole handshake, in real time.
    pub handshake: Duration,
    /// Handshakes under way at once.
    pub at_once: usize,
    /// Of these, from one IPv4 address or IPv6 /64.
    pub per_source: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            handshake: HANDSHAKE,
            at_once: 64,
            per_source: 16,
        }
    }
}

/// Who has come in.
#[derive(Debug)]
pub enum Incoming {
    /// A machine that may have a join token; nothing is known of it yet.
    Join(Box<TlsStream<TcpStream>>),
    /// An agent whose certificate is the authority's. Whether that certificate was revoked is the
    /// store's to say, before the first answer.
    Agent(Box<TlsStream<TcpStream>>, PeerCertificate),
}

/// Turns TCP connections into callers that may be talked to. Clones share the bounds.
#[derive(Clone)]
pub struct Acceptor {
    join: Arc<ServerConfig>,
    agent: Arc<ServerConfig>,
    gate: Gate,
    unknown: Gate,
    handshake: Duration,
}

/// A place among the callers that showed nothing yet; dropping it makes room.
#[derive(Debug)]
pub struct Place {
    _pass: Pass,
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor")
            .field("gate", &self.gate)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Join,
    Agent,
}

impl Acceptor {
    /// An acceptor that shows `certificate` (the leader's, from `Authority::issue_server`) and
    /// believes agents of `authority` (its certificate) alone. A renewed certificate or a raised
    /// epoch needs a new acceptor.
    pub fn new(
        leader: &Identity,
        certificate: &CertificateDer,
        authority: &CertificateDer,
        bounds: Bounds,
    ) -> Result<Self, TlsError> {
        let own = PeerCertificate::parse(certificate).map_err(Distrust::from)?;
        if own.epoch().is_none() || own.node_id != *leader.id() {
            return Err(Distrust::WrongRole("this node as leader").into());
        }
        let agents = AgentVerifier::new(authority, own.cluster)?;
        let chain = vec![certificate.clone(), authority.clone()];
        let builder = || {
            ServerConfig::builder_with_provider(provider())
                .with_protocol_versions(&[&rustls::version::TLS13])
        };
        let join = builder()?
            .with_no_client_auth()
            .with_single_cert(chain.clone(), leader.private_key())?;
        let agent = builder()?
            .with_client_cert_verifier(Arc::new(agents))
            .with_single_cert(chain, leader.private_key())?;
        Ok(Self {
            join: Arc::new(hardened(join, ALPN_JOIN)),
            agent: Arc::new(hardened(agent, ALPN_AGENT)),
            gate: Gate::new(bounds.at_once, bounds.per_source),
            unknown: Gate::new(bounds.at_once, bounds.per_source),
            handshake: bounds.handshake,
        })
    }

    /// The handshake with one caller, bounded in time and number; `now` is World's. Run it in a
    /// task of its own for each connection: a caller that never speaks costs that task alone.
    pub async fn accept(&self, stream: TcpStream, now: Millis) -> Result<Incoming, TlsError> {
        let source: IpAddr = stream.peer_addr().map_err(TlsError::Io)?.ip();
        let _pass = self.gate.enter(source).ok_or(TlsError::Busy)?;
        tokio::time::timeout(self.handshake, self.greet(stream, now))
            .await
            .map_err(|_| TlsError::TimedOut)?
    }

    /// A place for a caller that came to join, to be held until it was answered: anybody can finish
    /// a handshake, and each waiting caller costs a task and a file descriptor. None where as many
    /// as the bounds say are waiting, over all or from this address.
    pub fn place(&self, source: IpAddr) -> Option<Place> {
        self.unknown.enter(source).map(|pass| Place { _pass: pass })
    }

    async fn greet(&self, stream: TcpStream, now: Millis) -> Result<Incoming, TlsError> {
        let mut start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream)
            .await
            .map_err(explain)?;
        let Some(kind) = wanted(&start) else {
            // Whether the caller hears it is its own affair.
            let _ = start.io.write_all(&NO_APPLICATION_PROTOCOL).await;
            return Err(TlsError::Protocol);
        };
        let config = match kind {
            Kind::Join => &self.join,
            Kind::Agent => &self.agent,
        };
        let config = at(config, now);
        let stream = Box::new(start.into_stream(config).await.map_err(explain)?);
        match kind {
            Kind::Join => Ok(Incoming::Join(stream)),
            Kind::Agent => {
                let peer = presented(&stream)?;
                Ok(Incoming::Agent(stream, peer))
            }
        }
    }
}

/// The first protocol of the caller's list that is spoken here.
fn wanted(start: &StartHandshake<TcpStream>) -> Option<Kind> {
    start.client_hello().alpn()?.find_map(|protocol| {
        if protocol == ALPN_JOIN {
            Some(Kind::Join)
        } else if protocol == ALPN_AGENT {
            Some(Kind::Agent)
        } else {
            None
        }
    })
}

fn presented(stream: &TlsStream<TcpStream>) -> Result<PeerCertificate, TlsError> {
    let (_, connection) = stream.get_ref();
    let leaf = connection
        .peer_certificates()
        .and_then(<[_]>::first)
        .ok_or(Distrust::NoCertificate)?;
    Ok(PeerCertificate::parse(leaf).map_err(Distrust::from)?)
}

/// No tickets, no resumption, no early data: every connection proves itself anew.
fn hardened(mut config: ServerConfig, alpn: &[u8]) -> ServerConfig {
    config.alpn_protocols = vec![alpn.to_vec()];
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config
}

/// The same configuration at the caller's time; its parts are shared, so this is cheap.
fn at(config: &ServerConfig, now: Millis) -> Arc<ServerConfig> {
    let mut config = config.clone();
    config.time_provider = Arc::new(At(now));
    Arc::new(config)
}

/// Believes workers of one cluster's authority.
#[derive(Debug)]
struct AgentVerifier {
    chain: Arc<dyn ClientCertVerifier>,
    cluster: String,
}

impl AgentVerifier {
    fn new(authority: &CertificateDer, cluster: String) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone())?;
        let chain = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        Ok(Self { chain, cluster })
    }
}

impl ClientCertVerifier for AgentVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // No hints: a caller without a certificate learns nothing about the cluster here.
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &rustls::pki_types::CertificateDer<'_>,
        intermediates: &[rustls::pki_types::CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self
            .chain
            .verify_client_cert(end_entity, intermediates, now)?;
        let peer = PeerCertificate::parse(end_entity).map_err(Distrust::from)?;
        if peer.cluster != self.cluster {
            return Err(Distrust::OtherCluster.into());
        }
        if peer.role != Role::Worker {
            return Err(Distrust::WrongRole("a worker").into());
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &rustls::pki_types::CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(super::only_tls13())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &rustls::pki_types::CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}
