//! TLS with somebody nobody knows yet: it proves that it holds its key, and the session does the rest.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::verify_tls13_signature;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, ClientConfig, ConnectionCommon, DigitallySignedStruct, DistinguishedName,
    SignatureScheme,
};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::client::{dial, hardened};
use super::{ALPN_SESSION, At, Distrust, TlsError, only_tls13, provider};
use crate::engine::Millis;
use crate::session::identity::{Identity, NodeId};
use crate::session::trust::Channel;

/// The label of the exporter (RFC 8446, 7.5) whose value goes into the session's transcript.
pub const EXPORTER: &[u8] = b"EXPORTER-mcloud-session-v1";

/// A joiner's connection to whoever answered: nobody is believed yet.
#[derive(Debug)]
pub struct SessionLink {
    /// The connection.
    pub stream: Box<TlsStream<TcpStream>>,
    /// Both ends of it; the peer is who says to be the initiator.
    pub channel: Channel,
}

/// Calls an address that says it has a session open. Takes at most 5 s; `now` is World's.
pub async fn connect_session(
    address: SocketAddr,
    identity: &Identity,
    now: Millis,
) -> Result<SessionLink, TlsError> {
    let config = ClientConfig::builder_with_details(provider(), Arc::new(At(now)))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_client_auth_cert(vec![identity.self_signed()?], identity.private_key())?;
    let stream = dial(address, hardened(config, ALPN_SESSION)).await?;
    let (_, connection) = stream.get_ref();
    let channel = channel(connection, identity.id())?;
    Ok(SessionLink {
        stream: Box::new(stream),
        channel,
    })
}

/// What both ends of a connection are, by the keys they have shown.
pub(super) fn channel<D>(
    connection: &ConnectionCommon<D>,
    own: &NodeId,
) -> Result<Channel, TlsError> {
    let leaf = connection
        .peer_certificates()
        .and_then(<[_]>::first)
        .ok_or(Distrust::NoCertificate)?;
    let exporter = connection.export_keying_material([0; 32], EXPORTER, None)?;
    Ok(Channel {
        me: own.clone(),
        peer: id_of(leaf)?,
        exporter,
    })
}

fn id_of(certificate: &CertificateDer<'_>) -> Result<NodeId, rustls::Error> {
    let parsed = ParsedCertificate::try_from(certificate)?;
    Ok(NodeId::of_spki(&parsed.subject_public_key_info()))
}

/// Takes every certificate whose key signs the handshake: Ed25519, TLS 1.3.
#[derive(Debug)]
pub(super) struct Anyone;

impl Anyone {
    fn signed(
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if signature.scheme != SignatureScheme::ED25519 {
            return Err(CertificateError::BadSignature.into());
        }
        let algorithms = provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, &algorithms)
    }
}

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        id_of(end_entity).map(|_| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(only_tls13())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Self::signed(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

impl ClientCertVerifier for Anyone {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        id_of(end_entity).map(|_| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(only_tls13())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Self::signed(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}
