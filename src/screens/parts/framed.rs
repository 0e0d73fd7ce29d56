//! A box around lines, made of lines, so that it scrolls with what stands around it.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

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
