//! A node's request for a certificate: its key, proven, and nothing else is read from it.

use rcgen::{CertificateSigningRequestParams, PKCS_ED25519, PublicKey, PublicKeyData};
use rustls::pki_types::CertificateSigningRequestDer;

use super::identity::NodeId;

/// No honest request of one Ed25519 key is longer, in bytes.
const LARGEST: usize = 4096;

/// Why a signing request is not usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Longer than any honest one.
    #[error("it is longer than {LARGEST} bytes")]
    TooLong,
    /// No PKCS#10, or signed by another key than the one in it.
    #[error("it is not a request signed by its own key")]
    NotSigned,
    /// A key of a kind that nodes do not have.
    #[error("its key is not Ed25519")]
    OtherKind,
}

/// The node that a signing request (PKCS#10, DER) is for, by its key. The request is signed by
/// that key, so whoever made it has it.
pub fn requested_by(csr: &[u8]) -> Result<NodeId, RequestError> {
    key(csr).map(|key| NodeId::of_spki(&key.subject_public_key_info()))
}

pub(super) fn key(csr: &[u8]) -> Result<PublicKey, RequestError> {
    if csr.len() > LARGEST {
        return Err(RequestError::TooLong);
    }
    let csr = CertificateSigningRequestDer::from(csr);
    let request =
        CertificateSigningRequestParams::from_der(&csr).map_err(|_| RequestError::NotSigned)?;
    if PublicKeyData::algorithm(&request.public_key) != &PKCS_ED25519 {
        return Err(RequestError::OtherKind);
    }
    Ok(request.public_key)
}
