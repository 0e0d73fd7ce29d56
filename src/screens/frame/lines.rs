//! What the first row and the last but one say.

use ratatui::buffer::Buffer;
use ratatui::text::Span;

use super::LEAST;
use crate::screens::parts::text::{pad, width, wrap};
use crate::screens::{theme, words};

/// What the header says.
#[derive(Debug)]
pub(in crate::screens) struct Header<'a> {
    /// mcloud's version.
    pub(in crate::screens) version: &'a str,
    /// The cluster's name; may be empty.
    pub(in crate::screens) cluster: &'a str,
    /// The screen's name.
    pub(in crate::screens) title: &'a str,
    /// This node's name.
    pub(in crate::screens) me: &'a str,
    /// Which of the ten screens; none for the home screen.
    pub(in crate::screens) step: Option<usize>,
}

/// What is worth knowing about the focus.
#[derive(Debug)]
pub(in crate::screens) struct Info {
    /// Sentences, each with what stands before it.
    pub(super) notes: Vec<(Span<'static>, String)>,
}

impl Info {
    /// Something to know.
    pub(in crate::screens) fn plain(text: String) -> Self {
        Self::of(vec![(Span::raw(""), text)])
    }

    /// Something to think about.
    pub(in crate::screens) fn warning(text: String) -> Self {
        Self::of(vec![(Span::styled("! ", theme::warn()), text)])
    }

    /// Something that is wrong.
    pub(in crate::screens) fn wrong(text: String) -> Self {
        Self::of(vec![(Span::styled("× ", theme::bad()), text)])
    }

    /// Several things, each with its mark.
    pub(in crate::screens) fn of(notes: Vec<(Span<'static>, String)>) -> Self {
        Self { notes }
    }
}

/// The header in exactly `room` columns: what matters least goes first.
pub(super) fn header_line(header: &Header, room: usize) -> String {
    let Header {
        version,
        cluster,
        title,
        me,
        step,
    } = header;
    let number = step.map(|step| step.to_string());
    let (long, short) = number.map_or_else(Default::default, |step| {
        let long = words::fill("screen.step", &[("step", &step)]);
        (format!("   {long}"), format!("{step}/10 "))
    });
    let lefts = [
        format!(" mcloud {version}   {cluster}"),
        format!(" mcloud   {cluster}"),
        " mcloud".to_owned(),
        String::new(),
    ];
    let rights = [
        format!("{me}{long} "),
        format!("{me}   {short}"),
        short,
        String::new(),
    ];
    let pairs = lefts.iter().zip(&rights);
    let fitting = |(left, right): &(&String, &String)| {
        let sides = width(left).max(width(right));
        sides * 2 + width(title) + 4 <= room
            || width(left) + width(right) + width(title) + 4 <= room
    };
    let (left, right) = pairs
        .filter(fitting)
        .map(|(l, r)| (&**l, &**r))
        .next()
        .unwrap_or_default();
    let middle = room.saturating_sub(width(title)) / 2;
    let middle = middle
        .min(room.saturating_sub(width(right) + width(title) + 2))
        .max(width(left) + 2);
    let text = format!("{}{title}", pad(left, middle));
    let rest = room.saturating_sub(width(&text));
    let gap = rest.saturating_sub(width(right));
    pad(&format!("{text}{}{right}", " ".repeat(gap)), room)
}

/// Says what size is needed.
pub(in crate::screens) fn too_small(buffer: &mut Buffer) {
    let area = buffer.area;
    let (is, least) = ((area.width, area.height), LEAST);
    let size = |size: (u16, u16)| format!("{}x{}", size.0, size.1);
    let holes = [("least", &*size(least)), ("is", &*size(is))];
    let text = words::fill("screen.too-small", &holes);
    let lines = wrap(&text, area.width.into());
    for (line, y) in lines.iter().zip(area.top()..area.bottom()) {
        buffer.set_stringn(area.x, y, line, area.width.into(), theme::strong());
    }
}
