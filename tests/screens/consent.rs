//! Install cannot be had by accident.

use mcloud::engine::Intent;
use mcloud::screens::Act;
use ratatui::crossterm::event::KeyCode;

use crate::desk::Desk;
use crate::pictures;

fn digest(desk: &Desk) -> String {
    let review = desk.picture.review.as_ref().expect("there is a plan");
    review.digest.clone().expect("it is sealed")
}

fn install(desk: &Desk, erase: usize) -> Act {
    Act::Intent(Intent::Install {
        digest: digest(desk),
        erase,
    })
}

#[test]
fn with_nothing_to_erase_enter_installs_at_once() {
    let mut desk = pictures::ready_without_erasures();
    let wanted = Some(install(&desk, 0));
    assert_eq!(desk.press(KeyCode::Enter), wanted);
}

#[test]
fn nothing_is_installed_that_was_never_drawn() {
    let mut desk = pictures::ready_without_erasures();
    let key = KeyCode::Enter.into();
    assert_eq!(desk.screens.press(&desk.picture, key), None);
}

#[test]
fn the_number_of_disks_must_be_typed() {
    let mut desk = pictures::ready();
    assert_eq!(desk.press(KeyCode::F(10)), None);
    desk.typed("3");
    assert_eq!(desk.press(KeyCode::F(10)), None);
    assert!(desk.shows("3 is not the number"));
    assert_eq!(desk.press(KeyCode::Backspace), None);
    desk.typed("2");
    let wanted = Some(install(&desk, 2));
    assert_eq!(desk.press(KeyCode::F(10)), wanted);
}

#[test]
fn every_row_must_have_been_on_the_screen() {
    let mut desk = pictures::ready_with_many();
    assert_eq!(desk.picture.review.as_ref().unwrap().erasures.len(), 10);
    desk.size = (80, 12);
    desk.typed("10");
    assert_eq!(desk.press(KeyCode::F(10)), None);
    assert!(desk.shows("See every disk first"), "{}", desk.draw());
    let wanted = Some(install(&desk, 10));
    let pages = (0..20).find(|_| {
        desk.press(KeyCode::PageDown);
        desk.press(KeyCode::F(10)) == wanted
    });
    assert!(pages.is_some());
}

#[test]
fn jumping_to_the_end_does_not_show_what_was_jumped_over() {
    let mut desk = pictures::ready_with_many().sized(80, 10);
    desk.typed("10");
    desk.press(KeyCode::End);
    assert_eq!(desk.press(KeyCode::F(10)), None);
}

#[test]
fn help_on_top_of_the_rows_does_not_show_them() {
    let mut desk = pictures::ready();
    desk.screens.press(&desk.picture, KeyCode::F(1).into());
    desk.typed("2");
    desk.screens.press(&desk.picture, KeyCode::Esc.into());
    let key = KeyCode::F(10).into();
    assert_eq!(desk.screens.press(&desk.picture, key), None);
}

#[test]
fn another_plan_asks_anew() {
    let mut desk = pictures::ready();
    desk.typed("2");
    let review = desk.picture.review.as_mut().unwrap();
    review.digest = Some("another".to_owned());
    assert_eq!(desk.press(KeyCode::F(10)), None);
    desk.typed("2");
    let wanted = Some(install(&desk, 2));
    assert_eq!(desk.press(KeyCode::F(10)), wanted);
}

#[test]
fn arrows_space_and_enter_suffice() {
    for (width, height) in [(80, 24), (40, 10), (120, 33)] {
        let mut desk = pictures::ready_with_many().sized(width, height);
        let wanted = Some(install(&desk, 10));
        for _ in 0..200 {
            if desk.shows("▶[ _") {
                break;
            }
            desk.press(KeyCode::Down);
        }
        for _ in 0..10 {
            desk.press(KeyCode::Char(' '));
        }
        assert_eq!(desk.press(KeyCode::Enter), None);
        assert_eq!(desk.press(KeyCode::Enter), wanted, "{}", desk.draw());
    }
}

#[test]
fn a_joiner_cannot_install() {
    let mut desk = pictures::ready_at_joiner();
    assert!(!desk.shows("[ Install ]"));
    assert_eq!(desk.press(KeyCode::F(10)), None);
    assert_eq!(desk.press(KeyCode::Enter), None);
}

#[test]
fn an_unattended_review_asks_nothing() {
    let mut desk = pictures::ready();
    desk.picture.unattended = true;
    assert!(!desk.shows("type how many"));
    assert_eq!(desk.press(KeyCode::F(10)), None);
}
