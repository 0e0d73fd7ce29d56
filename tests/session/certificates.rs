//! What the authority signs, and what it does not take from those who ask.

use mcloud::session::{
    Authority, AuthorityError, Fingerprint, Identity, PeerCertificate, PeerError, Role,
};
use proptest::prelude::*;
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, PKCS_ED25519, PublicKeyData,
    SanType,
};
use tempfile::TempDir;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::{EPOCH, NOW};

const DAY: u64 = 24 * 3600 * 1000;

fn authority() -> (Authority, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(&dir.path().join("state"), NOW).unwrap();
    (authority, dir)
}

fn ends_and_starts(der: &[u8]) -> (u64, u64) {
    let (_, certificate) = X509Certificate::from_der(der).unwrap();
    let validity = certificate.validity();
    let ms = |time: x509_parser::time::ASN1Time| u64::try_from(time.timestamp()).unwrap() * 1000;
    (ms(validity.not_before), ms(validity.not_after))
}

#[test]
fn the_authority_signs_leaves_and_revocations_and_no_authorities() {
    let (authority, _dir) = authority();
    let (_, read) = X509Certificate::from_der(authority.certificate()).unwrap();
    let constraints = read.basic_constraints().unwrap().unwrap();
    assert!(constraints.critical && constraints.value.ca);
    assert_eq!(constraints.value.path_len_constraint, Some(0));
    let usage = read.key_usage().unwrap().unwrap().value;
    assert!(usage.key_cert_sign() && usage.crl_sign() && !usage.digital_signature());
    assert_eq!(
        authority.fingerprint(),
        Fingerprint::of(authority.certificate())
    );
}

#[test]
fn a_leaders_certificate_says_leader_and_epoch() {
    let (authority, _dir) = authority();
    let leader = Identity::generate().unwrap();
    let issued = authority.issue_server(&leader, EPOCH, NOW).unwrap();
    let read = PeerCertificate::parse(&issued.certificate).unwrap();
    assert_eq!(read.node_id, *leader.id());
    assert_eq!(read.role, Role::Leader { epoch: EPOCH });
    assert_eq!(read.epoch(), Some(EPOCH));
    assert_eq!(read.cluster, authority.cluster());
    assert_eq!(read.fingerprint, issued.fingerprint);
}

#[test]
fn a_workers_certificate_is_good_for_a_year_and_dated_back_a_day() {
    let (authority, _dir) = authority();
    let worker = Identity::generate().unwrap();
    let csr = worker.csr().unwrap();
    let one = authority.issue_client(&csr, worker.id(), NOW).unwrap();
    let two = authority.issue_client(&csr, worker.id(), NOW).unwrap();
    let (starts, ends) = ends_and_starts(&one.certificate);
    assert_eq!((starts, ends), (NOW - DAY, NOW + 365 * DAY));
    assert_eq!((one.issued, one.not_after), (NOW, ends));
    assert_ne!(one.serial, two.serial);
    let read = PeerCertificate::parse(&one.certificate).unwrap();
    assert_eq!((read.role, read.epoch()), (Role::Worker, None));
    assert_eq!(read.node_id, *worker.id());
}

#[test]
fn a_clock_at_its_very_start_still_gives_a_certificate() {
    let (authority, _dir) = authority();
    let worker = Identity::generate().unwrap();
    let csr = worker.csr().unwrap();
    for now in [0, u64::MAX] {
        authority.issue_client(&csr, worker.id(), now).unwrap();
    }
}

#[test]
fn of_a_request_only_the_key_is_taken() {
    let (authority, _dir) = authority();
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let id = mcloud::session::NodeId::of_spki(&key.subject_public_key_info());
    let leader = format!("mcloud://{}/leader?epoch=99", authority.cluster());
    let mut wish = CertificateParams::new(vec!["lxd.example".to_owned()]).unwrap();
    wish.distinguished_name.push(DnType::CommonName, "root");
    wish.subject_alt_names
        .push(SanType::URI(leader.try_into().unwrap()));
    wish.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let csr = wish.serialize_request(&key).unwrap().der().to_vec();
    let issued = authority.issue_client(&csr, &id, NOW).unwrap();
    let (_, read) = X509Certificate::from_der(&issued.certificate).unwrap();
    let usage = read.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth && !usage.any);
    assert!(!read.is_ca());
    assert_eq!(read.subject().to_string(), format!("CN={id}"));
    let peer = PeerCertificate::parse(&issued.certificate).unwrap();
    assert_eq!(peer.role, Role::Worker);
}

#[test]
fn a_request_for_another_nodes_key_is_refused() {
    let (authority, _dir) = authority();
    let asks = Identity::generate().unwrap();
    let other = Identity::generate().unwrap();
    let csr = other.csr().unwrap();
    let refused = authority.issue_client(&csr, asks.id(), NOW).unwrap_err();
    assert!(matches!(&refused, AuthorityError::OtherNode { found, .. } if found == other.id()));
}

#[test]
fn a_request_that_is_none_or_for_another_kind_of_key_is_refused() {
    let (authority, _dir) = authority();
    let node = Identity::generate().unwrap();
    let p256 = KeyPair::generate().unwrap();
    let id = mcloud::session::NodeId::of_spki(&p256.subject_public_key_info());
    let other_kind = CertificateParams::default()
        .serialize_request(&p256)
        .unwrap();
    for (csr, id) in [
        (Vec::new(), node.id()),
        (b"no request".to_vec(), node.id()),
        (vec![0x30; 5000], node.id()),
        (other_kind.der().to_vec(), &id),
    ] {
        let refused = authority.issue_client(&csr, id, NOW).unwrap_err();
        assert!(matches!(refused, AuthorityError::Request(_)), "{refused}");
    }
}

/// A self-signed certificate with these names and uses, to be read as a peer's.
fn forged(names: &[SanType], uses: &[ExtendedKeyUsagePurpose], key: &KeyPair) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.subject_alt_names = names.to_vec();
    params.extended_key_usages = uses.to_vec();
    params.self_signed(key).unwrap().der().to_vec()
}

#[test]
fn a_certificate_that_contradicts_itself_is_no_peers() {
    use ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let own = mcloud::session::NodeId::of_spki(&key.subject_public_key_info());
    let other = Identity::generate().unwrap().id().clone();
    let dns = |name: &str| SanType::DnsName(name.try_into().unwrap());
    let uri = |rest: &str| {
        SanType::URI(
            format!("mcloud://abcdefghijklmnopqrstuvwxyz/{rest}")
                .try_into()
                .unwrap(),
        )
    };
    let own = dns(own.as_str());
    let read = |names: &[SanType], uses: &[ExtendedKeyUsagePurpose]| {
        PeerCertificate::parse(&forged(names, uses, &key)).map(|peer| peer.role)
    };
    let good = [own.clone(), uri("worker")];
    assert_eq!(read(&good, &[ClientAuth]), Ok(Role::Worker));
    assert_eq!(read(&good, &[ServerAuth]), Err(PeerError::Usage));
    assert_eq!(
        read(&good, &[ClientAuth, ServerAuth]),
        Err(PeerError::Usage)
    );
    assert_eq!(read(&good, &[]), Err(PeerError::Usage));
    let leads = [own.clone(), uri("leader?epoch=3")];
    assert_eq!(read(&leads, &[ServerAuth]), Ok(Role::Leader { epoch: 3 }));
    assert_eq!(read(&leads, &[ClientAuth]), Err(PeerError::Usage));
    let stolen = [dns(other.as_str()), uri("worker")];
    assert_eq!(read(&stolen, &[ClientAuth]), Err(PeerError::Id));
    for names in [
        vec![own.clone()],
        vec![uri("worker")],
        vec![own.clone(), uri("worker"), uri("leader?epoch=9")],
        vec![own.clone(), dns("leader.example"), uri("worker")],
        vec![own.clone(), uri("leader?epoch=+3")],
        vec![own.clone(), uri("leader?epoch=03")],
        vec![own.clone(), uri("leader")],
        vec![own.clone(), uri("authority")],
    ] {
        assert_eq!(
            read(&names, &[ServerAuth]),
            Err(PeerError::Names),
            "{names:?}"
        );
    }
}

#[test]
fn bytes_after_a_certificate_are_refused() {
    let (authority, _dir) = authority();
    let leader = Identity::generate().unwrap();
    let issued = authority.issue_server(&leader, EPOCH, NOW).unwrap();
    let mut longer = issued.certificate.to_vec();
    longer.push(0);
    assert_eq!(PeerCertificate::parse(&longer), Err(PeerError::Encoding));
}

proptest! {
    #[test]
    fn a_spoiled_request_never_gives_another_nodes_certificate(at in 0..1000_usize, bit in 0..8_u8) {
        let (authority, _dir) = authority();
        let node = Identity::generate().unwrap();
        let mut csr = node.csr().unwrap();
        let at = at % csr.len();
        csr[at] ^= 1 << bit;
        if let Ok(issued) = authority.issue_client(&csr, node.id(), NOW) {
            prop_assert_eq!(issued.node_id, node.id().clone());
        }
    }

    #[test]
    fn no_bytes_make_reading_a_certificate_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(PeerCertificate::parse(&bytes).is_err());
    }
}
