//! What a cluster that is ready offers at its leader's console, and how one more node comes in by it.

use mcloud::engine::Intent;
use mcloud::engine::answers::{Answers, Newcomer};
use mcloud::engine::event::{PeerState, What};
use mcloud::engine::node::Stage;
use mcloud::engine::picture::Picture;
use mcloud::wire::{Answer, Offers, Question};

use crate::face::Face;
use crate::lab::{LEADER, Lab, field};

/// The third of three Pis: it stays outside at first.
const LATE: usize = 2;

/// The first two of the Pis are a cluster.
async fn two_of_three() -> (Lab, Face, Answers) {
    let lab = Lab::unhurried(3).await;
    let whole = lab.answers().await;
    let mut two = whole.clone();
    two.nodes.truncate(2);
    let mut leader = lab.face(LEADER).await;
    begin(&lab, &mut leader, two).await;
    leader.until_peer("pi-b", PeerState::Missing).await;
    lab.bring_in(1).await;
    assert!(leader.done().await.ok);
    (lab, leader, whole)
}

async fn begin(lab: &Lab, leader: &mut Face, answers: Answers) {
    let begin = Intent::Begin {
        answers: Box::new(answers),
        unattended: true,
        tokens: Some(lab.tokens().display().to_string()),
    };
    leader.intend(begin).await;
}

async fn offers(face: &mut Face) -> Offers {
    match face.ask(Question::Offers).await {
        Answer::Offers { offers } => offers,
        other => panic!("{other:?} offers nothing"),
    }
}

/// The token that is offered.
async fn token(face: &mut Face) -> String {
    let join = offers(face).await.join;
    join.expect("a token is offered").secret.0
}

/// What a machine wants where nobody sits at its console.
fn unattended() -> Newcomer {
    Newcomer {
        unattended: true,
        ..Newcomer::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_a_name_joins_by_the_offered_token_and_is_installed_at_once() {
    let (lab, mut leader, _) = two_of_three().await;
    let offered = token(&mut leader).await;
    let mut late = lab.face(LATE).await;
    late.come(None, &offered, unattended()).await;
    let done = leader.done().await;
    assert!(done.ok, "{done:?}");
    assert_eq!(done.members, 3);
    assert!(late.done().await.ok);
    assert_eq!(lab.members(LATE).await, ["pi-a", "pi-b", "pi-c"]);
    let names = leader.nodes().await.into_iter().map(|node| node.name);
    assert_eq!(names.collect::<Vec<_>>(), ["pi-a", "pi-b", "pi-c"]);
    assert_ne!(
        token(&mut leader).await,
        offered,
        "a used one is not offered"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_started_again_still_takes_a_node_in() {
    let (mut lab, _, _) = two_of_three().await;
    lab.stop(LEADER).await;
    lab.start(LEADER).await;
    let mut leader = lab.face(LEADER).await;
    let (_, token) = leader.create_token("pi-c", 600_000).await;
    let mut late = lab.face(LATE).await;
    late.come(None, &token, unattended()).await;
    assert!(late.done().await.ok);
    assert_eq!(lab.members(LATE).await, ["pi-a", "pi-b", "pi-c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_at_its_console_is_chosen_for_there_and_installed_from_the_leaders() {
    let (lab, mut leader, _) = two_of_three().await;
    let offered = token(&mut leader).await;
    let mut late = lab.face(LATE).await;
    late.join(None, &offered).await;
    let chooses = |picture: &Picture| picture.stage == Stage::Forming && picture.nodes.len() == 3;
    late.until_picture(chooses).await;
    leader.until_picture(chooses).await;
    let told = |face: &Face| face.count(|event| matches!(event.what, What::Done { .. }));
    assert_eq!(told(&late), 0, "the others' run is not its own");
    leader.intend(Intent::Review).await;
    let sealed = |picture: &Picture| {
        let review = picture.review.as_ref();
        review.is_some_and(|review| review.digest.is_some())
    };
    leader.until_picture(sealed).await;
    let review = leader.link.picture.review.clone().expect("a review");
    let digest = review.digest.expect("it is sealed");
    leader.intend(Intent::Install { digest, erase: 0 }).await;
    assert!(late.done().await.ok);
    assert_eq!(lab.members(LATE).await, ["pi-a", "pi-b", "pi-c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_joined_by_a_token_alone_can_be_named_by_a_preseed_too() {
    let (lab, mut leader, whole) = two_of_three().await;
    let offered = token(&mut leader).await;
    let mut late = lab.face(LATE).await;
    late.join(None, &offered).await;
    late.until_picture(|picture| picture.stage == Stage::Forming)
        .await;
    begin(&lab, &mut leader, whole).await;
    let done = leader.done().await;
    assert!(done.ok, "{done:?}");
    assert!(late.done().await.ok);
    assert_eq!(lab.members(LATE).await, ["pi-a", "pi-b", "pi-c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_face_at_the_leader_is_offered_the_same_and_no_other_node_anything() {
    let (lab, mut leader, _) = two_of_three().await;
    let offered = token(&mut leader).await;
    let mut second = lab.face(LEADER).await;
    assert_eq!(token(&mut second).await, offered);
    let open = leader.tokens().await.into_iter();
    assert_eq!(open.filter(|token| token.state == "open").count(), 1);
    for number in [1, LATE] {
        let mut face = lab.face(number).await;
        assert_eq!(offers(&mut face).await, Offers::default(), "{number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_end_nothing_is_offered() {
    let lab = Lab::of(2).await;
    let mut leader = lab.begin(true).await;
    assert_eq!(offers(&mut leader).await, Offers::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_offered_is_in_no_event_picture_journal_or_report() {
    let (lab, mut leader, _) = two_of_three().await;
    let offered = token(&mut leader).await;
    let secret = field(&offered, "secret")
        .as_str()
        .expect("a secret")
        .to_owned();
    leader.intend(Intent::Report).await;
    leader
        .until_picture(|picture| picture.report.is_some())
        .await;
    let path = leader.link.picture.report.clone().expect("it is written");
    let report = std::fs::read_to_string(path).expect("a text");
    let journal = format!("{:?}", lab.journal().await);
    let told = format!("{:?} {:?}", leader.events, leader.link.picture);
    for text in [report, journal, told] {
        assert!(text.contains("pi-b"));
        assert!(!text.contains(&secret) && !text.contains(&offered));
    }
}
