//! Which look and which size a terminal gets.

use std::path::Path;

use mcloud::console::{Environment, Hush, Kind, Look, NoSuchLook, Wish, size_of};
use ratatui::layout::Size;
use rstest::rstest;

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::read(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

#[rstest]
#[case("/dev/tty1", Kind::Vt)]
#[case("/dev/tty12", Kind::Vt)]
#[case("/dev/ttyS0", Kind::Serial)]
#[case("/dev/ttyAMA10", Kind::Serial)]
#[case("/dev/ttyUSB0", Kind::Serial)]
#[case("/dev/pts/3", Kind::Window)]
#[case("/dev/tty", Kind::Window)]
#[case("/dev/ttyprintk", Kind::Window)]
fn the_kind_of_a_line_is_in_its_name(#[case] path: &str, #[case] kind: Kind) {
    assert_eq!(Kind::of(Path::new(path)), kind);
}

#[rstest]
#[case::window(Kind::Window, &[("TERM", "xterm"), ("LANG", "en_US.UTF-8")], Look::Color)]
#[case::linux_console(Kind::Vt, &[("TERM", "linux")], Look::Color)]
#[case::serial(Kind::Serial, &[("TERM", "xterm"), ("LANG", "C.UTF-8")], Look::Ascii)]
#[case::dumb(Kind::Window, &[("TERM", "dumb"), ("LANG", "C.UTF-8")], Look::Ascii)]
#[case::vt100(Kind::Window, &[("TERM", "vt100"), ("LANG", "C.UTF-8")], Look::Ascii)]
#[case::no_term(Kind::Window, &[("LANG", "C.UTF-8")], Look::Ascii)]
#[case::no_locale(Kind::Window, &[("TERM", "xterm")], Look::Ascii)]
#[case::latin1(Kind::Window, &[("TERM", "xterm"), ("LANG", "de_DE.ISO-8859-1")], Look::Ascii)]
#[case::lc_all_wins(Kind::Window, &[("TERM", "xterm"), ("LANG", "C.UTF-8"), ("LC_ALL", "C")], Look::Ascii)]
#[case::an_empty_lc_all_does_not(Kind::Window, &[("TERM", "xterm"), ("LANG", "C.utf8"), ("LC_ALL", "")], Look::Color)]
#[case::no_color(Kind::Window, &[("TERM", "xterm"), ("LANG", "C.UTF-8"), ("NO_COLOR", "1")], Look::Mono)]
#[case::an_empty_no_color(Kind::Window, &[("TERM", "xterm"), ("LANG", "C.UTF-8"), ("NO_COLOR", "")], Look::Color)]
fn auto_takes_the_best_look_that_surely_works(
    #[case] kind: Kind,
    #[case] variables: &[(&str, &str)],
    #[case] look: Look,
) {
    assert_eq!(Wish::Auto.resolve(kind, &environment(variables)), look);
}

#[test]
fn a_look_that_was_asked_for_is_taken_whatever_the_terminal() {
    let nothing = Environment::default();
    for look in [Look::Color, Look::Mono, Look::Ascii] {
        assert_eq!(look.name().parse(), Ok(Wish::Fixed(look)));
        assert_eq!(Wish::Fixed(look).resolve(Kind::Serial, &nothing), look);
    }
    assert_eq!("auto".parse(), Ok(Wish::Auto));
    assert_eq!("colour".parse::<Wish>(), Err(NoSuchLook));
}

#[test]
fn the_looks_come_round() {
    let looks = [Look::Color, Look::Mono, Look::Ascii, Look::Color];
    for pair in looks.windows(2) {
        assert_eq!(pair[0].cycle(), pair[1]);
    }
}

#[rstest]
#[case::told(Some((132, 40)), &[("COLUMNS", "10"), ("LINES", "10")], (132, 40))]
#[case::serial_says_nothing(Some((0, 0)), &[], (80, 24))]
#[case::serial_and_the_shell_knows(Some((0, 0)), &[("COLUMNS", "100"), ("LINES", "30")], (100, 30))]
#[case::no_answer(None, &[("COLUMNS", "wide"), ("LINES", "0")], (80, 24))]
#[case::half_an_answer(Some((0, 50)), &[("LINES", "30")], (80, 50))]
#[case::absurd(Some((65_535, 65_535)), &[], (500, 200))]
fn the_size_falls_back(
    #[case] told: Option<(u16, u16)>,
    #[case] variables: &[(&str, &str)],
    #[case] (width, height): (u16, u16),
) {
    let told = told.map(|(width, height)| Size { width, height });
    assert_eq!(
        size_of(told, &environment(variables)),
        Size { width, height }
    );
}

#[test]
fn the_kernel_is_hushed_and_speaks_as_before_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("printk");
    std::fs::write(&path, "7\t4\t1\t7\n").unwrap();
    let hush = Hush::begin(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "4 4 1 7\n");
    hush.end().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "7\t4\t1\t7\n");
    assert!(Hush::begin(&dir.path().join("absent")).is_none());
}
