//! The weight of a sentence: its glyph and its style.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::forms::{Note, Tone};
use crate::screens::parts::text::{marked, paragraph, width};
use crate::screens::theme;

/// The glyph that stands for a weight; none where the words alone say it.
pub(super) const fn glyph(tone: Tone) -> Option<&'static str> {
    match tone {
        Tone::Plain | Tone::Dim | Tone::Strong => None,
        Tone::Good => Some("■"),
        Tone::Busy => Some("•"),
        Tone::Warning => Some("!"),
        Tone::Bad => Some("×"),
    }
}

/// The style of a weight.
pub(super) fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Dim => theme::dim(),
        Tone::Strong => theme::strong(),
        Tone::Good => theme::good(),
        Tone::Busy => theme::busy(),
        Tone::Warning => theme::warn(),
        Tone::Bad => theme::bad(),
    }
}

/// The glyph of a weight with a blank behind it, or nothing.
pub(in crate::screens) fn mark(tone: Tone) -> Span<'static> {
    match glyph(tone) {
        Some(glyph) => Span::styled(format!("{glyph} "), style(tone)),
        None => Span::raw(""),
    }
}

/// A sentence in lines of at most `room` columns.
pub(super) fn lines(note: &Note, room: usize) -> Vec<Line<'static>> {
    let sign = mark(note.tone);
    if sign.width() + width(&note.text) <= room {
        // As it was written, with the blanks that are in it.
        let style = match glyph(note.tone) {
            Some(_) => Style::new(),
            None => style(note.tone),
        };
        let text = Span::styled(note.text.clone(), style);
        return vec![Line::from(vec![sign, text])];
    }
    match glyph(note.tone) {
        Some(_) => marked(&sign, &note.text, room),
        None => paragraph(&note.text, room, style(note.tone)),
    }
}
