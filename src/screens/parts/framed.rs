//! A box around lines, made of lines, so that it scrolls with what stands around it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::text::{cut, width};

/// What a box has around its lines.
#[derive(Debug, Clone)]
pub(crate) struct Title<'a> {
    /// At the left of its upper edge.
    pub(crate) left: &'a str,
    /// At the right of it; may be empty.
    pub(crate) right: &'a str,
    /// The style of the edges and titles.
    pub(crate) style: Style,
}

/// How many columns are lost to the edges.
pub(crate) const EDGES: usize = 4;

/// `lines`, each at most `room - EDGES` wide, in a box of `room` columns.
pub(crate) fn framed(title: &Title, lines: Vec<Line<'static>>, room: usize) -> Vec<Line<'static>> {
    let mut out = vec![Line::styled(upper(title, room), title.style)];
    for line in lines {
        let gap = room.saturating_sub(EDGES).saturating_sub(line.width());
        let mut spans = vec![Span::styled("│ ", title.style)];
        spans.extend(line.spans.into_iter().map(|span| {
            let style = line.style.patch(span.style);
            span.style(style)
        }));
        spans.push(Span::raw(" ".repeat(gap)));
        spans.push(Span::styled(" │", title.style));
        out.push(Line::from(spans));
    }
    let under = "─".repeat(room.saturating_sub(2));
    out.push(Line::styled(format!("└{under}┘"), title.style));
    out
}

/// Draws a box of `width` columns into the middle of `area`. Where the room is scarce its upper end
/// is left out, never what can be chosen.
pub(crate) fn put(mut lines: Vec<Line>, (area, width): (Rect, u16), buffer: &mut Buffer) {
    let over = lines.len().saturating_sub(area.height.into());
    lines.drain(..over.min(lines.len()));
    let height = u16::try_from(lines.len()).unwrap_or(area.height);
    let place = Rect {
        x: area.x + area.width.saturating_sub(width) / 2,
        y: area.y + area.height.saturating_sub(height) / 2,
        width,
        height,
    };
    Clear.render(place, buffer);
    for (line, y) in lines.iter().zip(place.top()..place.bottom()) {
        buffer.set_line(place.x, y, line, place.width);
    }
}

fn upper(title: &Title, room: usize) -> String {
    let inner = room.saturating_sub(2);
    let left = cut(&format!(" {} ", title.left), inner);
    let right = if title.right.is_empty() {
        String::new()
    } else {
        format!(" {} ─", title.right)
    };
    let rest = inner.saturating_sub(width(&left));
    let right = if width(&right) < rest {
        right
    } else {
        String::new()
    };
    let rule = "─".repeat(rest.saturating_sub(width(&right)));
    format!("┌{left}{rule}{right}┐")
}
