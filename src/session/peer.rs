//! What a certificate says about a node, read back and held against its own key.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::identity::NodeId;
use crate::engine::Millis;

/// The scheme of the URIs that mcloud's certificates carry: `mcloud://<cluster>/worker`,
/// `mcloud://<cluster>/leader?epoch=<n>`, and `mcloud://<cluster>/authority` for the CA itself.
const SCHEME: &str = "mcloud://";

/// SHA-256 of a certificate's DER, 64 lowercase hex digits as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint([u8; 32]);

/// A text that is no fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint has 64 digits from 0-9 and a-f")]
pub struct NotAFingerprint;

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    pub fn of(certificate: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, certificate).as_ref());
        Self(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    fn from_str(text: &str) -> Result<Self, NotAFingerprint> {
        let bytes = HEXLOWER
            .decode(text.as_bytes())
            .map_err(|_| NotAFingerprint)?;
        bytes.try_into().map(Self).map_err(|_| NotAFingerprint)
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = NotAFingerprint;

    fn try_from(text: String) -> Result<Self, NotAFingerprint> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

/// What a certificate lets its owner be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It leads: its certificate alone has server auth, and an epoch.
    Leader {
        /// Raised whenever another node takes over; a lower one is refused.
        epoch: u64,
    },
    /// It works: client auth only.
    Worker,
}

/// The URI that says which role in which cluster.
pub(super) fn role_uri(cluster: &str, role: Role) -> String {
    match role {
        Role::Leader { epoch } => format!("{SCHEME}{cluster}/leader?epoch={epoch}"),
        Role::Worker => format!("{SCHEME}{cluster}/worker"),
    }
}

/// The URI of the CA certificate itself.
pub(super) fn authority_uri(cluster: &str) -> String {
    format!("{SCHEME}{cluster}/authority")
}

/// Whether a text may stand for a cluster: 26 characters of lowercase base32 (128 random bits).
pub(super) fn is_cluster_id(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'))
}

/// Why a certificate is none of mcloud's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// No certificate, or bytes after it.
    #[error("it is not an X.509 certificate")]
    Encoding,
    /// Not exactly one DNS name and one URI.
    #[error("its names are not one node id and one mcloud:// URI")]
    Names,
    /// The id belongs to another key.
    #[error("its node id is not that of its key")]
    Id,
    /// The URI's role and what the certificate may be used for differ.
    #[error("its role and its key usage do not fit")]
    Usage,
}

/// A node's certificate, read. Only the handshake says whether to believe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// The node, the same as its key says.
    pub node_id: NodeId,
    /// What it may be.
    pub role: Role,
    /// The cluster's id.
    pub cluster: String,
    /// SHA-256 of the certificate.
    pub fingerprint: Fingerprint,
    /// When it ends.
    pub not_after: Millis,
}

impl PeerCertificate {
    /// Reads a leaf certificate and checks it against itself: one node id that is its key's, one
    /// role URI, and exactly the extended key usage of that role.
    pub fn parse(der: &[u8]) -> Result<Self, PeerError> {
        let (rest, certificate) =
            X509Certificate::from_der(der).map_err(|_| PeerError::Encoding)?;
        if !rest.is_empty() {
            return Err(PeerError::Encoding);
        }
        let (dns, uri) = names(&certificate)?;
        let node_id: NodeId = dns.parse().map_err(|_| PeerError::Names)?;
        if node_id != NodeId::of_spki(certificate.public_key().raw) {
            return Err(PeerError::Id);
        }
        let (cluster, role) = parse_role(uri).ok_or(PeerError::Names)?;
        if !fits(&certificate, role) {
            return Err(PeerError::Usage);
        }
        let ends = certificate.validity().not_after.timestamp();
        Ok(Self {
            node_id,
            role,
            cluster: cluster.to_owned(),
            fingerprint: Fingerprint::of(der),
            not_after: u64::try_from(ends).unwrap_or(0).saturating_mul(1000),
        })
    }

    /// The epoch, if it leads.
    pub fn epoch(&self) -> Option<u64> {
        match self.role {
            Role::Leader { epoch } => Some(epoch),
            Role::Worker => None,
        }
    }
}

/// The cluster that a CA certificate says it is for.
pub(super) fn authority_cluster(der: &[u8]) -> Result<String, PeerError> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| PeerError::Encoding)?;
    let found = alternatives(&certificate)?;
    let [GeneralName::URI(uri)] = found else {
        return Err(PeerError::Names);
    };
    uri.strip_prefix(SCHEME)
        .and_then(|rest| rest.strip_suffix("/authority"))
        .filter(|cluster| is_cluster_id(cluster))
        .map(str::to_owned)
        .ok_or(PeerError::Names)
}

/// Whether a certificate's key has this DER-encoded `SubjectPublicKeyInfo`.
pub(super) fn holds_key(der: &[u8], spki: &[u8]) -> bool {
    X509Certificate::from_der(der)
        .is_ok_and(|(_, certificate)| certificate.public_key().raw == spki)
}

fn alternatives<'a>(
    certificate: &'a X509Certificate<'_>,
) -> Result<&'a [GeneralName<'a>], PeerError> {
    match certificate.subject_alternative_name() {
        Ok(Some(found)) => Ok(&found.value.general_names),
        Ok(None) | Err(_) => Err(PeerError::Names),
    }
}

fn names<'a>(certificate: &'a X509Certificate<'_>) -> Result<(&'a str, &'a str), PeerError> {
    match alternatives(certificate)? {
        [GeneralName::DNSName(dns), GeneralName::URI(uri)] => Ok((dns, uri)),
        _ => Err(PeerError::Names),
    }
}

fn parse_role(uri: &str) -> Option<(&str, Role)> {
    let (cluster, role) = uri.strip_prefix(SCHEME)?.split_once('/')?;
    if !is_cluster_id(cluster) {
        return None;
    }
    if role == "worker" {
        return Some((cluster, Role::Worker));
    }
    let digits = role.strip_prefix("leader?epoch=")?;
    let epoch: u64 = digits.parse().ok()?;
    // One spelling for each epoch: neither "+7" nor "007".
    (epoch.to_string() == digits).then_some((cluster, Role::Leader { epoch }))
}

fn fits(certificate: &X509Certificate<'_>, role: Role) -> bool {
    let Ok(Some(usage)) = certificate.extended_key_usage() else {
        return false;
    };
    let usage = usage.value;
    let more = usage.any
        || usage.code_signing
        || usage.email_protection
        || usage.time_stamping
        || usage.ocsp_signing
        || !usage.other.is_empty();
    let wanted = match role {
        Role::Leader { .. } => (true, false),
        Role::Worker => (false, true),
    };
    !certificate.is_ca() && !more && (usage.server_auth, usage.client_auth) == wanted
}
