//! Keys: what they do, that the key bar tells the truth, and that nothing is a trap.

use mcloud::engine::Intent;
use mcloud::screens::{Act, Options, Screens};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::desk::Desk;
use crate::{generic, pictures};

/// The keys by their names in the key bar.
fn named(name: &str) -> Vec<KeyEvent> {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    match name {
        "Enter" => vec![plain(KeyCode::Enter)],
        "Space" => vec![plain(KeyCode::Char(' '))],
        "0-9" => vec![plain(KeyCode::Char('1'))],
        "Letters" => vec![plain(KeyCode::Char('c'))],
        "↑↓" => vec![plain(KeyCode::Down), plain(KeyCode::Up)],
        "←→" => vec![plain(KeyCode::Right), plain(KeyCode::Left)],
        "Tab" => vec![plain(KeyCode::Tab)],
        "PgUp" => vec![plain(KeyCode::PageDown), plain(KeyCode::PageUp)],
        "Esc" => vec![plain(KeyCode::Esc)],
        "Ctrl-C" => vec![KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)],
        f => vec![plain(KeyCode::F(
            f.strip_prefix('F').unwrap().parse().unwrap(),
        ))],
    }
}

fn bar(desk: &Desk) -> Vec<String> {
    let text = desk.draw();
    let line = text.lines().last().unwrap().trim().to_owned();
    let entries = line
        .split("  ")
        .map(|entry| entry.split(' ').next().unwrap().to_owned());
    entries.collect()
}

#[test]
fn what_the_key_bar_offers_works() {
    for number in 0..pictures::all().len() {
        let (name, desk) = pictures::all().swap_remove(number);
        for offered in bar(&desk) {
            let works = named(&offered).into_iter().any(|key| {
                let (_, mut desk) = pictures::all().swap_remove(number);
                let before = desk.draw();
                desk.key(key).is_some() || desk.draw() != before
            });
            assert!(works, "{name}: {offered} is offered and does nothing");
        }
    }
}

#[test]
fn what_the_key_bar_offers_on_a_form_works() {
    for number in 0..generic::all().len() {
        let (name, desk) = generic::all().swap_remove(number);
        for offered in bar(&desk) {
            let works = named(&offered).into_iter().any(|key| {
                let (_, mut desk) = generic::all().swap_remove(number);
                let before = desk.draw();
                desk.key(key).is_some() || desk.draw() != before
            });
            assert!(works, "{name}: {offered} is offered and does nothing");
        }
    }
}

#[test]
fn escape_is_harmless_everywhere() {
    for (name, mut desk) in pictures::all() {
        let before = desk.draw();
        assert_eq!(desk.press(KeyCode::Esc), None, "{name}");
        assert_eq!(desk.draw(), before, "{name}");
        for open in [KeyCode::F(1), KeyCode::F(6)] {
            desk.press(open);
            assert_ne!(desk.draw(), before, "{name}");
            assert_eq!(desk.press(KeyCode::Esc), None, "{name}");
            assert_eq!(desk.draw(), before, "{name}");
        }
        if desk.ctrl('c').is_none() {
            assert_eq!(desk.press(KeyCode::Esc), None, "{name}");
            assert_eq!(desk.draw(), before, "{name}");
        }
    }
}

#[test]
fn the_first_answer_to_leaving_is_to_stay() {
    for (name, mut desk) in pictures::all() {
        let before = desk.draw();
        if desk.ctrl('c').is_some() {
            continue;
        }
        assert!(desk.shows("▶ Stay"), "{name}");
        assert_eq!(desk.press(KeyCode::Enter), None, "{name}");
        assert_eq!(desk.draw(), before, "{name}");
    }
}

#[test]
fn there_is_always_a_way_out() {
    for can_detach in [true, false] {
        for (name, mut desk) in pictures::all() {
            desk.screens = Screens::new(Options {
                can_detach,
                ..Options::default()
            });
            let mut act = desk.ctrl('c');
            if act.is_none() {
                desk.press(KeyCode::Down);
                act = desk.press(KeyCode::Enter);
            }
            assert!(act.is_some(), "{name}");
        }
    }
}

#[test]
fn the_initiator_may_stop_and_a_joiner_may_not() {
    let mut desk = pictures::running();
    desk.ctrl('c');
    desk.press(KeyCode::Down);
    desk.press(KeyCode::Down);
    assert_eq!(desk.press(KeyCode::Enter), Some(Act::Intent(Intent::Stop)));
    let mut desk = pictures::running_at_joiner();
    desk.ctrl('c');
    assert!(!desk.shows("Stop after"));
}

#[test]
fn a_question_about_what_is_over_is_not_asked_any_more() {
    let mut desk = pictures::running();
    desk.ctrl('c');
    desk.press(KeyCode::Down);
    desk.picture = pictures::failed().picture;
    assert!(!desk.shows("▶ Detach"));
}

#[test]
fn detaching_is_offered_only_where_the_run_goes_on() {
    let mut desk = pictures::running();
    assert_eq!(desk.press(KeyCode::F(8)), Some(Act::Detach));
    desk.screens = Screens::new(Options::default());
    assert!(!desk.shows("F8"));
    assert_eq!(desk.press(KeyCode::F(8)), None);
}

#[test]
fn each_failure_can_be_retried_and_the_run_be_ended() {
    let retry = |step: &str| {
        Some(Act::Intent(Intent::Retry {
            step: step.to_owned(),
        }))
    };
    let mut desk = pictures::failed_twice();
    assert_eq!(desk.press(KeyCode::Enter), retry("lxd.join@pi-b"));
    desk.press(KeyCode::Down);
    assert_eq!(desk.press(KeyCode::Char(' ')), retry("lxd.join@pi-c"));
    assert_eq!(desk.press(KeyCode::F(5)), retry("lxd.join@pi-c"));
    desk.press(KeyCode::Down);
    assert_eq!(desk.press(KeyCode::Enter), Some(Act::Intent(Intent::Leave)));
    let mut desk = pictures::failed_at_joiner();
    assert_eq!(desk.press(KeyCode::Enter), None);
    assert_eq!(desk.press(KeyCode::F(5)), None);
}

#[test]
fn looking_again_is_a_key_and_a_button() {
    let wanted = Some(Act::Intent(Intent::LookAgain));
    let mut desk = pictures::blocked();
    assert_eq!(desk.press(KeyCode::F(5)), wanted);
    assert_eq!(desk.ctrl('r'), wanted);
    assert!(desk.shows("▶[ Look again ]"));
    assert_eq!(desk.press(KeyCode::Enter), wanted);
}

#[test]
fn nodes_that_do_not_fit_are_scrolled_to() {
    let mut desk = pictures::eight();
    let head = |desk: &Desk| desk.draw().lines().nth(4).unwrap().to_owned();
    assert!(!head(&desk).contains("pi-h"));
    for _ in 0..8 {
        desk.press(KeyCode::Right);
    }
    assert!(head(&desk).contains("pi-h"), "{}", desk.draw());
    desk.press(KeyCode::Left);
    assert!(!head(&desk).contains("pi-h"));
}

#[test]
fn a_node_that_stands_far_right_sees_its_own_column() {
    let mut desk = pictures::eight();
    desk.picture.me = "pi-h".to_owned();
    assert!(desk.draw().lines().nth(4).unwrap().contains("pi-h"));
}

#[test]
fn the_log_is_filtered_by_level_and_node() {
    let mut desk = pictures::failed();
    desk.press(KeyCode::F(6));
    assert!(desk.shows("info and worse"));
    desk.press(KeyCode::Char(' '));
    desk.press(KeyCode::Char(' '));
    assert!(desk.shows("Join the cluster: stopped"), "{}", desk.draw());
    assert!(!desk.shows(": done,"));
    desk.press(KeyCode::Right);
    assert!(desk.shows("pi-a only"));
    assert!(desk.shows("Nothing to show"));
}

#[test]
fn twins_of_the_function_keys_do_the_same() {
    let opened = |key: KeyEvent| {
        let mut desk = pictures::running();
        (desk.key(key), desk.draw())
    };
    let ctrl = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
    assert_eq!(opened(KeyCode::F(6).into()), opened(ctrl('o')));
    assert_eq!(
        opened(KeyCode::F(1).into()),
        opened(KeyCode::Char('?').into())
    );
    assert_eq!(opened(KeyCode::F(3).into()).0, Some(Act::Repaint));
    assert_eq!(opened(ctrl('l')).0, Some(Act::Repaint));
    assert_eq!(opened(KeyCode::F(4).into()).0, Some(Act::NextLook));
    assert_eq!(opened(ctrl('t')).0, Some(Act::NextLook));
}

#[test]
fn shift_tab_is_known_by_both_its_names_and_ctrl_h_is_backspace() {
    let mut desk = pictures::failed_twice();
    let first = desk.draw();
    for back in [
        KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT),
        KeyEvent::new(KeyCode::Tab, KeyModifiers::ALT),
    ] {
        desk.press(KeyCode::Tab);
        assert_ne!(desk.draw(), first);
        desk.key(back);
        assert_eq!(desk.draw(), first);
    }
    let mut desk = pictures::ready();
    desk.typed("34");
    desk.ctrl('h');
    assert!(desk.shows("[ 3_"), "{}", desk.draw());
}

#[test]
fn unknown_keys_and_keys_of_terminals_do_nothing() {
    for (name, mut desk) in pictures::all() {
        let before = desk.draw();
        for letter in ['s', 'q', 'z', 'a', 'b', ']', '\\', 'j'] {
            assert_eq!(desk.ctrl(letter), None, "{name}: Ctrl-{letter}");
        }
        for letter in ['x', 'q', '[', 'A', '/'] {
            assert_eq!(desk.press(KeyCode::Char(letter)), None, "{name}: {letter}");
        }
        let mut released = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        released.kind = KeyEventKind::Release;
        assert_eq!(desk.key(released), None, "{name}");
        assert_eq!(desk.draw(), before, "{name}");
    }
}

#[test]
fn done_is_closed_by_enter_unless_it_closes_by_itself() {
    let mut desk = pictures::done();
    assert!(desk.shows("Enter Close"));
    assert_eq!(desk.press(KeyCode::Enter), Some(Act::Close));
    desk.picture.unattended = true;
    assert!(!desk.shows("Enter"));
    assert_eq!(desk.press(KeyCode::Enter), None);
}

#[test]
fn random_keys_never_panic() {
    let codes = [
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Enter,
        KeyCode::Char(' '),
        KeyCode::Char('7'),
        KeyCode::Backspace,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::Esc,
        KeyCode::F(1),
        KeyCode::F(5),
        KeyCode::F(6),
        KeyCode::F(10),
        KeyCode::Char('?'),
    ];
    let mut desks = pictures::all();
    let mut screens = Screens::new(Options {
        can_detach: true,
        ..Options::default()
    });
    let mut seed: u64 = 0x2545_f491_4f6c_dd1d;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % u64::try_from(below).unwrap()).unwrap()
    };
    let mut at = 0;
    for round in 0..10_000 {
        if round % 50 == 0 {
            at = next(desks.len());
            desks[at].1.size = [(80, 24), (41, 11), (120, 33), (20, 4)][next(4)];
        }
        let desk = &mut desks[at].1;
        std::mem::swap(&mut screens, &mut desk.screens);
        match next(codes.len() + 1) {
            number if number < codes.len() => drop(desk.press(codes[number])),
            _ => drop(desk.ctrl('c')),
        }
        std::mem::swap(&mut screens, &mut desk.screens);
    }
}
