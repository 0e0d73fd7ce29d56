//! The looks on the wire: colours, none, and ASCII alone, as asked for or as the terminal is.

use crate::formation::to_the_end;
use crate::seat::{ENTER, F4, Seat, console};
use crate::walk::{at_review, install};

/// A whole rehearsal; some extra words, and the environment as given.
fn rehearsed(extra: &[&str], variables: &[(&'static str, &'static str)]) -> Seat {
    let mut console = console(80, 24);
    for (name, value) in variables {
        console = console.with(name, value);
    }
    let mut seat = console.run(&[&["rehearse", "--speed", "10", "--nodes", "1"], extra].concat());
    to_the_end(&mut seat, 1);
    seat
}

fn is_ascii(seat: &Seat) -> bool {
    seat.bytes.is_ascii()
}

/// Whether any Select Graphic Rendition on the wire names a colour.
fn has_colors(seat: &Seat) -> bool {
    let text = String::from_utf8_lossy(&seat.bytes);
    text.split("\x1b[").skip(1).any(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';');
        let (codes, rest) = rest.split_at(end.unwrap_or(rest.len()));
        let is_color = |code: u16| matches!(code, 30..=38 | 40..=48 | 90..=97 | 100..=107);
        rest.starts_with('m')
            && codes
                .split(';')
                .any(|code| code.parse().is_ok_and(is_color))
    })
}

#[test]
fn colours_and_lines_are_what_a_modern_terminal_gets() {
    let seat = rehearsed(&[], &[]);
    assert!(has_colors(&seat) && !is_ascii(&seat));
}

#[test]
fn ascii_puts_nothing_but_ascii_on_the_wire() {
    let seat = rehearsed(&["--look", "ascii"], &[]);
    assert!(is_ascii(&seat) && !has_colors(&seat));
}

#[test]
fn mono_draws_lines_without_a_colour() {
    let seat = rehearsed(&["--look", "mono"], &[]);
    assert!(!is_ascii(&seat) && !has_colors(&seat));
}

#[test]
fn no_color_is_honoured() {
    let seat = rehearsed(&[], &[("NO_COLOR", "1")]);
    assert!(!is_ascii(&seat) && !has_colors(&seat));
}

#[test]
fn an_old_terminal_gets_ascii() {
    let seat = rehearsed(&[], &[("TERM", "vt100")]);
    assert!(is_ascii(&seat) && !has_colors(&seat));
}

#[test]
fn the_linux_console_gets_its_glyphs_whatever_the_locale() {
    let seat = rehearsed(&[], &[("TERM", "linux"), ("LANG", "C")]);
    assert!(has_colors(&seat) && !is_ascii(&seat));
}

#[test]
fn f4_goes_round_the_looks() {
    let mut seat = at_review("10", 1);
    seat.until("┌ Plan ─");
    seat.press(F4);
    seat.press(F4);
    seat.until("+ Plan -");
    assert!(seat.text().is_ascii(), "{}", seat.text());
    seat.press(F4);
    seat.until("┌ Plan ─");
    install(&mut seat);
    seat.until("The cluster mcloud is ready");
    seat.press(ENTER);
    assert_eq!(seat.exit(), 0);
}
