//! A run that was cut off is taken up again, where the leader's journal says it was.

use mcloud::engine::Intent;
use mcloud::engine::node::{Role, Stage};

use crate::lab::{LEADER, Lab};

#[tokio::test(flavor = "multi_thread")]
async fn the_next_wizard_takes_up_a_run_that_was_cut_off() {
    let mut lab = Lab::with(3, &["lxd.join@pi-c=refused,1x"]).await;
    let mut leader = lab.begin(false).await;
    for number in lab.joiners() {
        lab.bring_in(number).await;
    }
    leader
        .until_picture(|picture| {
            picture
                .review
                .as_ref()
                .is_some_and(|it| it.digest.is_some())
        })
        .await;
    let digest = leader
        .link
        .picture
        .review
        .as_ref()
        .and_then(|it| it.digest.clone());
    let digest = digest.expect("it is sealed");
    leader.intend(Intent::Install { digest, erase: 0 }).await;
    leader
        .until_picture(|picture| picture.stage == Stage::Stopped)
        .await;

    lab.stop(LEADER).await;
    lab.start(LEADER).await;
    let mut leader = lab.face(LEADER).await;
    leader.intend(Intent::Open { part: None }).await;
    leader
        .until_picture(|picture| {
            picture.wizard.unfinished.is_some() && picture.role == Role::Undecided
        })
        .await;
    let picture = &leader.link.picture;
    let unfinished = picture.wizard.unfinished.as_ref().expect("it is shown");
    assert!(
        unfinished.done > 0 && unfinished.done < unfinished.steps,
        "{unfinished:?}"
    );
    assert_eq!(unfinished.answers.nodes.len(), 3);
    assert!(picture.wizard.member.is_none());

    leader.intend(Intent::Resume).await;
    leader
        .until_picture(|picture| {
            picture.stage == Stage::Review
                && picture
                    .review
                    .as_ref()
                    .is_some_and(|it| it.digest.is_some())
        })
        .await;
    let digest = leader
        .link
        .picture
        .review
        .as_ref()
        .and_then(|it| it.digest.clone());
    let digest = digest.expect("it is sealed");
    leader.intend(Intent::Install { digest, erase: 0 }).await;
    let done = leader.done().await;
    assert_eq!((done.ok, done.members), (true, 3), "{done:?}");

    lab.stop(LEADER).await;
    lab.start(LEADER).await;
    let mut leader = lab.face(LEADER).await;
    leader.intend(Intent::Open { part: None }).await;
    leader
        .until_picture(|picture| picture.wizard.member.is_some())
        .await;
    let member = leader
        .link
        .picture
        .wizard
        .member
        .clone()
        .expect("it is shown");
    assert_eq!(member.nodes, ["pi-a", "pi-b", "pi-c"]);
    assert!(leader.link.picture.wizard.unfinished.is_none());
}
