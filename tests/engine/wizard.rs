//! The wizard without a screen: a session is opened, joiners knock, operators choose, and what is
//! changed late is sealed anew.

use std::net::SocketAddr;

use mcloud::engine::answers::{LocalPool, Purpose};
use mcloud::engine::event::{PublicEvent, What};
use mcloud::engine::message::{Failure, Message, Remedy};
use mcloud::engine::neighbours::{Neighbours, Peer, Standing, announcement};
use mcloud::engine::node::{End, Local, Role, Stage as Far};
use mcloud::engine::picture::picture;
use mcloud::engine::services::{
    LxdFacts, LxdMember, LxdState, MicroFacts, MicroMember, MicroState,
};
use mcloud::engine::timing::Usual;
use mcloud::engine::trust::{JoiningState, Knock, KnockState};
use mcloud::engine::wizard::{Part, Unfinished};
use mcloud::engine::{Effect, Event, Fact, Intent, Member, Report, State, update};

use crate::stage::{NAMES, Stage, address, answers, facts, lxd};

fn knock(number: usize) -> Knock {
    Knock {
        id: format!("id-{number}"),
        name: NAMES[number].to_owned(),
        address: address(number),
        model: "Raspberry Pi 5".to_owned(),
        mcloud: "0.1.0".to_owned(),
        check: ["maple", "tundra", "fox", "ember"]
            .map(str::to_owned)
            .to_vec(),
        theirs: false,
        state: KnockState::Asking,
    }
}

/// An initiator whose session is open.
fn open(nodes: usize) -> Stage {
    let mut stage = Stage::new(nodes);
    stage.event(Event::Intent(Intent::Open { part: None }));
    stage.play();
    for intent in [
        Intent::Part {
            part: Part::Initiator,
        },
        Intent::Address {
            address: address(0),
        },
        Intent::Found {
            cluster: "attic".to_owned(),
        },
    ] {
        stage.event(Event::Intent(intent));
    }
    stage.play();
    stage.fact(Fact::SessionOpened("session-1".to_owned()));
    stage.play();
    stage
}

/// Yes to a joiner whose check words were compared.
fn admit(number: usize) -> Intent {
    let Knock { id, check, .. } = knock(number);
    Intent::Admit { id, check }
}

/// A joiner comes in: it knocks, both say yes, its link comes up.
fn come_in(stage: &mut Stage, number: usize) {
    let id = format!("id-{number}");
    stage.fact(Fact::Knocked(knock(number)));
    stage.event(Event::Intent(admit(number)));
    stage.fact(Fact::JoinerSaid(id.clone(), Some(true)));
    let node = NAMES[number].to_owned();
    stage.fact(Fact::Joined {
        node: node.clone(),
        id,
        session: true,
    });
    stage.fact(Fact::LinkUp(node.clone()));
    let facts = Box::new(stage.facts[number].clone());
    stage.fact(Fact::Facts {
        node: Some(node),
        facts,
    });
    stage.play();
}

fn formed(nodes: usize) -> Stage {
    let mut stage = open(nodes);
    for number in 1..nodes {
        come_in(&mut stage, number);
    }
    stage
}

fn intend(stage: &mut Stage, intent: Intent) {
    stage.event(Event::Intent(intent));
    stage.play();
}

fn use_disk(node: &str, serial: &str, purpose: Option<Purpose>) -> Intent {
    Intent::Use {
        node: node.to_owned(),
        disk: format!("/dev/disk/by-id/ata-{serial}"),
        purpose,
        encrypt: false,
    }
}

fn nodes(stage: &Stage) -> Vec<String> {
    let answers = stage.state.cluster.answers.as_ref().unwrap();
    answers.nodes.iter().map(|node| node.name.clone()).collect()
}

fn knock_state(stage: &Stage, number: usize) -> KnockState {
    let session = stage.state.cluster.session.as_ref().unwrap();
    let id = format!("id-{number}");
    session.knocks.iter().find(|it| it.id == id).unwrap().state
}

/// Effects of one event that wait, without the ones that only tell.
fn effects(stage: &mut Stage, event: Event) -> Vec<Effect> {
    stage.event(event);
    std::mem::take(&mut stage.waiting)
}

#[test]
fn three_consoles_choose_and_get_a_cluster() {
    let mut stage = formed(3);
    assert_eq!(stage.state.cluster.stage, Far::Forming);
    assert_eq!(nodes(&stage), NAMES);
    intend(&mut stage, use_disk("pi-a", "pi-a-A", Some(Purpose::Local)));
    stage.fact(Fact::Chose {
        node: "pi-b".to_owned(),
        disk: "/dev/disk/by-id/ata-pi-b-A".to_owned(),
        purpose: Some(Purpose::Local),
        encrypt: false,
    });
    intend(&mut stage, Intent::Review);
    assert_eq!(stage.state.cluster.stage, Far::Review);
    let digest = stage.state.cluster.digest.clone().unwrap();
    intend(&mut stage, Intent::Install { digest, erase: 0 });
    assert_eq!(stage.done(), Some((true, 0, 3)));
    let member = stage
        .state
        .local
        .member
        .as_ref()
        .expect("it is a member now");
    assert_eq!(
        (member.cluster.as_str(), member.leader.as_str()),
        ("attic", "pi-a")
    );
}

#[test]
fn nobody_is_one_of_the_nodes_before_both_operators_said_yes() {
    let mut stage = open(2);
    stage.fact(Fact::Knocked(knock(1)));
    assert_eq!(nodes(&stage), ["pi-a"]);
    let admitted = effects(&mut stage, Event::Intent(admit(1)));
    let decided = |effect: &Effect| matches!(effect, Effect::Decide { refuse: None, .. });
    assert!(
        admitted.iter().any(decided),
        "the daemon is told: {admitted:?}"
    );
    assert_eq!(knock_state(&stage, 1), KnockState::Accepted);
    assert_eq!(nodes(&stage), ["pi-a"], "its certificate is not there yet");
    stage.fact(Fact::Joined {
        node: "pi-b".to_owned(),
        id: "id-1".to_owned(),
        session: true,
    });
    assert_eq!(knock_state(&stage, 1), KnockState::Trusted);
    assert_eq!(nodes(&stage), ["pi-a", "pi-b"]);
    let by_session = |what: &What| matches!(what, What::Trust { state, by, .. } if state == "trusted" && by == "session");
    assert!(stage.told.iter().any(|event| by_session(&event.what)));
}

#[test]
fn a_refused_joiner_is_told_and_a_trusted_one_can_be_put_out_again() {
    let mut stage = open(3);
    stage.fact(Fact::Knocked(knock(1)));
    let refused = effects(
        &mut stage,
        Event::Intent(Intent::Refuse {
            id: "id-1".to_owned(),
        }),
    );
    assert!(
        matches!(
            refused.as_slice(),
            [Effect::Decide {
                refuse: Some(_),
                ..
            }]
        ),
        "{refused:?}"
    );
    assert_eq!(knock_state(&stage, 1), KnockState::Refused);
    come_in(&mut stage, 2);
    let out = effects(
        &mut stage,
        Event::Intent(Intent::Refuse {
            id: "id-2".to_owned(),
        }),
    );
    assert!(
        matches!(out.as_slice(), [Effect::Dismiss { node, .. }] if node == "pi-c"),
        "{out:?}"
    );
    assert_eq!(nodes(&stage), ["pi-a"]);
}

#[test]
fn two_nodes_of_one_name_do_not_both_come_in() {
    let mut stage = formed(2);
    let clone = Knock {
        id: "id-9".to_owned(),
        ..knock(1)
    };
    let told = effects(&mut stage, Event::Fact(Fact::Knocked(clone)));
    assert!(
        matches!(told.as_slice(), [Effect::Decide { joiner, refuse: Some(why), .. }]
        if joiner == "id-9" && why.code == "session.name-taken"),
        "{told:?}"
    );
    let own = Knock {
        name: "pi-a".to_owned(),
        id: "id-8".to_owned(),
        ..knock(1)
    };
    let told = effects(&mut stage, Event::Fact(Fact::Knocked(own)));
    assert!(
        matches!(
            told.as_slice(),
            [Effect::Decide {
                refuse: Some(_),
                ..
            }]
        ),
        "the initiator's own name"
    );
}

#[test]
fn a_joiner_that_comes_again_takes_its_own_row() {
    let mut stage = open(2);
    stage.fact(Fact::Knocked(knock(1)));
    stage.fact(Fact::JoinerSaid("id-1".to_owned(), None));
    assert_eq!(knock_state(&stage, 1), KnockState::Gone);
    stage.fact(Fact::Knocked(knock(1)));
    let session = stage.state.cluster.session.as_ref().unwrap();
    assert_eq!(session.knocks.len(), 1);
    assert_eq!(knock_state(&stage, 1), KnockState::Asking);
}

/// A leader that takes up a run of three nodes; pi-c was a node and is not there any more.
fn resumed(lxd: LxdFacts) -> Stage {
    let mut stage = Stage::new(3);
    stage.facts[1].lxd = LxdState::Answers(Box::new(lxd));
    stage.state.local.unfinished = Some(Unfinished {
        answers: answers(3),
        done: 4,
        steps: 40,
        when: 1,
    });
    stage.event(Event::Intent(Intent::Resume));
    let opens = |effect: &Effect| matches!(effect, Effect::Open { .. });
    assert!(stage.waiting.iter().any(opens), "{:?}", stage.waiting);
    stage.waiting.retain(|effect| !opens(effect));
    let members = [
        ("pi-a", "leader", true),
        ("pi-b", "id-1", true),
        ("pi-c", "id-2", false),
    ];
    stage.fact(Fact::Opened {
        cluster: "c1".to_owned(),
        epoch: 1,
        joined: members
            .map(|(name, id, up)| Member {
                name: name.to_owned(),
                id: id.to_owned(),
                up,
            })
            .to_vec(),
        touched: true,
        usual: Usual::default(),
    });
    stage.play();
    assert_eq!(
        stage.state.cluster.stage,
        Far::Gathering,
        "pi-c is waited for"
    );
    stage
}

#[test]
fn a_node_that_never_comes_back_is_left_out_of_a_run_that_is_taken_up_again() {
    let mut stage = resumed(lxd());
    intend(&mut stage, Intent::Change);
    let out = Intent::Refuse {
        id: "id-2".to_owned(),
    };
    intend(&mut stage, out);
    assert_eq!(knock_state(&stage, 2), KnockState::Refused);
    intend(&mut stage, Intent::Review);
    let plan = stage.state.cluster.plan.as_ref().expect("it is planned");
    assert_eq!(plan.nodes, ["pi-a", "pi-b"]);
}

#[test]
fn a_node_that_lxd_has_as_a_member_is_not_left_out() {
    let member = |name: &str| LxdMember {
        name: name.to_owned(),
        address: String::new(),
        online: true,
    };
    let mut stage = resumed(LxdFacts {
        clustered: true,
        members: ["pi-a", "pi-b", "pi-c"].map(member).into(),
        ..lxd()
    });
    intend(&mut stage, Intent::Change);
    let out = Intent::Refuse {
        id: "id-2".to_owned(),
    };
    intend(&mut stage, out);
    assert_eq!(knock_state(&stage, 2), KnockState::Trusted);
    assert_eq!(nodes(&stage), ["pi-a", "pi-b", "pi-c"]);
    let says = |event: &PublicEvent| matches!(&event.what, What::Log { says, .. } if says.code == "session.is-member");
    assert!(stage.told.iter().any(says), "its operator is told why");
}

#[test]
fn a_yes_is_for_the_check_words_that_were_compared_and_for_no_others() {
    let mut stage = open(2);
    stage.fact(Fact::Knocked(knock(1)));
    // A second board with a copy of its key, that knows the words, comes between the look and the key.
    let copy = Knock {
        check: ["other", "words", "than", "these"]
            .map(str::to_owned)
            .into(),
        ..knock(1)
    };
    stage.fact(Fact::Knocked(copy.clone()));
    let late = effects(&mut stage, Event::Intent(admit(1)));
    assert!(late.is_empty(), "{late:?}");
    assert_eq!(knock_state(&stage, 1), KnockState::Asking);
    stage.fact(Fact::JoinerSaid("id-1".to_owned(), Some(true)));
    assert_eq!(nodes(&stage), ["pi-a"]);
    let Knock { id, check, .. } = copy;
    let meant = Intent::Admit {
        id: id.clone(),
        check: check.clone(),
    };
    let yes = effects(&mut stage, Event::Intent(meant));
    let told = Effect::Decide {
        joiner: id,
        check,
        refuse: None,
    };
    assert!(yes.contains(&told), "{yes:?}");
}

#[test]
fn who_leaves_before_install_is_out_and_the_rest_goes_on() {
    let mut stage = formed(3);
    intend(&mut stage, Intent::Review);
    stage.fact(Fact::PeerLeft("pi-c".to_owned()));
    let dismissed =
        |effect: &Effect| matches!(effect, Effect::Dismiss { node, .. } if node == "pi-c");
    assert!(stage.waiting.iter().any(dismissed));
    stage.play();
    assert_eq!(nodes(&stage), ["pi-a", "pi-b"]);
    assert_eq!(
        stage.state.cluster.stage,
        Far::Review,
        "it was planned again"
    );
    let plan = stage.state.cluster.plan.as_ref().unwrap();
    assert_eq!(plan.nodes, ["pi-a", "pi-b"]);
}

#[test]
fn a_choice_at_another_console_unseals_what_was_sealed() {
    let mut stage = formed(2);
    intend(&mut stage, Intent::Review);
    let sealed = stage.state.cluster.digest.clone().expect("it is sealed");
    stage.event(Event::Fact(Fact::Chose {
        node: "pi-b".to_owned(),
        disk: "/dev/disk/by-id/ata-pi-b-B".to_owned(),
        purpose: Some(Purpose::Local),
        encrypt: false,
    }));
    assert_eq!(
        stage.state.cluster.digest, None,
        "no seal while it is being planned"
    );
    intend(
        &mut stage,
        Intent::Install {
            digest: sealed,
            erase: 0,
        },
    );
    assert!(
        stage.state.cluster.run.is_none(),
        "the old seal installs nothing"
    );
    assert_eq!(stage.state.cluster.stage, Far::Review);
    let erasures = &stage.state.cluster.plan.as_ref().unwrap().erasures;
    assert_eq!(
        erasures.len(),
        1,
        "the disk that holds something is on Review"
    );
    let seen = picture(&stage.state, stage.now).wizard;
    let disks = &seen
        .disks
        .iter()
        .find(|node| node.node == "pi-b")
        .unwrap()
        .disks;
    let marked = disks.iter().find(|disk| disk.serial == "pi-b-B").unwrap();
    assert_eq!(
        marked.chosen_by.as_deref(),
        Some("pi-b"),
        "the initiator sees who chose"
    );
}

#[test]
fn a_node_gives_one_disk_to_the_local_pool_and_can_take_it_back() {
    let mut stage = formed(1);
    intend(&mut stage, use_disk("pi-a", "pi-a-A", Some(Purpose::Local)));
    intend(&mut stage, use_disk("pi-a", "pi-a-B", Some(Purpose::Local)));
    let given = |stage: &Stage| {
        stage.state.cluster.answers.as_ref().unwrap().nodes[0]
            .disks
            .clone()
    };
    assert_eq!(given(&stage).len(), 1);
    assert_eq!(given(&stage)[0].find.serial.as_deref(), Some("pi-a-B"));
    intend(&mut stage, use_disk("pi-a", "pi-a-B", None));
    assert_eq!(given(&stage), []);
    intend(
        &mut stage,
        use_disk("pi-a", "no-such-disk", Some(Purpose::Local)),
    );
    assert_eq!(given(&stage), []);
}

#[test]
fn the_systems_own_disk_cannot_be_chosen_at_any_console() {
    let mut stage = Stage::new(2);
    for facts in &mut stage.facts {
        facts.host.disks[0].used = Some("/ (the system)".to_owned());
    }
    let facts = stage.facts.clone();
    let mut stage = formed(2);
    stage.facts = facts;
    intend(&mut stage, Intent::LookAgain);
    intend(&mut stage, use_disk("pi-a", "pi-a-A", Some(Purpose::Local)));
    stage.fact(Fact::Chose {
        node: "pi-b".to_owned(),
        disk: "/dev/disk/by-id/ata-pi-b-A".to_owned(),
        purpose: Some(Purpose::Local),
        encrypt: false,
    });
    let answers = stage.state.cluster.answers.as_ref().unwrap();
    assert!(answers.nodes.iter().all(|node| node.disks.is_empty()));
}

#[test]
fn back_from_review_the_answers_are_what_they_were() {
    let mut stage = formed(2);
    intend(&mut stage, use_disk("pi-b", "pi-b-A", Some(Purpose::Local)));
    let before = stage.state.cluster.answers.clone();
    intend(&mut stage, Intent::Review);
    intend(&mut stage, Intent::Change);
    assert_eq!(stage.state.cluster.stage, Far::Forming);
    assert_eq!(stage.state.cluster.answers, before);
    assert!(stage.state.cluster.plan.is_none());
    intend(
        &mut stage,
        Intent::Local {
            local: LocalPool {
                file: 5_000_000_000,
                ..LocalPool::default()
            },
        },
    );
    intend(&mut stage, Intent::Review);
    assert_eq!(stage.state.cluster.stage, Far::Review);
}

/// Installs on three nodes, of which pi-c is lost before it hears of anything.
fn lost() -> Stage {
    let mut stage = formed(3);
    intend(&mut stage, Intent::Review);
    let digest = stage.state.cluster.digest.clone().unwrap();
    stage.event(Event::Intent(Intent::Install { digest, erase: 0 }));
    stage.event(Event::Fact(Fact::LinkDown("pi-c".to_owned())));
    while let Some(at) = stage
        .waiting
        .iter()
        .position(|effect| !is_for("pi-c", effect))
    {
        let effect = stage.waiting.remove(at);
        stage.perform(effect);
    }
    stage.waiting.clear();
    stage
}

fn is_for(wanted: &str, effect: &Effect) -> bool {
    matches!(effect, Effect::Send { node, .. } if node == wanted)
}

#[test]
fn a_node_that_stays_away_for_minutes_stops_its_steps_and_can_be_left_out() {
    let mut stage = lost();
    stage.now += 60_000;
    stage.event(Event::Tick);
    assert_eq!(stage.state.cluster.stage, Far::Installing, "it may be back");
    stage.now += 5 * 60_000;
    stage.event(Event::Tick);
    stage.play();
    assert_eq!(stage.state.cluster.stage, Far::Stopped);
    let seen = picture(&stage.state, stage.now);
    let failures = seen.install.unwrap().failures;
    let first = &failures[0].failure;
    assert_eq!(first.what.code, "install.lost");
    assert!(first.remedies.contains(&Remedy::GoOnWithout), "{first:?}");
    let node = "pi-c".to_owned();
    intend(&mut stage, Intent::GoOnWithout { node });
    assert_eq!(stage.state.cluster.plan.as_ref().unwrap().nodes.len(), 2);
}

#[test]
fn a_member_of_a_services_cluster_is_not_left_out() {
    let mut stage = lost();
    let member = MicroMember {
        name: "pi-c".to_owned(),
        address: "10.0.0.13:7443".to_owned(),
        role: "voter".to_owned(),
        status: "ONLINE".to_owned(),
    };
    let ceph = MicroFacts {
        members: vec![member],
        ..MicroFacts::default()
    };
    let leader = stage.state.cluster.nodes.get_mut("pi-a").unwrap();
    let mut facts = leader.facts.as_deref().unwrap().clone();
    facts.ceph = MicroState::Answers(Box::new(ceph));
    leader.facts = Some(facts.into());
    stage.now += 6 * 60_000;
    stage.event(Event::Tick);
    stage.play();
    assert_eq!(stage.state.cluster.stage, Far::Stopped);
    let seen = picture(&stage.state, stage.now);
    let ways = &seen.install.unwrap().failures[0].failure.remedies;
    assert!(!ways.contains(&Remedy::GoOnWithout), "{ways:?}");
    let node = "pi-c".to_owned();
    intend(&mut stage, Intent::GoOnWithout { node });
    assert_eq!(stage.state.cluster.stage, Far::Stopped);
}

#[test]
fn a_stopped_run_can_go_on_without_the_node_that_failed() {
    let mut stage = formed(3);
    intend(&mut stage, Intent::Review);
    stage.failing.insert("lxd.join@pi-c".to_owned());
    let digest = stage.state.cluster.digest.clone().unwrap();
    intend(&mut stage, Intent::Install { digest, erase: 0 });
    assert_eq!(stage.state.cluster.stage, Far::Stopped);
    let seen = picture(&stage.state, stage.now);
    let failure = &seen.install.as_ref().unwrap().failures[0].failure;
    for way in [
        Remedy::Retry,
        Remedy::GoOnWithout,
        Remedy::Change,
        Remedy::Leave,
    ] {
        assert!(
            failure.remedies.contains(&way),
            "{way:?} in {:?}",
            failure.remedies
        );
    }
    intend(
        &mut stage,
        Intent::GoOnWithout {
            node: "pi-a".to_owned(),
        },
    );
    assert_eq!(
        stage.state.cluster.stage,
        Far::Stopped,
        "not without the leader"
    );
    intend(
        &mut stage,
        Intent::GoOnWithout {
            node: "pi-b".to_owned(),
        },
    );
    assert_eq!(stage.state.cluster.stage, Far::Stopped, "pi-b has joined");
    intend(
        &mut stage,
        Intent::GoOnWithout {
            node: "pi-c".to_owned(),
        },
    );
    assert_eq!(stage.state.cluster.stage, Far::Review);
    assert_eq!(nodes(&stage), ["pi-a", "pi-b"]);
    let digest = stage.state.cluster.digest.clone().unwrap();
    intend(&mut stage, Intent::Install { digest, erase: 0 });
    assert_eq!(stage.done(), Some((true, 0, 2)));
}

#[test]
fn after_a_failure_answers_can_be_changed_and_nothing_is_done_twice() {
    let mut stage = formed(2);
    intend(&mut stage, Intent::Review);
    stage.failing.insert("lxd.pool@pi-a".to_owned());
    let digest = stage.state.cluster.digest.clone().unwrap();
    intend(&mut stage, Intent::Install { digest, erase: 0 });
    assert_eq!(stage.state.cluster.stage, Far::Stopped);
    intend(&mut stage, Intent::Change);
    assert_eq!(stage.state.cluster.stage, Far::Forming);
    stage.failing.clear();
    let applied = stage
        .applied
        .iter()
        .filter(|step| *step == "lxd.join@pi-b")
        .count();
    intend(&mut stage, Intent::Review);
    let digest = stage.state.cluster.digest.clone().unwrap();
    intend(&mut stage, Intent::Install { digest, erase: 0 });
    assert_eq!(stage.done(), Some((true, 0, 2)));
    let again = stage
        .applied
        .iter()
        .filter(|step| *step == "lxd.join@pi-b")
        .count();
    assert_eq!((applied, again), (1, 1), "the join was there already");
}

#[test]
fn after_a_run_nobody_says_that_nothing_was_written_and_no_joiner_is_let_go() {
    let mut stage = formed(2);
    intend(&mut stage, Intent::Review);
    assert!(!picture(&stage.state, stage.now).touched);
    stage.failing.insert("lxd.pool@pi-a".to_owned());
    let digest = stage.state.cluster.digest.clone().unwrap();
    intend(&mut stage, Intent::Install { digest, erase: 0 });
    intend(&mut stage, Intent::Change);
    assert!(picture(&stage.state, stage.now).touched);
    let mut worker = joined();
    let cluster = Box::new(stage.state.cluster.clone());
    play(&mut worker, Event::Fact(Fact::Cluster(cluster)));
    assert_eq!(
        want(&mut worker, Intent::Leave),
        [],
        "it is a member of LXD's cluster"
    );
    let gone = Failure::new(Message::new("link.revoked"));
    let told = play(&mut worker, Event::Fact(Fact::JoinRefused(gone)));
    assert!(!told.contains(&Effect::Forget), "{told:?}");
}

#[test]
fn leaving_before_install_gives_everything_up() {
    let mut stage = formed(2);
    let left = effects(&mut stage, Event::Intent(Intent::Leave));
    assert!(left.contains(&Effect::Abandon), "{left:?}");
    assert_eq!(stage.done(), Some((false, 3, 0)));
    stage.event(Event::Intent(Intent::Open { part: None }));
    assert_eq!(
        stage.state.local.role,
        Role::Undecided,
        "the wizard begins anew"
    );
    assert!(stage.state.cluster.answers.is_none());
}

#[test]
fn a_session_closes_when_its_hour_is_over_and_can_be_opened_again() {
    let mut stage = open(1);
    stage.now += 3_599_000;
    assert_eq!(effects(&mut stage, Event::Tick), [], "not yet");
    stage.now += 2_000;
    let closed = effects(&mut stage, Event::Tick);
    assert!(closed.contains(&Effect::CloseSession), "{closed:?}");
    assert!(
        !effects(&mut stage, Event::Tick).contains(&Effect::CloseSession),
        "once"
    );
    let again = effects(&mut stage, Event::Intent(Intent::Extend));
    assert_eq!(again, [Effect::OpenSession]);
    stage.fact(Fact::SessionOpened("session-2".to_owned()));
    let until = stage.state.cluster.session.as_ref().unwrap().until;
    assert!(until > stage.now);
}

#[test]
fn a_cluster_that_cannot_be_opened_leaves_the_operator_where_it_was_asked_for() {
    let mut stage = Stage::new(1);
    intend(&mut stage, Intent::Open { part: None });
    intend(
        &mut stage,
        Intent::Address {
            address: address(0),
        },
    );
    stage.event(Event::Intent(Intent::Found {
        cluster: "Not a name".to_owned(),
    }));
    assert_eq!(stage.state.local.role, Role::Undecided);
    assert_eq!(
        stage.state.local.trouble.as_ref().unwrap().what.code,
        "found.bad-name"
    );
    stage.event(Event::Intent(Intent::Found {
        cluster: "attic".to_owned(),
    }));
    stage.waiting.clear();
    stage.fact(Fact::NotOpened(Failure::new(Message::new("open.failed"))));
    assert_eq!(stage.state.local.role, Role::Undecided);
    assert_eq!(
        stage.state.local.trouble.as_ref().unwrap().what.code,
        "open.failed"
    );
    assert!(stage.state.cluster.answers.is_none());
}

#[test]
fn only_what_the_operator_chose_is_announced() {
    let mut stage = Stage::new(1);
    intend(&mut stage, Intent::Open { part: None });
    assert_eq!(
        announcement(&stage.state).on,
        None,
        "a node nobody decided about only listens"
    );
    let stage = open(1);
    let says = announcement(&stage.state);
    assert_eq!(says.on, Some(address(0)));
    assert_eq!(
        says.standing,
        Standing::Open {
            cluster: "attic".to_owned()
        }
    );
    assert_eq!(says.session.as_deref(), Some("session-1"));
}

// The joiner's side.

fn joiner() -> State {
    let local = Local {
        mcloud: "0.1.0".to_owned(),
        id: "id-1".to_owned(),
        name: "pi-b".to_owned(),
        ..Local::default()
    };
    let mut state = State::new(local, Usual::default());
    let peer = |number: usize| Peer {
        id: format!("initiator-{number}"),
        name: NAMES[number].to_owned(),
        model: String::new(),
        address: address(number),
        port: Some(9445),
        mcloud: "0.1.0".to_owned(),
        compatible: true,
        standing: Standing::Open {
            cluster: format!("attic-{number}"),
        },
        session: Some(format!("session-{number}")),
        heard: 1,
        ways: vec!["multicast".to_owned()],
        silent: false,
        findings: Vec::new(),
    };
    let looking = Peer {
        standing: Standing::Looking,
        session: None,
        port: None,
        id: "looks".to_owned(),
        ..peer(1)
    };
    let neighbours = Neighbours {
        peers: vec![peer(0), peer(2), looking],
        ..Neighbours::default()
    };
    play(
        &mut state,
        Event::Intent(Intent::Open {
            part: Some(Part::Joiner),
        }),
    );
    play(
        &mut state,
        Event::Fact(Fact::Facts {
            node: None,
            facts: Box::new(facts(1)),
        }),
    );
    play(&mut state, Event::Fact(Fact::Neighbours(neighbours)));
    state
}

fn play(state: &mut State, event: Event) -> Vec<Effect> {
    let told = |effect: &Effect| !matches!(effect, Effect::Emit(_));
    update(state, 1_000, event)
        .into_iter()
        .filter(told)
        .collect()
}

fn want(state: &mut State, intent: Intent) -> Vec<Effect> {
    play(state, Event::Intent(intent))
}

fn at(state: &State) -> Option<JoiningState> {
    state.local.joining.as_ref().map(|joining| joining.state)
}

fn knock_at(state: &mut State, id: &str) {
    want(state, Intent::Knock { id: id.to_owned() });
}

#[test]
fn a_joiner_chooses_among_the_sessions_and_sees_which() {
    let mut state = joiner();
    knock_at(&mut state, "looks");
    assert_eq!(
        at(&state),
        None,
        "a node without a session cannot be joined"
    );
    knock_at(&mut state, "initiator-0");
    knock_at(&mut state, "initiator-2");
    let joining = state.local.joining.clone().expect("it chose");
    assert_eq!(
        (joining.name.as_str(), joining.cluster.as_str()),
        ("pi-c", "attic-2")
    );
    assert_eq!(joining.address, SocketAddr::new(address(2), 9445));
    want(&mut state, Intent::Unknock);
    assert_eq!(at(&state), None);
}

#[test]
fn one_entry_of_the_words_is_one_call_and_wrong_ones_are_counted() {
    let mut state = joiner();
    knock_at(&mut state, "initiator-0");
    for wrong in 1..=3 {
        let called = want(&mut state, Intent::Call);
        assert!(matches!(called.as_slice(), [Effect::Call(_)]), "{called:?}");
        assert_eq!(
            want(&mut state, Intent::Call),
            [],
            "not twice for one entry"
        );
        let failure = Failure::new(Message::new("session.unconfirmed"));
        play(
            &mut state,
            Event::Fact(Fact::NotConfirmed {
                failure,
                wrong_words: true,
            }),
        );
        assert_eq!(at(&state), Some(JoiningState::Words));
        assert_eq!(state.local.joining.as_ref().unwrap().wrong, wrong);
    }
    want(&mut state, Intent::Call);
    play(
        &mut state,
        Event::Fact(Fact::Confirmed(vec!["maple".to_owned(); 4])),
    );
    assert_eq!(at(&state), Some(JoiningState::Compare));
    assert_eq!(
        want(&mut state, Intent::Trust { accept: true }),
        [Effect::Answer(true)]
    );
    assert_eq!(at(&state), Some(JoiningState::Waiting));
}

#[test]
fn a_joiner_that_says_no_is_out_of_it() {
    let mut state = joiner();
    knock_at(&mut state, "initiator-0");
    want(&mut state, Intent::Call);
    play(
        &mut state,
        Event::Fact(Fact::Confirmed(vec!["maple".to_owned(); 4])),
    );
    assert_eq!(
        want(&mut state, Intent::Trust { accept: false }),
        [Effect::Answer(false)]
    );
    assert_eq!((at(&state), state.local.role), (None, Role::Undecided));
}

#[test]
fn a_confirmation_that_comes_too_late_is_answered_with_no() {
    let mut state = joiner();
    knock_at(&mut state, "initiator-0");
    want(&mut state, Intent::Call);
    want(&mut state, Intent::Unknock);
    let late = play(
        &mut state,
        Event::Fact(Fact::Confirmed(vec!["maple".to_owned(); 4])),
    );
    assert_eq!(late, [Effect::Answer(false)]);
}

#[test]
fn an_initiator_that_says_no_is_told_of_at_the_list() {
    let mut state = joiner();
    knock_at(&mut state, "initiator-0");
    want(&mut state, Intent::Call);
    play(
        &mut state,
        Event::Fact(Fact::Confirmed(vec!["maple".to_owned(); 4])),
    );
    let why = Failure::new(Message::new("session.refused"));
    play(&mut state, Event::Fact(Fact::TurnedAway(why)));
    assert_eq!(at(&state), None);
    assert_eq!(
        state.local.trouble.as_ref().unwrap().what.code,
        "session.refused"
    );
}

/// A joiner that is in, by the session.
fn joined() -> State {
    let mut state = joiner();
    knock_at(&mut state, "initiator-0");
    want(&mut state, Intent::Call);
    play(
        &mut state,
        Event::Fact(Fact::Confirmed(vec!["maple".to_owned(); 4])),
    );
    want(&mut state, Intent::Trust { accept: true });
    let certified = Fact::Certified {
        name: "pi-b".to_owned(),
        cluster: "attic".to_owned(),
    };
    play(&mut state, Event::Fact(certified));
    play(&mut state, Event::Fact(Fact::Link(true)));
    play(
        &mut state,
        Event::Fact(Fact::Cluster(Box::new(formed(2).state.cluster))),
    );
    state
}

#[test]
fn a_joiner_chooses_its_own_disks_and_no_other_nodes() {
    let mut state = joined();
    let own = want(&mut state, use_disk("pi-b", "pi-b-A", Some(Purpose::Local)));
    assert!(
        matches!(own.as_slice(), [Effect::Report(Report::Use { .. })]),
        "{own:?}"
    );
    let others = want(&mut state, use_disk("pi-a", "pi-a-A", Some(Purpose::Local)));
    assert_eq!(others, []);
}

#[test]
fn a_worker_that_has_seen_the_end_is_at_home_in_the_cluster() {
    let mut state = joined();
    let mut ended = formed(2).state.cluster;
    ended.stage = Far::Ended;
    ended.end = Some(End {
        at: 900,
        ok: true,
        exit: 0,
        members: 2,
        took_ms: 800,
        proven: Vec::new(),
        why: None,
        failure: None,
        timing: None,
    });
    let told = Event::Fact(Fact::Cluster(Box::new(ended)));
    play(&mut state, told.clone());
    assert_eq!(picture(&state, 1_000).stage, Far::Ended);
    want(&mut state, Intent::Open { part: None });
    assert_eq!(picture(&state, 1_000).stage, Far::Idle);
    play(&mut state, told);
    let home = picture(&state, 1_000);
    assert_eq!((home.stage, home.end), (Far::Idle, None));
    assert!(home.wizard.member.is_some());
}

#[test]
fn an_initiator_that_is_gone_before_install_leaves_nothing_on_the_joiner() {
    let mut state = joined();
    play(&mut state, Event::Fact(Fact::Link(false)));
    assert!(
        !update(&mut state, 2_000, Event::Tick).contains(&Effect::Forget),
        "it may come back"
    );
    // The link is lost after two seconds, so that with this second tick it is five in all.
    let gone = update(&mut state, 3_000, Event::Tick);
    assert!(gone.contains(&Effect::Forget), "{gone:?}");
    assert_eq!(
        state.local.end.as_ref().unwrap().why.as_ref().unwrap().code,
        "end.initiator-gone"
    );
}

/// What the leader tells when its operator leaves, and its state after that.
fn left(state: &State) -> (PublicEvent, Fact) {
    let end = End {
        at: 1_000,
        ok: false,
        exit: 3,
        members: 0,
        took_ms: 800,
        proven: Vec::new(),
        why: Some(Message::new("end.left")),
        failure: None,
        timing: None,
    };
    let told = PublicEvent {
        at: 1_000,
        node: "pi-a".to_owned(),
        what: end.told(),
    };
    let mut ended = state.cluster.clone();
    ended.revision += 1;
    ended.stage = Far::Ended;
    ended.end = Some(end);
    (told, Fact::Cluster(Box::new(ended)))
}

fn dones(effects: &[Effect]) -> usize {
    let is = |effect: &&Effect| matches!(effect, Effect::Emit(event) if matches!(event.what, What::Done { exit: 3, .. }));
    effects.iter().filter(is).count()
}

#[test]
fn an_end_is_told_once_at_a_joiner_whatever_of_it_came_over_the_link() {
    let refused = || {
        Event::Fact(Fact::JoinRefused(Failure::new(Message::new(
            "session.left",
        ))))
    };
    for heard in [true, false] {
        for (over, at) in [(refused(), 1_000), (Event::Tick, 9_000)] {
            let mut state = joined();
            let (told, ended) = left(&state);
            let mut effects = update(&mut state, 1_000, Event::Fact(ended));
            if heard {
                effects.extend(update(&mut state, 1_000, Event::Fact(Fact::Told(told))));
            }
            effects.extend(update(&mut state, 1_000, Event::Fact(Fact::Link(false))));
            effects.extend(update(&mut state, at, over));
            assert_eq!(dones(&effects), 1, "heard: {heard}, {effects:?}");
            assert!(effects.contains(&Effect::Forget), "{effects:?}");
            assert_eq!(dones(&update(&mut state, 20_000, Event::Tick)), 0);
        }
    }
}

#[test]
fn an_initiator_that_started_again_has_no_session_any_more() {
    let mut state = joined();
    let fresh = mcloud::engine::node::Cluster {
        revision: 1,
        epoch: 1,
        ..Default::default()
    };
    let gone = play(&mut state, Event::Fact(Fact::Cluster(Box::new(fresh))));
    assert!(gone.contains(&Effect::Forget), "{gone:?}");
}

#[test]
fn a_joiner_that_leaves_before_install_keeps_nothing() {
    let mut state = joined();
    let left = want(&mut state, Intent::Leave);
    assert!(
        left.contains(&Effect::LeaveLeader) && left.contains(&Effect::Forget),
        "{left:?}"
    );
}

#[test]
fn no_file_system_in_ceph_is_suggested_where_an_lxd_makes_none() {
    let suggested = |no_files: bool| {
        let mut stage = open(2);
        if let LxdState::Answers(lxd) = &mut stage.facts[1].lxd {
            lxd.no_files = no_files;
        }
        come_in(&mut stage, 1);
        stage.state.cluster.answers.unwrap().ceph.filesystem
    };
    assert!(suggested(false));
    assert!(!suggested(true));
}
