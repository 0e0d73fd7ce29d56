//! A table of a form: columns as wide as what they hold, and which of them give way.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::tone::{glyph, style};
use crate::forms::{Row, Tone};
use crate::screens::parts::text::{cut, pad, width};
use crate::screens::theme;

/// The gap between two columns.
const GAP: usize = 2;
/// A column in the middle is not made narrower than this; it goes then.
const NARROW: usize = 8;

/// A table as it is laid into its room.
pub(super) struct Table<'a> {
    head: &'a [String],
    rows: &'a [Row],
    /// The widths of the columns; one that is not shown has none.
    widths: Vec<usize>,
    /// The columns of the ticks.
    ticks: usize,
    /// Whether the last cells have a glyph before them.
    glyphs: bool,
}

impl<'a> Table<'a> {
    /// Lays a table into `room` columns; its first one is at least as wide as `least`.
    pub(super) fn new(head: &'a [String], rows: &'a [Row], (room, least): (usize, usize)) -> Self {
        let real = || rows.iter().filter(|row| !row.id.is_empty());
        let ticks = if real().any(|row| row.ticked.is_some()) {
            4
        } else {
            0
        };
        let glyphs = real().any(|row| glyph(row.tone).is_some());
        let count = real().map(|row| row.cells.len()).max().unwrap_or(0);
        let count = count.max(head.len());
        let mut widths = vec![0; count];
        for cells in real().map(|row| &row.cells).chain([&head.to_vec()]) {
            for (at, (cell, widest)) in cells.iter().zip(&mut widths).enumerate() {
                let sign = if glyphs && at + 1 == count { GAP } else { 0 };
                let wide = width(cell);
                *widest = (*widest).max(if wide == 0 { 0 } else { wide + sign });
            }
        }
        if glyphs && let Some(last) = widths.last_mut() {
            *last = (*last).max(1);
        }
        if let Some(first) = widths.first_mut() {
            *first = (*first).max(least);
        }
        fit(&mut widths, room.saturating_sub(2 + ticks));
        Self {
            head,
            rows,
            widths,
            ticks,
            glyphs,
        }
    }

    /// The line of the heads; none where there are none.
    pub(super) fn head(&self) -> Option<Line<'static>> {
        if self.head.iter().all(String::is_empty) {
            return None;
        }
        let mut text = " ".repeat(2 + self.ticks);
        let last = self.widths.len().saturating_sub(1);
        for (at, (cell, width)) in self.head.iter().zip(&self.widths).enumerate() {
            let sign = if self.glyphs && at == last { "  " } else { "" };
            if *width > 0 {
                text.push_str(&pad(&format!("{sign}{cell}"), *width));
                text.push_str("  ");
            }
        }
        Some(Line::styled(text.trim_end().to_owned(), theme::dim()))
    }

    /// The rows, each with whether the focus can be on it.
    pub(super) fn rows(&self, focus: Option<&str>) -> impl Iterator<Item = (bool, Line<'static>)> {
        self.rows.iter().map(move |row| {
            if row.id.is_empty() {
                return (false, self.heading(row));
            }
            (true, self.row(row, focus == Some(row.id.as_str())))
        })
    }

    fn heading(&self, row: &Row) -> Line<'static> {
        let room = 2 + self.ticks + whole(&self.widths);
        let cells = row.cells.iter().filter(|cell| !cell.is_empty());
        let text = cells.map(String::as_str).collect::<Vec<_>>().join("  ");
        Line::styled(cut(&text, room.max(NARROW)), heading_style(row.tone))
    }

    fn row(&self, row: &Row, focused: bool) -> Line<'static> {
        let base = match row.tone {
            Tone::Dim | Tone::Strong => style(row.tone),
            _ => Style::new(),
        };
        let lead = if focused { theme::focus() } else { base };
        let mut spans = vec![Span::raw(if focused { "▶ " } else { "  " })];
        if self.ticks > 0 {
            spans.push(Span::styled(tick(row.ticked), lead));
            spans.push(Span::raw(" "));
        }
        let last = self.widths.len().saturating_sub(1);
        let mut gap = 0;
        for (at, width) in self.widths.iter().enumerate().filter(|(_, w)| **w > 0) {
            let cell = row.cells.get(at).map_or("", String::as_str);
            spans.push(Span::raw(" ".repeat(gap)));
            let own = if at == 0 { lead } else { base };
            let mut left = *width;
            if self.glyphs && at == last {
                let sign = match row.tone {
                    Tone::Dim => "·",
                    tone => glyph(tone).unwrap_or(" "),
                };
                let sign = format!("{sign} ");
                spans.push(Span::styled(cut(&sign, left), style(row.tone)));
                left = left.saturating_sub(GAP);
            }
            let colour = at == last && glyph(row.tone).is_some();
            let text = cut(cell, left);
            gap = GAP + left.saturating_sub(self::width(&text));
            spans.push(Span::styled(
                text,
                if colour {
                    own.patch(style(row.tone))
                } else {
                    own
                },
            ));
        }
        Line::from(spans)
    }
}

const fn tick(ticked: Option<bool>) -> &'static str {
    match ticked {
        Some(true) => "[x]",
        Some(false) => "[ ]",
        None => "   ",
    }
}

fn heading_style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => theme::strong(),
        tone => style(tone),
    }
}

/// The width of a row of columns.
fn whole(widths: &[usize]) -> usize {
    let shown = widths.iter().filter(|width| **width > 0).count();
    widths.iter().sum::<usize>() + GAP * shown.saturating_sub(1)
}

/// Makes columns fit into `room`: the widest in the middle gives way first, then the last of the
/// middle go; the first one and the state, which is the last one, are cut only when nothing else is
/// left.
fn fit(widths: &mut [usize], room: usize) {
    while whole(widths) > room {
        let count = widths.len();
        let middle = 1..count.saturating_sub(1);
        let of_middle = widths.get_mut(middle).unwrap_or_default();
        let widest = of_middle.iter_mut().max_by_key(|width| **width);
        if let Some(widest) = widest.filter(|width| **width > NARROW) {
            *widest -= 1;
            continue;
        }
        if let Some(goes) = of_middle.iter_mut().rev().find(|width| **width > 0) {
            *goes = 0;
            continue;
        }
        let Some(widest) = widths.iter_mut().max_by_key(|width| **width) else {
            break;
        };
        if *widest <= 1 {
            break;
        }
        *widest -= 1;
    }
}
