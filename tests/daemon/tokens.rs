//! Who may join by a token, and what everybody else is told.

use mcloud::engine::event::{PeerState, PublicEvent, What};
use mcloud::wire::{Answer, Question};
use serde_json::json;

use crate::face::Face;
use crate::lab::{LEADER, Lab, field, forged};

/// Waits for the joiner's end, which must be a refusal for this reason.
async fn assert_refused(joiner: &mut Face, code: &str) -> PublicEvent {
    let failure = joiner
        .until(|event| matches!(event.what, What::Failure { .. }))
        .await;
    match &failure.what {
        What::Failure { failure, .. } => assert_eq!(failure.what.code, code, "{failure:?}"),
        other => panic!("{other:?}"),
    }
    let done = joiner.done().await;
    assert_eq!((done.ok, done.exit), (false, 1));
    assert_eq!(done.why.as_deref(), Some(code));
    failure
}

/// At the leader there is nobody but itself, and this many tokens are still good.
async fn assert_nothing_recorded(lab: &Lab, leader: &mut Face, good: usize) {
    let nodes = leader.nodes().await;
    assert_eq!(nodes.len(), 1, "{nodes:?}");
    let tokens = leader.tokens().await;
    let open = tokens.iter().filter(|token| token.state == "open");
    assert_eq!(open.count(), good, "{tokens:?}");
    let trusted = leader.count(|event| matches!(event.what, What::Trust { .. }));
    assert_eq!(trusted, 0);
    let store = lab.store().await;
    for number in lab.joiners() {
        let id = store.nodes().await.expect("nodes");
        assert!(id.iter().all(|node| node.name != lab.pi(number).name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_a_wrong_secret_is_refused_like_an_unknown_one() {
    let lab = Lab::of(2).await;
    let mut leader = lab.begin(true).await;
    let secret = data_encoding::BASE64URL_NOPAD.encode(&[7; 32]);
    let wrong = forged(&lab.token(1), |token| token["secret"] = json!(secret));
    let mut joiner = lab.face(1).await;
    joiner.join(None, &wrong).await;
    assert_refused(&mut joiner, "token.refused-unknown").await;
    let unknown = forged(&lab.token(1), |token| token["id"] = json!("aaaaaaaaaaaaa"));
    joiner.join(None, &unknown).await;
    assert_refused(&mut joiner, "token.refused-unknown").await;
    assert_nothing_recorded(&lab, &mut leader, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_refused() {
    let lab = Lab::of(2).await;
    let mut leader = lab.begin(true).await;
    let (info, token) = leader.create_token("pi-b", 1).await;
    while leader
        .tokens()
        .await
        .iter()
        .any(|row| row.id == info.id && row.state != "expired")
    {}
    let mut joiner = lab.face(1).await;
    joiner.join(Some("pi-b"), &token).await;
    assert_refused(&mut joiner, "token.refused-expired").await;
    assert_nothing_recorded(&lab, &mut leader, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_refused() {
    let lab = Lab::of(2).await;
    let mut leader = lab.begin(true).await;
    let token = lab.token(1);
    let id = field(&token, "id").as_str().expect("an id").to_owned();
    let revoked = leader.ask(Question::RevokeToken { id }).await;
    assert_eq!(revoked, Answer::Done);
    let mut joiner = lab.face(1).await;
    joiner.join(Some("pi-b"), &token).await;
    assert_refused(&mut joiner, "token.refused-revoked").await;
    assert_nothing_recorded(&lab, &mut leader, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_another_node_used_is_refused() {
    let lab = Lab::of(3).await;
    let mut leader = lab.begin(true).await;
    lab.bring_in(1).await;
    leader.until_peer("pi-b", PeerState::Connected).await;
    let mut thief = lab.face(2).await;
    thief.join(Some("pi-b"), &lab.token(1)).await;
    assert_refused(&mut thief, "token.refused-used").await;
    let nodes = leader.nodes().await;
    assert_eq!(nodes.len(), 2, "{nodes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_another_cluster_is_refused_before_its_secret_is_sent() {
    let (lab, other) = (Lab::of(2).await, Lab::of(2).await);
    let mut leader = lab.begin(true).await;
    other.begin(true).await;
    let here = field(&lab.token(1), "addresses");
    let strange = forged(&other.token(1), |token| token["addresses"] = here);
    let mut joiner = lab.face(1).await;
    joiner.join(Some("pi-b"), &strange).await;
    let told = assert_refused(&mut joiner, "join.not-reached").await;
    let What::Failure { failure, .. } = told.what else {
        panic!("{told:?}");
    };
    let causes = failure.causes.join(" ");
    assert!(
        causes.contains("not from this cluster's authority"),
        "{causes}"
    );
    assert_nothing_recorded(&lab, &mut leader, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_made_for_another_node_is_refused_and_stays_good_for_its_own() {
    let lab = Lab::of(3).await;
    let mut leader = lab.begin(true).await;
    let mut wrong = lab.face(1).await;
    wrong.join(Some("pi-b"), &lab.token(2)).await;
    assert_refused(&mut wrong, "token.refused-other-node").await;
    assert_nothing_recorded(&lab, &mut leader, 2).await;
    let mut right = lab.bring_in(2).await;
    right.until_said("join.certified").await;
    leader.until_peer("pi-c", PeerState::Connected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_refused_joins_with_the_right_token() {
    let lab = Lab::of(2).await;
    let mut leader = lab.begin(true).await;
    let mut joiner = lab.face(1).await;
    let unknown = forged(&lab.token(1), |token| token["id"] = json!("aaaaaaaaaaaaa"));
    joiner.join(Some("pi-b"), &unknown).await;
    assert_refused(&mut joiner, "token.refused-unknown").await;
    joiner.join(Some("pi-b"), &lab.token(1)).await;
    assert!(joiner.done().await.ok);
    assert!(leader.done().await.ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lost_its_answer_gets_the_same_certificate_by_the_same_token() {
    let mut lab = Lab::of(2).await;
    let mut leader = lab.begin(false).await;
    let token = lab.token(1);
    lab.bring_in(1).await;
    leader.until_peer("pi-b", PeerState::Connected).await;
    lab.stop(1).await;
    leader.until_peer("pi-b", PeerState::Lost).await;
    let kept = lab.pi(1).world.state_dir.join("membership.json");
    let certificate = |text: &str| -> serde_json::Value {
        serde_json::from_str::<serde_json::Value>(text).expect("JSON")["certificate"].clone()
    };
    let before = std::fs::read_to_string(&kept).expect("the membership");
    std::fs::remove_file(&kept).expect("the membership goes");
    lab.start(1).await;
    let mut joiner = lab.face(1).await;
    joiner.join(Some("pi-b"), &token).await;
    joiner.until_said("join.certified").await;
    leader.until_peer("pi-b", PeerState::Connected).await;
    let after = std::fs::read_to_string(&kept).expect("the membership");
    assert_eq!(certificate(&before), certificate(&after));
    let trusted = leader.count(|event| matches!(event.what, What::Trust { .. }));
    assert_eq!(trusted, 1, "it was no news");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_given_twice_at_once_makes_one_link() {
    let lab = Lab::of(2).await;
    let mut leader = lab.begin(false).await;
    let (mut one, mut two) = (lab.face(1).await, lab.face(1).await);
    let token = lab.token(1);
    one.join(Some("pi-b"), &token).await;
    two.join(Some("pi-b"), &token).await;
    leader.until_peer("pi-b", PeerState::Connected).await;
    let is_plan = |event: &PublicEvent| matches!(event.what, What::Plan { .. });
    leader.until(is_plan).await;
    // Links that chase each other away would lose the node again and again.
    leader.intend(mcloud::engine::Intent::LookAgain).await;
    leader.until(is_plan).await;
    let lost = |event: &PublicEvent| {
        matches!(
            event.what,
            What::Peer {
                state: PeerState::Lost,
                ..
            }
        )
    };
    assert_eq!(leader.count(lost), 0);
    assert!(one.link.picture.end.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_a_cluster_does_not_change_to_another_by_a_token() {
    let (lab, _) = Lab::formed(2).await;
    let other = Lab::of(2).await;
    let mut stranger = other.begin(true).await;
    let mut joiner = lab.face(1).await;
    joiner.join(None, &other.token(1)).await;
    joiner.until_said("join.member-already").await;
    assert_eq!(stranger.nodes().await.len(), 1);
    assert_eq!(lab.face(LEADER).await.nodes().await.len(), 2);
}
