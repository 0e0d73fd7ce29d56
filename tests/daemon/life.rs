//! The life of a daemon: it holds its node, lets it go, and is what it was when it starts again.

use std::os::unix::fs::PermissionsExt;

use mcloud::daemon::DaemonError;
use mcloud::engine::Intent;
use mcloud::engine::event::{PeerState, StepEvent, What};
use mcloud::engine::node::{Role, Stage};
use mcloud::wire::face::{FaceError, FaceLink};
use mcloud::wire::{Answer, Question};

use crate::face::step_of;
use crate::lab::{LEADER, Lab, parts};
use crate::patience::patiently;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_daemon_on_a_node_is_refused() {
    let lab = Lab::of(1).await;
    let world = lab.pi(LEADER).world.clone();
    let second = mcloud::daemon::start(world.clone(), parts(&world)).await;
    let refused = second.expect_err("the node is taken");
    assert!(matches!(refused, DaemonError::Owned(_)), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_dropped_ends_and_lets_its_node_go() {
    let (mut lab, mut face) = Lab::formed(2).await;
    let world = lab.pi(LEADER).world.clone();
    let old = lab.rehearsal.nodes.remove(LEADER).daemon;
    drop(old);
    let ended = async { while face.link.receive().await.is_ok() {} };
    patiently("the old daemon hangs up", ended).await;
    let starting = async {
        loop {
            match mcloud::daemon::start(world.clone(), parts(&world)).await {
                Ok(running) => break running,
                Err(DaemonError::Owned(_)) => tokio::task::yield_now().await,
                Err(other) => panic!("{other}"),
            }
        }
    };
    let again = patiently("the node is free", Box::pin(starting)).await;
    let face = FaceLink::connect(&again.socket, true)
        .await
        .expect("a face");
    assert_eq!(face.picture.role, Role::Leader);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_was_stopped_hears_no_face() {
    let mut lab = Lab::of(1).await;
    let socket = lab.pi(LEADER).daemon.socket.clone();
    lab.stop(LEADER).await;
    let refused = FaceLink::connect(&socket, true)
        .await
        .expect_err("it is gone");
    assert!(matches!(refused, FaceError::NoDaemon), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_starts_again_knows_its_cluster_and_finds_everything_there() {
    let (mut lab, _) = Lab::formed(3).await;
    let mut joiners = Vec::new();
    for number in lab.joiners() {
        joiners.push(lab.face(number).await);
    }
    lab.stop(LEADER).await;
    for joiner in &mut joiners {
        joiner.until_said("link.down").await;
    }
    lab.start(LEADER).await;
    for joiner in &mut joiners {
        joiner.until_said("link.up").await;
    }
    let mut leader = lab.face(LEADER).await;
    let nodes = leader.nodes().await;
    assert_eq!(nodes.len(), 3);
    assert!(nodes.iter().all(|node| node.connected), "{nodes:?}");
    match leader.ask(Question::Cluster).await {
        Answer::Cluster { cluster } => assert_eq!(cluster.expect("a cluster").nodes, 3),
        other => panic!("{other:?}"),
    }
    let tokens = leader.tokens().await;
    assert_eq!(tokens.len(), 2);
    assert!(tokens.iter().all(|token| token.state == "used"));

    leader
        .intend(Intent::Begin {
            answers: Box::new(lab.answers().await),
            unattended: true,
            tokens: None,
        })
        .await;
    let done = leader.done().await;
    assert_eq!((done.ok, done.exit, done.members), (true, 0, 3));
    let over = leader.events.iter().filter_map(step_of);
    // Guests are made and removed anew each time: what they prove is true now.
    let made: Vec<_> = over
        .filter(|(_, state)| matches!(state, StepEvent::Done | StepEvent::Failed))
        .filter(|(step, _)| !step.starts_with("lxd.guests"))
        .collect();
    assert_eq!(made, [], "everything was there already");
    for joiner in &mut joiners {
        assert!(joiner.done().await.ok);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_starts_again_in_the_midst_says_so_on_every_console() {
    let mut lab = Lab::of(2).await;
    let mut leader = lab.begin(true).await;
    let mut joiner = lab.bring_in(1).await;
    leader.until_step("lxd.join@pi-b", StepEvent::Running).await;
    lab.stop(LEADER).await;
    lab.start(LEADER).await;
    joiner.until_said("link.leader-again").await;
    joiner
        .until_picture(|picture| picture.stage == Stage::Idle)
        .await;

    let mut leader = lab.face(LEADER).await;
    leader
        .intend(Intent::Begin {
            answers: Box::new(lab.answers().await),
            unattended: true,
            tokens: None,
        })
        .await;
    let done = leader.done().await;
    assert_eq!((done.ok, done.exit, done.members), (true, 0, 2), "{done:?}");
    assert!(joiner.done().await.ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_starts_again_cannot_be_made_a_worker() {
    let (mut lab, _) = Lab::formed(1).await;
    let other = Lab::of(2).await;
    other.begin(true).await;
    lab.stop(LEADER).await;
    lab.start(LEADER).await;
    let mut face = lab.face(LEADER).await;
    assert_eq!(face.link.picture.role, Role::Leader);
    face.join(None, &other.token(1)).await;
    face.until_said("join.leads-already").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joiner_that_left_before_install_may_come_back_with_its_token() {
    let lab = Lab::of(2).await;
    let mut leader = lab.begin(false).await;
    let mut joiner = lab.bring_in(1).await;
    leader.until_peer("pi-b", PeerState::Connected).await;
    joiner
        .until_picture(|picture| picture.stage == Stage::Review)
        .await;
    joiner.intend(Intent::Leave).await;
    assert_eq!(joiner.done().await.exit, 3);
    leader.until_peer("pi-b", PeerState::Lost).await;
    joiner.join(Some("pi-b"), &lab.token(1)).await;
    leader.until_peer("pi-b", PeerState::Connected).await;
    leader
        .until(|event| matches!(event.what, What::Plan { .. }))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_mcloud_may_read_what_mcloud_keeps() {
    let (lab, _) = Lab::formed(2).await;
    let mut dirs = vec![lab.tokens()];
    for pi in &lab.rehearsal.nodes {
        dirs.push(pi.world.state_dir.clone());
        dirs.push(pi.world.run_dir.clone());
    }
    let mode = |path: &std::path::Path| {
        let kept = std::fs::symlink_metadata(path).expect("it is there");
        kept.permissions().mode() & 0o777
    };
    let mut files = 0;
    for dir in dirs {
        assert_eq!(mode(&dir), 0o700, "{}", dir.display());
        for entry in std::fs::read_dir(&dir).expect("a directory").flatten() {
            let path = entry.path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            files += 1;
        }
    }
    assert!(
        files >= 8,
        "keys, authority, database, token, membership, locks, sockets: {files}"
    );
}
