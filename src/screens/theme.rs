//! Styles by role: screens never name a colour, and no background is ever painted.

use ratatui::style::{Color, Modifier, Style};

/// The header row, the focused button, this node's column.
pub(super) fn focus() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

/// What the eye should find first.
pub(super) fn strong() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

/// What matters little.
pub(super) fn dim() -> Style {
    Style::new().fg(Color::DarkGray)
}

/// What went well.
pub(super) fn good() -> Style {
    Style::new().fg(Color::Green)
}

/// What is worth a thought.
pub(super) fn warn() -> Style {
    Style::new().fg(Color::Yellow)
}

/// What stopped, and what will be lost.
pub(super) fn bad() -> Style {
    Style::new().fg(Color::Red)
}

/// What is under way.
pub(super) fn busy() -> Style {
    Style::new().fg(Color::Cyan)
}
