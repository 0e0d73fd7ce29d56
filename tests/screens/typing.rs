//! Typing into fields: what goes in, what completes itself, and words without a keyboard's letters.

use mcloud::screens::Act;
use ratatui::crossterm::event::KeyCode;

use crate::desk::Desk;
use crate::generic::at;

const SPACE: KeyCode = KeyCode::Char(' ');

/// What Enter in the field of the words would call with.
fn words(desk: &mut Desk) -> String {
    match desk.press(KeyCode::Enter) {
        Some(Act::Words(words)) => words.0,
        other => panic!("{other:?}\n{}", desk.draw()),
    }
}

fn at_words() -> Desk {
    let mut desk = at("address", 3);
    desk.press(KeyCode::Down);
    assert!(desk.shows("▶ The four words"), "{}", desk.draw());
    desk
}

#[test]
fn a_name_is_edited_at_its_cursor_and_takes_only_what_a_name_has() {
    let mut desk = at("address", 3);
    assert!(desk.shows("[ attic_"), "{}", desk.draw());
    desk.typed("_!. é-2");
    assert!(desk.shows("[ attic-2_"), "{}", desk.draw());
    desk.press(KeyCode::Home);
    desk.typed("My");
    assert!(desk.shows("[ myattic-2 "), "{}", desk.draw());
    desk.press(KeyCode::Delete);
    desk.press(KeyCode::Right);
    desk.press(KeyCode::Backspace);
    assert!(desk.shows("[ mytic-2 "), "{}", desk.draw());
    desk.press(KeyCode::End);
    desk.ctrl('h');
    assert!(desk.shows("[ mytic-_"), "{}", desk.draw());
    desk.ctrl('u');
    desk.typed("den");
    assert!(desk.shows("[ den_ "), "{}", desk.draw());
}

#[test]
fn an_address_takes_digits_and_colons() {
    let mut desk = at("peers", 3);
    desk.press(KeyCode::Tab);
    desk.typed("fd00::1x");
    assert!(desk.shows("[ fd00::1_"), "{}", desk.draw());
}

#[test]
fn what_was_typed_wrong_is_marked_where_it_stands_and_going_on_leads_there() {
    let mut desk = at("peers", 3);
    desk.press(KeyCode::Tab);
    desk.typed("fd00:");
    desk.press(KeyCode::Tab);
    assert!(desk.shows("× Add by address"), "{}", desk.draw());
    assert_eq!(desk.press(KeyCode::F(10)), None);
    assert!(desk.shows("▶ Add by address"), "{}", desk.draw());
    assert!(desk.shows("That is no address."), "{}", desk.draw());
}

#[test]
fn each_word_completes_at_its_third_letter() {
    let list: Vec<_> = (0..4)
        .map(|n| mcloud::wordlist::word(n * 300).unwrap())
        .collect();
    let mut desk = at_words();
    for word in &list {
        desk.typed(word.get(..3).unwrap());
    }
    assert_eq!(words(&mut desk), list.join(" "));
}

#[test]
fn whole_words_with_blanks_do_no_harm_and_capitals_neither() {
    let list: Vec<_> = (0..4)
        .map(|n| mcloud::wordlist::word(n * 300 + 7).unwrap())
        .collect();
    for text in [list.join(" "), list.concat(), list.join(" ").to_uppercase()] {
        let mut desk = at_words();
        desk.typed(&text);
        assert_eq!(words(&mut desk), list.join(" "), "{}", text.len());
    }
}

#[test]
fn backspace_takes_a_letter_or_a_whole_word() {
    let list: Vec<_> = (0..2)
        .map(|n| mcloud::wordlist::word(n * 300).unwrap())
        .collect();
    let mut desk = at_words();
    desk.typed(&list.join(" "));
    desk.press(KeyCode::Backspace);
    assert_eq!(words(&mut desk).trim(), list[0]);
    desk.typed("z");
    desk.press(KeyCode::Backspace);
    desk.press(KeyCode::Backspace);
    assert_eq!(words(&mut desk), "");
}

#[test]
fn space_offers_letters_and_enter_takes_them() {
    let word = mcloud::wordlist::word(700).unwrap();
    let mut desk = at_words();
    for letter in word.chars().take(3) {
        let offered = (0..30).any(|_| {
            desk.press(SPACE);
            desk.shows("Enter Take letter") && {
                let text = desk.draw();
                let line = text
                    .lines()
                    .find(|line| line.contains("▶ The four"))
                    .unwrap();
                let typed = line.split("[ ").nth(1).unwrap().split(' ').next().unwrap();
                typed.ends_with(letter)
            }
        });
        assert!(offered, "{letter}\n{}", desk.draw());
        assert_eq!(desk.press(KeyCode::Enter), None);
    }
    assert_eq!(words(&mut desk).trim(), word);
}

#[test]
fn the_field_of_the_words_is_no_trap() {
    let mut desk = at_words();
    desk.press(SPACE);
    desk.press(KeyCode::Down);
    assert!(desk.shows("▶[ Leave... ]"), "{}", desk.draw());
    desk.press(KeyCode::Up);
    desk.press(SPACE);
    desk.press(KeyCode::Up);
    assert!(desk.shows("▶ Cluster"));
}

#[test]
fn the_words_are_not_in_what_is_written_down_of_the_screens() {
    let word = mcloud::wordlist::word(700).unwrap();
    let mut desk = at_words();
    desk.typed(word.get(..3).unwrap());
    let act = desk.press(KeyCode::Enter);
    assert!(!format!("{act:?} {:?}", desk.screens).contains(word));
}
