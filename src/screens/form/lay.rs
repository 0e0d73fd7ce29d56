//! A form in lines: sentences, tables, fields, and what always stays in sight below.

use std::ops::Range;

use ratatui::text::{Line, Span};

use super::edit::{Drawn, Editor};
use super::table::Table;
use super::tone;
use crate::forms::{Field, FieldKind, Form, Note, Part, Row};
use crate::screens::frame::Room;
use crate::screens::parts::buttons::{self, row};
use crate::screens::parts::text::{marked, pad, paragraph, width};
use crate::screens::theme;

/// A form as it is laid into its room.
#[derive(Default)]
pub(super) struct Laid {
    /// What scrolls.
    pub(super) lines: Vec<Line<'static>>,
    /// Where in the lines the stops are, as far as they are there.
    pub(super) places: Vec<Range<usize>>,
    /// What stands below.
    pub(super) pinned: Vec<Line<'static>>,
}

/// What has the focus.
#[derive(Clone, Copy)]
pub(super) struct Focus<'a> {
    /// Its id.
    pub(super) id: Option<&'a str>,
    /// What is typed there.
    pub(super) editor: &'a Editor,
}

/// Lays a form into its room, with as many blank lines as that has left.
pub(super) fn lay(form: &Form, focus: Focus, room: Room) -> Laid {
    let tight = Layer::new(form, focus, room, 0).laid();
    // One more is between the lines and what is pinned.
    let taken = tight.lines.len() + tight.pinned.len() + 1;
    let blanks = room.height.saturating_sub(taken);
    let wide = Layer {
        parts: true,
        ..Layer::new(form, focus, room, blanks)
    };
    // Where they do not do for all gaps, answers stay with their question.
    let gaps = wide.gaps();
    let layer = if gaps <= blanks {
        wide
    } else {
        Layer::new(form, focus, room, blanks)
    };
    layer.laid()
}

/// A table that names things and has no head, so that its names are labels as those of fields are.
fn is_labels(head: &[String], rows: &[Row]) -> bool {
    let two = |row: &Row| row.cells.len() == 2 && row.ticked.is_none() && !row.id.is_empty();
    head.is_empty() && !rows.is_empty() && rows.iter().all(two)
}

/// How wide the labels of a form are, all in one column; none where that would be too wide.
fn labels(form: &Form, room: Room) -> Option<usize> {
    let of = |part: &Part| match part {
        Part::Named { name, .. } => width(name),
        Part::Field(field) => width(&field.label),
        Part::Table { head, rows, .. } if is_labels(head, rows) => {
            let names = rows.iter().filter_map(|row| row.cells.first());
            names.map(|name| width(name)).max().unwrap_or(0)
        }
        Part::Table { .. } | Part::Note(_) => 0,
    };
    let widest = form.parts.iter().map(of).max()?;
    (widest <= room.width / 3).then_some(widest)
}

struct Layer<'a> {
    form: &'a Form,
    focus: Focus<'a>,
    room: Room,
    /// How many blank lines may still be left.
    blanks: usize,
    /// Whether a blank line also parts a question from its answers.
    parts: bool,
    /// How wide the labels are, where all are in one column.
    labels: Option<usize>,
    laid: Laid,
}

impl<'a> Layer<'a> {
    fn new(form: &'a Form, focus: Focus<'a>, room: Room, blanks: usize) -> Self {
        Self {
            form,
            focus,
            room,
            blanks,
            parts: false,
            labels: labels(form, room),
            laid: Laid::default(),
        }
    }

    /// How many blank lines there are where there is room for all.
    fn gaps(&self) -> usize {
        let before = std::iter::once(None).chain(self.form.parts.iter().map(Some));
        let pairs = before.zip(&self.form.parts);
        let says = !self.form.says.is_empty();
        let inner =
            pairs.filter(|(before, part)| (before.is_some() || says) && self.parted(*before, part));
        let sums = !self.form.sums.is_empty() && !self.form.buttons.is_empty();
        inner.count() + usize::from(sums)
    }

    /// Whether a blank line is to part two parts.
    fn parted(&self, before: Option<&Part>, part: &Part) -> bool {
        match (before, part) {
            (Some(Part::Named { .. }), Part::Table { head, rows, .. }) if head.is_empty() => {
                self.parts && !is_labels(head, rows)
            }
            (_, Part::Table { .. }) | (None, _) => true,
            (Some(before), part) => std::mem::discriminant(before) != std::mem::discriminant(part),
        }
    }

    fn laid(mut self) -> Laid {
        for (number, says) in self.form.says.iter().enumerate() {
            let style = if number == 0 {
                theme::strong()
            } else {
                ratatui::style::Style::new()
            };
            let lines = paragraph(says, self.room.width, style);
            self.laid.lines.extend(lines);
        }
        let mut before = None;
        for part in &self.form.parts {
            if self.parted(before, part) {
                self.gap();
            }
            before = Some(part);
            self.part(part);
        }
        self.below();
        self.laid
    }

    fn gap(&mut self) {
        if self.blanks > 0 && !self.laid.lines.is_empty() {
            self.blanks -= 1;
            self.laid.lines.push(Line::default());
        }
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Note(note) => {
                let lines = tone::lines(note, self.room.width);
                self.laid.lines.extend(lines);
            }
            Part::Named { name, value } => self.named(name, value),
            Part::Table { head, rows, empty } => {
                if rows.is_empty() {
                    let mark = Span::raw("  ");
                    let lines = marked(&mark, empty, self.room.width);
                    self.laid.lines.extend(lines);
                    return;
                }
                let least = self.labels.filter(|_| is_labels(head, rows));
                let table = Table::new(head, rows, (self.room.width, least.unwrap_or(0)));
                self.laid.lines.extend(table.head());
                for (stop, line) in table.rows(self.focus.id) {
                    let at = self.laid.lines.len();
                    if stop {
                        self.laid.places.push(at..at + 1);
                    }
                    self.laid.lines.push(line);
                }
            }
            Part::Field(field) => self.field(field),
        }
    }

    fn named(&mut self, name: &str, value: &Note) {
        let names = self.form.parts.iter().filter_map(|part| match part {
            Part::Named { name, .. } => Some(width(name)),
            _ => None,
        });
        let most = self.room.width / 3;
        let beside = names.max().unwrap_or(0).min(most);
        let beside = self.labels.unwrap_or(beside);
        let mark = Span::raw(format!("  {}  ", pad(name, beside)));
        let rest = self.room.width.saturating_sub(mark.width());
        for (number, line) in tone::lines(value, rest).into_iter().enumerate() {
            let before = if number == 0 {
                mark.clone()
            } else {
                Span::raw(" ".repeat(mark.width()))
            };
            let style = line.style;
            let mut spans = vec![before];
            spans.extend(line.spans.into_iter().map(|span| {
                let own = span.style;
                span.style(style.patch(own))
            }));
            self.laid.lines.push(Line::from(spans));
        }
    }

    fn field(&mut self, field: &Field) {
        let labels = self.form.parts.iter().filter_map(|part| match part {
            Part::Field(field) => Some(width(&field.label)),
            _ => None,
        });
        let focused = self.focus.id == Some(field.id.as_str());
        let drawn = Drawn {
            label: &field.label,
            beside: self.labels.or(labels.max()).unwrap_or(0),
            value: &field.value,
            wide: match field.kind {
                FieldKind::Name => 36,
                FieldKind::Address | FieldKind::Network => 44,
                FieldKind::Words => 50,
            },
            editor: focused.then_some(self.focus.editor),
            wrong: field.is_wrong(),
        };
        let lines = drawn.lines(self.room.width);
        let at = self.laid.lines.len();
        self.laid.places.push(at..at + lines.len());
        self.laid.lines.extend(lines);
    }

    /// What follows from the choices stays in sight where it is short, and the buttons always do.
    fn below(&mut self) {
        let sums = self.form.sums.iter();
        let sums: Vec<_> = sums
            .flat_map(|note| tone::lines(note, self.room.width))
            .collect();
        let buttons = self.buttons();
        if sums.len() + buttons.len() > self.room.height / 2 {
            self.gap();
            self.laid.lines.extend(sums);
        } else {
            let gap = self.blanks > 0 && !sums.is_empty() && !buttons.is_empty();
            self.laid.pinned.extend(sums);
            self.laid.pinned.extend(gap.then(Line::default));
        }
        self.laid.pinned.extend(buttons);
    }

    fn buttons(&self) -> Vec<Line<'static>> {
        let button = |button: &crate::forms::Button| {
            let focused = self.focus.id == Some(button.id.as_str());
            let style = match button.wish {
                _ if focused => theme::focus(),
                None => theme::dim(),
                Some(_) => ratatui::style::Style::new(),
            };
            buttons::Button {
                label: button.label.clone(),
                style,
                focused,
            }
        };
        let buttons: Vec<_> = self.form.buttons.iter().map(button).collect();
        if buttons.is_empty() {
            return Vec::new();
        }
        row(&buttons, self.room.width)
    }
}
