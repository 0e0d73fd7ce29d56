//! The way of an initiator's operator through the wizard, by keys alone.

use std::time::Duration;

use crate::seat::{DOWN, ENTER, F10, HOME, Seat, console, text_of};

/// A moment in which the screen may change; nothing hangs on its length.
const MOMENT: Duration = Duration::from_millis(200);
/// So long the screen may stand still before a key is pressed again.
const PATIENCE: Duration = Duration::from_secs(6);

fn has_title(screen: &vt100::Screen, title: &str) -> bool {
    let text = text_of(screen);
    text.lines().next().is_some_and(|line| line.contains(title))
}

/// Waits until the header names this screen.
pub(crate) fn until_title(seat: &mut Seat, title: &str) {
    seat.until_screen(title, |screen| has_title(screen, title));
}

/// Goes on to the screen called `title` as soon as that can be.
pub(crate) fn go_on_to(seat: &mut Seat, title: &str) {
    for _ in 0..5 {
        seat.press(F10);
        if seat.sees_screen_within(PATIENCE, |screen| has_title(screen, title)) {
            return;
        }
    }
    until_title(seat, title);
}

/// From Welcome to Review, with every one of the `nodes` let in.
pub(crate) fn to_review(seat: &mut Seat, nodes: usize) {
    until_title(seat, "Welcome");
    seat.until("Raspberry");
    seat.press(ENTER);
    until_title(seat, "Address");
    go_on_to(seat, "Peers");
    go_on_to(seat, "Trust");
    let all_in = format!("With this node: {nodes} nodes.");
    for _ in 0..10 * nodes {
        if nodes == 1 || seat.text().contains(&all_in) {
            break;
        }
        seat.until_screen("somebody who asks, or all", |screen| {
            let text = text_of(screen);
            text.contains("let pi-") || text.contains(&all_in)
        });
        let text = seat.text();
        if text.contains("▶ Its screen shows the same") {
            seat.press(ENTER);
        } else if !text.contains(&all_in) {
            // The session is the first stop, who asks is the next.
            seat.press(HOME);
            seat.press(DOWN);
        }
        seat.sees_within(MOMENT, &all_in);
    }
    if nodes > 1 {
        seat.until(&all_in);
    }
    go_on_to(seat, "Disks");
    // What the joiners choose is there; on a small screen it is out of sight.
    let chosen = format!("on {} of {nodes} node", nodes - 1);
    seat.sees_within(PATIENCE, &chosen);
    go_on_to(seat, "Network");
    // Once only: on Review the same key installs.
    seat.press(F10);
    seat.until("Enter on Install begins");
}

/// Presses Install, and again where a joiner changed its mind meanwhile.
pub(crate) fn install(seat: &mut Seat) {
    let is_on = |text: &str| {
        let header = text.lines().next().unwrap_or_default();
        header.contains("Install") || header.contains("Done")
    };
    let waits = |text: &str| text.contains("Enter on Install begins");
    loop {
        seat.until_screen("a plan, or the run", |screen| {
            let text = text_of(screen);
            waits(&text) || is_on(&text)
        });
        if is_on(&seat.text()) {
            return;
        }
        seat.press(ENTER);
        seat.until_screen("what comes after Review", |screen| {
            let text = text_of(screen);
            !waits(&text) || is_on(&text)
        });
    }
}

/// A rehearsal of so many nodes that waits at Review.
pub(crate) fn at_review(speed: &str, nodes: usize) -> Seat {
    let count = nodes.to_string();
    let words = ["rehearse", "--speed", speed, "--nodes", &count];
    let mut seat = console(80, 24).run(&words);
    to_review(&mut seat, nodes);
    seat
}
