//! Nodes have one name each, and a certificate counts as long as its node does.

use mcloud::store::{Cluster, NodeState, Standing, StoreError};

use crate::{NOW, Place, certificate, node};

#[tokio::test]
async fn a_database_is_for_one_cluster() {
    let place = Place::new().await;
    assert_eq!(place.store.cluster().await.unwrap(), None);
    let cluster = Cluster {
        id: "c".to_owned(),
        name: "attic".to_owned(),
        epoch: 1,
        created: NOW,
    };
    place.store.create_cluster(cluster.clone()).await.unwrap();
    let other = Cluster {
        name: "cellar".to_owned(),
        ..cluster.clone()
    };
    let refused = place.store.create_cluster(other).await.unwrap_err();
    assert!(matches!(refused, StoreError::Exists(_)));
    let place = place.reopened().await;
    assert_eq!(place.store.cluster().await.unwrap(), Some(cluster));
}

#[tokio::test]
async fn two_active_nodes_never_share_a_name() {
    let place = Place::new().await;
    place.store.put_node(node("a", "pi")).await.unwrap();
    let refused = place.store.put_node(node("b", "pi")).await.unwrap_err();
    assert!(matches!(refused, StoreError::Exists(_)), "{refused}");
    place.store.remove_node("a", NOW).await.unwrap();
    place.store.put_node(node("b", "pi")).await.unwrap();
    let states: Vec<_> = place.store.nodes().await.unwrap();
    let states: Vec<_> = states.iter().map(|n| (n.id.as_str(), n.state)).collect();
    assert_eq!(
        states,
        [("a", NodeState::Removed), ("b", NodeState::Active)]
    );
}

#[tokio::test]
async fn a_node_may_change_its_address_and_stays_itself() {
    let place = Place::new().await;
    place.store.put_node(node("a", "pi")).await.unwrap();
    let mut moved = node("a", "pi");
    moved.address = "10.0.0.9".to_owned();
    place.store.put_node(moved.clone()).await.unwrap();
    assert_eq!(place.store.nodes().await.unwrap(), [moved]);
}

#[tokio::test]
async fn a_certificate_counts_until_it_is_revoked() {
    let place = Place::new().await;
    let store = &place.store;
    store.put_node(node("a", "pi")).await.unwrap();
    store.add_cert("a", certificate(1)).await.unwrap();
    store.add_cert("a", certificate(2)).await.unwrap();
    let standing = store.node_for_cert("fingerprint-1").await.unwrap();
    assert_eq!(standing, Standing::Active(node("a", "pi")));
    store.revoke_cert("fingerprint-1", NOW).await.unwrap();
    store.revoke_cert("fingerprint-1", NOW + 9).await.unwrap();
    let standing = store.node_for_cert("fingerprint-1").await.unwrap();
    assert_eq!(standing, Standing::Revoked(node("a", "pi")));
    let other = store.node_for_cert("fingerprint-2").await.unwrap();
    assert!(matches!(other, Standing::Active(_)));
    let certs = store.certs("a").await.unwrap();
    assert_eq!(certs[0].revoked_at, Some(NOW), "the first time is kept");
    assert_eq!(certs[1].revoked_at, None);
}

#[tokio::test]
async fn removing_a_node_revokes_all_it_has() {
    let place = Place::new().await;
    let store = &place.store;
    store.put_node(node("a", "pi")).await.unwrap();
    store.add_cert("a", certificate(1)).await.unwrap();
    store.add_cert("a", certificate(2)).await.unwrap();
    store.remove_node("a", NOW).await.unwrap();
    for certificate in store.certs("a").await.unwrap() {
        assert_eq!(certificate.revoked_at, Some(NOW));
        let fingerprint = certificate.what.fingerprint;
        let standing = store.node_for_cert(&fingerprint).await.unwrap();
        assert!(matches!(standing, Standing::Revoked(_)));
    }
}

#[tokio::test]
async fn what_was_never_recorded_is_unknown() {
    let place = Place::new().await;
    let store = &place.store;
    let standing = store.node_for_cert("nobody's").await.unwrap();
    assert_eq!(standing, Standing::Unknown);
    assert!(matches!(
        store.revoke_cert("nobody's", NOW).await,
        Err(StoreError::Unknown(_))
    ));
    assert!(matches!(
        store.remove_node("nobody", NOW).await,
        Err(StoreError::Unknown(_))
    ));
    let orphan = store.add_cert("nobody", certificate(1)).await;
    assert!(
        matches!(orphan, Err(StoreError::Sqlite(_))),
        "foreign keys hold"
    );
}
