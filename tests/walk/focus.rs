//! Where the focus is when things change: it serves whoever sits there, and never jumps from under
//! a finger.

use mcloud::engine::services::NodeFacts;
use mcloud::engine::{Event, Fact};
use mcloud::forms::Step;
use ratatui::crossterm::event::KeyCode;

use crate::house::House;
use crate::machine::facts;
use crate::way::{ENTER, with_all};

fn step(house: &House, who: usize) -> Option<Step> {
    let drawn = house.clone().draw(who);
    drawn.form.as_ref().map(|form| form.0)
}

fn focus(house: &House, who: usize) -> Option<String> {
    house.clone().draw(who).focus()
}

/// A joiner at the field for the words of pi-a's session.
fn at_words() -> House {
    let mut house = House::new();
    house.along(2);
    assert_eq!(focus(&house, 1).as_deref(), Some("words"));
    house
}

fn type_word(house: &mut House, word: &str) {
    for letter in word.chars() {
        house.press(1, KeyCode::Char(letter));
    }
}

#[test]
fn after_the_last_yes_the_focus_is_on_next() {
    let mut house = House::new();
    house.along(5);
    house.draw(0);
    for _ in 0..8 {
        if step(&house, 0) == Some(Step::Trust) {
            break;
        }
        house.press(0, KeyCode::F(10));
    }
    assert_eq!(step(&house, 0), Some(Step::Trust), "{}", house.glance(0));
    assert_eq!(focus(&house, 0).as_deref(), Some("next"));
    // Whoever knocks then has the focus, and the key that was under way lets nobody in.
    house.guest_comes_or_goes();
    house.settle();
    house.draw(0);
    house.guest_knocks();
    house.settle();
    assert_eq!(house.key(0, ENTER), None);
    assert_eq!(step(&house, 0), Some(Step::Trust));
}

#[test]
fn too_few_words_stay_in_the_field_and_are_counted() {
    let mut house = at_words();
    type_word(&mut house, "aarabd");
    for _ in 0..3 {
        house.press(1, ENTER);
        house.settle();
        assert_eq!(focus(&house, 1).as_deref(), Some("words"));
    }
    let shown = house.glance(1);
    assert!(shown.contains("2 of 4 words"), "{shown}");
    assert!(shown.contains("aardvark"), "{shown}");
}

#[test]
fn wrong_words_are_taken_away_and_the_right_ones_can_be_typed_at_once() {
    let mut house = at_words();
    for wrong in 1..=3 {
        type_word(&mut house, "aarabdabbaba");
        house.press(1, ENTER);
        house.settle();
        let shown = house.glance(1);
        assert!(shown.contains(&format!("Wrong so far: {wrong}")), "{shown}");
        assert!(!shown.contains("aardvark"), "{shown}");
        assert_eq!(focus(&house, 1).as_deref(), Some("words"));
    }
    house.type_words(1);
    house.press(1, ENTER);
    house.settle();
    let shown = house.glance(1);
    assert!(shown.contains("Compare the check words"), "{shown}");
}

#[test]
fn whoever_presses_enter_on_welcome_before_the_facts_goes_on_when_nothing_is_wrong() {
    for (weak, then) in [(Some(false), Step::Address), (Some(true), Step::Preflight)] {
        let mut house = House::new();
        house.nodes[0].state.local.facts = None;
        house.event(0, Event::Tick);
        house.settle();
        house.press(0, ENTER);
        assert_eq!(step(&house, 0), Some(Step::Preflight));
        let mut host = facts(0).host;
        host.under_voltage = weak;
        let found = NodeFacts { host, ..facts(0) };
        let facts = Box::new(found);
        house.fact(0, Fact::Facts { node: None, facts });
        house.settle();
        assert_eq!(step(&house, 0), Some(then), "{}", house.glance(0));
    }
}

#[test]
fn a_session_that_is_heard_takes_no_focus_that_somebody_moved() {
    for moves in [&[KeyCode::Down][..], &[KeyCode::Down, KeyCode::Up]] {
        let mut house = House::new();
        house.draw(1);
        for key in moves {
            house.press(1, *key);
        }
        let before = focus(&house, 1);
        house.along(1);
        let shown = house.glance(1);
        assert!(shown.contains("Join attic"), "{shown}");
        assert_eq!(focus(&house, 1), before, "{moves:?}");
    }
}

#[test]
fn the_key_bar_of_a_small_form_says_how_to_get_help_and_away() {
    with_all(|reached| {
        for (house, who) in &reached.consoles {
            let mut house = house.clone();
            house.nodes[*who].size = (40, 15);
            let drawn = house.draw(*who);
            let Some(form) = &drawn.form else { continue };
            let bar = drawn.rows.last().cloned().unwrap_or_default();
            // What Enter does has a longer name on others, and there is not always a way on.
            let short = matches!(form.0, Step::Trust | Step::Disks | Step::Network);
            let goes_on = form.1.buttons.last().is_some_and(|it| it.wish.is_some());
            let ways = ["F10 ", "Esc "].iter().any(|it| bar.contains(it));
            let ways = ways || !(short && goes_on);
            assert!(bar.contains("F1 Help") && ways, "{}", drawn.text());
        }
    });
}
