//! Faces come and go, speak strangely or not at all; the run does not mind.

use mcloud::engine::Intent;
use mcloud::engine::event::{StepEvent, What};
use mcloud::engine::neighbours::Neighbours;
use mcloud::engine::picture::Picture;
use mcloud::text::sentence;
use mcloud::wire::face::FaceLink;
use mcloud::wire::{FromDaemon, ToDaemon, VERSION, Wire};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::lab::{LEADER, Lab};

/// A picture without signs of life, which go on: its agents' and its neighbours'.
fn still(picture: &Picture) -> Picture {
    let mut picture = picture.clone();
    for node in &mut picture.nodes {
        node.heard = None;
    }
    picture.wizard.neighbours = Neighbours::default();
    picture
}

#[tokio::test(flavor = "multi_thread")]
async fn two_faces_see_the_same_and_one_that_comes_late_hears_all_that_was() {
    let lab = Lab::of(2).await;
    let mut one = lab.begin(true).await;
    let mut two = lab.face(LEADER).await;
    lab.bring_in(1).await;
    assert!(one.done().await.ok);
    assert!(two.done().await.ok);
    assert_eq!(one.events, two.events);
    one.until_picture(|picture| picture.end.is_some()).await;
    two.until_picture(|picture| picture.end.is_some()).await;
    assert_eq!(still(&one.link.picture), still(&two.link.picture));
    let mut late = lab.face(LEADER).await;
    assert!(late.done().await.ok);
    assert_eq!(late.events, one.events);
    assert_eq!(still(&late.link.picture), still(&one.link.picture));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_that_is_killed_during_install_costs_nothing() {
    let lab = Lab::of(2).await;
    let mut face = lab.begin(true).await;
    let mut joiner = lab.bring_in(1).await;
    face.until_step("lxd.bootstrap@pi-a", StepEvent::Running)
        .await;
    drop(face);
    joiner.until_step("lxd.join@pi-b", StepEvent::Running).await;
    drop(joiner);
    let mut other = lab.face(LEADER).await;
    assert!(other.done().await.ok);
    assert!(lab.face(1).await.done().await.ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_is_shown_what_changes_while_no_event_tells_of_it() {
    let lab = Lab::of(2).await;
    let mut face = lab.begin(false).await;
    lab.bring_in(1).await;
    let heard = |picture: &Picture| picture.nodes.last().and_then(|node| node.heard);
    face.until_picture(|picture| picture.review.as_ref().is_some_and(|r| r.digest.is_some()))
        .await;
    // From here on nothing happens: signs of life are no events.
    let first = heard(&face.link.picture);
    face.until_picture(|picture| heard(picture) > first).await;
    let second = heard(&face.link.picture);
    face.until_picture(|picture| heard(picture) > second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_of_another_version_is_told_which_versions_differ() {
    let lab = Lab::of(1).await;
    let stream = UnixStream::connect(&lab.pi(LEADER).daemon.socket).await;
    let mut wire = Wire::<_, ToDaemon, FromDaemon>::new(stream.expect("the socket"), 1 << 16);
    let hello = ToDaemon::Hello {
        v: VERSION + 1,
        pictures: true,
    };
    wire.send(&hello).await.expect("it is heard");
    match wire.receive().await.expect("an answer") {
        FromDaemon::Refused { failure } => {
            let says = sentence(&failure.what);
            assert!(says.contains(&VERSION.to_string()), "{says}");
            assert!(says.contains(&(VERSION + 1).to_string()), "{says}");
            assert!(says.contains("use the same mcloud"), "{says}");
        }
        other => panic!("{other:?}"),
    }
    assert!(wire.receive().await.is_err(), "the connection is closed");
}

/// Writes `bytes` to the daemon and waits until it has closed the connection.
async fn babble(lab: &Lab, bytes: &[u8]) {
    let stream = UnixStream::connect(&lab.pi(LEADER).daemon.socket).await;
    let mut stream = stream.expect("the socket");
    // The daemon may close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faces_that_are_silent_or_babble_hurt_nobody() {
    let lab = Lab::of(2).await;
    let silent = UnixStream::connect(&lab.pi(LEADER).daemon.socket).await;
    let silent = silent.expect("the socket");
    // This one says hello and never reads what it is sent.
    let deaf = FaceLink::connect(&lab.pi(LEADER).daemon.socket, true).await;
    let deaf = deaf.expect("a face");
    let mut face = lab.begin(true).await;
    babble(&lab, b"\xff\xfe\x00 no JSON at all\n").await;
    babble(
        &lab,
        b"{\"t\":\"intent\",\"intent\":{\"intent\":\"leave\"}}\n",
    )
    .await;
    babble(
        &lab,
        b"{\"t\":\"hello\",\"v\":1,\"pictures\":true}\n{\"t\":\"dance\"}\n",
    )
    .await;
    babble(&lab, &vec![b'x'; 10 * 1024 * 1024]).await;
    lab.bring_in(1).await;
    assert!(face.done().await.ok);
    drop((silent, deaf));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_undertaking_forgets_its_oldest_events_and_never_its_end() {
    let lab = Lab::of(2).await;
    let mut face = lab.begin(false).await;
    for _ in 0..210 {
        // Each of these is answered by one line of the log: this node leads.
        for _ in 0..100 {
            face.intend(Intent::Join {
                name: None,
                newcomer: mcloud::engine::answers::Newcomer::default(),
            })
            .await;
        }
        for _ in 0..100 {
            face.until_said("join.leads-already").await;
        }
    }
    face.intend(Intent::Leave).await;
    assert_eq!(face.done().await.exit, 3);
    let mut late = lab.face(LEADER).await;
    assert_eq!(late.done().await.exit, 3);
    assert!(late.events.len() <= 20_000);
    assert!(
        !late
            .events
            .iter()
            .any(|event| matches!(event.what, What::Hello { .. }))
    );
    let newest = face.events.len() - late.events.len();
    assert_eq!(face.events[newest..], late.events[..]);
}
