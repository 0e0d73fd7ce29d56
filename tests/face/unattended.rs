//! With a preseed: nothing is asked, and the end comes by itself.

use std::path::{Path, PathBuf};

use crate::seat::{Seat, console};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/preseed.example.yaml")
}

fn rehearse(preseed: &Path, speed: &str) -> Seat {
    let preseed = preseed.to_str().expect("a path in UTF-8");
    console(80, 24).run(&["rehearse", "--speed", speed, "--preseed", preseed])
}

#[test]
fn a_preseed_goes_through_review_without_a_pause_and_ends_by_itself() {
    let mut seat = rehearse(&example(), "10");
    seat.until("step 9 of 10");
    assert_eq!(seat.exit(), 0);
    seat.assert_given_back();
    seat.assert_nothing_left();
    let text = seat.text();
    assert!(text.contains("done       members: 3; took"), "{text}");
}

#[test]
fn a_preseed_that_agrees_to_another_number_of_disks_is_bad_input() {
    let dir = tempfile::tempdir().expect("a directory");
    let other = dir.path().join("other.yaml");
    let text = std::fs::read_to_string(example()).expect("the example");
    let text = text.replace("\nerase: 1", "\nerase: 2");
    std::fs::write(&other, text).expect("the directory takes files");
    let mut seat = rehearse(&other, "10");
    assert_eq!(seat.exit(), 2);
    seat.assert_given_back();
    seat.assert_nothing_left();
    // The terminal has broken the line where it ended.
    let text = seat.text().replace('\n', "");
    assert!(
        text.contains("erase: 2 was agreed, but the plan erases 1"),
        "{text}"
    );
}
