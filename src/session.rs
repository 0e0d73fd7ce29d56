//! Who may be believed: keys, certificates, join tokens and the TLS that carries them.
//!
//! A node is its key: [`Identity`] keeps it, [`NodeId`] names it. The leader's [`Authority`] signs
//! what a node is in the cluster, [`PeerCertificate`] reads that back, a [`JoinToken`] lets a
//! machine ask for it, and `tls` is the only place where bytes of other machines are let in.
//! [`trust`] is the other way in: four [`Words`] on one screen, typed at another.

pub mod ca;
pub mod files;
pub mod identity;
pub mod pake;
pub mod peer;
pub mod request;
pub mod tls;
pub mod token;
pub mod trust;
pub mod words;

pub use ca::{Authority, AuthorityError, Issued};
pub use identity::{Identity, IdentityError, NodeId};
pub use peer::{Fingerprint, PeerCertificate, PeerError, Role};
pub use request::{RequestError, requested_by};
pub use tls::anyone::{SessionLink, connect_session};
pub use tls::client::{Joining, LeaderLink, Membership, connect_agent, connect_join};
pub use tls::server::{Acceptor, Bounds, Incoming};
pub use tls::{Distrust, TlsError, explain};
pub use token::{JoinToken, TokenError};
pub use trust::{Channel, Guards, OpenSession, SessionId, TrustError};
pub use words::{Words, WordsError};

/// DER bytes of a certificate, as TLS carries them.
pub type CertificateDer = rustls::pki_types::CertificateDer<'static>;
