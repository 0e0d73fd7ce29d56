//! A step that fails: what the operator reads, and the ways on.

use crate::seat::{ENTER, RIGHT, Seat, console};
use crate::walk::{install, to_review};

fn stopped() -> Seat {
    let fault = ["--fault", "lxd.join@pi-c=refused,1x"];
    let words = [&["rehearse", "--speed", "10"][..], &fault].concat();
    let mut seat = console(80, 24).run(&words);
    to_review(&mut seat, 3);
    install(&mut seat);
    seat.until("You decide what happens now.");
    let text = seat.text();
    assert!(text.contains("Stopped: LXD on pi-c"), "{text}");
    assert!(
        text.contains("refused by the rehearsal: lxd.join@pi-c"),
        "{text}"
    );
    assert!(text.contains("▶[ Retry ]"), "{text}");
    seat
}

#[test]
fn a_step_that_failed_is_tried_again_and_all_comes_to_done() {
    let mut seat = stopped();
    seat.press(ENTER);
    seat.until("The cluster mcloud is ready: 3 members");
    seat.press(ENTER);
    assert_eq!(seat.exit(), 0);
    seat.assert_given_back();
    // It was mended: what is left on the terminal says how it ended.
    let text = seat.text();
    assert!(text.contains("done       members: 3"), "{text}");
}

#[test]
fn ending_where_a_step_failed_is_a_failure() {
    let mut seat = stopped();
    for there in [
        "▶[ Go on without pi-c ]",
        "▶[ Change answers ]",
        "▶[ Report ]",
        "▶[ End here ]",
    ] {
        seat.press(RIGHT);
        seat.until(there);
    }
    seat.press(ENTER);
    seat.until("The cluster is not ready.");
    let text = seat.text();
    assert!(
        text.contains("refused by the rehearsal: lxd.join@pi-c"),
        "{text}"
    );
    assert!(text.contains("exit code 1"), "{text}");
    seat.press(ENTER);
    assert_eq!(seat.exit(), 1);
    seat.assert_given_back();
    seat.assert_nothing_left();
    let text = seat.text();
    assert!(text.contains("members: 2; took"), "{text}");
    assert!(text.contains("because: refused by the rehearsal"), "{text}");
}
