//! The link between a leader and an agent breaks; the run does not.

use std::collections::BTreeMap;

use mcloud::engine::event::{PeerState, StepEvent};
use mcloud::engine::node::Stage;
use serde_json::json;

use crate::face::{Face, step_of};
use crate::lab::{LEADER, Lab, forged};
use crate::proxy::Proxy;

/// A leader and two joiners in the midst of pi-b's join; pi-b calls through the proxy.
async fn in_the_midst() -> (Lab, Proxy, Face) {
    let lab = Lab::of(3).await;
    let mut leader = lab.begin(true).await;
    let proxy = Proxy::to(lab.pi(LEADER).world.listen).await;
    let token = forged(&lab.token(1), |token| {
        token["addresses"] = json!([proxy.address]);
    });
    lab.face(1).await.join(Some("pi-b"), &token).await;
    lab.bring_in(2).await;
    leader.until_step("lxd.join@pi-b", StepEvent::Running).await;
    (lab, proxy, leader)
}

/// The run came to its end, and every step was effective once.
async fn assert_whole(lab: &Lab, leader: &mut Face) {
    let done = leader.done().await;
    assert_eq!((done.ok, done.members), (true, 3), "{done:?}");
    let mut ended: BTreeMap<&str, usize> = BTreeMap::new();
    for (id, state) in leader.events.iter().filter_map(step_of) {
        assert_ne!(state, StepEvent::Failed, "{id}");
        if matches!(state, StepEvent::Done | StepEvent::Already) {
            *ended.entry(id).or_default() += 1;
        }
    }
    assert!(ended.values().all(|times| *times == 1), "{ended:?}");
    let mut members = lab.members(LEADER).await;
    members.sort();
    assert_eq!(members, ["pi-a", "pi-b", "pi-c"]);
    let mut started: BTreeMap<String, usize> = BTreeMap::new();
    for entry in lab.journal().await {
        if entry.entry.kind == "start" {
            *started
                .entry(entry.entry.step.expect("a step"))
                .or_default() += 1;
        }
    }
    assert!(started.values().all(|times| *times == 1), "{started:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_breaks_during_a_join_costs_nothing() {
    let (lab, proxy, mut leader) = in_the_midst().await;
    proxy.cut();
    leader.until_peer("pi-b", PeerState::Lost).await;
    leader.until_peer("pi-b", PeerState::Connected).await;
    assert_whole(&lab, &mut leader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_stands_still_before_install_is_noticed_and_dialled_again() {
    let lab = Lab::unhurried(3).await;
    let _leader = lab.begin(true).await;
    let proxy = Proxy::to(lab.pi(LEADER).world.listen).await;
    let token = forged(&lab.token(1), |token| {
        token["addresses"] = json!([proxy.address]);
    });
    let mut joiner = lab.face(1).await;
    joiner.join(Some("pi-b"), &token).await;
    joiner
        .until_picture(|picture| picture.stage == Stage::Gathering)
        .await;
    joiner.until_said("link.up").await;
    // The kernel goes on confirming what is sent: that the leader says nothing is all there is to see.
    proxy.mute();
    joiner.until_said("link.down").await;
    joiner.until_said("link.up").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_breaks_again_and_again_costs_nothing() {
    let (lab, proxy, mut leader) = in_the_midst().await;
    for _ in 0..4 {
        proxy.cut();
        leader.until_peer("pi-b", PeerState::Lost).await;
        leader.until_peer("pi-b", PeerState::Connected).await;
    }
    assert_whole(&lab, &mut leader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_only_the_agent_knows_to_be_broken_is_replaced() {
    let (lab, proxy, mut leader) = in_the_midst().await;
    proxy.cut_near();
    leader.until_peer("pi-b", PeerState::Lost).await;
    leader.until_peer("pi-b", PeerState::Connected).await;
    assert_whole(&lab, &mut leader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joiner_whose_daemon_starts_again_during_its_join_is_taken_in() {
    let (mut lab, _proxy, mut leader) = in_the_midst().await;
    lab.stop(1).await;
    leader.until_peer("pi-b", PeerState::Lost).await;
    lab.start(1).await;
    leader.until_peer("pi-b", PeerState::Connected).await;
    assert_whole(&lab, &mut leader).await;
    let done = lab.face(1).await.done().await;
    assert_eq!((done.ok, done.exit), (true, 0));
}
