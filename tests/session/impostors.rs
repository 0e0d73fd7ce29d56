//! A server that is not the leader is not believed, whatever it shows.

use mcloud::session::{Distrust, Identity, NodeId, TlsError, connect_agent, connect_join};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, PKCS_ED25519, PublicKeyData, SanType,
};

use crate::{EPOCH, Leader, NOW, foreign_server};

fn is_distrust(found: &TlsError, why: &Distrust) -> bool {
    matches!(found, TlsError::Distrust(distrust) if distrust == why)
}

#[tokio::test]
async fn an_impostor_that_shows_the_pinned_authority_is_refused() {
    let leader = Leader::new().await;
    let impostor = Leader::new().await;
    let own = impostor
        .authority
        .issue_server(&impostor.identity, EPOCH, NOW)
        .unwrap();
    let chain = vec![own.certificate, leader.authority.certificate().clone()];
    let key = std::fs::read_to_string(impostor.state().join("node.key")).unwrap();
    let address = foreign_server(chain, &key).await;
    let refused = connect_join(address, &leader.token(), NOW)
        .await
        .unwrap_err();
    assert!(
        is_distrust(&refused, &Distrust::OtherAuthority),
        "{refused}"
    );
}

#[tokio::test]
async fn a_worker_cannot_sign_itself_a_leaders_certificate() {
    let leader = Leader::new().await;
    // The worker's own key and certificate, used as an authority.
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let id = NodeId::of_spki(&key.subject_public_key_info());
    let request = CertificateParams::default()
        .serialize_request(&key)
        .unwrap();
    let worker = leader.authority.issue_client(request.der(), &id, NOW);
    let worker = worker.unwrap().certificate;
    let mut claim = CertificateParams::default();
    claim.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    claim.distinguished_name = DistinguishedName::new();
    claim
        .distinguished_name
        .push(DnType::CommonName, id.as_str());
    let mut leads = CertificateParams::default();
    let uri = format!("mcloud://{}/leader?epoch=99", leader.authority.cluster());
    leads.subject_alt_names = vec![
        SanType::DnsName(id.as_str().try_into().unwrap()),
        SanType::URI(uri.try_into().unwrap()),
    ];
    leads.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let pem = key.serialize_pem();
    let forged = leads
        .signed_by(&key, &Issuer::from_params(&claim, &key))
        .unwrap();
    let authority = leader.authority.certificate().clone();
    let chain = vec![forged.der().clone(), worker, authority];
    let address = foreign_server(chain, &pem).await;
    let refused = connect_join(address, &leader.token(), NOW)
        .await
        .unwrap_err();
    assert!(
        is_distrust(&refused, &Distrust::OtherAuthority),
        "{refused}"
    );
}

#[tokio::test]
async fn a_workers_certificate_does_not_make_a_leader() {
    let leader = Leader::new().await;
    let dir = leader.state().join("worker");
    let worker = Identity::load_or_create(&dir).unwrap();
    let csr = worker.csr().unwrap();
    let issued = leader.authority.issue_client(&csr, worker.id(), NOW);
    let chain = vec![
        issued.unwrap().certificate,
        leader.authority.certificate().clone(),
    ];
    let key = std::fs::read_to_string(dir.join("node.key")).unwrap();
    let address = foreign_server(chain.clone(), &key).await;
    let refused = connect_join(address, &leader.token(), NOW)
        .await
        .unwrap_err();
    let TlsError::Distrust(Distrust::WrongRole(_)) = refused else {
        panic!("{refused}");
    };
    let address = foreign_server(chain, &key).await;
    let (agent, membership) = leader.worker();
    let refused = connect_agent(address, &agent, &membership, NOW).await;
    let refused = refused.unwrap_err();
    assert!(
        matches!(refused, TlsError::Distrust(Distrust::WrongRole(_))),
        "{refused}"
    );
}
