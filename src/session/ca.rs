//! The cluster's certificate authority: made once, on the leader, and nowhere else.

use std::fmt;
use std::path::{Path, PathBuf};

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ED25519, PublicKeyData, SanType, SerialNumber,
};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use secrecy::zeroize::Zeroizing;
use time::{Duration, OffsetDateTime};

use super::CertificateDer;
use super::files::{self, FilesError};
use super::identity::{Identity, NodeId};
use super::peer::{self, Fingerprint, PeerCertificate, PeerError, Role};
use super::request::{self, RequestError};
use crate::engine::Millis;

/// The authority's certificate and private key, both in PEM, below the state directory. One file,
/// so that there is never one without the other.
pub const AUTHORITY_FILE: &str = "authority.pem";

/// How long a node's certificate is good.
const LEAF_LIFE: Duration = Duration::days(365);

/// How long the authority's own certificate is good; a cluster of Pis will not live longer.
const AUTHORITY_LIFE: Duration = Duration::days(20 * 365);

/// How far certificates are dated back: a Pi has no clock of its own when it is off.
const BACK: Duration = Duration::hours(24);

/// Why the authority could not be made, read, or sign.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Its file or directory.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// There is one already; a second would make strangers of all nodes.
    #[error("{path} exists: this node is a cluster's authority already")]
    Exists {
        /// The authority's file.
        path: PathBuf,
    },
    /// Its file is not what was written.
    #[error("{path} is damaged ({what}): restore it from a backup")]
    Damaged {
        /// The authority's file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The signing request.
    #[error("the certificate request is not usable: {0}")]
    Request(#[from] RequestError),
    /// The request is for another node's key.
    #[error("the certificate request is for the key of {found}, not of {expected}")]
    OtherNode {
        /// The node that asked.
        expected: NodeId,
        /// The node whose key the request holds.
        found: NodeId,
    },
    /// A signed certificate does not read back as it was meant.
    #[error("the certificate does not read back: {0}")]
    ReadBack(#[from] PeerError),
    /// The cryptography itself failed, for want of randomness for instance.
    #[error("the authority cannot sign: {0}")]
    Crypto(#[from] rcgen::Error),
}

/// A certificate as it was issued.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate in DER.
    pub certificate: CertificateDer,
    /// The node it names.
    pub node_id: NodeId,
    /// SHA-256 of it.
    pub fingerprint: Fingerprint,
    /// Its serial number, 32 hex digits.
    pub serial: String,
    /// When it was issued.
    pub issued: Millis,
    /// When it ends.
    pub not_after: Millis,
}

/// The certificate authority of one cluster.
pub struct Authority {
    cluster: String,
    certificate: CertificateDer,
    issuer: Issuer<'static, KeyPair>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("cluster", &self.cluster)
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes the authority of a new cluster in `dir` (mode 0700, the file 0600, in one piece).
    pub fn create(dir: &Path, now: Millis) -> Result<Self, AuthorityError> {
        files::private_dir(dir)?;
        let path = dir.join(AUTHORITY_FILE);
        let cluster = BASE32_NOPAD.encode(&random()?).to_ascii_lowercase();
        let key = KeyPair::generate_for(&PKCS_ED25519)?;
        let params = authority_params(&cluster, now)?;
        let certificate = params.self_signed(&key)?;
        let secret = Zeroizing::new(key.serialize_pem());
        let text = Zeroizing::new(format!("{}{}", certificate.pem(), *secret));
        if !files::write_private_once(&path, &text)? {
            return Err(AuthorityError::Exists { path });
        }
        Ok(Self {
            cluster,
            certificate: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        })
    }

    /// The authority in `dir`; none where none was made.
    pub fn load(dir: &Path) -> Result<Option<Self>, AuthorityError> {
        files::private_dir(dir)?;
        let path = dir.join(AUTHORITY_FILE);
        let Some(text) = files::read_private(&path)? else {
            return Ok(None);
        };
        Self::from_pem(&text)
            .map(Some)
            .map_err(|what| AuthorityError::Damaged { path, what })
    }

    fn from_pem(text: &str) -> Result<Self, String> {
        let certificate = CertificateDer::from_pem_slice(text.as_bytes())
            .map_err(|error| format!("certificate: {error}"))?;
        let key = PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes())
            .map_err(|error| format!("key: {error}"))?;
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ED25519)
            .map_err(|error| format!("key: {error}"))?;
        let cluster = peer::authority_cluster(&certificate).map_err(|error| error.to_string())?;
        if !peer::holds_key(&certificate, &key.subject_public_key_info()) {
            return Err("its key is not its certificate's".to_owned());
        }
        let issuer = Issuer::from_ca_cert_der(&certificate, key)
            .map_err(|error| format!("certificate: {error}"))?;
        Ok(Self {
            cluster,
            certificate,
            issuer,
        })
    }

    /// The cluster's id: 128 random bits in lowercase base32, 26 characters.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// The authority's own certificate.
    pub fn certificate(&self) -> &CertificateDer {
        &self.certificate
    }

    /// SHA-256 of the authority's certificate: what a join token pins.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.certificate)
    }

    /// The leader's certificate: server auth only, with the epoch in its URI.
    pub fn issue_server(
        &self,
        leader: &Identity,
        epoch: u64,
        now: Millis,
    ) -> Result<Issued, AuthorityError> {
        self.sign(leader.key(), Role::Leader { epoch }, now)
    }

    /// A worker's certificate for the key of `csr` (DER) and nothing else of it: client auth only.
    /// The request must be signed by its key, and the key must be `node`'s.
    pub fn issue_client(
        &self,
        csr: &[u8],
        node: &NodeId,
        now: Millis,
    ) -> Result<Issued, AuthorityError> {
        let key = request::key(csr)?;
        let found = NodeId::of_spki(&key.subject_public_key_info());
        if found != *node {
            return Err(AuthorityError::OtherNode {
                expected: node.clone(),
                found,
            });
        }
        self.sign(&key, Role::Worker, now)
    }

    fn sign(
        &self,
        key: &impl PublicKeyData,
        role: Role,
        now: Millis,
    ) -> Result<Issued, AuthorityError> {
        let node_id = NodeId::of_spki(&key.subject_public_key_info());
        let serial = serial()?;
        let mut params = leaf_params(&node_id, &peer::role_uri(&self.cluster, role), now)?;
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.extended_key_usages = vec![match role {
            Role::Leader { .. } => ExtendedKeyUsagePurpose::ServerAuth,
            Role::Worker => ExtendedKeyUsagePurpose::ClientAuth,
        }];
        let certificate = params.signed_by(key, &self.issuer)?.der().clone();
        let read = PeerCertificate::parse(&certificate)?;
        Ok(Issued {
            certificate,
            node_id: read.node_id,
            fingerprint: read.fingerprint,
            serial: HEXLOWER.encode(&serial),
            issued: now,
            not_after: read.not_after,
        })
    }
}

fn authority_params(cluster: &str, now: Millis) -> Result<CertificateParams, AuthorityError> {
    let mut params = dated(&format!("mcloud {cluster}"), now, AUTHORITY_LIFE);
    params.subject_alt_names = vec![SanType::URI(peer::authority_uri(cluster).try_into()?)];
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.serial_number = Some(SerialNumber::from_slice(&serial()?));
    Ok(params)
}

fn leaf_params(
    node: &NodeId,
    role_uri: &str,
    now: Millis,
) -> Result<CertificateParams, AuthorityError> {
    let mut params = dated(node.as_str(), now, LEAF_LIFE);
    params.subject_alt_names = vec![
        SanType::DnsName(node.as_str().try_into()?),
        SanType::URI(role_uri.try_into()?),
    ];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn dated(subject: &str, now: Millis, life: Duration) -> CertificateParams {
    let now = i64::try_from(now / 1000)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, subject);
    params.not_before = now.saturating_sub(BACK);
    params.not_after = now.saturating_add(life);
    params
}

/// A serial number: positive and of one length (RFC 5280, 4.1.2.2), 126 bits of it random.
fn serial() -> Result<[u8; 16], AuthorityError> {
    let mut serial = random()?;
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    Ok(serial)
}

fn random() -> Result<[u8; 16], AuthorityError> {
    let mut bytes = [0; 16];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| rcgen::Error::RingUnspecified)?;
    Ok(bytes)
}
