//! Review with a plan: what will be erased first, then what will be done.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::Line;

use super::checks::findings;
use crate::engine::answers::Purpose;
use crate::engine::message::plain;
use crate::engine::picture::{Picture, Review, bytes_in_words};
use crate::engine::plan::DiskUse;
use crate::engine::preflight::Verdict;
use crate::screens::frame::Room;
use crate::screens::parts::framed::{EDGES, Title, framed};
use crate::screens::parts::table::columns;
use crate::screens::parts::text::{cut, ends, paragraph, width, wrap};
use crate::screens::{theme, words};

/// The lines of the body, and which of them must have been in sight.
pub(super) fn lines(
    picture: &Picture,
    review: &Review,
    room: Room,
) -> (Vec<Line<'static>>, Vec<Range<usize>>) {
    let mut lines = Vec::new();
    let mut must_see = Vec::new();
    if review.erasures.is_empty() {
        lines.extend(paragraph(
            &words::say(if picture.touched {
                "review.erases-nothing-more"
            } else {
                "review.erases-nothing"
            }),
            room.width,
            theme::good(),
        ));
    } else {
        lines.extend(paragraph(
            &words::say(if picture.touched {
                "review.will-write-more"
            } else {
                "review.will-write"
            }),
            room.width,
            Style::new(),
        ));
        let rows = disks(&review.erasures, room.width.saturating_sub(EDGES));
        let mut at = lines.len() + 1;
        for row in &rows {
            must_see.push(at..at + row.len());
            at += row.len();
        }
        let title = words::say("review.will-be-erased");
        lines.extend(disk_box(&title, rows, theme::bad(), room));
    }
    if !review.formats.is_empty() {
        let rows = disks(&review.formats, room.width.saturating_sub(EDGES));
        let title = words::say("review.will-be-formatted");
        lines.extend(disk_box(&title, rows, theme::warn(), room));
    }
    let checks = picture.checks.iter();
    for warning in findings(checks.filter(|check| check.verdict == Verdict::Warning)) {
        lines.extend(warning.lines(room));
    }
    lines.extend(plan(picture, review, room));
    lines.extend(paragraph(&total(picture, review), room.width, Style::new()));
    for says in &review.notes {
        let text = crate::text::sentence(says);
        lines.extend(paragraph(&text, room.width, Style::new()));
    }
    (lines, must_see)
}

fn disk_box(title: &str, rows: Vec<Vec<String>>, style: Style, room: Room) -> Vec<Line<'static>> {
    let title = Title {
        left: title,
        right: "",
        style,
    };
    let rows = rows.into_iter().flatten().map(Line::raw).collect();
    framed(&title, rows, room.width)
}

/// The disks, each in as many lines as it takes: what a disk is and holds is never cut off.
fn disks(disks: &[DiskUse], room: usize) -> Vec<Vec<String>> {
    let cells = |disk: &DiskUse| {
        let serial = plain(&disk.serial);
        let holds = if disk.holds.is_empty() {
            words::say("review.empty")
        } else {
            plain(&disk.holds)
        };
        vec![
            plain(&disk.node),
            plain(&disk.name),
            words::say(match disk.purpose {
                Purpose::Local => "disks.local",
                Purpose::Ceph => "disks.ceph",
            }),
            plain(&disk.model),
            bytes_in_words(disk.size),
            serial,
            holds,
        ]
    };
    let rows: Vec<_> = disks.iter().map(cells).collect();
    if let Some(lines) = columns(&rows, room) {
        return lines.into_iter().map(|line| vec![line]).collect();
    }
    let front: Vec<_> = rows
        .iter()
        .map(|row| row.iter().take(6).cloned().collect())
        .collect();
    let front =
        columns(&front, room).unwrap_or_else(|| front.iter().map(|row| row.join(" ")).collect());
    let whole = |(front, row): (String, &Vec<String>)| {
        let mut lines = wrap_hanging(&front, room);
        let holds = row.last().map(String::as_str).unwrap_or_default();
        let text = words::fill("review.holds", &[("holds", holds)]);
        lines.extend(
            wrap(&text, room.saturating_sub(4))
                .iter()
                .map(|l| format!("    {l}")),
        );
        lines
    };
    front.into_iter().zip(&rows).map(whole).collect()
}

/// `text` as it is where it fits, otherwise wrapped with what follows set in.
fn wrap_hanging(text: &str, room: usize) -> Vec<String> {
    if width(text) <= room {
        return vec![text.to_owned()];
    }
    let lines = wrap(text, room.saturating_sub(2)).into_iter().enumerate();
    lines
        .map(|(row, line)| if row == 0 { line } else { format!("  {line}") })
        .collect()
}

fn plan(picture: &Picture, review: &Review, room: Room) -> Vec<Line<'static>> {
    let inner = room.width.saturating_sub(EDGES);
    let all = picture.nodes.len();
    let (phases, absent): (Vec<_>, Vec<_>) = review.phases.iter().partition(|row| row.steps > 0);
    let cells: Vec<_> = phases
        .iter()
        .map(|row| {
            let title = row.phase.title().to_owned();
            let nodes = if row.nodes.len() == all && all > 2 {
                words::say("review.on-every-node")
            } else {
                let names = row.nodes.iter().map(String::as_str);
                words::fill("review.on-nodes", &[("nodes", &words::list(names))])
            };
            let cells = vec![title, words::steps(row.steps), nodes];
            (cells, words::about(row.usual_ms))
        })
        .collect();
    let left: Vec<_> = cells.iter().map(|(cells, _)| cells.clone()).collect();
    let left = columns(&left, inner.saturating_sub(16))
        .unwrap_or_else(|| left.iter().map(|row| row.join("  ")).collect());
    let rows = left.iter().zip(&cells);
    let mut rows: Vec<_> = rows
        .map(|(left, (_, time))| {
            let rest = inner.saturating_sub(width(time) + 1);
            Line::raw(ends(&cut(left, rest), time, inner))
        })
        .collect();
    if !absent.is_empty() {
        let absent = words::list(absent.iter().map(|row| row.phase.title()));
        let text = words::fill("review.absent", &[("phases", &absent)]);
        rows.extend(paragraph(&text, inner, theme::dim()));
    }
    let (phases, steps) = (words::phases(phases.len()), words::steps(review.steps));
    let size = format!("{phases}, {steps}");
    let title = words::say("review.plan");
    let title = Title {
        left: &title,
        right: &cut(&size, inner),
        style: Style::new(),
    };
    framed(&title, rows, room.width)
}

fn total(picture: &Picture, review: &Review) -> String {
    let models = picture.nodes.iter().map(|node| plain(&node.model));
    let mut models: Vec<_> = models.filter(|model| !model.is_empty()).collect();
    models.sort();
    models.dedup();
    let count = picture.nodes.len().to_string();
    let time = words::about(review.usual_ms);
    let time = match models.as_slice() {
        [one] => words::fill(
            "review.in-all-on",
            &[("time", &time), ("count", &count), ("model", one)],
        ),
        _ => words::fill("review.in-all", &[("time", &time)]),
    };
    let pool = match &review.driver {
        Some(driver) => words::fill("review.pool", &[("driver", driver)]),
        None => words::say("review.no-pool"),
    };
    format!("{time} {pool}")
}
