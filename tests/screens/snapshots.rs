//! What the screens look like, at a Pi's console and in a wide terminal.

use ratatui::crossterm::event::KeyCode;

use crate::desk::Desk;
use crate::pictures;

fn both(name: &str, desk: Desk) {
    let desk = desk.sized(80, 24);
    insta::assert_snapshot!(format!("{name}-80x24"), desk.draw());
    let desk = desk.sized(120, 33);
    insta::assert_snapshot!(format!("{name}-120x33"), desk.draw());
}

#[test]
fn review_waits_for_nodes() {
    both("review-waiting", pictures::waiting());
    both("review-waiting-joiner", pictures::waiting_joiner());
}

#[test]
fn review_says_what_must_be_mended() {
    both("review-blocked", pictures::blocked());
}

#[test]
fn review_shows_erasures_first_and_then_the_plan() {
    let mut desk = pictures::ready();
    desk.typed("2");
    both("review-ready", desk);
    both("review-ready-joiner", pictures::ready_at_joiner());
    both(
        "review-nothing-to-erase",
        pictures::ready_without_erasures(),
    );
    both("review-many-erasures", pictures::ready_with_many());
}

#[test]
fn install_shows_what_runs() {
    both("install-running", pictures::running());
    both("install-late", pictures::late());
    both("install-joiner", pictures::running_at_joiner());
    both("install-eight-nodes", pictures::eight());
}

#[test]
fn install_shows_what_stopped() {
    both("install-failed", pictures::failed());
    both("install-failed-joiner", pictures::failed_at_joiner());
    both("install-failed-twice", pictures::failed_twice());
}

#[test]
fn done_says_what_was_proven_or_why_not() {
    both("done", pictures::done());
    both("done-offers", pictures::done_with_offers());
    both("done-badly", pictures::done_badly());
    both("done-refused", pictures::refused());
    both("done-left", pictures::left());
}

#[test]
fn overlays_lie_on_top() {
    let mut desk = pictures::running();
    desk.press(KeyCode::F(1));
    both("help", desk);
    let mut desk = pictures::failed();
    desk.press(KeyCode::F(6));
    both("log", desk);
    let mut desk = pictures::running();
    desk.ctrl('c');
    both("leave", desk);
}

#[test]
fn a_small_console_still_shows_what_matters() {
    let mut desk = pictures::ready().sized(40, 10);
    insta::assert_snapshot!("review-ready-40x10", desk.draw());
    desk = pictures::failed().sized(60, 16);
    insta::assert_snapshot!("install-failed-60x16", desk.draw());
    desk = pictures::ready().sized(30, 5);
    insta::assert_snapshot!("too-small-30x5", desk.draw());
}
