//! A token lets one key in, once, while it is good; whatever fails leaves it as it was.

use mcloud::store::{
    NewToken, RedeemError, Redeemed, Redemption, Standing, Store, StoreError, TokenRefused,
};

use crate::{NOW, Place, certificate, node};

const SECRET: [u8; 32] = [5; 32];
const ENDS: u64 = NOW + 3_600_000;

async fn with_token(name: Option<&str>) -> Place {
    let place = Place::new().await;
    place.store.add_token(token("t", name)).await.unwrap();
    place
}

fn token(id: &str, name: Option<&str>) -> NewToken {
    NewToken {
        id: id.to_owned(),
        node: name.map(str::to_owned),
        secret_hash: SECRET,
        created: NOW,
        expires: ENDS,
    }
}

fn asked_by(id: &str) -> Redemption {
    Redemption {
        token: "t".to_owned(),
        secret_hash: SECRET,
        node: node(id, &format!("pi-{id}")),
    }
}

/// Redeems at `now`; the certificate that would be issued has `number`.
async fn redeem(
    store: &Store,
    asked: Redemption,
    now: u64,
    number: u8,
) -> Result<Redeemed, RedeemError> {
    store
        .redeem(asked, now, move || Ok(certificate(number)))
        .await
}

/// Asserts that the redemption is refused for that reason and that nothing came of it.
async fn refused(store: &Store, asked: Redemption, now: u64, why: TokenRefused) {
    let before = (store.nodes().await.unwrap(), store.tokens().await.unwrap());
    match redeem(store, asked, now, 9).await {
        Err(RedeemError::Refused(found)) => assert_eq!(found, why),
        other => panic!("expected {why:?}, got {other:?}"),
    }
    let after = (store.nodes().await.unwrap(), store.tokens().await.unwrap());
    assert_eq!(before, after);
    let standing = store.node_for_cert("fingerprint-9").await.unwrap();
    assert_eq!(standing, Standing::Unknown);
}

#[tokio::test]
async fn a_good_token_gives_node_and_certificate_and_is_used_up() {
    let place = with_token(None).await;
    let got = redeem(&place.store, asked_by("a"), NOW + 5, 1)
        .await
        .unwrap();
    assert!(!got.again);
    assert_eq!(got.name, "pi-a");
    assert_eq!(got.certificate.what, certificate(1));
    let place = place.reopened().await;
    let standing = place.store.node_for_cert("fingerprint-1").await.unwrap();
    assert_eq!(standing, Standing::Active(node("a", "pi-a")));
    let tokens = place.store.tokens().await.unwrap();
    assert_eq!(tokens[0].used, Some(("a".to_owned(), NOW + 5)));
}

#[tokio::test]
async fn a_token_made_for_a_name_gives_that_name() {
    let place = with_token(Some("attic")).await;
    let got = redeem(&place.store, asked_by("a"), NOW, 1).await.unwrap();
    assert_eq!(got.name, "attic");
    assert_eq!(place.store.nodes().await.unwrap()[0].name, "attic");
}

#[tokio::test]
async fn an_unknown_token_lets_nobody_in() {
    let place = with_token(None).await;
    let mut asked = asked_by("a");
    asked.token = "other".to_owned();
    refused(&place.store, asked, NOW, TokenRefused::Unknown).await;
}

#[tokio::test]
async fn a_wrong_secret_lets_nobody_in_and_learns_nothing_else() {
    let place = with_token(None).await;
    let mut wrong = asked_by("a");
    wrong.secret_hash[31] ^= 1;
    refused(&place.store, wrong.clone(), NOW, TokenRefused::WrongSecret).await;
    // Neither that it has expired, nor that it was revoked, nor that it was used.
    refused(&place.store, wrong.clone(), ENDS, TokenRefused::WrongSecret).await;
    redeem(&place.store, asked_by("a"), NOW, 1).await.unwrap();
    refused(&place.store, wrong, NOW, TokenRefused::WrongSecret).await;
}

#[tokio::test]
async fn an_expired_token_lets_nobody_in() {
    let place = with_token(None).await;
    refused(&place.store, asked_by("a"), ENDS, TokenRefused::Expired).await;
    redeem(&place.store, asked_by("a"), ENDS - 1, 1)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_revoked_token_lets_nobody_in() {
    let place = with_token(None).await;
    place.store.revoke_token("t", NOW + 1).await.unwrap();
    place.store.revoke_token("t", NOW + 2).await.unwrap();
    refused(&place.store, asked_by("a"), NOW + 3, TokenRefused::Revoked).await;
    let tokens = place.store.tokens().await.unwrap();
    assert_eq!(tokens[0].revoked_at, Some(NOW + 1));
}

#[tokio::test]
async fn a_used_token_lets_no_other_key_in() {
    let place = with_token(None).await;
    redeem(&place.store, asked_by("a"), NOW, 1).await.unwrap();
    let other = asked_by("b");
    refused(&place.store, other, NOW, TokenRefused::UsedByAnother).await;
}

#[tokio::test]
async fn the_same_key_gets_the_same_certificate_again_even_after_the_end() {
    let place = with_token(None).await;
    let first = redeem(&place.store, asked_by("a"), NOW, 1).await.unwrap();
    let place = place.reopened().await;
    let never = || -> Result<_, _> { Err("nothing may be issued twice".into()) };
    let again = place
        .store
        .redeem(asked_by("a"), ENDS + 1, never)
        .await
        .unwrap();
    assert!(again.again);
    assert_eq!(again.certificate, first.certificate);
    assert_eq!(again.name, first.name);
}

#[tokio::test]
async fn a_removed_node_does_not_come_back_with_its_old_token() {
    let place = with_token(None).await;
    redeem(&place.store, asked_by("a"), NOW, 1).await.unwrap();
    place.store.remove_node("a", NOW).await.unwrap();
    refused(&place.store, asked_by("a"), NOW, TokenRefused::Revoked).await;
    let mut fresh = token("u", None);
    fresh.created += 1;
    place.store.add_token(fresh).await.unwrap();
    let mut asked = asked_by("a");
    asked.token = "u".to_owned();
    redeem(&place.store, asked, NOW, 2).await.unwrap();
    let new = place.store.node_for_cert("fingerprint-2").await.unwrap();
    assert!(matches!(new, Standing::Active(_)));
    let old = place.store.node_for_cert("fingerprint-1").await.unwrap();
    assert!(matches!(old, Standing::Revoked(_)));
}

#[tokio::test]
async fn a_join_that_fails_does_not_use_the_token_up() {
    let place = with_token(None).await;
    let failed = place
        .store
        .redeem(asked_by("a"), NOW, || {
            Err("the request is not signed".into())
        })
        .await;
    assert!(matches!(failed, Err(RedeemError::Issue(_))), "{failed:?}");
    assert!(place.store.nodes().await.unwrap().is_empty());
    // The same for a name that is taken, which is found only after the certificate was made.
    place.store.put_node(node("x", "pi-a")).await.unwrap();
    let taken = redeem(&place.store, asked_by("a"), NOW, 1).await;
    let Err(RedeemError::Store(StoreError::Exists(_))) = taken else {
        panic!("expected a taken name, got {taken:?}");
    };
    // And for a certificate that cannot be recorded, after the node was.
    place.store.add_cert("x", certificate(2)).await.unwrap();
    let clash = redeem(&place.store, asked_by("b"), NOW, 2).await;
    assert!(matches!(clash, Err(RedeemError::Store(_))), "{clash:?}");
    assert_eq!(place.store.nodes().await.unwrap().len(), 1);
    redeem(&place.store, asked_by("b"), NOW, 3).await.unwrap();
}

#[tokio::test]
async fn of_many_who_use_a_token_at_once_one_gets_in() {
    let place = with_token(None).await;
    let tries: Vec<_> = (0..8)
        .map(|number: u8| {
            let store = place.store.clone();
            let asked = asked_by(&number.to_string());
            tokio::spawn(async move { redeem(&store, asked, NOW, number).await.is_ok() })
        })
        .collect();
    let mut in_now = 0;
    for one in tries {
        in_now += usize::from(one.await.unwrap());
    }
    assert_eq!(in_now, 1);
    assert_eq!(place.store.nodes().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_used_token_cannot_be_revoked_and_says_whom_to_remove() {
    let place = with_token(None).await;
    redeem(&place.store, asked_by("a"), NOW, 1).await.unwrap();
    let refused = place.store.revoke_token("t", NOW).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Used(node) if node == "a"));
    let unknown = place.store.revoke_token("x", NOW).await.unwrap_err();
    assert!(matches!(unknown, StoreError::Unknown(_)));
}
