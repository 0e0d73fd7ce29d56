//! A cluster that is there takes more nodes in: by a new session, or by the token one came with.

use mcloud::engine::answers::{DiskChoice, DiskFilter, Newcomer, NodeAnswers, Purpose};
use mcloud::engine::node::{Cluster, Local, Role, Stage as Far};
use mcloud::engine::timing::Usual;
use mcloud::engine::trust::KnockState;
use mcloud::engine::{Effect, Event, Fact, Intent, Member, Report, State, update};

use crate::stage::{NAMES, Stage, address, answers, facts, newcomer};

/// A leader whose cluster of pi-a and pi-b came to be, and the machine of pi-c.
fn formed() -> Stage {
    let mut stage = Stage::new(2);
    stage.begin(answers(2), true);
    assert!(stage.state.cluster.end.as_ref().is_some_and(|end| end.ok));
    stage.event(Event::Intent(Intent::Open { part: None }));
    stage.play();
    assert_eq!(stage.state.cluster.stage, Far::Idle);
    stage.facts.push(facts(2));
    stage
}

/// The machine of pi-c has its certificate by a token, and its agent is connected.
fn joined(stage: &mut Stage) {
    stage.fact(Fact::Joined {
        node: "pi-c".to_owned(),
        id: "id-2".to_owned(),
        session: false,
    });
    stage.fact(Fact::LinkUp("pi-c".to_owned()));
    stage.play();
}

fn came(stage: &mut Stage, newcomer: Newcomer) {
    stage.fact(Fact::Came("pi-c".to_owned(), newcomer));
}

/// Opens the cluster with these nodes connected, and has all of them looked at.
fn opened(stage: &mut Stage, nodes: usize) {
    let opens = |effect: &Effect| matches!(effect, Effect::Open { .. });
    assert!(stage.waiting.iter().any(opens), "{:?}", stage.waiting);
    stage.waiting.retain(|effect| !opens(effect));
    let ids = ["leader", "id-1", "id-2"];
    stage.fact(Fact::Opened {
        cluster: "c1".to_owned(),
        epoch: 1,
        joined: (0..nodes)
            .map(|number| Member {
                name: NAMES[number].to_owned(),
                id: ids[number].to_owned(),
                up: true,
            })
            .collect(),
        touched: true,
        usual: Usual::default(),
    });
    stage.play();
}

fn named(stage: &Stage) -> Vec<&str> {
    let answers = stage.state.cluster.answers.as_ref().unwrap();
    answers
        .nodes
        .iter()
        .map(|node| node.name.as_str())
        .collect()
}

#[test]
fn a_newcomer_with_a_token_is_taken_in_without_a_question() {
    let mut stage = formed();
    joined(&mut stage);
    stage.applied.clear();
    came(&mut stage, newcomer(2, true));
    opened(&mut stage, 3);
    assert_eq!(named(&stage), ["pi-a", "pi-b", "pi-c"]);
    let end = stage.state.cluster.end.as_ref().expect("it is done");
    assert_eq!((end.ok, end.members), (true, 3));
    assert!(stage.applied.iter().any(|step| step == "lxd.join@pi-c"));
    let formed = stage.state.local.formed.as_ref().unwrap();
    assert!(
        formed.node("pi-c").is_some(),
        "it is part of it from now on"
    );
}

#[test]
fn a_newcomer_speaks_for_itself_alone() {
    let mut stage = formed();
    joined(&mut stage);
    let mut other = NodeAnswers::new("pi-b".to_owned(), address(2));
    other.disks.push(DiskChoice {
        purpose: Purpose::Local,
        find: DiskFilter {
            serial: Some("pi-b-B".to_owned()),
            ..DiskFilter::default()
        },
        encrypt: false,
    });
    let wants = Newcomer {
        answers: Some(other),
        erase: 1,
        ..newcomer(2, true)
    };
    came(&mut stage, wants);
    let answers = stage.state.cluster.answers.as_ref().unwrap();
    assert!(answers.node("pi-b").unwrap().disks.is_empty());
    assert_eq!(answers.node("pi-c").unwrap().disks.len(), 1);
    opened(&mut stage, 3);
    let end = stage.state.cluster.end.as_ref().expect("it has ended");
    assert!(!end.ok, "pi-c has no such disk");
    assert!(
        stage
            .state
            .local
            .formed
            .as_ref()
            .unwrap()
            .node("pi-c")
            .is_none()
    );
}

#[test]
fn a_disk_that_holds_something_is_not_erased_beyond_what_was_agreed_to() {
    let mut stage = formed();
    joined(&mut stage);
    let mut own = NodeAnswers::new("pi-c".to_owned(), address(2));
    own.disks.push(DiskChoice {
        purpose: Purpose::Local,
        find: DiskFilter {
            serial: Some("pi-c-B".to_owned()),
            ..DiskFilter::default()
        },
        encrypt: false,
    });
    stage.applied.clear();
    let wants = Newcomer {
        answers: Some(own),
        ..newcomer(2, true)
    };
    came(&mut stage, wants);
    opened(&mut stage, 3);
    let end = stage.state.cluster.end.as_ref().expect("it has ended");
    assert_eq!((end.ok, &stage.applied[..]), (false, &[][..]));
}

#[test]
fn no_disk_of_another_node_is_erased_on_a_newcomers_word() {
    // The disk of pi-b that the answers name is another one by now, and somebody's.
    let mut stage = Stage::new(2);
    stage.begin(crate::stage::with_disk(answers(2), 1, "pi-b-A"), true);
    stage.event(Event::Intent(Intent::Open { part: None }));
    stage.play();
    stage.facts.push(facts(2));
    stage.facts[1].host.disks[0].holds = stage.facts[1].host.disks[1].holds.clone();
    joined(&mut stage);
    stage.applied.clear();
    let wants = Newcomer {
        erase: 1,
        ..newcomer(2, true)
    };
    came(&mut stage, wants);
    opened(&mut stage, 3);
    let end = stage.state.cluster.end.as_ref().expect("it has ended");
    let why = end.why.as_ref().map(|why| why.code.as_str());
    assert_eq!((end.exit, why), (2, Some("grow.erases-others")));
    assert_eq!(stage.applied, [""; 0]);
}

#[test]
fn a_newcomer_at_its_console_is_chosen_for_and_reviewed() {
    let mut stage = formed();
    joined(&mut stage);
    came(&mut stage, newcomer(2, false));
    opened(&mut stage, 3);
    assert_eq!(stage.state.cluster.stage, Far::Forming);
    assert_eq!(named(&stage), ["pi-a", "pi-b", "pi-c"]);
    let session = stage.state.cluster.session.as_ref().unwrap();
    let states: Vec<_> = session.knocks.iter().map(|knock| knock.state).collect();
    assert_eq!(states, [KnockState::Trusted, KnockState::Trusted]);
}

#[test]
fn a_new_session_takes_in_who_waits_and_leaving_it_changes_nothing() {
    let mut stage = formed();
    joined(&mut stage);
    let before = stage.state.local.formed.clone();
    stage.event(Event::Intent(Intent::Grow));
    opened(&mut stage, 3);
    assert_eq!(stage.state.cluster.stage, Far::Forming);
    assert_eq!(named(&stage), ["pi-a", "pi-b"]);
    came(&mut stage, newcomer(2, false));
    stage.play();
    assert_eq!(named(&stage), ["pi-a", "pi-b", "pi-c"], "pi-c waited");
    stage.event(Event::Intent(Intent::Leave));
    let out = stage.waiting.iter().filter_map(|effect| match effect {
        Effect::Dismiss { node, .. } => Some(node.as_str()),
        Effect::Abandon => Some("everything"),
        _ => None,
    });
    let out: Vec<_> = out.collect();
    assert_eq!(out, ["pi-c"]);
    assert_eq!(stage.state.local.formed, before);
    stage.play();
    stage.event(Event::Intent(Intent::Open { part: None }));
    assert_eq!(stage.state.cluster.stage, Far::Idle);
    assert!(stage.state.local.member.is_some(), "home is shown again");
}

#[test]
fn while_something_is_under_way_a_newcomer_waits() {
    let mut stage = formed();
    joined(&mut stage);
    stage.event(Event::Intent(Intent::Begin {
        answers: Box::new(answers(2)),
        unattended: true,
        tokens: None,
    }));
    came(&mut stage, newcomer(2, true));
    assert_eq!(named(&stage), ["pi-a", "pi-b"]);
}

#[test]
fn a_node_that_is_part_of_the_cluster_cannot_come_again() {
    let mut stage = formed();
    stage.fact(Fact::Came("pi-b".to_owned(), newcomer(1, true)));
    assert_eq!(stage.state.cluster.stage, Far::Idle);
}

/// The machine of pi-c that joined by a token.
fn machine() -> State {
    let local = Local {
        name: "pi-c".to_owned(),
        ..Local::default()
    };
    let mut state = State::new(local, Usual::default());
    let join = Intent::Join {
        name: None,
        newcomer: newcomer(2, true),
    };
    update(&mut state, 1, Event::Intent(join));
    let certified = Fact::Certified {
        name: "pi-c".to_owned(),
        cluster: "attic".to_owned(),
    };
    update(&mut state, 2, Event::Fact(certified));
    update(&mut state, 3, Event::Fact(Fact::Link(true)));
    let facts = Fact::Facts {
        node: None,
        facts: Box::new(facts(2)),
    };
    update(&mut state, 3, Event::Fact(facts));
    state
}

/// Whether it asks to be taken in when it hears of this cluster.
fn asks(state: &mut State, cluster: &Cluster) -> bool {
    let heard = Fact::Cluster(Box::new(cluster.clone()));
    let effects = update(state, 4, Event::Fact(heard));
    effects.contains(&Effect::Report(Report::Come(newcomer(2, true))))
}

#[test]
fn a_newcomer_asks_a_leader_at_rest_until_it_is_named() {
    let mut leader = formed();
    let mut state = machine();
    assert!(asks(&mut state, &leader.state.cluster));
    leader.state.cluster.revision += 1;
    leader.state.cluster.stage = Far::Installing;
    assert!(!asks(&mut state, &leader.state.cluster), "it is at work");
    leader.state.cluster.stage = Far::Ended;
    assert!(asks(&mut state, &leader.state.cluster));
    joined(&mut leader);
    came(&mut leader, newcomer(2, true));
    assert!(!asks(&mut state, &leader.state.cluster), "it is named");
    leader.state.cluster.stage = Far::Ended;
    assert!(!asks(&mut state, &leader.state.cluster), "once is enough");
}

#[test]
fn a_newcomer_that_is_put_out_before_install_keeps_nothing() {
    let mut leader = formed();
    joined(&mut leader);
    came(&mut leader, newcomer(2, false));
    opened(&mut leader, 3);
    let mut state = machine();
    asks(&mut state, &leader.state.cluster);
    assert!(leader.state.cluster.touched);
    let why = mcloud::engine::message::Message::new("session.left-growing");
    let refused = Fact::JoinRefused(mcloud::engine::message::Failure::new(why));
    let effects = update(&mut state, 5, Event::Fact(refused));
    assert!(effects.contains(&Effect::Forget), "{effects:?}");
    assert_eq!(state.local.role, Role::Worker);
}
