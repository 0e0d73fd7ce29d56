//! Bytes become keys, whole or torn.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use mcloud::console::Rejoin;
use proptest::prelude::*;
use rstest::rstest;

const NONE: KeyModifiers = KeyModifiers::NONE;
const ALT: KeyModifiers = KeyModifiers::ALT;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;

fn all(rejoin: &mut Rejoin) -> Vec<KeyEvent> {
    std::iter::from_fn(|| rejoin.next_key()).collect()
}

/// The keys of bytes that come one by one, and then nothing for long.
fn typed(bytes: &[u8]) -> Vec<KeyEvent> {
    let mut rejoin = Rejoin::default();
    for byte in bytes {
        rejoin.feed(&[*byte]);
    }
    if rejoin.is_holding() {
        rejoin.give_up();
    }
    all(&mut rejoin)
}

#[rstest]
#[case::enter(b"\r", KeyCode::Enter, NONE)]
#[case::tab(b"\t", KeyCode::Tab, NONE)]
#[case::shift_tab(b"\x1b[Z", KeyCode::BackTab, SHIFT)]
#[case::shift_tab_of_the_linux_console(b"\x1b\t", KeyCode::BackTab, SHIFT)]
#[case::backspace(b"\x7f", KeyCode::Backspace, NONE)]
#[case::backspace_of_old_terminals(b"\x08", KeyCode::Backspace, NONE)]
#[case::escape(b"\x1b", KeyCode::Esc, NONE)]
#[case::up(b"\x1b[A", KeyCode::Up, NONE)]
#[case::down_in_application_mode(b"\x1bOB", KeyCode::Down, NONE)]
#[case::keypad_enter(b"\x1bOM", KeyCode::Enter, NONE)]
#[case::ctrl_right(b"\x1b[1;5C", KeyCode::Right, CTRL)]
#[case::home(b"\x1b[H", KeyCode::Home, NONE)]
#[case::home_of_the_linux_console(b"\x1b[1~", KeyCode::Home, NONE)]
#[case::end_of_rxvt(b"\x1b[8~", KeyCode::End, NONE)]
#[case::page_down(b"\x1b[6~", KeyCode::PageDown, NONE)]
#[case::delete(b"\x1b[3~", KeyCode::Delete, NONE)]
#[case::f1_of_xterm(b"\x1bOP", KeyCode::F(1), NONE)]
#[case::f1_of_the_linux_console(b"\x1b[[A", KeyCode::F(1), NONE)]
#[case::f1_of_the_vt220(b"\x1b[11~", KeyCode::F(1), NONE)]
#[case::f5(b"\x1b[15~", KeyCode::F(5), NONE)]
#[case::f6(b"\x1b[17~", KeyCode::F(6), NONE)]
#[case::f10(b"\x1b[21~", KeyCode::F(10), NONE)]
#[case::f12(b"\x1b[24~", KeyCode::F(12), NONE)]
#[case::ctrl_c(b"\x03", KeyCode::Char('c'), CTRL)]
#[case::ctrl_n(b"\x0e", KeyCode::Char('n'), CTRL)]
#[case::letter(b"a", KeyCode::Char('a'), NONE)]
#[case::capital(b"A", KeyCode::Char('A'), SHIFT)]
#[case::alt_letter(b"\x1bq", KeyCode::Char('q'), ALT)]
#[case::vietnamese("ế".as_bytes(), KeyCode::Char('ế'), NONE)]
fn a_key_is_itself_also_when_its_bytes_come_one_by_one(
    #[case] bytes: &[u8],
    #[case] code: KeyCode,
    #[case] modifiers: KeyModifiers,
) {
    assert_eq!(typed(bytes), [KeyEvent::new(code, modifiers)]);
}

#[rstest]
#[case::second_half_of_cr_lf(b"\n")]
#[case::key_let_go(b"\x1b[1;1:3A")]
#[case::focus_report(b"\x1b[I")]
#[case::cursor_report(b"\x1b[24;80R")]
#[case::device_attributes(b"\x1b[?62;22c")]
#[case::color_report(b"\x1b]11;rgb:0000/0000/0000\x07")]
#[case::color_report_with_string_terminator(b"\x1b]11;rgb:0000/0000/0000\x1b\\")]
#[case::torn_and_never_completed(b"\x1b[1;")]
#[case::not_utf8(b"\xff")]
fn what_is_no_key_is_nothing(#[case] bytes: &[u8]) {
    assert_eq!(typed(bytes), []);
}

#[test]
fn a_lone_escape_is_held_until_nothing_follows() {
    let mut rejoin = Rejoin::default();
    rejoin.feed(b"\x1b");
    assert!(rejoin.is_holding());
    assert_eq!(rejoin.next_key(), None);
    rejoin.give_up();
    assert!(!rejoin.is_holding());
    assert_eq!(rejoin.next_key(), Some(KeyEvent::new(KeyCode::Esc, NONE)));
}

#[test]
fn escape_before_a_sequence_is_a_key_of_its_own() {
    let codes: Vec<_> = typed(b"\x1b\x1b[A").iter().map(|key| key.code).collect();
    assert_eq!(codes, [KeyCode::Esc, KeyCode::Up]);
}

#[test]
fn a_torn_sequence_does_not_swallow_the_key_after_it() {
    let codes: Vec<_> = typed(b"\x1b[1;\r\xc3\rx")
        .iter()
        .map(|key| key.code)
        .collect();
    assert_eq!(codes, [KeyCode::Enter, KeyCode::Enter, KeyCode::Char('x')]);
}

proptest! {
    #[test]
    fn however_the_bytes_are_torn_the_keys_are_the_same(
        picks in prop::collection::vec(
            prop::sample::select(vec!["\x1b[A", "\x1bOP", "\x1b[[B", "\x1b[21~", "x", "ế", "\r", "\x1b[1;5D", "\t"]),
            0..12,
        ),
        cuts in prop::collection::vec(0..80_usize, 0..8),
    ) {
        let bytes = picks.concat().into_bytes();
        let mut whole = Rejoin::default();
        whole.feed(&bytes);
        let whole = all(&mut whole);
        prop_assert_eq!(whole.len(), picks.len());
        let mut torn = Rejoin::default();
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.sort_unstable();
        let mut from = 0;
        for cut in cuts.into_iter().chain([bytes.len()]) {
            torn.feed(&bytes[from..cut]);
            from = cut;
        }
        prop_assert_eq!(all(&mut torn), whole);
    }

    #[test]
    fn whatever_comes_the_next_key_after_a_pause_is_understood(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut rejoin = Rejoin::default();
        rejoin.feed(&noise);
        rejoin.give_up();
        all(&mut rejoin);
        rejoin.feed(b"\x1b[B");
        prop_assert_eq!(all(&mut rejoin), [KeyEvent::new(KeyCode::Down, NONE)]);
    }
}
