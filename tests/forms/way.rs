//! The way between the forms: where an opened face stands, and what comes before.

use mcloud::engine::node::{End, Role, Stage as Phase};
use mcloud::engine::services::NodeFacts;
use mcloud::engine::wizard::Part as Wanted;
use mcloud::engine::{Fact, Intent};
use mcloud::forms::way::{back, fits, natural};
use mcloud::forms::{Part, Step};

use super::situations::{all, joins, member, odd, started, without_lxd};
use super::stage::{Stage, attic, failure};

const STEPS: [Step; 8] = [
    Step::Welcome,
    Step::Preflight,
    Step::Address,
    Step::Peers,
    Step::Trust,
    Step::Disks,
    Step::Network,
    Step::Home,
];

#[test]
fn going_back_comes_to_an_end() {
    for (name, _, stage) in all() {
        let picture = stage.picture();
        for start in STEPS {
            let mut way = vec![start];
            while let Some(before) = back(*way.last().unwrap(), &picture) {
                assert!(!way.contains(&before), "{name}: {way:?} comes round");
                way.push(before);
            }
        }
    }
}

#[test]
fn where_a_face_stands_fits_and_so_does_every_form_before_it() {
    for (name, _, stage) in all() {
        let picture = stage.picture();
        let mut at = natural(&picture);
        while let Some(step) = at {
            assert!(fits(step, &picture), "{name}: {step:?}");
            at = back(step, &picture);
        }
    }
}

fn stands(stage: &Stage) -> Option<Step> {
    natural(&stage.picture())
}

#[test]
fn a_fresh_node_stands_on_welcome() {
    assert_eq!(stands(&Stage::fresh(0)), Some(Step::Welcome));
    assert_eq!(stands(&Stage::open(0)), Some(Step::Welcome));
}

#[test]
fn preflight_is_passed_over_where_all_is_good() {
    assert_eq!(stands(&started()), Some(Step::Address));
    assert_eq!(stands(&joins(Stage::open(1))), Some(Step::Peers));
}

#[test]
fn a_warning_or_a_failed_check_is_shown_first() {
    let initiator = |stage: Stage| {
        stage.then(Intent::Part {
            part: Wanted::Initiator,
        })
    };
    assert_eq!(stands(&initiator(odd())), Some(Step::Preflight));
    assert_eq!(stands(&joins(without_lxd())), Some(Step::Preflight));
}

#[test]
fn an_initiator_whose_cluster_was_not_started_stands_where_it_was_asked_for() {
    let mut stage = odd().then(Intent::Part {
        part: Wanted::Initiator,
    });
    stage.state.local.trouble = Some(failure());
    assert_eq!(stands(&stage), Some(Step::Address));
    assert!(!fits(Step::Peers, &stage.picture()));
}

#[test]
fn a_joiner_with_two_addresses_chooses_first() {
    let stage = joins(Stage::open_on(1, |here| {
        let second = super::stage::nic("eth1", "10.0.1.12".parse().unwrap());
        here.host.nics.push(second);
    }));
    assert_eq!(stands(&stage), Some(Step::Address));
}

/// Chooses the session on Welcome before the node was looked at; where that leads at once, and where
/// the face stands once the node is looked at.
fn quick(change: impl FnOnce(&mut NodeFacts)) -> (Option<Step>, Option<Step>) {
    let mut stage = Stage::fresh(1).hears(vec![attic(0)]);
    change(&mut stage.here);
    let form = stage.form(Step::Welcome);
    let mut rows = form.parts.iter().flat_map(|part| match part {
        Part::Table { rows, .. } => rows.as_slice(),
        _ => &[],
    });
    let row = rows.find(|row| row.id == "session:id-pi-a").unwrap();
    let press = row.press.clone().expect("it can be chosen");
    let at_once = stage.grant(press.wish);
    let facts = Box::new(stage.here.clone());
    stage.fact(Fact::Facts { node: None, facts });
    (at_once, stands(&stage))
}

#[test]
fn a_session_that_was_chosen_before_the_node_was_looked_at_is_not_asked_about_again() {
    assert_eq!(quick(|_| {}), (Some(Step::Preflight), Some(Step::Trust)));
}

#[test]
fn where_an_address_is_still_to_be_chosen_that_comes_first() {
    let second = |here: &mut NodeFacts| {
        let second = super::stage::nic("eth1", "10.0.1.12".parse().unwrap());
        here.host.nics.push(second);
    };
    let chosen = (Some(Step::Preflight), Some(Step::Address));
    assert_eq!(quick(second), chosen);
}

#[test]
fn the_session_leads_a_joiner_to_trust_and_its_certificate_to_disks() {
    let knocking = Stage::knocking();
    assert_eq!(stands(&knocking), Some(Step::Trust));
    let worker = Stage::with_nodes(1).worker(1);
    assert_eq!(stands(&worker), Some(Step::Disks));
    assert!(!fits(Step::Trust, &worker.picture()));
    assert_eq!(back(Step::Disks, &worker.picture()), None);
}

#[test]
fn a_joiner_that_was_turned_away_stands_on_the_list_of_sessions() {
    let mut stage = Stage::knocking();
    stage.fact(Fact::TurnedAway(failure()));
    assert_eq!(stands(&stage), Some(Step::Peers));
    assert!(!fits(Step::Trust, &stage.picture()));
}

#[test]
fn a_leader_whose_session_is_open_stands_on_peers() {
    assert_eq!(stands(&Stage::initiator()), Some(Step::Peers));
}

#[test]
fn a_member_with_nothing_under_way_is_at_home() {
    for leads in [true, false] {
        assert_eq!(stands(&member(leads)), Some(Step::Home));
        assert!(!fits(Step::Welcome, &member(leads).picture()));
    }
}

#[test]
fn review_install_and_done_are_no_forms() {
    let mut stage = Stage::with_nodes(1);
    stage.intend(Intent::Review);
    assert_eq!(stands(&stage), None);
    for phase in [
        Phase::Review,
        Phase::Sealing,
        Phase::Installing,
        Phase::Stopped,
    ] {
        stage.state.cluster.stage = phase;
        assert_eq!(stands(&stage), None, "{phase:?}");
    }
    stage.state.local.end = Some(End {
        at: stage.now,
        ok: true,
        exit: 0,
        members: 2,
        took_ms: 1,
        proven: Vec::new(),
        why: None,
        failure: None,
        timing: None,
    });
    assert_eq!(stands(&stage), None);
}

#[test]
fn an_unattended_run_and_a_token_are_no_forms() {
    let mut unattended = Stage::initiator();
    unattended.state.cluster.unattended = true;
    assert_eq!(stands(&unattended), None);
    let mut by_token = Stage::fresh(1);
    by_token.state.local.role = Role::Worker;
    assert_eq!(stands(&by_token), None);
}

#[test]
fn a_session_that_is_heard_does_not_move_anybody() {
    let stage = joins(Stage::open(1)).hears(vec![attic(0)]);
    assert_eq!(stands(&stage), Some(Step::Peers));
}
