//! Buttons in a row; where they do not fit, in several.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text::cut;

/// One button.
#[derive(Debug, Clone)]
pub(crate) struct Button {
    /// What stands on it.
    pub(crate) label: String,
    /// How it looks.
    pub(crate) style: Style,
    /// Whether Enter would press it.
    pub(crate) focused: bool,
}

/// `buttons` in lines of at most `room` columns. The focused one has a mark before it, so that it
/// is known where reversing cannot be seen.
pub(crate) fn row(buttons: &[Button], room: usize) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default()];
    for button in buttons {
        let mark = if button.focused { "▶" } else { " " };
        let label = cut(&button.label, room.saturating_sub(6));
        let spans = [
            Span::raw(mark),
            Span::styled(format!("[ {label} ]"), button.style),
            Span::raw(" "),
        ];
        let wide: usize = spans.iter().map(Span::width).sum();
        let full = lines
            .last()
            .is_none_or(|line| line.width() > 0 && line.width() + wide > room);
        if full {
            lines.push(Line::default());
        }
        if let Some(line) = lines.last_mut() {
            line.spans.extend(spans);
        }
    }
    lines
}
