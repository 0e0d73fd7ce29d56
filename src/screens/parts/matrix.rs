//! Rows by columns, with a window on the columns where they do not all fit.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::theme;
use super::text::{cut, pad};

/// The narrowest column: `■ done 12:34` and a gap.
const NARROWEST: usize = 13;
/// The widest: more would tear the row apart.
const WIDEST: usize = 24;

/// A matrix.
#[derive(Debug, Clone)]
pub(crate) struct Matrix {
    /// The columns' names.
    pub(crate) heads: Vec<String>,
    /// The column that is marked.
    pub(crate) marked: Option<usize>,
    /// The rows.
    pub(crate) rows: Vec<Row>,
    /// The first column that is shown.
    pub(crate) first: usize,
}

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Its name.
    pub(crate) label: String,
    /// What stands in its columns.
    pub(crate) cells: Vec<(String, Style)>,
}

/// How the columns fit into a width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fit {
    /// The width of the rows' names.
    pub(crate) label: usize,
    /// The width of one column.
    pub(crate) column: usize,
    /// How many columns are shown.
    pub(crate) shown: usize,
}

/// How `columns` columns beside names of `label` columns fit into `room`.
pub(crate) fn fit(columns: usize, label: usize, room: usize) -> Fit {
    let rest = room.saturating_sub(label);
    let column = rest
        .checked_div(columns)
        .unwrap_or(rest)
        .clamp(NARROWEST, WIDEST);
    Fit {
        label,
        column,
        shown: (rest / column).clamp(1, columns.max(1)),
    }
}

impl Matrix {
    /// The matrix in lines: the heads first.
    pub(crate) fn lines(&self, fit: Fit) -> Vec<Line<'static>> {
        let mut head = vec![Span::raw(pad(&self.sides(fit), fit.label))];
        let heads = self.heads.iter().enumerate();
        for (column, name) in heads.skip(self.first).take(fit.shown) {
            let name = cut(name, fit.column.saturating_sub(2));
            let gap = fit.column.saturating_sub(super::text::width(&name));
            let own = self.marked == Some(column);
            head.push(Span::styled(
                name,
                if own { theme::focus() } else { theme::strong() },
            ));
            head.push(Span::raw(" ".repeat(gap)));
        }
        let mut lines = vec![Line::from(head)];
        for row in &self.rows {
            let mut spans = vec![Span::raw(pad(&row.label, fit.label))];
            let cells = row.cells.iter().skip(self.first).take(fit.shown);
            spans.extend(cells.map(|(text, style)| {
                let text = cut(text, fit.column.saturating_sub(1));
                Span::styled(pad(&text, fit.column), *style)
            }));
            lines.push(Line::from(spans));
        }
        lines
    }

    /// How many columns are out of sight on either side.
    fn sides(&self, fit: Fit) -> String {
        let after = self.heads.len().saturating_sub(self.first + fit.shown);
        let before = (self.first > 0).then(|| format!("◀ {}", self.first));
        let after = (after > 0).then(|| format!("{after} ▶"));
        let sides: Vec<_> = before.into_iter().chain(after).collect();
        sides.join("  ")
    }
}
