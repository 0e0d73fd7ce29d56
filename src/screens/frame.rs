//! The frame around every screen: header, rules, rail, body, what is worth knowing, key bar.

mod lines;

use std::collections::BTreeSet;
use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::keymap::{Context, TABLE};
use super::parts::scroll::Scroll;
use super::parts::text::{cut, marked, width};
use super::{theme, words};

use lines::header_line;
pub(super) use lines::{Header, Info, too_small};

/// The least that a screen can be drawn in.
pub(super) const LEAST: (u16, u16) = (40, 10);
/// Rules fold below this many rows.
const RULES: u16 = 24;
/// The second line of what is worth knowing folds below this many rows.
const TWO_LINES: u16 = 20;
/// From here on there is a rail with the screens' names.
const RAIL: (u16, u16) = (100, 30);
/// The rail's width, its line not counted.
const RAIL_WIDTH: u16 = 14;
/// From here on the log is open beside every screen.
const LOG: (u16, u16) = (120, 33);

/// What a screen fills its body with.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// What scrolls.
    pub(super) lines: Vec<Line<'static>>,
    /// What stands below it, always in sight.
    pub(super) pinned: Vec<Line<'static>>,
    /// The parts of `lines` that must have been in sight before the screen can be left.
    pub(super) must_see: Vec<Range<usize>>,
}

/// The room a body has for its lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// In columns.
    pub(super) width: usize,
    /// In rows.
    pub(super) height: usize,
}

/// Where what is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rooms {
    header: Rect,
    rail: Option<Rect>,
    rules: Option<(Rect, Rect)>,
    pub(super) body: Rect,
    info: Rect,
    keys: Rect,
    /// Whether the log is open beside every screen.
    pub(super) log: bool,
}

impl Rooms {
    /// The rooms of `area`, with or without a rail; none where it is too small.
    pub(super) fn of(area: Rect, rail: bool) -> Option<Self> {
        if area.width < LEAST.0 || area.height < LEAST.1 {
            return None;
        }
        let has = |least: (u16, u16)| area.width >= least.0 && area.height >= least.1;
        let rule = u16::from(area.height >= RULES);
        let info = if area.height >= TWO_LINES { 2 } else { 1 };
        let row = |y: u16, height: u16| Rect::new(area.x, area.y + y, area.width, height);
        let fixed = 2 + 2 * rule + info;
        let middle = row(1 + rule, area.height.saturating_sub(fixed));
        let below = area.height.saturating_sub(1 + info);
        let rail = (rail && has(RAIL)).then_some(Rect {
            width: RAIL_WIDTH,
            ..middle
        });
        let taken = if rail.is_some() { RAIL_WIDTH + 1 } else { 0 };
        Some(Self {
            header: row(0, 1),
            rail,
            rules: (rule > 0).then(|| (row(1, 1), row(below.saturating_sub(1), 1))),
            body: Rect {
                x: middle.x + taken,
                width: middle.width.saturating_sub(taken),
                ..middle
            },
            info: row(below, info),
            keys: row(area.height.saturating_sub(1), 1),
            log: has(LOG),
        })
    }

    /// The room for a body's lines: a margin at the left, the signs of scrolling at the right.
    pub(super) fn room(&self) -> Room {
        Room {
            width: usize::from(self.body.width.saturating_sub(2)),
            height: self.body.height.into(),
        }
    }

    /// The body below a title of one row, within its margin.
    pub(super) fn below_title(&self) -> Rect {
        Rect {
            x: self.body.x + 1,
            y: self.body.y + 1,
            width: self.body.width.saturating_sub(1),
            height: self.body.height.saturating_sub(1),
        }
    }

    /// Draws what is around the body.
    pub(super) fn draw(&self, header: &Header, screens: &[(usize, String)], buffer: &mut Buffer) {
        let text = header_line(header, self.header.width.into());
        buffer.set_string(self.header.x, self.header.y, text, theme::focus());
        let line = "─".repeat(self.header.width.into());
        for rule in self.rules.iter().flat_map(|(upper, lower)| [upper, lower]) {
            buffer.set_string(rule.x, rule.y, &line, theme::dim());
        }
        let Some(rail) = self.rail else { return };
        let x = rail.right();
        for y in rail.top()..rail.bottom() {
            buffer.set_string(x, y, "│", theme::dim());
        }
        if let Some((upper, lower)) = self.rules {
            buffer.set_string(x, upper.y, "┬", theme::dim());
            buffer.set_string(x, lower.y, "┴", theme::dim());
        }
        let Some(now) = header.step else { return };
        for ((step, name), y) in screens.iter().zip(rail.top()..rail.bottom()) {
            let (mark, style) = match step.cmp(&now) {
                std::cmp::Ordering::Less => ("  ■", theme::good()),
                std::cmp::Ordering::Equal => ("▶ •", theme::strong()),
                std::cmp::Ordering::Greater => ("  ·", theme::dim()),
            };
            let text = cut(&format!("{mark} {name}"), rail.width.into());
            buffer.set_string(rail.x, y, text, style);
        }
    }

    /// Draws what is worth knowing about the focus.
    pub(super) fn inform(&self, info: &Info, buffer: &mut Buffer) {
        let room = usize::from(self.info.width.saturating_sub(2));
        let rows = usize::from(self.info.height);
        let laid = |room: usize| -> Vec<_> {
            let notes = info.notes.iter();
            notes
                .flat_map(|(mark, text)| marked(mark, text, room))
                .collect()
        };
        let mut lines = laid(room);
        if lines.len() > rows {
            // What is cut off shows: its sign needs room of its own.
            lines = laid(room.saturating_sub(1));
            if let Some(last) = lines.get_mut(rows.saturating_sub(1)) {
                last.push_span(Span::raw(".."));
            }
        }
        for (line, y) in lines.iter().zip(self.info.top()..self.info.bottom()) {
            buffer.set_line(self.info.x + 1, y, line, self.info.width.saturating_sub(1));
        }
    }

    /// Draws the key bar: the rows of the key table that work in `context` and have a rank. Where
    /// they do not all fit, the one with the highest rank gives way first, then the next.
    pub(super) fn keys(&self, context: &Context, buffer: &mut Buffer) {
        let mut rows: Vec<_> = TABLE
            .iter()
            .filter(|row| row.works(context))
            .filter_map(|row| Some((row.rank?, row.name, words::say(row.label_in(context)))))
            .collect();
        // Two keys that do the same need no two places: the first one is the nearer one.
        let mut said = BTreeSet::new();
        rows.retain(|(.., label)| said.insert(label.clone()));
        let room = usize::from(self.keys.width.saturating_sub(2));
        let wide = |rows: &[(u8, &str, String)]| {
            let one = |(_, name, label): &(u8, &str, String)| width(name) + width(label) + 3;
            rows.iter().map(one).sum::<usize>().saturating_sub(2)
        };
        while wide(&rows) > room {
            let Some(last) = (0..rows.len()).max_by_key(|at| rows.get(*at).map(|row| row.0)) else {
                break;
            };
            rows.remove(last);
        }
        let mut spans = Vec::new();
        for (_, name, label) in rows {
            spans.push(Span::styled(name, theme::strong()));
            spans.push(Span::raw(format!(" {label}  ")));
        }
        let room = self.keys.width.saturating_sub(1);
        buffer.set_line(self.keys.x + 1, self.keys.y, &Line::from(spans), room);
    }

    /// Draws a body: what is pinned, below what scrolls. Says what is left of the room
    /// below.
    pub(super) fn fill(&self, body: &Body, scroll: &Scroll, buffer: &mut Buffer) -> Rect {
        let (upper, below, left) = self.arrange(body);
        scroll.draw(&body.lines, upper, buffer);
        for (line, y) in body.pinned.iter().zip(below..left.y) {
            buffer.set_line(upper.x, y, line, upper.width.saturating_sub(1));
        }
        left
    }

    /// Which lines of a body will be shown; nothing is drawn.
    pub(super) fn sight(&self, body: &Body, scroll: &Scroll) -> Range<usize> {
        let (upper, ..) = self.arrange(body);
        scroll.window(body.lines.len(), upper.height.into())
    }

    /// Where a body's lines go, the row of what is pinned, and what is left below.
    fn arrange(&self, body: &Body) -> (Rect, u16, Rect) {
        let area = Rect {
            x: self.body.x + 1,
            width: self.body.width.saturating_sub(1),
            ..self.body
        };
        let count = |lines: &[Line]| u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let (lines, pinned) = (count(&body.lines), count(&body.pinned));
        let gap = u16::from(
            pinned > 0 && lines.saturating_add(pinned) < area.height && self.rules.is_some(),
        );
        let rest = area.height.saturating_sub(pinned).saturating_sub(gap);
        let upper = Rect {
            height: lines.min(rest),
            ..area
        };
        let below = upper.bottom() + gap.min(area.bottom().saturating_sub(upper.bottom()));
        let end = below.saturating_add(pinned).min(area.bottom());
        let left = Rect {
            y: end,
            height: area.bottom().saturating_sub(end),
            ..self.body
        };
        (upper, below, left)
    }

    /// Draws the rule above something below the body, joined to the rail's.
    pub(super) fn divide(&self, y: u16, title: &str, buffer: &mut Buffer) {
        let text = format!("─ {title} ");
        let rule = usize::from(self.body.width).saturating_sub(width(&text));
        let text = cut(&text, self.body.width.into()) + &"─".repeat(rule);
        buffer.set_string(self.body.x, y, text, theme::dim());
        if let Some(rail) = self.rail {
            buffer.set_string(rail.right(), y, "├", theme::dim());
        }
    }
}
