//! The leader's side: one listener, the caller's kind told by ALPN.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::server::NoServerSessionStorage;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::{StartHandshake, TlsStream};

use super::agents::AgentVerifier;
use super::anyone::{self, Anyone};
use super::gate::Pass;
use super::{
    ALPN_AGENT, ALPN_JOIN, ALPN_SESSION, At, Distrust, HANDSHAKE, TlsError, explain, provider,
};
use crate::engine::Millis;
use crate::session::CertificateDer;
use crate::session::identity::{Identity, NodeId};
use crate::session::peer::PeerCertificate;
use crate::session::trust::{Channel, Guards};

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
    /// A machine that heard of a session; it holds the key of the channel's peer, and nothing else
    /// is known of it. Whether a session is open is the daemon's to know.
    Session(Box<TlsStream<TcpStream>>, Channel),
}

/// Turns TCP connections into callers that may be talked to. Clones share the bounds.
#[derive(Clone)]
pub struct Acceptor {
    join: Arc<ServerConfig>,
    agent: Arc<ServerConfig>,
    session: Arc<ServerConfig>,
    own: NodeId,
    guards: Guards,
    handshake: Duration,
}

/// A place among the callers that showed nothing yet; dropping it makes room.
#[derive(Debug)]
pub struct Place {
    _pass: Pass,
}

impl Place {
    pub(in crate::session) fn new(pass: Pass) -> Self {
        Self { _pass: pass }
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor")
            .field("guards", &self.guards)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Join,
    Agent,
    Session,
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
        let session = builder()?
            .with_client_cert_verifier(Arc::new(Anyone))
            .with_single_cert(vec![leader.self_signed()?], leader.private_key())?;
        Ok(Self {
            join: Arc::new(hardened(join, ALPN_JOIN)),
            agent: Arc::new(hardened(agent, ALPN_AGENT)),
            session: Arc::new(hardened(session, ALPN_SESSION)),
            own: leader.id().clone(),
            guards: Guards::new(bounds),
            handshake: bounds.handshake,
        })
    }

    /// The handshake with one caller, bounded in time and number; `now` is World's. Run it in a
    /// task of its own for each connection: a caller that never speaks costs that task alone.
    pub async fn accept(&self, stream: TcpStream, now: Millis) -> Result<Incoming, TlsError> {
        let source = stream.peer_addr().map_err(TlsError::Io)?;
        let source: IpAddr = source.ip().to_canonical();
        let _pass = self.guards.shake(source).ok_or(TlsError::Busy)?;
        tokio::time::timeout(self.handshake, self.greet((stream, source), now))
            .await
            .map_err(|_| TlsError::TimedOut)?
    }

    /// A place for a caller that came to join, to be held until it was answered: anybody can finish
    /// a handshake, and each waiting caller costs a task and a file descriptor. None where as many
    /// as the bounds say are waiting, over all or from this address.
    pub fn place(&self, source: IpAddr) -> Option<Place> {
        self.guards.place(source)
    }

    /// The bounds of this acceptor, for the sessions it lets in.
    pub fn guards(&self) -> Guards {
        self.guards.clone()
    }

    async fn greet(
        &self,
        (stream, source): (TcpStream, IpAddr),
        now: Millis,
    ) -> Result<Incoming, TlsError> {
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
            Kind::Session if !self.guards.knock(source, now) => return Err(TlsError::Busy),
            Kind::Session => &self.session,
        };
        let config = at(config, now);
        let stream = Box::new(start.into_stream(config).await.map_err(explain)?);
        match kind {
            Kind::Join => Ok(Incoming::Join(stream)),
            Kind::Agent => {
                let peer = presented(&stream)?;
                Ok(Incoming::Agent(stream, peer))
            }
            Kind::Session => {
                let (_, connection) = stream.get_ref();
                let channel = anyone::channel(connection, &self.own)?;
                Ok(Incoming::Session(stream, channel))
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
        } else if protocol == ALPN_SESSION {
            Some(Kind::Session)
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
