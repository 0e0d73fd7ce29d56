//! Forms on the full screen: how they look, and where the focus goes.

use std::collections::BTreeSet;

use mcloud::engine::Intent;
use mcloud::screens::{Act, Options, Screens};
use ratatui::crossterm::event::KeyCode;

use crate::desk::Desk;
use crate::generic::{all, at, opened, toggled};

const SPACE: KeyCode = KeyCode::Char(' ');

/// The line with the mark of the focus.
fn focus(desk: &Desk) -> String {
    let text = desk.draw();
    let marked = text.lines().find_map(|line| {
        // The rail has marks of its own.
        let body = line.split_once('│').map_or(line, |(_, body)| body);
        body.contains('▶').then(|| body.to_owned())
    });
    marked.unwrap_or_else(|| panic!("nothing has the focus:\n{text}"))
}

/// What Enter would say to the engine, without saying it twice.
fn enter(desk: &mut Desk) -> Option<Act> {
    desk.press(KeyCode::Enter)
}

fn one(intent: Intent) -> Option<Act> {
    Act::Intents(vec![intent]).into()
}

#[test]
fn forms_look_like_this() {
    for (wanted, nodes) in [("peers", 5), ("disks", 3), ("address", 3)] {
        for (width, height) in [(80, 24), (40, 15), (132, 43)] {
            let desk = at(wanted, nodes).sized(width, height);
            insta::assert_snapshot!(format!("form-{wanted}-{width}x{height}"), desk.draw());
        }
    }
}

#[test]
fn a_list_without_rows_says_why() {
    assert!(at("peers", 0).shows("Nobody is heard yet."));
}

#[test]
fn the_first_cell_and_the_state_never_give_way() {
    for width in [40, 50, 60, 80, 132] {
        let text = at("peers", 5).sized(width, 30).draw();
        for kept in ["pi-a", "pi-e", "■ trusted", "× other version", "! clone"] {
            assert!(text.contains(kept), "{kept} at {width}:\n{text}");
        }
    }
}

#[test]
fn the_focus_begins_where_the_form_means_it_and_enter_and_space_do_what_the_bar_says() {
    let mut desk = at("peers", 5);
    assert!(focus(&desk).contains("pi-b"));
    assert!(desk.shows("pi-b was looked at."));
    assert!(desk.shows("Enter Choose"));
    assert!(desk.shows("Space Count up"));
    assert_eq!(enter(&mut desk), one(opened("pi-b")));
    assert_eq!(desk.press(SPACE), one(toggled("pi-b")));
}

#[test]
fn the_focus_stays_with_its_row_when_others_come_and_go() {
    let mut desk = at("peers", 5);
    desk.press(KeyCode::Down);
    assert!(focus(&desk).contains("pi-c"));
    desk.picture.nodes.remove(0);
    assert!(focus(&desk).contains("pi-c"));
    desk.picture.nodes.reverse();
    assert!(focus(&desk).contains("pi-c"));
}

#[test]
fn where_its_row_has_gone_the_focus_is_on_the_nearest_one_and_never_on_a_button() {
    let mut desk = at("peers", 5);
    for _ in 0..3 {
        desk.press(KeyCode::Down);
    }
    assert!(focus(&desk).contains("pi-e"));
    desk.picture.nodes.pop();
    assert!(focus(&desk).contains("pi-d"));
    desk.picture.nodes.truncate(1);
    assert!(focus(&desk).contains("pi-a"));
}

#[test]
fn a_key_that_was_meant_for_what_has_gone_does_nothing_to_what_is_there_instead() {
    let mut desk = at("peers", 5);
    desk.press(KeyCode::Down);
    desk.picture.nodes.remove(2);
    assert!(focus(&desk).contains("pi-d"));
    assert_eq!(enter(&mut desk), None);
    assert_eq!(enter(&mut desk), one(opened("pi-d")));
}

#[test]
fn who_types_into_a_field_is_there_whatever_had_the_focus_before() {
    let mut desk = at("peers", 5);
    desk.press(KeyCode::Down);
    desk.picture.nodes.clear();
    assert!(focus(&desk).contains("Add by address"));
    desk.press(KeyCode::Char('1'));
    desk.press(KeyCode::Enter);
    assert!(!focus(&desk).contains("Add by address"));
}

#[test]
fn a_row_that_comes_back_has_the_focus_again() {
    let mut desk = at("peers", 5);
    desk.press(KeyCode::Down);
    let gone = desk.picture.nodes.remove(2);
    assert!(focus(&desk).contains("pi-d"));
    desk.picture.nodes.insert(0, gone);
    assert!(focus(&desk).contains("pi-c"));
}

#[test]
fn long_tables_scroll_with_the_focus_in_sight() {
    for size in [(80, 24), (40, 10), (132, 43)] {
        let mut desk = at("peers", 20).sized(size.0, size.1);
        for number in 2..20 {
            desk.press(KeyCode::Down);
            let name = desk.picture.nodes[number].name.clone();
            assert!(focus(&desk).contains(&name), "{name} at {size:?}");
        }
        desk.press(KeyCode::Home);
        assert!(focus(&desk).contains("pi-a"), "{}", desk.draw());
        desk.press(KeyCode::PageDown);
        assert!(!focus(&desk).contains("pi-a"));
        desk.press(KeyCode::PageUp);
        assert!(focus(&desk).contains("pi-a"));
        desk.press(KeyCode::End);
        assert!(focus(&desk).contains("[ Next ]"));
    }
}

#[test]
fn headings_are_passed_over() {
    let mut desk = at("disks", 3);
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push(focus(&desk));
        desk.press(KeyCode::Down);
    }
    assert!(seen.iter().all(|line| line.contains("SN740")), "{seen:?}");
}

#[test]
fn tab_goes_from_group_to_group_and_round() {
    let mut desk = at("peers", 5);
    for there in ["Add by address", "[ Back ]", "pi-a", "Add by address"] {
        desk.press(KeyCode::Tab);
        assert!(focus(&desk).contains(there), "{there}\n{}", desk.draw());
    }
    for there in ["pi-a", "[ Back ]", "Add by address"] {
        desk.press(KeyCode::BackTab);
        assert!(focus(&desk).contains(there), "{there}\n{}", desk.draw());
    }
}

#[test]
fn the_last_button_is_f10_and_one_that_does_nothing_says_why() {
    let mut desk = at("peers", 5);
    assert_eq!(desk.press(KeyCode::F(10)), None);
    assert!(desk.shows("Say what each disk is for."));
    assert!(!desk.shows("F10"));
    assert_eq!(desk.press(KeyCode::F(10)), None);
    assert!(focus(&desk).contains("▶[ Next ]"));
    assert!(desk.shows("First choose something."));
    let mut desk = at("address", 3);
    assert_eq!(desk.ctrl('n'), one(Intent::Extend));
    assert!(desk.shows("step 4 of 10"));
}

#[test]
fn escape_goes_back_as_far_as_there_is_anything_and_does_nothing_else() {
    let mut desk = at("disks", 3);
    desk.picture.cluster = "peers".to_owned();
    for step in ["step 3 of 10", "step 1 of 10", "step 1 of 10"] {
        assert_eq!(desk.press(KeyCode::Esc), None);
        assert!(desk.shows(step), "{step}\n{}", desk.draw());
    }
    assert!(!desk.shows("Esc Back"));
}

#[test]
fn a_form_that_does_not_fit_any_more_gives_way_to_the_one_that_is_called_for() {
    let mut desk = at("address", 3);
    desk.press(KeyCode::Down);
    assert!(desk.shows("step 3 of 10"));
    desk.picture.cluster = "disks".to_owned();
    assert!(desk.shows("step 6 of 10"));
}

#[test]
fn looking_again_is_f5_on_every_form() {
    for (name, mut desk) in all() {
        assert_eq!(desk.press(KeyCode::F(5)), one(Intent::LookAgain), "{name}");
    }
}

/// Everything that can be seen or wanted by pressing only these keys.
fn reached(mut desk: Desk, keys: &[KeyCode], rounds: usize) -> BTreeSet<String> {
    let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut seen = BTreeSet::new();
    for _ in 0..rounds {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let at = usize::try_from(random >> 33).unwrap() % keys.len();
        if let Some(act) = desk.press(keys[at]) {
            seen.insert(format!("{act:?}"));
        }
        seen.insert(focus(&desk).trim().to_owned());
    }
    seen
}

#[test]
fn four_keys_reach_and_do_everything() {
    let keys = [
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Down,
        SPACE,
        KeyCode::Enter,
    ];
    for size in [(80, 24), (40, 10)] {
        let seen = reached(at("address", 3).sized(size.0, size.1), &keys, 3_000);
        let all = seen.into_iter().collect::<Vec<_>>().join("\n");
        for wanted in ["pi-b/sda", "▶[ Back ]", "Words(…)", "Rehearse", "Extend"] {
            assert!(all.contains(wanted), "{wanted} at {size:?}\n{all}");
        }
    }
}

#[test]
fn everything_there_is_to_read_can_be_read_with_the_arrows() {
    for size in [(80, 24), (40, 10)] {
        let mut desk = at("welcome", 3).sized(size.0, size.1);
        let mut read = BTreeSet::new();
        for _ in 0..60 {
            let text = desk.draw();
            read.extend((1..=40).filter(|n| text.contains(&format!("line {n} of"))));
            desk.press(KeyCode::Down);
        }
        assert_eq!(read.len(), 40, "{size:?}");
        for _ in 0..60 {
            desk.press(KeyCode::Up);
        }
        assert!(desk.shows("Read all of it."));
    }
}

#[test]
fn leaving_the_wizard_asks_and_a_rehearsal_is_wanted_of_the_face() {
    let mut desk = at("address", 3);
    desk.press(KeyCode::End);
    desk.press(KeyCode::Tab);
    desk.press(KeyCode::Tab);
    assert!(focus(&desk).contains("▶[ Leave... ]"), "{}", desk.draw());
    assert_eq!(enter(&mut desk), None);
    assert!(desk.shows("▶ Stay"));
    assert_eq!(enter(&mut desk), None);
    desk.press(KeyCode::Right);
    assert_eq!(enter(&mut desk), Some(Act::Rehearse));
}

#[test]
fn before_anything_was_begun_leaving_gives_the_wizard_up() {
    let mut desk = at("address", 3);
    desk.picture.stage = mcloud::engine::node::Stage::Idle;
    assert_eq!(desk.ctrl('c'), None);
    desk.press(KeyCode::Down);
    assert_eq!(enter(&mut desk), Some(Act::Leave));
}

#[test]
fn random_keys_on_forms_never_panic() {
    let codes = [
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Enter,
        SPACE,
        KeyCode::Char('a'),
        KeyCode::Char('7'),
        KeyCode::Backspace,
        KeyCode::Delete,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::Esc,
        KeyCode::F(1),
        KeyCode::F(6),
        KeyCode::F(10),
    ];
    let mut seed: u64 = 0x2545_f491_4f6c_dd1d;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed >> 33).unwrap() % below
    };
    let mut desk = at("peers", 5);
    for round in 0..10_000 {
        if round % 50 == 0 {
            let wanted = ["welcome", "address", "peers", "disks", "empty"][next(5)];
            wanted.clone_into(&mut desk.picture.cluster);
            desk.picture.nodes = at(wanted, [0, 1, 3, 20][next(4)]).picture.nodes;
            desk.size = [(80, 24), (41, 11), (120, 33), (20, 4), (40, 10)][next(5)];
        }
        match next(codes.len() + 1) {
            number if number < codes.len() => drop(desk.press(codes[number])),
            _ => drop(desk.ctrl('c')),
        }
    }
}

#[test]
fn who_is_quicker_than_the_engine_sees_the_form_of_the_part_that_was_chosen() {
    let mut desk = Desk::of(&crate::stage::Stage::new(1));
    desk.screens = Screens::new(Options {
        wizard: true,
        ..Options::default()
    });
    assert!(desk.shows("▶ Start a cluster"), "{}", desk.draw());
    let part = Intent::Part {
        part: mcloud::engine::wizard::Part::Initiator,
    };
    assert_eq!(enter(&mut desk), one(part));
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::End);
    assert!(desk.shows("▶[ Next ]"), "{}", desk.draw());
    assert!(!desk.shows("Choose first"), "{}", desk.draw());
}
