//! Public events as lines of the log.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::engine::event::{Level, PeerState, PublicEvent, StepEvent, What};
use crate::engine::plan::Phase;
use crate::engine::preflight::Verdict;
use crate::screens::frame::Room;
use crate::screens::parts::text::{pad, shortened, width, wrap};
use crate::screens::{LogView, theme, words};
use crate::text::sentence;

/// The width of the phase's name; the longest is `control-plane`.
const PHASE: usize = 13;
/// The least and the most that a node's name takes.
const NODE: (usize, usize) = (6, 16);
/// The width of a time of day, `12:03:40`.
const TIME: usize = 8;
/// The gap between two columns.
const GAP: usize = 2;
/// From this width on there is a column for the phase.
const WIDE: usize = 90;

/// How grave an event is.
pub(super) fn level(event: &PublicEvent) -> Level {
    match &event.what {
        What::Log { level, .. } => *level,
        What::Step { state, took_ms, .. } => match state {
            StepEvent::Failed => Level::Error,
            StepEvent::Skipped | StepEvent::Undone => Level::Warning,
            StepEvent::Done | StepEvent::Already => Level::Info,
            StepEvent::Running if *took_ms == 0 => Level::Info,
            // A sign of life every few seconds, and the list of all that waits.
            StepEvent::Running | StepEvent::Waiting => Level::Debug,
        },
        What::Failure { .. } | What::Done { ok: false, .. } => Level::Error,
        What::Peer {
            state: PeerState::Lost,
            ..
        } => Level::Warning,
        What::Check { verdict, .. } => match verdict {
            Verdict::Good => Level::Info,
            Verdict::Warning => Level::Warning,
            Verdict::Blocking => Level::Error,
        },
        _ => Level::Info,
    }
}

/// Where the lines of a log go: what stands before every text, and the room beside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    node: usize,
    /// Whether there is a column for the phase.
    phase: bool,
    /// How wide the texts are.
    text: usize,
}

impl Columns {
    /// The columns of `log` in `room`: where that is scarce, a text needs it more than its phase,
    /// which its step tells too.
    pub(super) fn of(log: &LogView, room: Room) -> Self {
        let newest = log.iter().rev().take(200);
        let longest = newest.map(|event| width(&event.node)).max();
        let node = longest.unwrap_or(0).clamp(NODE.0, NODE.1);
        let phase = room.width >= WIDE;
        let front = TIME + 1 + node + GAP + if phase { PHASE + GAP } else { 0 };
        Self {
            node,
            phase,
            text: room.width.saturating_sub(front).max(1),
        }
    }

    fn front(&self, event: &PublicEvent, log: &LogView) -> String {
        let node = pad(&event.node, self.node);
        let mut front = format!("{} {node}  ", words::time_of_day(event.at));
        if self.phase {
            let phase = phase(event, log).map_or("", Phase::id);
            front.push_str(&pad(phase, PHASE));
            front.push_str("  ");
        }
        front
    }
}

/// One event in one line: time, node, phase, text; what does not fit shows as cut off.
pub(super) fn line(event: &PublicEvent, log: &LogView, columns: Columns) -> Line<'static> {
    Line::from(vec![
        Span::raw(columns.front(event, log)),
        Span::styled(shortened(&text(event), columns.text), style(event)),
    ])
}

/// How many lines the whole of an event takes.
pub(super) fn height(event: &PublicEvent, columns: Columns) -> usize {
    wrap(&text(event), columns.text).len()
}

/// The whole of one event, in as many lines as that takes.
pub(super) fn whole(event: &PublicEvent, log: &LogView, columns: Columns) -> Vec<Line<'static>> {
    let front = columns.front(event, log);
    let beside = " ".repeat(width(&front));
    let texts = wrap(&text(event), columns.text).into_iter().enumerate();
    let line = |(row, text): (usize, String)| {
        let front = if row == 0 { &front } else { &beside };
        Line::from(vec![
            Span::raw(front.clone()),
            Span::styled(text, style(event)),
        ])
    };
    texts.map(line).collect()
}

fn style(event: &PublicEvent) -> Style {
    match level(event) {
        Level::Error => theme::bad(),
        Level::Warning => theme::warn(),
        Level::Debug => theme::dim(),
        Level::Info => Style::new(),
    }
}

/// The phase of an event: its own, or that of its step, which the log has named before.
fn phase(event: &PublicEvent, log: &LogView) -> Option<Phase> {
    let id = match &event.what {
        What::Step { phase, .. } => return Some(*phase),
        What::Log { step, .. } | What::Failure { step, .. } => step.as_ref()?,
        _ => return None,
    };
    log.iter().find_map(|event| match &event.what {
        What::Step { phase, step, .. } if step == id => Some(*phase),
        _ => None,
    })
}

fn text(event: &PublicEvent) -> String {
    match &event.what {
        What::Hello { mcloud, role, .. } => {
            let holes = [("mcloud", &**mcloud), ("role", &**role)];
            words::fill("log-screen.hello", &holes)
        }
        What::Check { says, .. } | What::Log { says, .. } => sentence(says),
        What::Peer { state, .. } => words::say(match state {
            PeerState::Missing => "log-screen.peer-missing",
            PeerState::Joined => "log-screen.peer-joined",
            PeerState::Connected => "log-screen.peer-connected",
            PeerState::Lost => "log-screen.peer-lost",
        }),
        What::Trust { state, by, .. } => {
            words::fill("log-screen.trust", &[("state", state), ("by", by)])
        }
        What::Plan { steps, erase, .. } => {
            let (steps, disks) = (words::steps(*steps), words::disks(*erase));
            words::fill("log-screen.plan", &[("steps", &steps), ("disks", &disks)])
        }
        What::Step { .. } => step(&event.what),
        What::Failure { failure, .. } => {
            let causes = failure.causes.iter().map(String::as_str);
            let parts = std::iter::once(sentence(&failure.what)).chain(causes.map(str::to_owned));
            parts.collect::<Vec<_>>().join("  »  ")
        }
        What::Done { ok, why, .. } => match (ok, why) {
            (true, _) => words::say("log-screen.done"),
            (false, Some(why)) => sentence(why),
            (false, None) => words::say("log-screen.ended"),
        },
    }
}

fn step(what: &What) -> String {
    let What::Step {
        step,
        state,
        attempt,
        took_ms,
        ..
    } = what
    else {
        return String::new();
    };
    let code = match state {
        StepEvent::Waiting => "log-screen.step-waiting",
        StepEvent::Running if *attempt > 1 => "log-screen.step-again",
        StepEvent::Running => "log-screen.step-running",
        StepEvent::Done => "log-screen.step-done",
        StepEvent::Already => "log-screen.step-already",
        StepEvent::Failed => "log-screen.step-failed",
        StepEvent::Skipped => "log-screen.step-skipped",
        StepEvent::Undone => "log-screen.step-undone",
    };
    let holes = [
        ("step", &*words::step(step)),
        ("attempt", &*attempt.to_string()),
        ("took", &*words::took(*took_ms)),
    ];
    words::fill(code, &holes)
}
