//! How a face was left: the exit code is the truth about what was to be seen.

use mcloud::engine::State;
use mcloud::engine::event::What;
use mcloud::engine::node::{End, Local, Stage};
use mcloud::engine::picture::{Picture, picture};
use mcloud::engine::timing::Usual;
use mcloud::wire::face::How;

/// The picture of an undertaking at this stage, with an end where it has one.
fn shown(stage: Stage, exit: Option<u8>) -> Picture {
    let mut node = State::new(Local::default(), Usual::default());
    node.cluster.stage = stage;
    node.cluster.end = exit.map(|exit| End {
        at: 7,
        ok: exit == 0,
        exit,
        members: 3,
        took_ms: 41_000,
        proven: Vec::new(),
        why: None,
        failure: None,
        timing: None,
    });
    picture(&node, 7)
}

#[test]
fn whoever_closes_an_end_before_the_event_of_it_came_gets_its_exit_code() {
    for exit in [0, 1, 3] {
        let how = How::closed(&shown(Stage::Ended, Some(exit)), false);
        assert_eq!(how, How::Done(exit));
        assert_eq!(how.exit(), exit);
    }
}

#[test]
fn the_end_of_an_undertaking_before_says_nothing_of_this_one() {
    assert_eq!(How::closed(&shown(Stage::Ended, Some(0)), true).exit(), 3);
}

#[test]
fn a_face_that_is_closed_before_an_end_says_that_it_was_left() {
    for stage in [Stage::Idle, Stage::Forming, Stage::Installing] {
        let how = How::closed(&shown(stage, None), false);
        assert_eq!(how.exit(), 3, "{stage:?}");
    }
}

#[test]
fn an_end_is_told_as_it_is_shown() {
    let end = shown(Stage::Ended, Some(0)).end.expect("it has ended");
    let What::Done { ok, exit, .. } = end.told() else {
        panic!("another event tells of an end");
    };
    assert!(ok && exit == end.exit);
}
