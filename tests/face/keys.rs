//! Keys at the console: what they open, and that none of them hurts.

use std::time::Duration;

use crate::seat::{CTRL_C, DOWN, ENTER, ESC, F1, F3, F6, F10, LEFT, RIGHT, text_of};
use crate::walk::{at_review, go_on_to, install, until_title};

#[test]
fn ctrl_c_asks_and_its_first_answer_is_to_stay() {
    let mut seat = at_review("10", 1);
    seat.press(CTRL_C);
    seat.until("▶ Stay");
    seat.until("Nothing happens until you choose.");
    seat.press(ENTER);
    seat.until("Enter on Install begins");
    seat.press(CTRL_C);
    seat.until("▶ Stay");
    seat.press(DOWN);
    seat.until("▶ Leave: nothing was written");
    seat.press(ENTER);
    seat.until("Left before Install; nothing was written.");
    seat.press(ENTER);
    assert_eq!(seat.exit(), 3);
    seat.assert_given_back();
    seat.assert_nothing_left();
    assert!(
        seat.text().contains("nothing was written"),
        "{}",
        seat.text()
    );
}

#[test]
fn esc_closes_what_lies_on_top_and_is_harmless_everywhere_else() {
    let mut seat = at_review("10", 1);
    seat.press(F1);
    seat.until("Keys on this screen");
    for (open, shows) in [
        (CTRL_C, "▶ Stay"),
        (F6, "Log (UTC)"),
        (F1, "Keys on this screen"),
    ] {
        seat.press(ESC);
        seat.until("Enter on Install begins");
        seat.press(open);
        seat.until(shows);
    }
    seat.press(ESC);
    seat.until("Enter on Install begins");
    // On Review it goes back to the choices, and from them on to Review again.
    seat.press(ESC);
    until_title(&mut seat, "Disks");
    go_on_to(&mut seat, "Network");
    seat.press(F10);
    seat.until("Enter on Install begins");
    install(&mut seat);
    seat.press(&[ESC, ESC, ESC, F6].concat());
    seat.until("Space Level");
    seat.press(ESC);
    seat.until("The cluster mcloud is ready");
    seat.press(&[ESC, ESC, ESC, F6].concat());
    seat.until("Space Level");
    seat.press(ESC);
    seat.until("The cluster mcloud is ready");
    seat.press(ENTER);
    assert_eq!(seat.exit(), 0);
}

#[test]
fn help_and_log_open_over_each_other() {
    let mut seat = at_review("10", 1);
    seat.press(F1);
    seat.until("Review shows what Install will do");
    seat.press(F6);
    seat.until("Planned: ");
    seat.press(b"?");
    seat.until("Keys on this screen");
    seat.press(b"\x0f");
    seat.until("Planned: ");
}

#[test]
fn f3_draws_over_what_somebody_else_wrote() {
    let mut seat = at_review("10", 1);
    let before = seat.text();
    seat.scribble("\x1b[5;5HOut of memory: Killed process 613 (rsyslogd)");
    seat.until("Out of memory");
    seat.press(F3);
    seat.until_gone("Out of memory");
    seat.until_screen("the same again", |screen| text_of(screen) == before);
}

#[test]
fn an_arrow_key_torn_apart_by_a_slow_line_is_an_arrow_key() {
    let mut seat = at_review("10", 1);
    assert!(seat.text().contains("▶[ Install ]"));
    // A busy machine may tear it further apart than a line does: then it is nothing.
    let moved = (0..20).any(|_| {
        seat.press(ESC);
        seat.sees_within(Duration::from_millis(20), "▶[ Leave... ]");
        seat.press(b"[C");
        seat.sees_within(Duration::from_secs(2), "▶[ Leave... ]")
    });
    assert!(moved, "{}", seat.text());
    seat.press(LEFT);
    seat.until("▶[ Install ]");
    seat.press(RIGHT);
    seat.until("▶[ Leave... ]");
}

#[test]
fn keys_that_mean_nothing_do_nothing() {
    let mut seat = at_review("10", 1);
    let before = seat.text();
    // Ctrl-S, Ctrl-Q, Ctrl-Z, Ctrl-A, Ctrl-B, Ctrl-\, Ctrl-D, letters, F8, F12, bytes that are no text.
    seat.press(b"\x13\x11\x1a\x01\x02\x1c\x04qyx\x1b[19~\x1b[24~\xff\xfe\xc3");
    seat.press(F1);
    seat.until("Keys on this screen");
    seat.press(ESC);
    seat.until_screen("the same again", |screen| text_of(screen) == before);
}
