//! Nodes become a cluster, and every console hears the same to the end.

use mcloud::engine::event::{PeerState, PublicEvent, StepEvent, What};

use crate::face::{said, step_of};
use crate::lab::{CLUSTER, Lab};

/// What the leader tells: all but a node's own words about its link.
fn told(events: &[PublicEvent]) -> Vec<PublicEvent> {
    let first = events.iter().position(|event| match &event.what {
        What::Hello { role, .. } => role == "leader",
        _ => false,
    });
    let from = first.expect("the leader's hello");
    let own = ["link.up", "link.down", "link.not-yet"];
    let told = events[from..].iter();
    told.filter(|event| !said(event).is_some_and(|code| own.contains(&code)))
        .cloned()
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_become_a_cluster_and_every_console_hears_the_same_to_the_end() {
    let lab = Lab::of(3).await;
    let mut leader = lab.begin(true).await;
    let mut joiners = Vec::new();
    for number in lab.joiners() {
        joiners.push(lab.bring_in(number).await);
    }
    let done = leader.done().await;
    assert!(done.ok, "{done:?}");
    assert_eq!((done.exit, done.members), (0, 3));
    assert_eq!(lab.members(2).await.len(), 3);
    for joiner in &mut joiners {
        let done = joiner.done().await;
        assert_eq!((done.ok, done.exit, done.members), (true, 0, 3));
        assert_eq!(told(&joiner.events), told(&leader.events));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_joins_and_connects_once_and_every_step_is_done_once() {
    let (lab, face) = Lab::formed(3).await;
    for number in lab.joiners() {
        let name = &lab.pi(number).name;
        for wanted in [PeerState::Joined, PeerState::Connected] {
            let is = |event: &PublicEvent| matches!(event.what, What::Peer { state, .. } if state == wanted);
            let times = face.count(|event| event.node == *name && is(event));
            assert_eq!(times, 1, "{name} {wanted:?}");
        }
    }
    let over = |event: &PublicEvent| {
        let (id, state) = step_of(event)?;
        matches!(state, StepEvent::Done | StepEvent::Already).then(|| id.to_owned())
    };
    let mut ids: Vec<_> = face.events.iter().filter_map(over).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "a step ended twice");
    let last = face.events.last().expect("events");
    assert!(matches!(last.what, What::Done { .. }), "{last:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_is_a_cluster_too() {
    let (lab, face) = Lab::formed(1).await;
    assert_eq!(lab.members(0).await, ["pi-a"]);
    assert_eq!(face.link.picture.cluster, CLUSTER);
}
