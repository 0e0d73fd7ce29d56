//! TLS 1.3 as mcloud speaks it, and what its failures mean.
//!
//! One port, told apart by ALPN. The provider is given explicitly everywhere, tickets, resumption
//! and early data are off, and the time is the caller's, not the machine's.

pub(super) mod agents;
pub mod anyone;
pub mod client;
pub(super) mod gate;
pub mod server;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use rustls::{AlertDescription, CertificateError, OtherError};

use super::identity::{IdentityError, NodeId};
use super::peer::PeerError;
use crate::engine::Millis;

/// ALPN of a machine with a join token: server certificate only.
pub const ALPN_JOIN: &[u8] = b"mcloud-join/1";

/// ALPN of an agent: certificates of the cluster's authority on both sides.
pub const ALPN_AGENT: &[u8] = b"mcloud-agent/1";

/// ALPN of a session: each side shows a certificate it signed itself, and the words decide.
pub const ALPN_SESSION: &[u8] = b"mcloud-session/1";

/// How long a peer may take for the whole handshake, by the protocol.
pub const HANDSHAKE: Duration = Duration::from_secs(5);

/// Why this side does not believe the other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// It sent none.
    #[error("it sent no certificate")]
    NoCertificate,
    /// Its certificate was signed by somebody else.
    #[error("its certificate is not from this cluster's authority")]
    OtherAuthority,
    /// The right authority, another cluster in the URI.
    #[error("its certificate is for another cluster")]
    OtherCluster,
    /// A certificate for something else, a worker's where the leader's belongs for instance.
    #[error("its certificate does not let it be {0}")]
    WrongRole(&'static str),
    /// A leader, not the one that was called.
    #[error("it is node {0}, not the leader that was called")]
    OtherNode(NodeId),
    /// A leader that was replaced.
    #[error(
        "it leads in epoch {found}, and this node has seen epoch {known}: it was replaced as leader"
    )]
    OldEpoch {
        /// The epoch in its certificate.
        found: u64,
        /// The highest epoch this node has seen.
        known: u64,
    },
    /// Its certificate is not valid now, by this node's clock.
    #[error(
        "its certificate is not valid at this node's time: compare the clocks of both nodes, \
         then renew the certificate if it has expired"
    )]
    Clock,
    /// Its certificate makes no sense.
    #[error("its certificate is not mcloud's: {0}")]
    Malformed(#[from] PeerError),
}

/// Why there is no connection that may be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// As many handshakes as allowed are under way, over all or from this address.
    #[error("too many handshakes at once")]
    Busy,
    /// The other side was silent or slow.
    #[error("the other side did not finish the handshake in time")]
    TimedOut,
    /// The other side wants none of the protocols that are spoken here.
    #[error("the other side speaks none of this mcloud's protocols: use the same mcloud on both")]
    Protocol,
    /// The other side went away, which in TLS 1.3 may be a refusal whose reason was lost.
    #[error("the other side closed the link without saying why: look at its log")]
    Closed,
    /// The other side refused, and said why.
    #[error("the other side refused: {0}")]
    Refused(&'static str),
    /// This side refused.
    #[error("the other side is not to be believed: {0}")]
    Distrust(#[from] Distrust),
    /// What came was not the TLS that mcloud speaks, or the set-up is wrong.
    #[error("TLS failed: {0}")]
    Tls(rustls::Error),
    /// The network.
    #[error(transparent)]
    Io(io::Error),
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        match error {
            rustls::Error::AlertReceived(alert) => Self::Refused(reason(alert)),
            rustls::Error::InvalidCertificate(error) => match distrust(&error) {
                Some(distrust) => Self::Distrust(distrust),
                None => Self::Tls(rustls::Error::InvalidCertificate(error)),
            },
            rustls::Error::NoCertificatesPresented => Self::Distrust(Distrust::NoCertificate),
            rustls::Error::NoApplicationProtocol => Self::Protocol,
            other => Self::Tls(other),
        }
    }
}

/// What an error of a TLS stream means. In TLS 1.3 a client's handshake ends before the server
/// has looked at its certificate: a refusal arrives with the first read, so every first read (and
/// best every one) goes through here.
pub fn explain(error: io::Error) -> TlsError {
    if let Some(tls) = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
    {
        return TlsError::from(tls.clone());
    }
    match error.kind() {
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => TlsError::Closed,
        _ => TlsError::Io(error),
    }
}

/// What an alert (RFC 8446, section 6) means between two mclouds.
fn reason(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::CertificateRequired => "it asks for a certificate, join first",
        AlertDescription::UnknownCA | AlertDescription::DecryptError => {
            "this node's certificate is not from its cluster's authority"
        }
        AlertDescription::CertificateRevoked => "this node's certificate was revoked",
        AlertDescription::CertificateExpired => {
            "this node's certificate is not valid at its time, compare the clocks of both nodes"
        }
        AlertDescription::NoApplicationProtocol | AlertDescription::ProtocolVersion => {
            "it speaks another protocol, use the same mcloud on both"
        }
        AlertDescription::UnsupportedCertificate => {
            "this node's certificate does not let it be what it wants to be"
        }
        AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied => "it does not accept this node's certificate",
        _ => "the handshake failed on its side",
    }
}

/// What a refused certificate means; none where rustls says it best.
fn distrust(error: &CertificateError) -> Option<Distrust> {
    use CertificateError as Wrong;
    match error {
        Wrong::Other(OtherError(inner)) => inner.downcast_ref::<Distrust>().cloned(),
        Wrong::UnknownIssuer | Wrong::BadSignature => Some(Distrust::OtherAuthority),
        Wrong::Expired
        | Wrong::ExpiredContext { .. }
        | Wrong::NotValidYet
        | Wrong::NotValidYetContext { .. } => Some(Distrust::Clock),
        Wrong::InvalidPurpose | Wrong::InvalidPurposeContext { .. } => {
            Some(Distrust::WrongRole("what it claims to be"))
        }
        Wrong::BadEncoding => Some(Distrust::Malformed(PeerError::Encoding)),
        _ => None,
    }
}

impl From<IdentityError> for TlsError {
    fn from(error: IdentityError) -> Self {
        Self::Tls(rustls::Error::General(error.to_string()))
    }
}

impl From<Distrust> for rustls::Error {
    fn from(distrust: Distrust) -> Self {
        Self::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(distrust))))
    }
}

/// The cryptography, named here so that no process-wide default is ever asked for.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The caller's time, for one handshake.
#[derive(Debug)]
struct At(Millis);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_millis(self.0)))
    }
}

/// What the verifiers answer to a signature of TLS 1.2, which nothing here offers.
fn only_tls13() -> rustls::Error {
    rustls::Error::General("only TLS 1.3 is spoken".to_owned())
}
