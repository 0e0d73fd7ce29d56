//! A disk is looked at right before it is written to, whatever came between.

use mcloud::engine::answers::Answers;
use mcloud::engine::node::Stage as Far;
use mcloud::engine::picture::picture;
use mcloud::engine::preflight::Verdict;
use mcloud::engine::{Effect, Event, Fact, Intent, Order};
use mcloud::text::sentence;

use crate::stage::{NAMES, Stage, answers, with_disk};

const PENDING: &str = "lxd.pool-pending@";

/// Three nodes, each with a disk for the local pool; the last has none where `file`.
fn local(file: bool) -> Answers {
    let count = if file { 2 } else { 3 };
    (0..count).fold(answers(3), |answers, number| {
        with_disk(answers, number, &format!("{}-A", NAMES[number]))
    })
}

fn install(answers: Answers) -> Stage {
    let mut stage = Stage::new(3);
    stage.begin(answers, false);
    let digest = stage.state.cluster.digest.clone().expect("a sealed plan");
    stage.event(Event::Intent(Intent::Install { digest, erase: 0 }));
    stage
}

fn attempts(stage: &Stage, id: &str) -> u32 {
    stage.state.cluster.run.as_ref().unwrap().steps[id].attempt
}

/// How often each node's disk was looked at.
fn looks(stage: &Stage) -> [u32; 3] {
    NAMES.map(|name| attempts(stage, &format!("{PENDING}{name}")))
}

/// Plays until nothing waits but what `node` was ordered for its part of the pool.
fn hold(stage: &mut Stage, node: &str) -> Order {
    let part = format!("{PENDING}{node}");
    let mut held = None;
    while !stage.waiting.is_empty() {
        match stage.waiting.remove(0) {
            Effect::Send { order, .. } if order.step == part => held = Some(order),
            effect => stage.perform(effect),
        }
    }
    held.expect("the part was ordered")
}

fn carry_on(stage: &mut Stage, order: Order) {
    stage.perform(Effect::Do(order));
    stage.play();
}

#[test]
fn in_a_run_without_trouble_every_disk_is_looked_at_once() {
    let mut stage = install(local(false));
    stage.play();
    assert_eq!(stage.done(), Some((true, 0, 3)));
    assert_eq!(looks(&stage), [1, 1, 1]);
}

#[test]
fn when_one_nodes_part_is_tried_again_the_disks_of_all_are_looked_at_again() {
    let mut stage = install(local(false));
    stage.failing.insert(format!("{PENDING}pi-b"));
    stage.play();
    assert_eq!(stage.state.cluster.stage, Far::Stopped);
    stage.failing.clear();
    stage.event(Event::Intent(Intent::Retry {
        step: format!("{PENDING}pi-b"),
    }));
    stage.play();
    assert_eq!(stage.done(), Some((true, 0, 3)));
    assert_eq!(looks(&stage), [2, 2, 2]);
}

#[test]
fn a_part_that_is_under_way_is_not_begun_twice_by_anothers_retry() {
    let mut stage = install(local(false));
    stage.failing.insert(format!("{PENDING}pi-b"));
    let held = hold(&mut stage, "pi-c");
    stage.failing.clear();
    stage.event(Event::Intent(Intent::Retry {
        step: format!("{PENDING}pi-b"),
    }));
    stage.play();
    assert_eq!(looks(&stage), [2, 2, 1]);
    carry_on(&mut stage, held);
    assert_eq!(stage.done(), Some((true, 0, 3)));
}

#[test]
fn looks_that_are_old_when_the_pool_is_to_be_made_are_taken_again() {
    let mut stage = install(local(true));
    let held = hold(&mut stage, "pi-b");
    stage.now += 3 * 60 * 60 * 1000;
    carry_on(&mut stage, held);
    assert_eq!(stage.done(), Some((true, 0, 3)));
    // The part in a file is not looked at for the sake of a disk.
    assert_eq!(looks(&stage), [2, 2, 1]);
    assert!(stage.applied.contains(&"lxd.pool@pi-a".to_owned()));
}

#[test]
fn a_disk_of_a_node_whose_link_was_lost_is_looked_at_again() {
    let mut stage = install(local(false));
    let held = hold(&mut stage, "pi-b");
    stage.fact(Fact::LinkDown("pi-c".to_owned()));
    stage.fact(Fact::LinkUp("pi-c".to_owned()));
    stage.play();
    assert_eq!(looks(&stage), [1, 1, 2]);
    carry_on(&mut stage, held);
    assert_eq!(stage.done(), Some((true, 0, 3)));
}

#[test]
fn no_pool_is_made_on_disks_of_a_node_that_cannot_be_heard() {
    let mut stage = install(local(false));
    let held = hold(&mut stage, "pi-b");
    stage.fact(Fact::LinkDown("pi-c".to_owned()));
    stage.perform(Effect::Do(held));
    let lost = hold(&mut stage, "pi-c");
    assert!(!stage.applied.contains(&"lxd.pool@pi-a".to_owned()));
    drop(lost);
    stage.fact(Fact::LinkUp("pi-c".to_owned()));
    stage.play();
    assert_eq!(stage.done(), Some((true, 0, 3)));
}

#[test]
fn review_lists_the_files_that_are_made_where_there_is_no_disk() {
    let mut stage = Stage::new(3);
    stage.facts[0].host.room = Some(100 << 30);
    stage.facts[2].host.room = Some(2_000_000_000);
    stage.begin(with_disk(answers(3), 1, "pi-b-A"), false);
    let shown = picture(&stage.state, stage.now);
    let notes = shown.review.expect("a plan").notes;
    let said: Vec<_> = notes.iter().map(sentence).collect();
    let files = "The local pool is a file of 20 GiB on pi-a, pi-c.";
    assert!(said.iter().any(|note| note == files), "{said:?}");
    let small: Vec<_> = shown
        .checks
        .iter()
        .filter(|check| check.name == "room")
        .map(|check| (check.node.as_str(), check.verdict))
        .collect();
    assert_eq!(small, [("pi-c", Verdict::Warning)]);
}
