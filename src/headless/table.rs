//! Aligned columns of text.

use unicode_width::UnicodeWidthStr;

use crate::engine::message::plain;

/// The rows below their titles, columns two spaces apart, without a line end after the last row.
pub(super) fn aligned<const N: usize>(titles: [&str; N], rows: &[[String; N]]) -> String {
    let titles = [titles.map(ToOwned::to_owned)];
    let all: Vec<_> = titles.iter().chain(rows).cloned().collect();
    columns(&all).join("\n")
}

/// Each row as a line, columns two spaces apart.
pub(super) fn columns<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let plain = |row: &[String; N]| row.each_ref().map(|cell| plain(cell));
    let rows: Vec<[String; N]> = rows.iter().map(plain).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }
    let line = |row: &[String; N]| {
        let padded = row.iter().zip(widths).map(|(cell, width)| {
            let gap = " ".repeat(width.saturating_sub(cell.width()));
            format!("{cell}{gap}")
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
