//! The upper end of Install: the bar, and phases by nodes.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::engine::node::Stage;
use crate::engine::picture::{Cell, CellState, Install, InstallRow, NodeRow, Picture};
use crate::engine::plan::Phase;
use crate::screens::frame::Room;
use crate::screens::parts::matrix::{self, Fit, Matrix, Row};
use crate::screens::parts::meter::{live, meter};
use crate::screens::parts::text::{cut, width};
use crate::screens::{Now, theme, words};

/// The width of the phases' names.
const LABEL: usize = 15;
/// From this column width on, a cell has room for a meter.
const METER: usize = 22;

/// How far the run is, in one line.
pub(super) fn bar(picture: &Picture, run: &Install, now: Now, room: Room) -> Vec<Line<'static>> {
    let percent = (run.permille / 10).to_string();
    let since = now.saturating_sub(run.started);
    let gone = words::clock(since);
    let left = words::about(run.remaining_ms);
    let holes = [("percent", &*percent), ("gone", &*gone), ("left", &*left)];
    let code = if picture.stage == Stage::Stopped {
        "install-screen.bar-stopped"
    } else if run.stopping {
        "install-screen.bar-stopping"
    } else if run.remaining_ms == 0 {
        "install-screen.bar-late"
    } else {
        "install-screen.bar"
    };
    let text = words::fill(code, &holes);
    // Where a bar would say nothing, one column of it still shows that something is under way.
    let wide = match room.width.saturating_sub(width(&text) + 2).min(60) {
        0..8 => 1,
        wide => wide,
    };
    let bar = match picture.stage {
        Stage::Stopped => meter(run.permille, wide),
        _ => live(run.permille, wide, since),
    };
    let style = if run.failures.is_empty() {
        theme::good()
    } else {
        theme::warn()
    };
    vec![Line::from(vec![
        Span::styled(bar, style),
        Span::raw(format!(
            "  {}",
            cut(&text, room.width.saturating_sub(wide + 2))
        )),
    ])]
}

/// How the nodes' columns fit.
pub(super) fn fit(picture: &Picture, room: Room) -> Fit {
    matrix::fit(picture.nodes.len(), LABEL, room.width)
}

/// Phases by nodes.
#[derive(Debug)]
pub(super) struct Overview {
    matrix: Matrix,
    fit: Fit,
    /// The phases of which the plan has no step.
    absent: Vec<Phase>,
}

/// The matrix of a run from node `window.0` on.
pub(super) fn matrix(picture: &Picture, run: &Install, now: Now, window: (usize, Fit)) -> Overview {
    let (first, fit) = window;
    let is_absent = |row: &&InstallRow| row.cells.iter().all(|c| c.state == CellState::Empty);
    let rows = run.rows.iter().filter(|row| !is_absent(row));
    let row = |row: &InstallRow| {
        let is_active = |node: &NodeRow| {
            let mut running = run.running.iter();
            running.any(|step| step.phase == row.phase && step.node == node.name)
        };
        let active: Vec<_> = picture.nodes.iter().map(is_active).collect();
        let mark = if active.contains(&true) { "▶" } else { " " };
        let cells = row.cells.iter().zip(active);
        Row {
            label: format!("{mark}{}", row.phase.title()),
            cells: cells
                .map(|(cell, active)| match cell.state {
                    // Some of it is done, and the rest waits for others.
                    CellState::Running if !active => (
                        format!("• {}", words::say("install-screen.begun")),
                        theme::dim(),
                    ),
                    _ => words_of(cell, now, fit.column),
                })
                .collect(),
        }
    };
    Overview {
        matrix: Matrix {
            heads: picture.nodes.iter().map(|node| node.name.clone()).collect(),
            marked: picture
                .nodes
                .iter()
                .position(|node| node.name == picture.me),
            rows: rows.map(row).collect(),
            first,
        },
        fit,
        absent: run
            .rows
            .iter()
            .filter(is_absent)
            .map(|row| row.phase)
            .collect(),
    }
}

impl Overview {
    /// In lines; where it is `tight`, without the phases that have no step.
    pub(super) fn lines(&self, tight: bool) -> Vec<Line<'static>> {
        let mut lines = self.matrix.lines(self.fit);
        if !self.absent.is_empty() && !tight {
            let phases = words::list(self.absent.iter().map(|phase| phase.title()));
            let text = words::fill("install-screen.absent", &[("phases", &phases)]);
            lines.push(Line::styled(format!(" {text}"), theme::dim()));
        }
        lines
    }
}

fn words_of(cell: &Cell, now: Now, column: usize) -> (String, Style) {
    let word = |code: &str| words::say(code);
    let gone = words::clock(now.saturating_sub(cell.started.unwrap_or(now)));
    match cell.state {
        CellState::Empty => ("-".to_owned(), theme::dim()),
        CellState::Waiting => {
            let time = words::estimate(cell.usual_ms);
            (format!("· ~{time}"), theme::dim())
        }
        CellState::Running => {
            let text = match cell.percent {
                Some(percent) if column >= METER => {
                    let bar = meter(u16::from(percent) * 10, 6);
                    format!("• {gone} {bar} {percent} %")
                }
                Some(percent) => format!("• {percent} % {gone}"),
                None => format!("• {} {gone}", word("install-screen.runs")),
            };
            (text, theme::busy())
        }
        CellState::Done => {
            let took = words::took(cell.took_ms);
            (
                format!("■ {} {took}", word("install-screen.done")),
                theme::good(),
            )
        }
        CellState::Already => (format!("= {}", word("install-screen.there")), theme::good()),
        CellState::Failed => (
            format!("× {}", word("install-screen.stopped")),
            theme::bad(),
        ),
        CellState::Skipped => (
            format!("» {}", word("install-screen.skipped")),
            theme::warn(),
        ),
    }
}
