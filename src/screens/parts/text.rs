//! Text in cells: how wide it is, cut, padded and wrapped.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How many columns `text` takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// `text` in at most `room` columns; what was cut off shows as `..`.
pub(crate) fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let dots = room.min(2);
    let mut kept = head(text, room.saturating_sub(dots)).to_owned();
    kept.push_str(&"..".chars().take(dots).collect::<String>());
    kept
}

/// The same for a sentence: it is cut between two words where that can be.
pub(crate) fn shortened(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let lines = wrap(text, room.saturating_sub(3));
    let whole = lines.first().filter(|line| width(line) * 2 > room);
    whole.map_or_else(|| cut(text, room), |line| format!("{line} .."))
}

/// `text` in exactly `room` columns.
pub(crate) fn pad(text: &str, room: usize) -> String {
    let mut text = cut(text, room);
    let gap = room.saturating_sub(width(&text));
    text.extend(std::iter::repeat_n(' ', gap));
    text
}

/// `left` and `right` at the two ends of `room` columns; where both do not fit, `left` is cut.
pub(crate) fn ends(left: &str, right: &str, room: usize) -> String {
    let right = cut(right, room);
    let rest = room.saturating_sub(width(&right));
    format!("{}{right}", pad(left, rest))
}

/// `text` in lines of at most `room` columns, broken between words where that can be.
pub(crate) fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let gap = usize::from(!line.is_empty());
        if width(&line) + gap + width(word) <= room {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        let mut rest = word;
        while width(rest) > room {
            let part = match head(rest, room) {
                // One cluster can be wider than the room: it stands alone and is clipped.
                "" => rest.graphemes(true).next().unwrap_or(rest),
                part => part,
            };
            lines.push(part.to_owned());
            rest = rest.strip_prefix(part).unwrap_or_default();
        }
        rest.clone_into(&mut line);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// `text` wrapped, in one style.
pub(crate) fn paragraph(text: &str, room: usize, style: Style) -> Vec<Line<'static>> {
    let lines = wrap(text, room).into_iter();
    lines.map(|line| Line::styled(line, style)).collect()
}

/// `text` wrapped after a mark that stands before its first line.
pub(crate) fn marked(mark: &Span<'static>, text: &str, room: usize) -> Vec<Line<'static>> {
    let indent = mark.width();
    let lines = wrap(text, room.saturating_sub(indent)).into_iter();
    let with_mark = |(row, line)| match row {
        0 => Line::from(vec![mark.clone(), Span::raw(line)]),
        _ => Line::raw(format!("{}{line}", " ".repeat(indent))),
    };
    lines.enumerate().map(with_mark).collect()
}

/// The longest beginning of `text` that fits into `room` columns.
fn head(text: &str, room: usize) -> &str {
    let mut taken = 0;
    let mut end = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        taken += width(cluster);
        if taken > room {
            break;
        }
        end = at + cluster.len();
    }
    text.get(..end).unwrap_or_default()
}
