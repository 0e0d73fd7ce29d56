//! Styles in sixteen colours, and the shortest escape sequence from one to the next.

use std::fmt::Write as _;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use super::look::Look;

/// The modifiers that every terminal here shows in some way.
const SHOWN: Modifier = Modifier::BOLD
    .union(Modifier::DIM)
    .union(Modifier::UNDERLINED)
    .union(Modifier::REVERSED);
const INTENSITY: Modifier = Modifier::BOLD.union(Modifier::DIM);

/// The sixteen colours of the Linux console (`default_red`, `default_grn`, `default_blu` in
/// `drivers/tty/vt/vt.c`), in the order of ECMA-48.
const PALETTE: [(u8, u8, u8); 16] = [
    (0x00, 0x00, 0x00),
    (0xaa, 0x00, 0x00),
    (0x00, 0xaa, 0x00),
    (0xaa, 0x55, 0x00),
    (0x00, 0x00, 0xaa),
    (0xaa, 0x00, 0xaa),
    (0x00, 0xaa, 0xaa),
    (0xaa, 0xaa, 0xaa),
    (0x55, 0x55, 0x55),
    (0xff, 0x55, 0x55),
    (0x55, 0xff, 0x55),
    (0xff, 0xff, 0x55),
    (0x55, 0x55, 0xff),
    (0xff, 0x55, 0xff),
    (0x55, 0xff, 0xff),
    (0xff, 0xff, 0xff),
];

/// How a terminal draws what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pen {
    /// 0 to 15; none is the terminal's own.
    foreground: Option<u8>,
    /// 0 to 15; none is the terminal's own.
    background: Option<u8>,
    modifiers: Modifier,
}

impl Pen {
    pub(super) fn of(cell: &Cell, look: Look) -> Self {
        let color = |color| match look {
            Look::Color => sixteen(color),
            Look::Mono | Look::Ascii => None,
        };
        Self {
            foreground: color(cell.fg),
            background: color(cell.bg),
            modifiers: cell.modifier.intersection(SHOWN),
        }
    }

    /// Whether a blank drawn with this pen is just a blank.
    pub(super) fn leaves_blanks(self) -> bool {
        self.background.is_none()
            && !self
                .modifiers
                .intersects(Modifier::REVERSED.union(Modifier::UNDERLINED))
    }

    /// The bytes that make a terminal whose pen is `before` (none: nobody knows) draw with this
    /// one; nothing where both are the same.
    pub(super) fn after(self, before: Option<Self>) -> String {
        if before == Some(self) {
            return String::new();
        }
        let afresh = self.afresh();
        match before.map(|before| self.changes(before)) {
            Some(changes) if changes.len() < afresh.len() => changes,
            _ => afresh,
        }
    }

    fn afresh(self) -> String {
        let mut codes = vec![];
        if self != Self::default() {
            codes.push(0);
        }
        codes.extend(modifier_codes(self.modifiers));
        codes.extend(self.foreground.map(|color| color_code(color, 30)));
        codes.extend(self.background.map(|color| color_code(color, 40)));
        sequence(&codes)
    }

    fn changes(self, before: Self) -> String {
        let mut codes = vec![];
        let gone = before.modifiers.difference(self.modifiers);
        let mut added = self.modifiers.difference(before.modifiers);
        // On the Linux console a bright foreground also sets bold, and the codes of the other
        // foregrounds leave it set.
        let fades = before.is_bright() && !self.is_bright();
        let calm = gone.intersects(INTENSITY) || fades;
        if calm {
            codes.push(22);
            added |= self.modifiers.intersection(INTENSITY);
        }
        if gone.contains(Modifier::UNDERLINED) {
            codes.push(24);
        }
        if gone.contains(Modifier::REVERSED) {
            codes.push(27);
        }
        codes.extend(modifier_codes(added));
        if self.foreground != before.foreground || (calm && self.is_bright()) {
            codes.push(self.foreground.map_or(39, |color| color_code(color, 30)));
        }
        if self.background != before.background {
            codes.push(self.background.map_or(49, |color| color_code(color, 40)));
        }
        sequence(&codes)
    }

    fn is_bright(self) -> bool {
        self.foreground.is_some_and(|color| color >= 8)
    }
}

fn modifier_codes(modifiers: Modifier) -> impl Iterator<Item = u8> {
    [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::UNDERLINED, 4),
        (Modifier::REVERSED, 7),
    ]
    .into_iter()
    .filter(move |(modifier, _)| modifiers.contains(*modifier))
    .map(|(_, code)| code)
}

/// SGR's code of a color; `base` is 30 for the foreground, 40 for the background.
fn color_code(color: u8, base: u8) -> u8 {
    if color < 8 {
        base + color
    } else {
        base + 60 + (color - 8)
    }
}

/// Select Graphic Rendition (ECMA-48, 8.3.117); without codes it resets everything.
fn sequence(codes: &[u8]) -> String {
    let mut text = String::from("\x1b[");
    for (place, code) in codes.iter().enumerate() {
        let separator = if place == 0 { "" } else { ";" };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}{code}");
    }
    text.push('m');
    text
}

fn sixteen(color: Color) -> Option<u8> {
    match color {
        Color::Reset => None,
        Color::Black => Some(0),
        Color::Red => Some(1),
        Color::Green => Some(2),
        Color::Yellow => Some(3),
        Color::Blue => Some(4),
        Color::Magenta => Some(5),
        Color::Cyan => Some(6),
        Color::Gray => Some(7),
        Color::DarkGray => Some(8),
        Color::LightRed => Some(9),
        Color::LightGreen => Some(10),
        Color::LightYellow => Some(11),
        Color::LightBlue => Some(12),
        Color::LightMagenta => Some(13),
        Color::LightCyan => Some(14),
        Color::White => Some(15),
        Color::Indexed(index @ 0..=15) => Some(index),
        Color::Indexed(index) => Some(nearest(of_256(index))),
        Color::Rgb(red, green, blue) => Some(nearest((red, green, blue))),
    }
}

/// xterm's 256 colours: a cube of 6 levels from 16 on, then 24 greys from 232 on.
fn of_256(index: u8) -> (u8, u8, u8) {
    if index >= 232 {
        let grey = 8 + (index - 232) * 10;
        return (grey, grey, grey);
    }
    let level = |step: u8| if step == 0 { 0 } else { 55 + step * 40 };
    let place = index.saturating_sub(16);
    (level(place / 36), level(place / 6 % 6), level(place % 6))
}

fn nearest(wanted: (u8, u8, u8)) -> u8 {
    let distance = |(red, green, blue): (u8, u8, u8)| {
        [(red, wanted.0), (green, wanted.1), (blue, wanted.2)]
            .into_iter()
            .map(|(one, other)| u32::from(one.abs_diff(other)).pow(2))
            .sum::<u32>()
    };
    (0..)
        .zip(PALETTE)
        .min_by_key(|(_, color)| distance(*color))
        .map_or(7, |(index, _)| index)
}
