//! A node's key pair, and the id that is made of it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use rcgen::{CertificateParams, DistinguishedName, KeyPair, PKCS_ED25519, PublicKeyData, SanType};
use ring::digest::{SHA256, digest};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use super::CertificateDer;
use super::files::{self, FilesError};

/// The file of the node's private key, PKCS#8 in PEM, below the state directory.
pub const KEY_FILE: &str = "node.key";

/// What a node is called where it matters: SHA-256 of its key's SPKI (RFC 5280, 4.1.2.7) in
/// lowercase base32 without padding, 52 characters. As 64 hex digits it would not fit a DNS label.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeId(String);

/// A text that is no node id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a node id has 52 characters from a-z and 2-7")]
pub struct NotANodeId;

impl NodeId {
    /// The id of the key whose DER-encoded `SubjectPublicKeyInfo` is `spki`.
    pub fn of_spki(spki: &[u8]) -> Self {
        let hash = digest(&SHA256, spki);
        Self(BASE32_NOPAD.encode(hash.as_ref()).to_ascii_lowercase())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for NodeId {
    type Err = NotANodeId;

    fn from_str(text: &str) -> Result<Self, NotANodeId> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for NodeId {
    type Error = NotANodeId;

    fn try_from(text: String) -> Result<Self, NotANodeId> {
        let upper = text.to_ascii_uppercase();
        let whole = BASE32_NOPAD
            .decode(upper.as_bytes())
            .is_ok_and(|hash| hash.len() == 32);
        if whole && upper != text && !text.contains(|c: char| c.is_ascii_uppercase()) {
            Ok(Self(text))
        } else {
            Err(NotANodeId)
        }
    }
}

impl From<NodeId> for String {
    fn from(id: NodeId) -> Self {
        id.0
    }
}

/// Why a node has no usable key.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The key file or its directory.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// There is a key file, and it holds no Ed25519 key. It is never replaced silently: the
    /// cluster knows this node by its key.
    #[error(
        "{path} holds no usable key ({source}): restore it, or remove it and join again as a new node"
    )]
    Damaged {
        /// The key file.
        path: PathBuf,
        /// What the parser said.
        source: rcgen::Error,
    },
    /// The cryptography itself failed, for want of randomness for instance.
    #[error("no key could be made: {0}")]
    Crypto(#[from] rcgen::Error),
}

/// This node's Ed25519 key pair. It never leaves the node.
pub struct Identity {
    key: KeyPair,
    id: NodeId,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// The key in `dir`, made at the first call: `dir` gets mode 0700, the file 0600, in one piece.
    /// A directory or key that others may read is refused, and so is a damaged key.
    pub fn load_or_create(dir: &Path) -> Result<Self, IdentityError> {
        files::private_dir(dir)?;
        let path = dir.join(KEY_FILE);
        if let Some(pem) = files::read_private(&path)? {
            return Self::from_pem(&pem, &path);
        }
        let made = Self::generate()?;
        let pem = Zeroizing::new(made.key.serialize_pem());
        if files::write_private_once(&path, &pem)? {
            return Ok(made);
        }
        // Another mcloud made one meanwhile: the first one counts.
        let pem = files::read_private(&path)?.unwrap_or_default();
        Self::from_pem(&pem, &path)
    }

    /// A key that lives in memory only.
    pub fn generate() -> Result<Self, IdentityError> {
        Ok(Self::from_key(KeyPair::generate_for(&PKCS_ED25519)?))
    }

    fn from_pem(pem: &str, path: &Path) -> Result<Self, IdentityError> {
        KeyPair::from_pem_and_sign_algo(pem, &PKCS_ED25519)
            .map(Self::from_key)
            .map_err(|source| IdentityError::Damaged {
                path: path.to_path_buf(),
                source,
            })
    }

    fn from_key(key: KeyPair) -> Self {
        let id = NodeId::of_spki(&key.subject_public_key_info());
        Self { key, id }
    }

    /// What this node is called.
    pub fn id(&self) -> &NodeId {
        &self.id
    }

    /// A certificate signing request (PKCS#10, DER) that proves the key and asks for nothing:
    /// the leader takes the public key from it and nothing else.
    pub fn csr(&self) -> Result<Vec<u8>, IdentityError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        Ok(params.serialize_request(&self.key)?.der().to_vec())
    }

    /// A certificate that this node signed itself, for sessions: it says what the key is, and
    /// nothing that anybody believes. It has no dates worth looking at.
    pub(super) fn self_signed(&self) -> Result<CertificateDer, IdentityError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.subject_alt_names = vec![SanType::DnsName(self.id.as_str().try_into()?)];
        Ok(params.self_signed(&self.key)?.der().clone())
    }

    /// The key pair, for certificates of this node.
    pub(super) fn key(&self) -> &KeyPair {
        &self.key
    }

    /// The private key as TLS wants it.
    pub(super) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialized_der().to_vec()))
    }
}
