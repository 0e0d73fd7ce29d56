//! Rows in columns that are as wide as what they hold.

use super::text::{pad, width};

/// The gap between two columns.
const GAP: usize = 2;

/// `rows` in columns; none where they do not fit into `room` columns whole.
pub(crate) fn columns(rows: &[Vec<String>], room: usize) -> Option<Vec<String>> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..count).map(widest).collect();
    let filled = widths.iter().filter(|width| **width > 0).count();
    let whole = widths.iter().sum::<usize>() + GAP * filled.saturating_sub(1);
    if whole > room {
        return None;
    }
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).filter(|(_, width)| **width > 0);
        let cells: Vec<_> = cells.map(|(cell, width)| pad(cell, *width)).collect();
        cells.join(&" ".repeat(GAP)).trim_end().to_owned()
    };
    Some(rows.iter().map(line).collect())
}
