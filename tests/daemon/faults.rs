//! Services that fail or dawdle: what is told, and the ways on.

use mcloud::engine::Intent;
use mcloud::engine::event::{PublicEvent, StepEvent, What};
use mcloud::engine::message::Failure;
use mcloud::engine::node::Stage;

use crate::face::step_of;
use crate::lab::Lab;

const JOIN: &str = "lxd.join@pi-c";

async fn joined_by_all(lab: &Lab, unattended: bool) -> crate::face::Face {
    let leader = lab.begin(unattended).await;
    for number in lab.joiners() {
        lab.bring_in(number).await;
    }
    leader
}

fn failure_of(event: &PublicEvent) -> Option<(&str, &Failure)> {
    match &event.what {
        What::Failure { step, failure } => Some((step.as_deref()?, failure)),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_join_ends_an_unattended_run_when_the_others_are_done() {
    let lab = Lab::with(3, &["lxd.join@pi-c=refused,1x"]).await;
    let mut leader = joined_by_all(&lab, true).await;
    let done = leader.done().await;
    assert_eq!((done.ok, done.exit, done.members), (false, 1, 2));
    let (step, failure) = leader
        .events
        .iter()
        .find_map(failure_of)
        .expect("a failure");
    assert_eq!(step, JOIN);
    let causes = failure.causes.join(" ");
    assert!(
        causes.contains("refused by the rehearsal: lxd.join@pi-c"),
        "{failure:?}"
    );
    let is =
        |id: &'static str, state| move |event: &PublicEvent| step_of(event) == Some((id, state));
    assert_eq!(leader.count(is("lxd.join@pi-b", StepEvent::Done)), 1);
    assert_eq!(leader.count(is(JOIN, StepEvent::Failed)), 1);
    assert_eq!(leader.count(is("lxd.proof@pi-a", StepEvent::Skipped)), 1);
    let mut members = lab.members(0).await;
    members.sort();
    assert_eq!(members, ["pi-a", "pi-b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_join_is_tried_again_when_the_operator_says_so() {
    let lab = Lab::with(3, &["lxd.join@pi-c=refused,1x"]).await;
    let mut leader = joined_by_all(&lab, false).await;
    let plan = leader
        .until(|event| matches!(event.what, What::Plan { .. }))
        .await;
    let What::Plan { digest, erase, .. } = plan.what else {
        panic!("{plan:?}");
    };
    leader.intend(Intent::Install { digest, erase }).await;
    leader
        .until_picture(|picture| picture.stage == Stage::Stopped)
        .await;
    leader.until_step(JOIN, StepEvent::Failed).await;
    let step = JOIN.to_owned();
    leader.intend(Intent::Retry { step }).await;
    let done = leader.done().await;
    assert_eq!((done.ok, done.exit, done.members), (true, 0, 3));
    let attempts: Vec<u32> = leader
        .events
        .iter()
        .filter_map(|event| match &event.what {
            What::Step {
                step,
                attempt,
                state: StepEvent::Failed | StepEvent::Done,
                ..
            } if step == JOIN => Some(*attempt),
            _ => None,
        })
        .collect();
    assert_eq!(attempts, [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_step_shows_that_it_lives_at_least_every_ten_seconds() {
    let lab = Lab::with(2, &["lxd.join@pi-b=slow:90s"]).await;
    let mut leader = joined_by_all(&lab, true).await;
    assert!(leader.done().await.ok);
    let id = "lxd.join@pi-b";
    let mut signs = 0;
    let mut took = 0;
    for event in &leader.events {
        if let What::Step {
            step,
            state,
            took_ms,
            ..
        } = &event.what
            && step == id
            && *state != StepEvent::Waiting
        {
            signs += 1;
            took = *took_ms;
        }
    }
    assert!(took >= 90_000, "{took}");
    assert!(signs * 10_000 >= took, "{signs} signs in {took} ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_written_for_the_owner_alone_and_holds_no_secret() {
    use std::os::unix::fs::PermissionsExt;

    let lab = Lab::with(3, &["lxd.join@pi-c=refused,9x"]).await;
    let mut leader = joined_by_all(&lab, false).await;
    let sealed = |picture: &mcloud::engine::picture::Picture| {
        let review = picture.review.as_ref()?;
        review.digest.clone()
    };
    leader
        .until_picture(|picture| sealed(picture).is_some())
        .await;
    let digest = sealed(&leader.link.picture).expect("it is sealed");
    leader.intend(Intent::Install { digest, erase: 0 }).await;
    leader
        .until_picture(|picture| picture.stage == Stage::Stopped)
        .await;
    leader.intend(Intent::Report).await;
    leader
        .until_picture(|picture| picture.report.is_some())
        .await;
    let path = leader.link.picture.report.clone().expect("it is shown");
    let mode = std::fs::metadata(&path)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let report = std::fs::read_to_string(&path).expect("a text");
    assert!(report.contains("lxd.join@pi-c"), "it tells what stopped");
    for number in lab.joiners() {
        let token = lab.token(number);
        assert!(!report.contains(token.trim()), "a token is in it");
    }
    assert!(!report.contains("PRIVATE KEY"));
}
