//! The lower end of Review: the number, the buttons, and what is lacking.

use ratatui::text::{Line, Span};

use super::stand::{Press, Stand, buttons, decides, erasures, label};
use super::{Focus, Lacks, Review};
use crate::engine::node::Role;
use crate::engine::picture::Picture;
use crate::screens::frame::{Info, Room};
use crate::screens::parts::buttons::{Button, row};
use crate::screens::parts::text::{paragraph, width};
use crate::screens::{theme, words};

impl Review {
    /// What stands below the text: the question, then the buttons.
    pub(super) fn pinned(&self, picture: &Picture, room: Room) -> Vec<Line<'static>> {
        let focus = self.focus(picture);
        let ready = !decides(picture) || self.lacks(picture).is_none();
        let button = |(at, press): (usize, Press)| {
            let focused = focus == Focus::Button(at);
            let style = match press {
                _ if focused => theme::focus(),
                Press::Install if !ready => theme::dim(),
                _ => ratatui::style::Style::new(),
            };
            Button {
                label: words::say(label(press)),
                style,
                focused,
            }
        };
        let buttons: Vec<_> = buttons(picture)
            .into_iter()
            .enumerate()
            .map(button)
            .collect();
        let mut lines = self.question(picture, room);
        let after = lines.last().map_or(0, Line::width);
        let beside = row(&buttons, room.width.saturating_sub(after + 2));
        match (lines.last_mut(), beside.as_slice()) {
            (Some(line), [one]) if after > 0 && after + 2 + one.width() <= room.width => {
                line.push_span(Span::raw("  "));
                line.spans.extend(one.spans.iter().cloned());
            }
            _ => lines.extend(row(&buttons, room.width)),
        }
        lines
    }

    fn question(&self, picture: &Picture, room: Room) -> Vec<Line<'static>> {
        let note = |code: &str| paragraph(&words::say(code), room.width, theme::strong());
        match Stand::of(picture) {
            Stand::Ready if decides(picture) && erasures(picture) > 0 => {
                let focused = self.focus(picture) == Focus::Number;
                let field = self.typed_for(picture).shown(focused);
                let mark = if focused { "▶" } else { " " };
                let sentence = words::say("review.type-the-number");
                let mut lines = paragraph(&sentence, room.width, theme::strong());
                let beside = lines.last().map_or(0, Line::width) + width(&field) + 1;
                if beside > room.width {
                    lines.push(Line::default());
                }
                let style = if focused {
                    theme::focus()
                } else {
                    theme::strong()
                };
                if let Some(line) = lines.last_mut() {
                    line.push_span(Span::raw(mark));
                    line.push_span(Span::styled(field, style));
                }
                lines
            }
            Stand::Ready if picture.unattended => note("review.unattended"),
            Stand::Ready if picture.role == Role::Worker => note("review.initiator-decides"),
            Stand::Blocked if picture.role == Role::Worker => note("review.initiator-looks"),
            Stand::Unsealed => note("review.unsealed"),
            Stand::Sealing => note("review.sealing"),
            _ => Vec::new(),
        }
    }

    /// What is wrong or worth knowing about the focus.
    pub(in crate::screens) fn info(&self, picture: &Picture) -> Option<Info> {
        if !decides(picture) {
            return None;
        }
        let typed = self.typed_for(picture).value().unwrap_or(0).to_string();
        Some(match self.lacks(picture) {
            Some(Lacks::Sight(_)) => Info::warning(words::say("review.unseen")),
            Some(Lacks::Number) => Info::plain(words::say("review.count-them")),
            Some(Lacks::OtherNumber) => {
                Info::wrong(words::fill("review.other-number", &[("typed", &typed)]))
            }
            None => Info::plain(words::say("review.go")),
        })
    }
}
