//! What is on the terminal is what ratatui's buffer says, in every look.

use mcloud::console::{GLYPHS, Look, is_allowed};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::{Color, Modifier, Style};

use crate::support::{Memory, cell, emulate, lines, painter, show};

const COLORS: [Color; 17] = [
    Color::Reset,
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

fn allowed_glyphs() -> Vec<char> {
    (' '..='~')
        .chain(GLYPHS.lines().filter_map(|line| line.chars().next()))
        .collect()
}

fn any_style() -> impl Strategy<Value = Style> {
    let modifier = prop::sample::subsequence(
        vec![
            Modifier::BOLD,
            Modifier::DIM,
            Modifier::UNDERLINED,
            Modifier::REVERSED,
        ],
        0..=4,
    );
    let color = || prop::sample::select(COLORS.to_vec());
    (color(), color(), modifier).prop_map(|(fg, bg, modifiers)| {
        modifiers
            .into_iter()
            .fold(Style::new().fg(fg).bg(bg), Style::add_modifier)
    })
}

/// Blanks, as on real screens, are the most frequent symbol.
fn any_run() -> impl Strategy<Value = (char, Style, usize)> {
    let symbol = prop_oneof![Just(' '), prop::sample::select(allowed_glyphs())];
    let style = prop_oneof![Just(Style::new()), any_style()];
    (symbol, style, 1..12_usize)
}

fn picture_of(size: Size, runs: &[(char, Style, usize)]) -> Buffer {
    let mut picture = Buffer::empty(Rect::from((Position::ORIGIN, size)));
    let styled = runs
        .iter()
        .flat_map(|(symbol, style, length)| std::iter::repeat_n((symbol, style), *length))
        .cycle();
    for (cell, (symbol, style)) in picture.content.iter_mut().zip(styled) {
        cell.set_char(*symbol).set_style(*style);
    }
    picture
}

fn any_pictures() -> impl Strategy<Value = (Size, Vec<Buffer>)> {
    let runs = prop::collection::vec(any_run(), 1..40);
    ((1..40_u16), (1..10_u16), prop::collection::vec(runs, 1..4)).prop_map(
        |(width, height, frames)| {
            let size = Size { width, height };
            let pictures = frames.iter().map(|runs| picture_of(size, runs)).collect();
            (size, pictures)
        },
    )
}

fn index_of(color: Color) -> vt100::Color {
    match COLORS.iter().position(|one| *one == color) {
        Some(place @ 1..) => vt100::Color::Idx(u8::try_from(place - 1).unwrap()),
        _ => vt100::Color::Default,
    }
}

fn assert_shows(screen: &vt100::Screen, picture: &Buffer, look: Look) {
    for y in 0..picture.area.height {
        for x in 0..picture.area.width {
            let wanted = cell(picture, x, y);
            let seen = screen.cell(y, x).unwrap();
            let symbol = if seen.has_contents() {
                seen.contents()
            } else {
                " "
            };
            assert_eq!(symbol, look.shows(wanted.symbol()), "symbol at {x},{y}");
            let has = |modifier| wanted.modifier.contains(modifier);
            assert_eq!(
                seen.inverse(),
                has(Modifier::REVERSED),
                "reversed at {x},{y}"
            );
            assert_eq!(
                seen.underline(),
                has(Modifier::UNDERLINED),
                "underlined at {x},{y}"
            );
            let colored = look == Look::Color;
            let background = if colored { wanted.bg } else { Color::Reset };
            assert_eq!(
                seen.bgcolor(),
                index_of(background),
                "background at {x},{y}"
            );
            if symbol != " " {
                let foreground = if colored { wanted.fg } else { Color::Reset };
                assert_eq!(
                    seen.fgcolor(),
                    index_of(foreground),
                    "foreground at {x},{y}"
                );
                // The emulator knows one intensity at a time.
                if !(has(Modifier::BOLD) && has(Modifier::DIM)) {
                    assert_eq!(seen.bold(), has(Modifier::BOLD), "bold at {x},{y}");
                    assert_eq!(seen.dim(), has(Modifier::DIM), "dim at {x},{y}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn a_terminal_shows_what_was_drawn_frame_after_frame(
        (size, pictures) in any_pictures(),
        look in prop::sample::select(vec![Look::Color, Look::Mono, Look::Ascii]),
    ) {
        let mut memory = Memory::new(size.width, size.height);
        for drawn in 1..=pictures.len() {
            memory.writes.clear();
            let mut painter = painter(&mut memory, look);
            painter.resize(Rect::from((Position::ORIGIN, size))).unwrap();
            for picture in &pictures[..drawn] {
                show(&mut painter, picture);
            }
            drop(painter);
            let parser = emulate(size, &memory.bytes());
            assert_shows(parser.screen(), &pictures[drawn - 1], look);
        }
    }

    #[test]
    fn the_ascii_look_is_ascii_whatever_is_drawn(symbols in prop::collection::vec(any::<String>(), 200)) {
        let mut memory = Memory::new(40, 5);
        let mut picture = Buffer::empty(Rect::new(0, 0, 40, 5));
        for (cell, symbol) in picture.content.iter_mut().zip(&symbols) {
            cell.set_symbol(symbol);
        }
        show(&mut painter(&mut memory, Look::Ascii), &picture);
        let bytes = memory.bytes();
        prop_assert!(bytes.iter().all(|byte| matches!(byte, 0x1b | b' '..=b'~')), "{bytes:?}");
    }

    #[test]
    fn a_symbol_never_carries_a_control_character(symbol in any::<String>(), wide in any::<bool>()) {
        let symbol = if wide { format!("{symbol}\u{9b}") } else { symbol };
        for look in [Look::Color, Look::Mono, Look::Ascii] {
            prop_assert!(!look.shows(&symbol).chars().any(char::is_control));
        }
    }
}

#[test]
fn every_glyph_has_a_stand_in_as_wide_as_itself() {
    for glyph in allowed_glyphs() {
        assert!(is_allowed(glyph), "{glyph}");
        let shown = Look::Ascii.shows(&glyph.to_string()).into_owned();
        assert_eq!(shown.chars().count(), 1, "{glyph}");
        assert!(
            shown == "?" && glyph == '?' || shown.is_ascii() && shown != "?",
            "{glyph}"
        );
    }
    assert!(!is_allowed('✓') && !is_allowed('\u{7f}') && !is_allowed('\n'));
}

#[test]
fn characters_outside_the_set_keep_their_columns_in_ascii() {
    assert_eq!(Look::Ascii.shows("ế"), "?");
    assert_eq!(Look::Ascii.shows("漢"), "??");
    assert_eq!(Look::Ascii.shows("e\u{301}"), "e");
    assert_eq!(Look::Ascii.shows("\u{1b}"), "?");
}

#[test]
fn colors_beyond_sixteen_become_the_nearest_of_the_sixteen() {
    let mut memory = Memory::new(3, 1);
    let mut picture = lines(3, 1, "abc");
    let colors = [
        Color::Rgb(250, 80, 90),
        Color::Indexed(240),
        Color::Indexed(46),
    ];
    for (cell, color) in picture.content.iter_mut().zip(colors) {
        cell.set_fg(color);
    }
    show(&mut painter(&mut memory, Look::Color), &picture);
    let parser = emulate(memory.size, &memory.bytes());
    let seen = |column| parser.screen().cell(0, column).unwrap().fgcolor();
    assert_eq!(seen(0), vt100::Color::Idx(9));
    assert_eq!(seen(1), vt100::Color::Idx(8));
    assert_eq!(seen(2), vt100::Color::Idx(2));
}

#[test]
fn after_a_bright_foreground_bold_is_taken_back() {
    // On the Linux console the codes 90 to 97 set bold, and 39 leaves it set.
    let mut memory = Memory::new(2, 1);
    let mut picture = lines(2, 1, "ab");
    picture.content[0].set_fg(Color::DarkGray);
    picture.content[1].set_fg(Color::Green);
    show(&mut painter(&mut memory, Look::Color), &picture);
    let text = String::from_utf8(memory.bytes()).unwrap();
    let between = text.split_once('a').unwrap().1.split_once('b').unwrap().0;
    assert!(
        between == "\x1b[22;32m" || between == "\x1b[0;32m",
        "{between:?}"
    );
}

#[test]
fn a_repaint_mends_a_screen_that_something_else_wrote_on() {
    let mut memory = Memory::new(20, 3);
    let size = memory.size;
    let picture = lines(20, 3, "one\n two ─┐\nthree");
    let mut painter = painter(&mut memory, Look::Color);
    show(&mut painter, &picture);
    let mut parser = emulate(size, b"");
    painter
        .resize(Rect::from((Position::ORIGIN, size)))
        .unwrap();
    show(&mut painter, &picture);
    drop(painter);
    parser.process(&memory.writes[0]);
    parser.process(b"\x1b[1;31m\x1b[2;5Hkernel: something happened");
    parser.process(&memory.writes[1]);
    assert_shows(parser.screen(), &picture, Look::Color);
}

#[test]
fn the_cursor_is_where_the_frame_put_it_and_hidden_otherwise() {
    let mut memory = Memory::new(20, 3);
    let size = memory.size;
    let mut painter = painter(&mut memory, Look::Color);
    painter
        .draw(|frame| frame.set_cursor_position((7, 1)))
        .unwrap();
    assert_eq!(painter.get_cursor_position().unwrap(), Position::new(7, 1));
    show(&mut painter, &lines(20, 3, "text"));
    drop(painter);
    let mut parser = emulate(size, &memory.writes[0]);
    assert_eq!(parser.screen().cursor_position(), (1, 7));
    assert!(!parser.screen().hide_cursor());
    parser.process(&memory.writes[1]);
    assert!(parser.screen().hide_cursor());
}

#[test]
fn a_terminal_that_shrinks_and_grows_is_drawn_whole() {
    let mut memory = Memory::new(30, 6);
    let small = Size {
        width: 12,
        height: 4,
    };
    let mut painter = painter(&mut memory, Look::Mono);
    show(
        &mut painter,
        &lines(30, 6, "a long line of thirty columns.\n\n\nlast"),
    );
    painter
        .resize(Rect::from((Position::ORIGIN, small)))
        .unwrap();
    painter.resize(Rect::new(0, 0, 30, 6)).unwrap();
    let picture = lines(30, 6, "other\nlines");
    show(&mut painter, &picture);
    drop(painter);
    let parser = emulate(memory.size, &memory.bytes());
    assert_shows(parser.screen(), &picture, Look::Mono);
}
