//! The certificates of simulated daemons: the same for the same seed.

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ED25519};

use super::dice::Dice;

/// What is told of a certificate.
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    /// The certificate, in PEM.
    pub(super) pem: String,
    /// The SHA-256 of its DER, in hex.
    pub(super) fingerprint: String,
}

/// PKCS #8 around an Ed25519 seed (RFC 8410, section 7).
const ED25519: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

impl Certificate {
    /// The certificate of `root@host`, signed by itself as LXD's and microcluster's are.
    pub(super) fn of(host: &str, dice: &mut Dice) -> Self {
        let mut key = ED25519.to_vec();
        key.extend(dice.bytes(32));
        let signed = KeyPair::from_pkcs8_der_and_sign_algo(&key.as_slice().into(), &PKCS_ED25519)
            .and_then(|pair| named(host, dice)?.self_signed(&pair))
            .expect("a well-formed key signs a certificate without extensions");
        Self {
            pem: signed.pem(),
            fingerprint: sha256(signed.der()),
        }
    }
}

fn named(host: &str, dice: &mut Dice) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(vec![])?;
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "LXD");
    name.push(DnType::CommonName, format!("root@{host}"));
    params.distinguished_name = name;
    params.serial_number = Some(dice.bytes(8).into());
    params.not_before = rcgen::date_time_ymd(2024, 1, 1);
    params.not_after = rcgen::date_time_ymd(2044, 1, 1);
    Ok(params)
}

/// The SHA-256 of `bytes`, in hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    data_encoding::HEXLOWER.encode(digest.as_ref())
}
