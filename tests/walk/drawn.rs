//! A key is meant for what was drawn when it was pressed.

use mcloud::engine::Intent;
use mcloud::screens::Act;
use ratatui::crossterm::event::KeyCode;

use crate::house::House;
use crate::machine::id;
use crate::way::ENTER;

#[test]
fn enter_that_was_under_way_when_a_joiner_knocked_lets_nobody_in() {
    let mut house = House::new();
    house.along(1);
    house.guest_comes_or_goes();
    house.settle();
    house.press(0, KeyCode::F(10));
    assert!(house.draw(0).text().contains("pi-c"));
    house.guest_knocks();
    house.settle();
    assert_eq!(house.key(0, ENTER), None);
    house.draw(0);
    let check = house.check_of(&id(2));
    let admit = Intent::Admit { id: id(2), check };
    assert_eq!(house.key(0, ENTER), Some(Act::Intents(vec![admit])));
}

#[test]
fn enter_on_a_console_that_is_too_small_to_show_a_joiner_lets_nobody_in() {
    let mut house = House::new();
    house.along(1);
    house.guest_comes_or_goes();
    house.settle();
    house.press(0, KeyCode::F(10));
    house.draw(0);
    house.nodes[0].size = (1, 1);
    house.guest_knocks();
    house.settle();
    for _ in 0..3 {
        house.draw(0);
        assert_eq!(house.key(0, ENTER), None);
    }
}

/// A console on whose focused row the guest can be let in.
fn asked() -> House {
    let mut house = House::new();
    house.along(1);
    house.guest_comes_or_goes();
    house.settle();
    house.press(0, KeyCode::F(10));
    house.draw(0);
    house.guest_knocks();
    house.settle();
    house.draw(0);
    house
}

#[test]
fn a_joiner_that_is_out_of_sight_again_is_let_in_by_no_key() {
    let mut house = asked();
    house.nodes[0].size = (1, 1);
    house.draw(0);
    assert_eq!(house.key(0, ENTER), None);
    house.nodes[0].size = (80, 24);
    house.draw(0);
    assert!(house.key(0, ENTER).is_some());
}

#[test]
fn a_key_that_was_pressed_before_help_had_gone_lets_nobody_in() {
    let mut house = asked();
    house.key(0, KeyCode::F(1));
    house.draw(0);
    house.key(0, KeyCode::Esc);
    assert_eq!(house.key(0, ENTER), None);
    house.draw(0);
    assert!(house.key(0, ENTER).is_some());
}

#[test]
fn whoever_is_let_in_on_a_small_console_has_the_check_words_in_sight() {
    for size in [(40, 10), (40, 15), (60, 12), (80, 24)] {
        let mut house = House::new();
        house.along(1);
        house.guest_comes_or_goes();
        house.settle();
        house.press(0, KeyCode::F(10));
        house.nodes[0].size = size;
        house.draw(0);
        house.guest_knocks();
        house.settle();
        let check = house.check_of(&id(2));
        let mut admitted = false;
        for _ in 0..3 {
            let shown = house.draw(0).text();
            if house.key(0, ENTER).is_some() {
                let words = check.iter().all(|word| shown.contains(word));
                assert!(words, "{size:?}\n{shown}");
                admitted = true;
                break;
            }
        }
        assert!(admitted, "{size:?}: {}", house.draw(0).text());
    }
}
