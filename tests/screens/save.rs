//! Saving the answers as a preseed, going back from Review, and what a preseed run keeps to itself.

use mcloud::engine::Intent;
use mcloud::engine::trust::Session;
use mcloud::screens::Act;
use ratatui::crossterm::event::KeyCode;

use crate::pictures;

#[test]
fn f7_asks_for_a_file_and_says_where_it_is() {
    for mut desk in [pictures::ready(), pictures::done()] {
        assert!(desk.shows("F7 Save preseed"), "{}", desk.draw());
        assert_eq!(desk.press(KeyCode::F(7)), None);
        assert!(desk.shows("[ attic.yaml_"), "{}", desk.draw());
        let wanted = Some(Act::Save("attic.yaml".to_owned()));
        assert_eq!(desk.press(KeyCode::Enter), wanted);
        desk.screens.saved(Ok("/home/pi/attic.yaml".to_owned()));
        assert!(desk.shows("saved in /home/pi/attic.yaml"));
        assert_eq!(desk.press(KeyCode::Enter), None);
        assert!(!desk.shows("Save preseed ─"), "{}", desk.draw());
    }
}

#[test]
fn a_file_that_is_there_already_can_be_given_another_name() {
    let mut desk = pictures::ready();
    desk.press(KeyCode::F(7));
    desk.press(KeyCode::Enter);
    desk.screens
        .saved(Err("attic.yaml is there already.".to_owned()));
    assert!(desk.shows("× attic.yaml is there already."));
    for _ in 0..5 {
        desk.press(KeyCode::Backspace);
    }
    desk.typed("-2 b.yaml");
    assert!(!desk.shows("is there already"));
    let wanted = Some(Act::Save("attic-2 b.yaml".to_owned()));
    assert_eq!(desk.press(KeyCode::Enter), wanted);
}

#[test]
fn four_keys_save_and_close() {
    let mut desk = pictures::ready();
    let before = desk.draw();
    desk.press(KeyCode::F(7));
    desk.press(KeyCode::Down);
    let wanted = Some(Act::Save("attic.yaml".to_owned()));
    assert_eq!(desk.press(KeyCode::Char(' ')), wanted);
    desk.press(KeyCode::Down);
    desk.press(KeyCode::Down);
    desk.press(KeyCode::Enter);
    assert_eq!(desk.draw(), before);
    desk.press(KeyCode::F(7));
    desk.press(KeyCode::Esc);
    assert_eq!(desk.draw(), before);
}

#[test]
fn a_preseed_run_has_nothing_to_save_and_a_joiner_neither() {
    let mut desk = pictures::ready();
    desk.picture.unattended = true;
    assert!(!desk.shows("F7"));
    assert!(!pictures::ready_at_joiner().shows("F7"));
}

#[test]
fn where_the_answers_were_chosen_here_escape_goes_back_to_the_choices() {
    let mut desk = pictures::ready();
    assert!(!desk.shows("Esc Back"));
    desk.picture.wizard.session = Some(Session::default());
    assert!(desk.shows("Esc Back"), "{}", desk.draw());
    let wanted = Some(Act::Intent(Intent::Change));
    assert_eq!(desk.press(KeyCode::Esc), wanted);
    desk.picture.unattended = true;
    assert_eq!(desk.press(KeyCode::Esc), None);
}
