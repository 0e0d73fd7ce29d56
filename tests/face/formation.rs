//! A rehearsal from the first screen to the last, on terminals of all kinds and sizes.

use crate::seat::{ENTER, Seat, console, text_of};
use crate::walk::{at_review, install, to_review};

/// Presses on from Welcome to the end and leaves.
pub(crate) fn to_the_end(seat: &mut Seat, nodes: usize) {
    to_review(seat, nodes);
    install(seat);
    seat.until("The cluster mcloud is ready");
    seat.press(ENTER);
    assert_eq!(seat.exit(), 0);
    seat.assert_given_back();
    seat.assert_nothing_left();
}

#[test]
fn a_rehearsal_goes_through_the_wizard_installs_to_done_and_gives_the_terminal_back() {
    let mut seat = at_review("10", 3);
    let review = seat.text();
    for shown in [
        "Review",
        "step 8 of 10",
        "pi-a",
        "pi-b",
        "pi-c",
        "In all about",
    ] {
        assert!(review.contains(shown), "{shown} is not in\n{review}");
    }
    assert!(seat.screen().alternate_screen() && seat.screen().hide_cursor());
    install(&mut seat);
    seat.until("The cluster mcloud is ready: 3 members");
    seat.press(ENTER);
    assert_eq!(seat.exit(), 0);
    seat.assert_given_back();
    seat.assert_nothing_left();
    let last = seat.text();
    assert!(last.contains("done       members: 3; took"), "{last}");
    // The screen has just told what was proven.
    assert!(!last.contains("proven:"), "{last}");
    assert!(!last.contains("Nothing has been written"), "{last}");
}

#[test]
fn one_pi_and_five_pis_come_to_done() {
    for nodes in [1, 5] {
        let count = nodes.to_string();
        let words = ["rehearse", "--speed", "10", "--nodes", &count];
        to_the_end(&mut console(80, 24).run(&words), nodes);
    }
}

#[test]
fn a_serial_line_without_a_size_gets_80_by_24() {
    let mut seat = console(0, 0).run(&["rehearse", "--speed", "10", "--nodes", "1"]);
    seat.until("Enter Start");
    let rows: Vec<_> = seat.screen().rows(0, 80).collect();
    let last = rows.last().expect("there are rows");
    assert!(last.starts_with(" Enter Start"), "{last}");
    to_the_end(&mut seat, 1);
}

#[test]
fn small_and_wide_terminals_come_to_done() {
    for (width, height) in [(40, 15), (80, 20), (100, 30), (132, 43)] {
        let mut seat = console(width, height).run(&["rehearse", "--speed", "10", "--nodes", "1"]);
        to_the_end(&mut seat, 1);
    }
}

#[test]
fn a_terminal_of_one_cell_for_a_moment_costs_nothing() {
    let mut seat = at_review("5", 1);
    install(&mut seat);
    seat.until("step 9 of 10");
    seat.resize(1, 1);
    seat.until_screen("m", |screen| text_of(screen) == "m\n");
    seat.resize(80, 24);
    seat.until("step 9 of 10");
    seat.until("The cluster mcloud is ready");
    let rows: Vec<_> = seat.screen().rows(0, 80).collect();
    assert!(
        rows.iter().any(|row| row.starts_with(" Enter Close")),
        "{rows:?}"
    );
    seat.press(ENTER);
    assert_eq!(seat.exit(), 0);
    seat.assert_nothing_left();
}
