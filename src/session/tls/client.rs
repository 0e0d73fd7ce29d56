//! The node's side: it calls the leader, and believes it for a reason.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WantsClientCert, verify_server_cert_signed_by_trust_anchor};
use rustls::crypto::verify_tls13_signature;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{ALPN_AGENT, ALPN_JOIN, At, Distrust, HANDSHAKE, TlsError, explain, provider};
use crate::engine::Millis;
use crate::session::CertificateDer;
use crate::session::identity::{Identity, NodeId};
use crate::session::peer::{Fingerprint, PeerCertificate};
use crate::session::token::JoinToken;

/// What a node keeps once it has joined; its key is its [`Identity`].
#[derive(Debug, Clone)]
pub struct Membership {
    /// Its own certificate.
    pub certificate: CertificateDer,
    /// The authority's certificate, the only root.
    pub authority: CertificateDer,
    /// The cluster's id.
    pub cluster: String,
    /// The leader.
    pub leader: NodeId,
    /// The highest epoch seen; a leader of a lower one is refused.
    pub epoch: u64,
}

/// A connection on which to send the token's secret.
#[derive(Debug)]
pub struct Joining {
    /// The connection.
    pub stream: Box<TlsStream<TcpStream>>,
    /// The leader's certificate.
    pub leader: PeerCertificate,
    /// The authority's certificate: the one whose fingerprint the token has.
    pub authority: CertificateDer,
}

/// An agent's connection to its leader. Whether the leader accepted this node's certificate shows
/// at the first read: see [`explain`].
#[derive(Debug)]
pub struct LeaderLink {
    /// The connection.
    pub stream: Box<TlsStream<TcpStream>>,
    /// The leader's certificate; its epoch is to be remembered if it is higher.
    pub leader: PeerCertificate,
}

/// Calls one address of the token's leader and checks that its chain ends at the authority the
/// token pins, for the token's cluster, in the role of leader. Takes at most 5 s; `now` is World's.
pub async fn connect_join(
    address: SocketAddr,
    token: &JoinToken,
    now: Millis,
) -> Result<Joining, TlsError> {
    let pin = token.invitation.ca_sha256;
    let verifier = LeaderVerifier {
        anchor: Anchor::Pinned(pin),
        cluster: token.invitation.cluster.clone(),
        known: None,
    };
    let config = builder(verifier, now)?.with_no_client_auth();
    let stream = dial(address, hardened(config, ALPN_JOIN)).await?;
    let authority = chain(&stream)
        .iter()
        .find(|certificate| Fingerprint::of(certificate) == pin)
        .ok_or(Distrust::OtherAuthority)?
        .clone();
    Ok(Joining {
        leader: leaf(&stream)?,
        authority,
        stream: Box::new(stream),
    })
}

/// Calls the leader of a membership: the authority is the only root, the leader is known by its
/// node id, and its epoch must not be lower than the one seen. Takes at most 5 s; `now` is World's.
pub async fn connect_agent(
    address: SocketAddr,
    identity: &Identity,
    membership: &Membership,
    now: Millis,
) -> Result<LeaderLink, TlsError> {
    let verifier = LeaderVerifier {
        anchor: Anchor::Known(membership.authority.clone()),
        cluster: membership.cluster.clone(),
        known: Some((membership.leader.clone(), membership.epoch)),
    };
    let config = builder(verifier, now)?
        .with_client_auth_cert(vec![membership.certificate.clone()], identity.private_key())?;
    let stream = dial(address, hardened(config, ALPN_AGENT)).await?;
    Ok(LeaderLink {
        leader: leaf(&stream)?,
        stream: Box::new(stream),
    })
}

fn builder(
    verifier: LeaderVerifier,
    now: Millis,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    Ok(
        ClientConfig::builder_with_details(provider(), Arc::new(At(now)))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier)),
    )
}

/// No resumption, no early data, and no name sent in the clear.
pub(super) fn hardened(mut config: ClientConfig, alpn: &[u8]) -> ClientConfig {
    config.alpn_protocols = vec![alpn.to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_early_data = false;
    config.enable_sni = false;
    config
}

pub(super) async fn dial(
    address: SocketAddr,
    config: ClientConfig,
) -> Result<TlsStream<TcpStream>, TlsError> {
    // The verifier knows the leader by its certificate; an address is never a name here.
    let name = ServerName::IpAddress(address.ip().into());
    let shake = async {
        let tcp = TcpStream::connect(address).await.map_err(TlsError::Io)?;
        tcp.set_nodelay(true).map_err(TlsError::Io)?;
        TlsConnector::from(Arc::new(config))
            .connect(name, tcp)
            .await
            .map_err(explain)
    };
    tokio::time::timeout(HANDSHAKE, shake)
        .await
        .map_err(|_| TlsError::TimedOut)?
}

fn chain(stream: &TlsStream<TcpStream>) -> &[CertificateDer] {
    let (_, connection) = stream.get_ref();
    connection.peer_certificates().unwrap_or_default()
}

fn leaf(stream: &TlsStream<TcpStream>) -> Result<PeerCertificate, TlsError> {
    let first = chain(stream).first().ok_or(Distrust::NoCertificate)?;
    Ok(PeerCertificate::parse(first).map_err(Distrust::from)?)
}

/// Where trust begins.
#[derive(Debug)]
enum Anchor {
    /// At the certificate with this fingerprint, which the server must send.
    Pinned(Fingerprint),
    /// At this certificate.
    Known(CertificateDer),
}

/// Believes the leader of one cluster, and no other machine.
#[derive(Debug)]
struct LeaderVerifier {
    anchor: Anchor,
    cluster: String,
    known: Option<(NodeId, u64)>,
}

impl LeaderVerifier {
    fn authority(
        &self,
        sent: &[rustls::pki_types::CertificateDer<'_>],
    ) -> Result<CertificateDer, Distrust> {
        match &self.anchor {
            Anchor::Known(certificate) => Ok(certificate.clone()),
            Anchor::Pinned(pin) => sent
                .iter()
                .find(|certificate| Fingerprint::of(certificate) == *pin)
                .map(|certificate| certificate.clone().into_owned())
                .ok_or(Distrust::OtherAuthority),
        }
    }

    fn believe(&self, peer: &PeerCertificate) -> Result<(), Distrust> {
        if peer.cluster != self.cluster {
            return Err(Distrust::OtherCluster);
        }
        let Some(found) = peer.epoch() else {
            return Err(Distrust::WrongRole("the leader"));
        };
        let Some((leader, known)) = &self.known else {
            return Ok(());
        };
        // The epoch first: a node that was replaced is told so, whoever it is.
        if found < *known {
            return Err(Distrust::OldEpoch {
                found,
                known: *known,
            });
        }
        if peer.node_id != *leader {
            return Err(Distrust::OtherNode(peer.node_id.clone()));
        }
        Ok(())
    }
}

impl ServerCertVerifier for LeaderVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &rustls::pki_types::CertificateDer<'_>,
        intermediates: &[rustls::pki_types::CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority(intermediates)?)?;
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let algorithms = provider().signature_verification_algorithms.all;
        // This checks signature, dates and server auth. The authority signs leaves only, so no
        // certificate that was sent along is of use.
        verify_server_cert_signed_by_trust_anchor(&parsed, &roots, &[], now, algorithms)?;
        let peer = PeerCertificate::parse(end_entity).map_err(Distrust::from)?;
        self.believe(&peer)?;
        Ok(ServerCertVerified::assertion())
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
