//! The engine of a joiner: it does what the sealed plan says, and nothing else.

use mcloud::engine::answers::Newcomer;
use mcloud::engine::event::{PublicEvent, What};
use mcloud::engine::node::{Cluster, Local, Role, Stage as Far};
use mcloud::engine::timing::Usual;
use mcloud::engine::{Effect, Event, Fact, Intent, Order, Report, State, Verb, update};

use crate::stage::{Stage, answers};

fn worker() -> State {
    let local = Local {
        mcloud: "0.1.0".to_owned(),
        id: "worker".to_owned(),
        name: "pi-b".to_owned(),
        role: Role::Undecided,
        told: 0,
        ..Local::default()
    };
    let mut state = State::new(local, Usual::default());
    update(
        &mut state,
        1,
        Event::Intent(Intent::Join {
            name: Some("pi-b".to_owned()),
            newcomer: Newcomer::default(),
        }),
    );
    let certified = Fact::Certified {
        name: "pi-b".to_owned(),
        cluster: "attic".to_owned(),
    };
    update(&mut state, 2, Event::Fact(certified));
    state
}

fn sealed() -> Cluster {
    let mut leader = Stage::new(2);
    leader.begin(answers(2), false);
    let mut cluster = leader.state.cluster;
    cluster.stage = Far::Installing;
    cluster
}

fn order(cluster: &Cluster, step: &str) -> Order {
    Order {
        run: "run-1".to_owned(),
        digest: cluster.digest.clone().unwrap(),
        step: step.to_owned(),
        attempt: 1,
        verb: Verb::Apply,
    }
}

fn obeys(cluster: &Cluster, order: &Order) -> bool {
    let mut state = worker();
    update(
        &mut state,
        3,
        Event::Fact(Fact::Cluster(Box::new(cluster.clone()))),
    );
    let effects = update(&mut state, 4, Event::Fact(Fact::Ordered(order.clone())));
    let obeyed = effects
        .iter()
        .any(|effect| *effect == Effect::Do(order.clone()));
    let refused = effects.iter().any(|effect| {
        matches!(effect, Effect::Report(Report::Ended(answered, Err(failure)))
            if answered == order && failure.what.code == "order.not-in-plan")
    });
    assert!(obeyed != refused, "an order is either obeyed or refused");
    obeyed
}

#[test]
fn an_order_is_obeyed_if_the_sealed_plan_has_it_for_this_node() {
    let cluster = sealed();
    assert!(obeys(&cluster, &order(&cluster, "lxd.join@pi-b")));
}

#[test]
fn other_orders_are_refused() {
    let cluster = sealed();
    let other_plan = Order {
        digest: "another".to_owned(),
        ..order(&cluster, "lxd.join@pi-b")
    };
    let unsealed = Cluster {
        digest: None,
        ..cluster.clone()
    };
    let not_begun = Cluster {
        stage: Far::Review,
        ..cluster.clone()
    };
    let good = order(&cluster, "lxd.join@pi-b");
    assert!(
        !obeys(&cluster, &order(&cluster, "lxd.bootstrap@pi-a")),
        "another node's step"
    );
    assert!(
        !obeys(&cluster, &order(&cluster, "lxd.reset@pi-b")),
        "no step of the plan"
    );
    assert!(!obeys(&cluster, &other_plan), "another plan's digest");
    assert!(!obeys(&unsealed, &good), "an unsealed plan");
    assert!(
        !obeys(&not_begun, &good),
        "a plan whose Install has not begun"
    );
}

#[test]
fn a_leader_of_a_lower_epoch_is_not_listened_to() {
    let mut state = worker();
    let newer = Cluster {
        epoch: 3,
        revision: 9,
        ..sealed()
    };
    update(
        &mut state,
        3,
        Event::Fact(Fact::Cluster(Box::new(newer.clone()))),
    );
    let old = Cluster {
        epoch: 2,
        revision: 99,
        ..sealed()
    };
    update(&mut state, 4, Event::Fact(Fact::Cluster(Box::new(old))));
    assert_eq!(state.cluster, newer);
}

#[test]
fn a_refused_joiner_is_told_why_and_ends_with_code_1() {
    let mut state = worker();
    let why = mcloud::engine::message::Failure::new(mcloud::engine::message::Message::new(
        "token.refused-expired",
    ));
    let effects = update(&mut state, 3, Event::Fact(Fact::JoinRefused(why)));
    let done = effects.iter().any(|effect| {
        matches!(effect, Effect::Emit(event) if matches!(&event.what,
            What::Done { ok: false, exit: 1, why: Some(why), .. } if why.code == "token.refused-expired"))
    });
    assert!(done);
}

#[test]
fn what_the_leader_tells_is_told_here_too() {
    let mut state = worker();
    let mut leader = Stage::new(1);
    leader.begin(answers(1), true);
    let event = leader.told.last().unwrap().clone();
    let effects = update(&mut state, 3, Event::Fact(Fact::Told(event.clone())));
    assert_eq!(effects, [Effect::Emit(event)]);
}

#[test]
fn a_leader_that_started_again_is_told_of_and_an_end_stays() {
    let again = Cluster {
        epoch: 1,
        revision: 1,
        ..Cluster::default()
    };
    for (stage, told) in [
        (Far::Installing, true),
        (Far::Ended, false),
        (Far::Idle, false),
    ] {
        let mut state = worker();
        let before = Cluster { stage, ..sealed() };
        for cluster in [before, again.clone()] {
            let effects = update(&mut state, 3, Event::Fact(Fact::Cluster(Box::new(cluster))));
            let says = |effect: &Effect| {
                matches!(effect, Effect::Emit(event) if matches!(&event.what,
                    What::Log { says, .. } if says.code == "link.leader-again"))
            };
            let is_again = state.cluster.revision == 1;
            assert_eq!(effects.iter().any(says), told && is_again, "{stage:?}");
        }
        let kept = if stage == Far::Ended {
            stage
        } else {
            Far::Idle
        };
        assert_eq!(state.cluster.stage, kept);
    }
}

#[test]
fn a_leader_that_is_not_reached_is_told_once() {
    let mut state = worker();
    let told: Vec<_> = (3..6)
        .flat_map(|now| update(&mut state, now, Event::Fact(Fact::Link(false))))
        .filter(|effect| {
            matches!(effect, Effect::Emit(event) if matches!(&event.what,
                What::Log { says, .. } if says.code == "link.not-yet"))
        })
        .collect();
    assert_eq!(told.len(), 1);
}

/// An undertaking of pi-a alone that has ended well.
fn ended_without_it(stage: Far) -> Cluster {
    let mut leader = Stage::new(1);
    leader.begin(answers(1), true);
    let mut cluster = leader.state.cluster;
    assert!(cluster.end.as_ref().is_some_and(|end| end.ok));
    cluster.stage = stage;
    cluster
}

fn done(cluster: &Cluster) -> Event {
    let what = cluster.end.as_ref().expect("an end").told();
    Event::Fact(Fact::Told(PublicEvent {
        at: 9,
        node: "pi-a".to_owned(),
        what,
    }))
}

#[test]
fn a_node_that_comes_after_the_end_waits_and_is_not_told_of_what_others_did() {
    let mut state = worker();
    let ended = ended_without_it(Far::Ended);
    let news = Event::Fact(Fact::Cluster(Box::new(ended.clone())));
    let effects = update(&mut state, 3, news.clone());
    let waits = |effects: &[Effect]| {
        let says = |effect: &&Effect| {
            matches!(effect, Effect::Emit(event)
                if matches!(&event.what, What::Log { says, .. } if says.code == "join.waits"))
        };
        effects.iter().filter(says).count()
    };
    assert_eq!(waits(&effects), 1);
    assert!(state.cluster.end.is_none() && state.local.member.is_none());
    assert_eq!(update(&mut state, 4, done(&ended)), []);
    assert_eq!(waits(&update(&mut state, 5, news)), 0, "once");
    // The run that names it is its own.
    let news = Event::Fact(Fact::Cluster(Box::new(sealed())));
    update(&mut state, 6, news);
    assert_eq!(state.cluster.stage, Far::Installing);
    assert_eq!(update(&mut state, 7, done(&ended)).len(), 1);
}

#[test]
fn a_node_that_was_left_out_on_the_way_hears_the_end() {
    let mut state = worker();
    let mut under_way = sealed();
    update(
        &mut state,
        3,
        Event::Fact(Fact::Cluster(Box::new(under_way.clone()))),
    );
    let ended = ended_without_it(Far::Ended);
    (under_way.stage, under_way.answers) = (Far::Ended, ended.answers.clone());
    under_way.end.clone_from(&ended.end);
    update(
        &mut state,
        4,
        Event::Fact(Fact::Cluster(Box::new(under_way))),
    );
    assert_eq!(state.cluster.stage, Far::Ended);
    assert_eq!(update(&mut state, 5, done(&ended)).len(), 1);
}
