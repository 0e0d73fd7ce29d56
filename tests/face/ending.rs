//! The face ended from outside: the code it ends with, the terminal it leaves, nothing left over.

use rustix::process::Signal;

use crate::seat::{CTRL_C, DOWN, ENTER, Seat, console};
use crate::walk::{at_review, install, until_title};

/// Left by the operator, as `mcloud --help` says.
const LEFT: u32 = 3;

fn at_welcome() -> Seat {
    let mut seat = console(80, 24).run(&["rehearse", "--nodes", "1"]);
    until_title(&mut seat, "Welcome");
    seat
}

fn at_install() -> Seat {
    let mut seat = at_review("2", 1);
    install(&mut seat);
    seat.until("gone");
    seat
}

#[test]
fn sigterm_and_sigquit_end_the_face_in_order() {
    for at in [at_welcome, at_install] {
        for signal in [Signal::TERM, Signal::QUIT] {
            let mut seat = at();
            seat.signal(signal);
            assert_eq!(seat.exit(), LEFT, "{signal:?}");
            seat.assert_given_back();
            seat.assert_nothing_left();
        }
    }
}

#[test]
fn a_rehearsal_that_was_ended_does_not_say_that_it_goes_on() {
    let mut seat = at_install();
    seat.signal(Signal::TERM);
    assert_eq!(seat.exit(), LEFT);
    assert!(!seat.text().contains("goes on"), "{}", seat.text());
    assert!(
        seat.text().contains("The rehearsal has ended"),
        "{}",
        seat.text()
    );
}

#[test]
fn a_terminal_that_is_taken_away_ends_a_rehearsal_and_nothing_stays() {
    for at in [at_welcome, at_install] {
        let mut seat = at();
        seat.hang_up();
        assert_eq!(seat.exit(), LEFT);
        seat.assert_nothing_left();
    }
}

#[test]
fn sighup_alone_gives_the_terminal_back() {
    for at in [at_welcome, at_install] {
        let mut seat = at();
        seat.signal(Signal::HUP);
        assert_eq!(seat.exit(), LEFT);
        seat.assert_given_back();
        seat.assert_nothing_left();
    }
}

#[test]
fn sigint_from_outside_asks_as_ctrl_c_does() {
    for at in [at_welcome, at_install] {
        let mut seat = at();
        seat.signal(Signal::INT);
        seat.until("▶ Stay");
        seat.press(ENTER);
        seat.until_gone("▶ Stay");
        seat.signal(Signal::TERM);
        assert_eq!(seat.exit(), LEFT);
    }
}

#[test]
fn install_stops_after_the_running_steps_when_it_is_asked_to() {
    let mut seat = at_install();
    seat.press(CTRL_C);
    seat.until("▶ Stay");
    seat.press(DOWN);
    seat.until("▶ Stop after the running steps");
    seat.press(ENTER);
    seat.until("exit code 3");
    assert!(seat.text().contains("Stopped by the operator"));
    seat.press(ENTER);
    assert_eq!(seat.exit(), LEFT);
    seat.assert_given_back();
    seat.assert_nothing_left();
}
