//! The leader hears its own agents, the agents their own leader, and nobody else.

use mcloud::session::tls::ALPN_AGENT;
use mcloud::session::{
    Acceptor, Bounds, Distrust, Incoming, Membership, TlsError, connect_agent, explain,
};
use mcloud::store::{NewCertificate, Node, NodeRole, NodeState, Standing, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{EPOCH, Leader, NOW, foreign_client};

fn is_distrust(found: &TlsError, why: &Distrust) -> bool {
    matches!(found, TlsError::Distrust(distrust) if distrust == why)
}

/// What a client learns at its first read.
async fn first_read(stream: &mut (impl AsyncReadExt + Unpin)) -> TlsError {
    match stream.read(&mut [0; 1]).await {
        Err(error) => explain(error),
        Ok(count) => panic!("read {count} bytes where a refusal belongs"),
    }
}

#[tokio::test]
async fn an_agent_and_its_leader_know_each_other() {
    let leader = Leader::new().await;
    let (agent, membership) = leader.worker();
    let (link, incoming) = tokio::join!(
        connect_agent(leader.address, &agent, &membership, NOW),
        leader.accept()
    );
    let mut link = link.unwrap();
    let Incoming::Agent(mut stream, peer) = incoming.unwrap() else {
        panic!("expected an agent");
    };
    assert_eq!(peer.node_id, *agent.id());
    assert_eq!(link.leader.node_id, *leader.identity.id());
    stream.write_all(b"order").await.unwrap();
    stream.flush().await.unwrap();
    let mut heard = [0; 5];
    link.stream.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"order");
}

#[tokio::test]
async fn an_agent_without_a_certificate_is_refused_and_told_to_join() {
    let leader = Leader::new().await;
    let (client, incoming) = tokio::join!(foreign_client(&leader, &[ALPN_AGENT]), leader.accept());
    let refused = incoming.unwrap_err();
    assert!(is_distrust(&refused, &Distrust::NoCertificate), "{refused}");
    let told = first_read(&mut client.unwrap()).await;
    assert!(told.to_string().contains("join first"), "{told}");
}

#[tokio::test]
async fn an_agent_of_another_authority_is_refused_and_told_so() {
    let leader = Leader::new().await;
    let other = Leader::new().await;
    let (agent, foreign) = other.worker();
    let (_, home) = leader.worker();
    let membership = Membership {
        certificate: foreign.certificate,
        ..home
    };
    let (link, incoming) = tokio::join!(
        connect_agent(leader.address, &agent, &membership, NOW),
        leader.accept()
    );
    let refused = incoming.unwrap_err();
    assert!(
        is_distrust(&refused, &Distrust::OtherAuthority),
        "{refused}"
    );
    let told = first_read(&mut link.unwrap().stream).await;
    assert!(matches!(told, TlsError::Refused(_)), "{told}");
}

#[tokio::test]
async fn a_leaders_certificate_does_not_make_an_agent() {
    let leader = Leader::new().await;
    let own = leader.authority.issue_server(&leader.identity, EPOCH, NOW);
    let (_, home) = leader.worker();
    let membership = Membership {
        certificate: own.unwrap().certificate,
        ..home
    };
    let (_, incoming) = tokio::join!(
        connect_agent(leader.address, &leader.identity, &membership, NOW),
        leader.accept()
    );
    let refused = incoming.unwrap_err();
    assert!(
        matches!(refused, TlsError::Distrust(Distrust::WrongRole(_))),
        "{refused}"
    );
}

#[tokio::test]
async fn an_expired_agent_is_refused_by_the_leaders_clock() {
    let leader = Leader::new().await;
    let (agent, membership) = leader.worker();
    let late = async {
        let (stream, _) = leader.listener.accept().await.unwrap();
        let year = 366 * 24 * 3_600_000;
        leader.acceptor.accept(stream, NOW + year).await
    };
    let (link, incoming) = tokio::join!(
        connect_agent(leader.address, &agent, &membership, NOW),
        late
    );
    let refused = incoming.unwrap_err();
    assert!(is_distrust(&refused, &Distrust::Clock), "{refused}");
    let told = first_read(&mut link.unwrap().stream).await;
    assert!(told.to_string().contains("clocks"), "{told}");
}

#[tokio::test]
async fn a_leader_of_a_lower_epoch_is_refused_with_both_epochs() {
    let leader = Leader::new().await;
    let (agent, home) = leader.worker();
    for (epoch, good) in [(EPOCH + 1, false), (EPOCH, true), (EPOCH - 1, true)] {
        let membership = Membership {
            epoch,
            ..home.clone()
        };
        let (link, _) = tokio::join!(
            connect_agent(leader.address, &agent, &membership, NOW),
            leader.accept()
        );
        match link {
            Ok(_) => assert!(good, "{epoch}"),
            Err(refused) => {
                let old = Distrust::OldEpoch {
                    found: EPOCH,
                    known: epoch,
                };
                assert!(!good && is_distrust(&refused, &old), "{refused}");
            }
        }
    }
}

#[tokio::test]
async fn another_node_that_leads_the_same_cluster_is_not_the_one_that_was_called() {
    let leader = Leader::new().await;
    let (agent, home) = leader.worker();
    let (other, _) = leader.worker();
    let membership = Membership {
        leader: other.id().clone(),
        ..home
    };
    let (link, _) = tokio::join!(
        connect_agent(leader.address, &agent, &membership, NOW),
        leader.accept()
    );
    let refused = link.unwrap_err();
    let wrong = Distrust::OtherNode(leader.identity.id().clone());
    assert!(is_distrust(&refused, &wrong), "{refused}");
}

#[tokio::test]
async fn a_leader_of_another_cluster_is_refused() {
    let leader = Leader::new().await;
    let other = Leader::new().await;
    let (agent, membership) = leader.worker();
    let (link, _) = tokio::join!(
        connect_agent(other.address, &agent, &membership, NOW),
        other.accept()
    );
    let refused = link.unwrap_err();
    assert!(
        is_distrust(&refused, &Distrust::OtherAuthority),
        "{refused}"
    );
}

#[tokio::test]
async fn a_worker_cannot_open_a_leaders_door() {
    let leader = Leader::new().await;
    let (worker, membership) = leader.worker();
    let ca = leader.authority.certificate();
    let door = Acceptor::new(&worker, &membership.certificate, ca, Bounds::default());
    assert!(matches!(
        door,
        Err(TlsError::Distrust(Distrust::WrongRole(_)))
    ));
}

/// What a leader does with an agent: look its certificate up before the first word.
async fn serve_agent(leader: &Leader, store: &Store) -> Standing {
    let Ok(Incoming::Agent(mut stream, peer)) = leader.accept().await else {
        panic!("expected an agent");
    };
    let fingerprint = peer.fingerprint.to_string();
    let standing = store.node_for_cert(&fingerprint).await.unwrap();
    if let Standing::Active(_) = standing {
        stream.write_all(b"+").await.unwrap();
    }
    stream.shutdown().await.unwrap();
    standing
}

#[tokio::test]
async fn an_agent_whose_certificate_was_revoked_hears_nothing() {
    let leader = Leader::new().await;
    let store = Store::open(&leader.state().join("db")).await.unwrap();
    let (agent, membership) = leader.worker();
    let certificate = membership.certificate.clone();
    let peer = mcloud::session::PeerCertificate::parse(&certificate).unwrap();
    let fingerprint = peer.fingerprint.to_string();
    let node = Node {
        id: agent.id().to_string(),
        name: "pi".to_owned(),
        address: "127.0.0.1".to_owned(),
        role: NodeRole::Worker,
        model: String::new(),
        joined: NOW,
        state: NodeState::Active,
    };
    let kept = NewCertificate {
        fingerprint: fingerprint.clone(),
        serial: "1".to_owned(),
        der: certificate.to_vec(),
        issued: NOW,
        not_after: peer.not_after,
    };
    store.put_node(node.clone()).await.unwrap();
    store.add_cert(&node.id, kept).await.unwrap();
    let heard = async || {
        let call = connect_agent(leader.address, &agent, &membership, NOW);
        let (link, standing) = tokio::join!(call, serve_agent(&leader, &store));
        let mut heard = Vec::new();
        link.unwrap().stream.read_to_end(&mut heard).await.unwrap();
        (standing, heard)
    };
    assert_eq!(
        heard().await,
        (Standing::Active(node.clone()), b"+".to_vec())
    );
    store.revoke_cert(&fingerprint, NOW).await.unwrap();
    assert_eq!(heard().await, (Standing::Revoked(node), Vec::new()));
}
