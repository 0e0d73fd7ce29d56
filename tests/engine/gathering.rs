//! Before Install: who is missing, what is checked, what is sealed.

use mcloud::engine::event::{PeerState, What};
use mcloud::engine::message::{Failure, Message};
use mcloud::engine::node::Stage as Far;
use mcloud::engine::services::{LxdMember, LxdPool, LxdState};
use mcloud::engine::{Effect, Event, Fact, Intent};

use crate::stage::{Stage, answers, lxd};

#[test]
fn the_plan_waits_until_every_named_node_is_in() {
    let mut stage = Stage::new(3);
    stage.event(Event::Intent(Intent::Begin {
        answers: Box::new(answers(3)),
        unattended: true,
        tokens: None,
    }));
    stage.play();
    assert_eq!(stage.state.cluster.stage, Far::Gathering);
    assert_eq!(
        stage.state.cluster.missing().collect::<Vec<_>>(),
        ["pi-b", "pi-c"]
    );
    assert!(stage.state.cluster.plan.is_none());
}

#[test]
fn who_is_missing_is_told_again_and_again() {
    let mut stage = Stage::new(3);
    stage.event(Event::Intent(Intent::Begin {
        answers: Box::new(answers(3)),
        unattended: true,
        tokens: None,
    }));
    stage.play();
    let told = |stage: &Stage| {
        stage.told.iter().filter(|e| matches!(&e.what, What::Log { says, .. } if says.code == "gather.waiting" && says.with["nodes"] == "pi-b, pi-c")).count()
    };
    for _ in 0..3 {
        stage.now += 5_000;
        stage.event(Event::Tick);
    }
    assert_eq!(told(&stage), 3);
}

#[test]
fn the_wait_for_nodes_is_told_from_where_it_began() {
    let mut stage = Stage::new(3);
    stage.begin(answers(3), false);
    stage.now += 60_000;
    stage.fact(Fact::PeerLeft("pi-c".to_owned()));
    stage.now += 5_000;
    stage.event(Event::Tick);
    let waited = |e: &mcloud::engine::event::PublicEvent| match &e.what {
        What::Log { says, .. } if says.code == "gather.waiting" => {
            Some(says.with["seconds"].clone())
        }
        _ => None,
    };
    let last = stage.told.iter().filter_map(waited).next_back();
    assert_eq!(last.as_deref(), Some("5"));
}

#[test]
fn a_joiner_that_leaves_before_install_is_missing_again() {
    let mut stage = Stage::new(3);
    stage.begin(answers(3), false);
    assert_eq!(stage.state.cluster.stage, Far::Review);
    stage.fact(Fact::PeerLeft("pi-c".to_owned()));
    assert_eq!(stage.state.cluster.stage, Far::Gathering);
    assert_eq!(stage.state.cluster.missing().collect::<Vec<_>>(), ["pi-c"]);
    let lost = stage.told.iter().any(|e| {
        e.node == "pi-c"
            && matches!(
                e.what,
                What::Peer {
                    state: PeerState::Lost,
                    ..
                }
            )
    });
    assert!(lost);
}

#[test]
fn lxd_of_somebody_else_ends_an_unattended_run_before_anything_is_written() {
    let foreign = [
        LxdState::Absent,
        LxdState::NotPermitted,
        LxdState::Broken("what".to_owned()),
        LxdState::Answers(Box::new(mcloud::engine::services::LxdFacts {
            clustered: true,
            members: vec![LxdMember {
                name: "stranger".to_owned(),
                address: "10.9.9.9:8443".to_owned(),
                online: true,
            }],
            ..lxd()
        })),
        LxdState::Answers(Box::new(mcloud::engine::services::LxdFacts {
            pools: vec![LxdPool {
                name: "local".to_owned(),
                driver: "dir".to_owned(),
                status: "Created".to_owned(),
                members: vec!["none".to_owned()],
                place: None,
            }],
            ..lxd()
        })),
        LxdState::Answers(Box::new(mcloud::engine::services::LxdFacts {
            networks: vec!["lxdbr0".to_owned()],
            ..lxd()
        })),
    ];
    for lxd in foreign {
        let mut stage = Stage::new(3);
        stage.facts[1].lxd = lxd.clone();
        stage.begin(answers(3), true);
        assert_eq!(stage.done(), Some((false, 1, 0)), "{lxd:?}");
        assert!(
            stage.journal.is_empty() && stage.applied.is_empty(),
            "{lxd:?}"
        );
        let failure = stage.told.iter().find_map(|event| match &event.what {
            What::Failure { failure, .. } => Some(failure),
            _ => None,
        });
        assert!(
            failure.unwrap().hint.is_some(),
            "{lxd:?} is said without what to do"
        );
    }
}

#[test]
fn a_stopped_lxd_is_a_warning_and_does_not_stop_the_plan() {
    let mut stage = Stage::new(3);
    stage.facts[2].lxd = LxdState::Stopped;
    stage.begin(answers(3), true);
    assert_eq!(stage.done(), Some((true, 0, 3)));
}

#[test]
fn review_is_not_installed_by_another_digest() {
    let mut stage = Stage::new(3);
    stage.begin(answers(3), false);
    stage.event(Event::Intent(Intent::Install {
        digest: "another".to_owned(),
        erase: 0,
    }));
    stage.play();
    assert_eq!(stage.state.cluster.stage, Far::Review);
    assert!(stage.journal.is_empty());
}

#[test]
fn looking_again_unseals_what_was_sealed() {
    let mut stage = Stage::new(1);
    stage.begin(answers(1), false);
    let digest = stage.state.cluster.digest.clone().unwrap();
    stage.event(Event::Intent(Intent::LookAgain));
    assert!(stage.state.cluster.digest.is_none());
    stage.event(Event::Intent(Intent::Install { digest, erase: 0 }));
    assert_eq!(stage.state.cluster.stage, Far::Gathering);
}

#[test]
fn leaving_before_install_ends_with_code_3() {
    let mut stage = Stage::new(3);
    stage.begin(answers(3), false);
    stage.event(Event::Intent(Intent::Leave));
    assert_eq!(stage.done(), Some((false, 3, 0)));
    assert!(stage.journal.is_empty());
}

#[test]
fn a_node_that_cannot_be_looked_at_is_named_and_a_stranger_ends_nothing() {
    let unread = |node: &str| {
        let failure = Failure::new(Message::new("gather.failed"));
        Fact::NotGathered(Some(node.to_owned()), failure)
    };
    let mut stage = Stage::new(2);
    stage.event(Event::Intent(Intent::Begin {
        answers: Box::new(answers(2)),
        unattended: true,
        tokens: None,
    }));
    stage.play();
    stage.fact(unread("pi-z"));
    assert_eq!(
        stage.done(),
        None,
        "pi-z is in the cluster, not in the answers"
    );
    stage.fact(unread("pi-b"));
    assert_eq!(stage.done(), Some((false, 1, 0)));

    let mut stage = Stage::new(2);
    stage.begin(answers(2), false);
    stage.fact(unread("pi-b"));
    let told = stage.told.iter().rev().find_map(|event| match event.what {
        What::Failure { .. } => Some(event.node.as_str()),
        _ => None,
    });
    assert_eq!(told, Some("pi-b"));
}

#[test]
fn a_digest_of_an_earlier_plan_does_not_seal_the_one_that_took_its_place() {
    let mut stage = Stage::new(1);
    stage.event(Event::Intent(Intent::Begin {
        answers: Box::new(answers(1)),
        unattended: false,
        tokens: None,
    }));
    let mut revisions = Vec::new();
    for _ in 0..2 {
        while !stage.waiting.is_empty() {
            let effect = stage.waiting.remove(0);
            match effect {
                Effect::Digest { revision, .. } => revisions.push(revision),
                effect => stage.perform(effect),
            }
        }
        stage.event(Event::Intent(Intent::LookAgain));
    }
    stage.play();
    assert_eq!(revisions.len(), 2);
    stage.state.cluster.digest = None;
    for revision in revisions {
        let digest = "an earlier plan's".to_owned();
        stage.fact(Fact::Digested { revision, digest });
    }
    assert_eq!(stage.state.cluster.digest, None);
}
