//! A run that was cut off is taken up again, where the leader's journal says it was.

use std::collections::BTreeSet;

use mcloud::engine::Intent;
use mcloud::engine::node::{Role, Stage};
use mcloud::engine::picture::Picture;

use crate::face::Face;
use crate::lab::{LEADER, Lab};

/// The digest of the plan that Review shows, once it is sealed.
async fn sealed(face: &mut Face) -> String {
    let digest = |picture: &Picture| {
        let review = picture.review.as_ref()?;
        review
            .digest
            .clone()
            .filter(|_| picture.stage == Stage::Review)
    };
    face.until_picture(|picture| digest(picture).is_some())
        .await;
    digest(&face.link.picture).expect("it is sealed")
}

/// A wizard at a leader whose daemon has just started again.
async fn again(lab: &mut Lab) -> Face {
    lab.stop(LEADER).await;
    lab.start(LEADER).await;
    let mut face = lab.face(LEADER).await;
    face.intend(Intent::Open { part: None }).await;
    face
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_wizard_takes_up_a_run_that_was_cut_off() {
    let mut lab = Lab::with(3, &["lxd.join@pi-c=refused,1x"]).await;
    let mut leader = lab.begin(false).await;
    for number in lab.joiners() {
        lab.bring_in(number).await;
    }
    let digest = sealed(&mut leader).await;
    leader.intend(Intent::Install { digest, erase: 0 }).await;
    leader
        .until_picture(|picture| picture.stage == Stage::Stopped)
        .await;

    let mut leader = again(&mut lab).await;
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
    let digest = sealed(&mut leader).await;
    leader.intend(Intent::Install { digest, erase: 0 }).await;
    let done = leader.done().await;
    assert_eq!((done.ok, done.members), (true, 3), "{done:?}");

    let mut leader = again(&mut lab).await;
    leader
        .until_picture(|picture| picture.wizard.member.is_some())
        .await;
    let wizard = &leader.link.picture.wizard;
    let member = wizard.member.as_ref().expect("it is shown");
    // In the order in which they came in.
    let names: BTreeSet<_> = member.nodes.iter().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["pi-a", "pi-b", "pi-c"]));
    assert!(wizard.unfinished.is_none());
}
