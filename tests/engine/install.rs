//! From Install on: observed, recorded, applied, in order, and what stops stops alone.

use mcloud::engine::event::{StepEvent, What};
use mcloud::engine::message::{Failure, Message};
use mcloud::engine::node::Stage as Far;
use mcloud::engine::{Effect, Entry, Event, Fact, Intent, Verb};

use crate::stage::{NAMES, Stage, answers, with_disk};

fn install(stage: &mut Stage, erase: usize) {
    let digest = stage
        .state
        .cluster
        .digest
        .clone()
        .expect("the plan is sealed");
    stage.event(Event::Intent(Intent::Install { digest, erase }));
    stage.play();
}

#[test]
fn three_nodes_are_installed_to_the_end() {
    let mut stage = Stage::new(3);
    stage.begin(answers(3), true);
    assert_eq!(stage.done(), Some((true, 0, 3)));
    let plan = stage.state.cluster.plan.as_ref().unwrap();
    assert_eq!(stage.applied.len(), plan.steps.len());
}

#[test]
fn what_is_there_already_is_not_applied() {
    let mut stage = Stage::new(2);
    stage.begin(answers(2), false);
    let all = stage
        .state
        .cluster
        .plan
        .as_ref()
        .unwrap()
        .steps
        .iter()
        .map(|s| s.id.clone());
    stage.there = all.collect();
    install(&mut stage, 0);
    assert_eq!(stage.done(), Some((true, 0, 2)));
    assert!(stage.applied.is_empty());
    let already = stage.told.iter().filter(|e| {
        matches!(
            e.what,
            What::Step {
                state: StepEvent::Already,
                ..
            }
        )
    });
    assert_eq!(already.count(), stage.there.len());
    assert!(
        stage
            .journal
            .iter()
            .all(|entry| !matches!(entry, Entry::End { made: true, .. }))
    );
}

#[test]
fn the_number_of_erasures_must_be_the_plans() {
    let answers = with_disk(answers(1), 0, "pi-a-B");
    for (erase, end) in [
        (0, Some((false, 2, 0))),
        (2, Some((false, 2, 0))),
        (1, Some((true, 0, 1))),
    ] {
        let mut stage = Stage::new(1);
        let answers = mcloud::engine::answers::Answers {
            erase,
            ..answers.clone()
        };
        stage.begin(answers, true);
        assert_eq!(stage.done(), end, "erase: {erase}");
        assert_eq!(stage.applied.is_empty(), erase != 1, "erase: {erase}");
    }
}

#[test]
fn a_failing_step_stops_what_needs_it_and_nothing_else() {
    let mut stage = Stage::new(3);
    stage.failing.insert("lxd.join@pi-c".to_owned());
    stage.begin(answers(3), true);
    assert_eq!(stage.done(), Some((false, 1, 2)));
    assert!(stage.applied.contains(&"lxd.join@pi-b".to_owned()));
    assert!(!stage.applied.contains(&"lxd.pool-pending@pi-b".to_owned()));
    assert!(!stage.applied.contains(&"lxd.pool@pi-a".to_owned()));
    let skipped = |id: &str| {
        stage.told.iter().any(
            |e| matches!(&e.what, What::Step { step, state: StepEvent::Skipped, .. } if step == id),
        )
    };
    assert!(skipped("lxd.pool@pi-a") && skipped("lxd.proof@pi-a"));
}

#[test]
fn a_failed_step_is_tried_again_when_the_operator_says_so() {
    let mut stage = Stage::new(3);
    stage.failing.insert("lxd.join@pi-c".to_owned());
    stage.begin(answers(3), false);
    install(&mut stage, 0);
    assert_eq!(stage.state.cluster.stage, Far::Stopped);
    assert_eq!(stage.done(), None);
    stage.failing.clear();
    stage.event(Event::Intent(Intent::Retry {
        step: "lxd.join@pi-c".to_owned(),
    }));
    stage.play();
    assert_eq!(stage.done(), Some((true, 0, 3)));
    let attempts = stage.state.cluster.run.as_ref().unwrap().steps["lxd.join@pi-c"].attempt;
    assert_eq!(attempts, 2);
}

#[test]
fn joins_go_one_at_a_time() {
    let mut stage = Stage::new(3);
    stage.begin(answers(3), false);
    let digest = stage.state.cluster.digest.clone().unwrap();
    stage.event(Event::Intent(Intent::Install { digest, erase: 0 }));
    // Joins are never answered here: then exactly one of them may have been ordered.
    let mut joins = Vec::new();
    while !stage.waiting.is_empty() {
        let effect = stage.waiting.remove(0);
        match &effect {
            Effect::Send { order, .. } if order.step.starts_with("lxd.join@") => {
                joins.push(order.step.clone());
            }
            _ => stage.perform(effect),
        }
    }
    assert_eq!(joins, ["lxd.join@pi-b"]);
}

#[test]
fn an_order_that_a_lost_link_swallowed_is_sent_again() {
    let mut stage = Stage::new(2);
    stage.begin(answers(2), false);
    let digest = stage.state.cluster.digest.clone().unwrap();
    stage.event(Event::Intent(Intent::Install { digest, erase: 0 }));
    let mut lost = Vec::new();
    while !stage.waiting.is_empty() {
        let effect = stage.waiting.remove(0);
        match effect {
            Effect::Send { order, .. } => lost.push(order),
            effect => stage.perform(effect),
        }
    }
    assert!(!lost.is_empty());
    stage.fact(Fact::LinkDown(NAMES[1].to_owned()));
    stage.fact(Fact::LinkUp(NAMES[1].to_owned()));
    let again: Vec<_> = stage
        .waiting
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send { order, .. } => Some(order.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(again, lost);
    stage.play();
    assert_eq!(stage.done(), Some((true, 0, 2)));
}

#[test]
fn answers_to_an_attempt_that_is_over_change_nothing() {
    let mut stage = Stage::new(1);
    stage.begin(answers(1), true);
    let before = stage.state.clone();
    let run = stage.state.cluster.run.as_ref().unwrap().id.clone();
    let order = mcloud::engine::Order {
        run,
        digest: stage.state.cluster.digest.clone().unwrap(),
        step: "lxd.pool@pi-a".to_owned(),
        attempt: 1,
        verb: Verb::Apply,
    };
    let failure =
        mcloud::engine::message::Failure::new(mcloud::engine::message::Message::new("late"));
    stage.fact(Fact::Ended(order, Err(failure)));
    assert_eq!(stage.state, before);
}

#[test]
fn stopping_begins_nothing_new_and_ends_with_code_3() {
    let mut stage = Stage::new(2);
    stage.begin(answers(2), false);
    let digest = stage.state.cluster.digest.clone().unwrap();
    stage.event(Event::Intent(Intent::Install { digest, erase: 0 }));
    let entry = stage.waiting.remove(0);
    stage.perform(entry);
    stage.event(Event::Intent(Intent::Stop));
    stage.play();
    assert_eq!(
        stage.done().map(|(ok, exit, _)| (ok, exit)),
        Some((false, 3))
    );
    assert!(!stage.applied.contains(&"lxd.bootstrap@pi-a".to_owned()));
}

#[test]
fn a_step_that_is_cancelled_by_the_stop_ends_with_code_3_and_another_failure_with_1() {
    for (code, exit) in [("worker.cancelled", 3), ("test.failed", 1)] {
        let applying = |effect: &Effect| {
            matches!(effect, Effect::Do(order)
                if order.step == "lxd.bootstrap@pi-a" && order.verb == Verb::Apply)
        };
        let mut stage = Stage::new(2);
        stage.begin(answers(2), false);
        let digest = stage.state.cluster.digest.clone().unwrap();
        stage.event(Event::Intent(Intent::Install { digest, erase: 0 }));
        while !applying(&stage.waiting[0]) {
            let effect = stage.waiting.remove(0);
            stage.perform(effect);
        }
        stage.event(Event::Intent(Intent::Stop));
        let Effect::Do(order) = stage.waiting.remove(0) else {
            panic!("it was looked for");
        };
        let failure = Failure::new(Message::new(code));
        stage.fact(Fact::Ended(order, Err(failure)));
        stage.play();
        let ended = stage.done().map(|(ok, exit, _)| (ok, exit));
        assert_eq!(ended, Some((false, exit)), "{code}");
    }
}

/// Plays a run of two nodes and stops it right after `first` of these effects was met.
fn stop_at(first: impl Fn(&Effect) -> bool) -> Stage {
    let mut stage = Stage::new(2);
    stage.begin(answers(2), false);
    let digest = stage.state.cluster.digest.clone().unwrap();
    stage.event(Event::Intent(Intent::Install { digest, erase: 0 }));
    loop {
        let effect = stage.waiting.remove(0);
        let met = first(&effect);
        if met {
            stage.event(Event::Intent(Intent::Stop));
            stage.applied.clear();
        }
        stage.perform(effect);
        if met {
            return stage;
        }
    }
}

#[test]
fn a_step_that_is_looked_at_or_recorded_when_the_stop_comes_is_not_applied() {
    let looked_at = |effect: &Effect| {
        matches!(effect, Effect::Do(order)
            if order.step == "lxd.bootstrap@pi-a" && order.verb == Verb::Observe)
    };
    let recorded = |effect: &Effect| {
        matches!(effect, Effect::Journal { entry, .. }
            if matches!(&**entry, Entry::Start { step, .. } if step == "lxd.bootstrap@pi-a"))
    };
    for mut stage in [stop_at(looked_at), stop_at(recorded)] {
        stage.play();
        let ended = stage.done().map(|(ok, exit, _)| (ok, exit));
        assert_eq!(ended, Some((false, 3)));
        assert!(
            !stage.applied.contains(&"lxd.bootstrap@pi-a".to_owned()),
            "{:?}",
            stage.applied
        );
        let entries = |wanted: fn(&Entry) -> Option<&String>| {
            let steps = stage.journal.iter().filter_map(wanted);
            steps.filter(|step| *step == "lxd.bootstrap@pi-a").count()
        };
        let started = entries(|entry| match entry {
            Entry::Start { step, .. } => Some(step),
            _ => None,
        });
        let ended = entries(|entry| match entry {
            Entry::End { step, .. } => Some(step),
            _ => None,
        });
        assert_eq!(started, ended, "what the journal began it also ends");
    }
}

#[test]
fn a_run_that_is_to_stop_does_not_wait_for_a_node_that_is_lost() {
    for lost_first in [true, false] {
        let mut stage = Stage::new(2);
        stage.begin(answers(2), false);
        let digest = stage.state.cluster.digest.clone().unwrap();
        stage.event(Event::Intent(Intent::Install { digest, erase: 0 }));
        while !stage.waiting.is_empty() {
            let effect = stage.waiting.remove(0);
            if !matches!(effect, Effect::Send { .. }) {
                stage.perform(effect);
            }
        }
        let lost = Event::Fact(Fact::LinkDown(NAMES[1].to_owned()));
        let stop = Event::Intent(Intent::Stop);
        let both = if lost_first {
            [lost, stop]
        } else {
            [stop, lost]
        };
        for event in both {
            stage.event(event);
        }
        let ended = stage.done().map(|(ok, exit, _)| (ok, exit));
        assert_eq!(ended, Some((false, 1)), "lost first: {lost_first}");
    }
}

#[test]
fn a_node_that_comes_back_while_the_run_stops_is_asked_to_stop_too() {
    let mut stage = stop_at(|effect| matches!(effect, Effect::Send { .. }));
    stage.waiting.clear();
    stage.fact(Fact::LinkDown(NAMES[1].to_owned()));
    stage.fact(Fact::LinkUp(NAMES[1].to_owned()));
    assert!(stage.waiting.contains(&Effect::CancelAll));
    let sent = |effect: &Effect| matches!(effect, Effect::Send { .. });
    assert!(!stage.waiting.iter().any(sent), "{:?}", stage.waiting);
}

#[test]
fn the_journal_holds_what_was_there_and_who_made_it() {
    let mut stage = Stage::new(1);
    stage.begin(answers(1), true);
    let start = stage.journal.iter().find_map(|entry| match entry {
        Entry::Start { step, before, .. } if step == "lxd.pool@pi-a" => Some(before.as_str()),
        _ => None,
    });
    assert_eq!(start, Some("nothing"));
    let made = stage.journal.iter().any(
        |entry| matches!(entry, Entry::End { step, made: true, .. } if step == "lxd.pool@pi-a"),
    );
    assert!(made);
}

/// A power cut at every entry of the journal: what was applied stays, everything else is
/// forgotten, and the same answers are begun again.
#[test]
fn a_run_that_is_cut_at_any_journal_entry_is_finished_by_the_next_one() {
    let mut whole = Stage::new(3);
    whole.begin(answers(3), true);
    let entries = whole.journal.len();
    for cut in 1..=entries {
        let mut before = Stage::new(3);
        before.begin(answers(3), false);
        let digest = before.state.cluster.digest.clone().unwrap();
        before.event(Event::Intent(Intent::Install { digest, erase: 0 }));
        while before.journal.len() < cut && !before.waiting.is_empty() {
            let effect = before.waiting.remove(0);
            before.perform(effect);
        }
        let mut after = Stage::new(3);
        after.there = before.there;
        after.begin(answers(3), true);
        assert_eq!(after.done(), Some((true, 0, 3)), "cut at entry {cut}");
        let mut effective = before.applied.clone();
        effective.extend(after.applied.iter().cloned());
        effective.sort();
        let mut once = whole.applied.clone();
        once.sort();
        assert_eq!(
            effective, once,
            "cut at entry {cut}: each step is effective once"
        );
    }
}

#[test]
fn making_the_pool_again_looks_at_every_part_of_it_again() {
    let mut stage = Stage::new(2);
    stage.failing.insert("lxd.pool@pi-a".to_owned());
    stage.begin(answers(2), false);
    install(&mut stage, 0);
    assert_eq!(stage.state.cluster.stage, Far::Stopped);
    stage.failing.clear();
    stage.event(Event::Intent(Intent::Retry {
        step: "lxd.pool@pi-a".to_owned(),
    }));
    stage.play();
    assert_eq!(stage.done(), Some((true, 0, 2)));
    let run = stage.state.cluster.run.as_ref().unwrap();
    for part in ["lxd.pool-pending@pi-a", "lxd.pool-pending@pi-b"] {
        assert_eq!(run.steps[part].attempt, 2, "{part}");
    }
}
