//! A machine with a token joins the cluster it was invited to, and no other.

use std::sync::Arc;

use data_encoding::BASE64;
use mcloud::session::token::hash_of_sent;
use mcloud::session::{
    CertificateDer, Distrust, Identity, Incoming, JoinToken, Membership, TlsError, connect_agent,
    connect_join, requested_by,
};
use mcloud::store::{
    NewCertificate, NewToken, Node, NodeRole, NodeState, RedeemError, Redeemed, Redemption,
    Standing, Store, TokenRefused,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::{EPOCH, Leader, NOW};

fn is_distrust(found: &TlsError, why: &Distrust) -> bool {
    matches!(found, TlsError::Distrust(distrust) if distrust == why)
}

#[tokio::test]
async fn a_joiner_knows_the_leader_by_the_pinned_authority() {
    let leader = Leader::new().await;
    let token = leader.token();
    let (joining, incoming) =
        tokio::join!(connect_join(leader.address, &token, NOW), leader.accept());
    let joining = joining.unwrap();
    assert!(matches!(incoming.unwrap(), Incoming::Join(_)));
    assert_eq!(joining.leader.node_id, *leader.identity.id());
    assert_eq!(joining.leader.epoch(), Some(EPOCH));
    assert_eq!(joining.authority, *leader.authority.certificate());
}

#[tokio::test]
async fn a_token_of_another_cluster_is_refused_before_its_secret_is_sent() {
    let leader = Leader::new().await;
    let other = Leader::new().await;
    let token = other.token();
    let (joining, incoming) =
        tokio::join!(connect_join(leader.address, &token, NOW), leader.accept());
    let refused = joining.unwrap_err();
    assert!(
        is_distrust(&refused, &Distrust::OtherAuthority),
        "{refused}"
    );
    assert!(matches!(incoming.unwrap_err(), TlsError::Refused(_)));
}

#[tokio::test]
async fn a_clock_that_is_a_day_off_is_forgiven_and_one_that_is_years_off_is_named() {
    let leader = Leader::new().await;
    let token = leader.token();
    let hour = 3_600_000;
    for (now, good) in [
        (NOW - 23 * hour, true),
        (NOW - 25 * hour, false),
        (0, false),
        (NOW + 364 * 24 * hour, true),
        (NOW + 366 * 24 * hour, false),
    ] {
        let (joining, _) = tokio::join!(connect_join(leader.address, &token, now), leader.accept());
        match joining {
            Ok(_) => assert!(good, "{now}"),
            Err(refused) => {
                assert!(
                    !good && is_distrust(&refused, &Distrust::Clock),
                    "{now}: {refused}"
                );
            }
        }
    }
}

/// What a leader does with the request of a machine that has a token.
async fn serve_join(leader: &Leader, store: &Store) -> Result<Redeemed, RedeemError> {
    let Ok(Incoming::Join(stream)) = leader.accept().await else {
        panic!("expected a joiner");
    };
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    let [token, secret, csr] = line.split_whitespace().collect::<Vec<_>>()[..] else {
        panic!("expected three words");
    };
    let csr = BASE64.decode(csr.as_bytes()).unwrap();
    let id = requested_by(&csr).unwrap();
    let redemption = Redemption {
        token: token.to_owned(),
        secret_hash: hash_of_sent(&SecretString::from(secret)).unwrap(),
        node: Node {
            id: id.to_string(),
            name: format!("pi-{}", &id.as_str()[..4]),
            address: "127.0.0.1".to_owned(),
            role: NodeRole::Worker,
            model: String::new(),
            joined: NOW,
            state: NodeState::Active,
        },
    };
    let issued = leader.authority.issue_client(&csr, &id, NOW);
    let redeemed = store
        .redeem(redemption, NOW, move || {
            let issued = issued?;
            Ok(NewCertificate {
                fingerprint: issued.fingerprint.to_string(),
                serial: issued.serial,
                der: issued.certificate.to_vec(),
                issued: issued.issued,
                not_after: issued.not_after,
            })
        })
        .await;
    let answer = match &redeemed {
        Ok(redeemed) => BASE64.encode(&redeemed.certificate.what.der),
        Err(_) => "refused".to_owned(),
    };
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.write_all(b"\n").await.unwrap();
    stream.shutdown().await.unwrap();
    redeemed
}

/// What a machine that has a token does; the certificate it was given, if it was.
async fn join(leader: &Leader, token: &JoinToken, identity: &Identity) -> Option<CertificateDer> {
    let joining = connect_join(leader.address, token, NOW).await.unwrap();
    let csr = BASE64.encode(&identity.csr().unwrap());
    let secret = token.secret();
    let line = format!("{} {} {csr}\n", token.id, secret.expose_secret());
    let mut stream = BufReader::new(joining.stream);
    stream.write_all(line.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_line(&mut answer).await.unwrap();
    let der = BASE64.decode(answer.trim().as_bytes()).ok()?;
    Some(der.into())
}

async fn invited(leader: &Leader) -> (Store, JoinToken) {
    let store = Store::open(&leader.state().join("db")).await.unwrap();
    let token = leader.token();
    let kept = NewToken {
        id: token.id.clone(),
        node: None,
        secret_hash: token.secret_hash(),
        created: NOW,
        expires: token.invitation.expires,
    };
    store.add_token(kept).await.unwrap();
    (store, token)
}

#[tokio::test]
async fn a_token_makes_a_machine_an_agent_and_the_same_key_gets_the_same_certificate() {
    let leader = Leader::new().await;
    let (store, token) = invited(&leader).await;
    let node = Identity::generate().unwrap();
    let (served, got) = tokio::join!(serve_join(&leader, &store), join(&leader, &token, &node));
    assert!(!served.unwrap().again);
    let certificate = got.unwrap();
    let (served, again) = tokio::join!(serve_join(&leader, &store), join(&leader, &token, &node));
    assert!(served.unwrap().again);
    assert_eq!(again.unwrap(), certificate);

    let membership = Membership {
        certificate,
        authority: leader.authority.certificate().clone(),
        cluster: token.invitation.cluster.clone(),
        leader: leader.identity.id().clone(),
        epoch: EPOCH,
    };
    let (link, incoming) = tokio::join!(
        connect_agent(leader.address, &node, &membership, NOW),
        leader.accept()
    );
    assert_eq!(link.unwrap().leader.epoch(), Some(EPOCH));
    let Ok(Incoming::Agent(_, peer)) = incoming else {
        panic!("expected an agent");
    };
    assert_eq!(peer.node_id, *node.id());
    let standing = store.node_for_cert(&peer.fingerprint.to_string()).await;
    assert!(matches!(standing.unwrap(), Standing::Active(_)));
}

#[tokio::test]
async fn a_used_token_does_not_let_another_machine_in() {
    let leader = Leader::new().await;
    let (store, token) = invited(&leader).await;
    let first = Identity::generate().unwrap();
    let second = Identity::generate().unwrap();
    let (served, _) = tokio::join!(serve_join(&leader, &store), join(&leader, &token, &first));
    served.unwrap();
    let (served, got) = tokio::join!(serve_join(&leader, &store), join(&leader, &token, &second));
    assert!(matches!(
        served,
        Err(RedeemError::Refused(TokenRefused::UsedByAnother))
    ));
    assert!(got.is_none());
    let known = store.nodes().await.unwrap();
    assert!(known.iter().all(|node| node.id != second.id().as_str()));
}

#[tokio::test]
async fn a_leader_may_be_shared_between_tasks() {
    let leader = Arc::new(Leader::new().await);
    let token = leader.token();
    let server = tokio::spawn({
        let leader = Arc::clone(&leader);
        async move { leader.accept().await.map(|_| ()) }
    });
    connect_join(leader.address, &token, NOW).await.unwrap();
    server.await.unwrap().unwrap();
}
