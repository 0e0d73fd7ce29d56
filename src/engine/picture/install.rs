//! What Install shows: drawn anew where something happened in the run, and else only the time that is
//! left.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Cell, CellState, FailureRow, Install, InstallRow, StepRow};
use crate::engine::Millis;
use crate::engine::plan::{Phase, Plan, Step};
use crate::engine::run::{Left, Needs, Run, StepRun, StepState, permille};

/// A run as it was drawn.
#[derive(Debug)]
pub(super) struct Drawn {
    run: Arc<Run>,
    install: Install,
    left: Vec<Left>,
    /// Whether it is the same at any time, but for what is left.
    lasts: bool,
}

/// Draws `run`, with what is drawn already.
pub(super) fn install(
    drawn: &mut Option<Drawn>,
    (plan, needs): (&Plan, &Needs),
    run: &Arc<Run>,
    now: Millis,
) -> Install {
    let known = drawn.take();
    let known = known.filter(|known| known.lasts && Arc::ptr_eq(&known.run, run));
    let known = drawn.insert(known.unwrap_or_else(|| Drawn::of(plan, run, now)));
    Install {
        remaining_ms: needs.remaining_ms(&known.left, now),
        ..known.install.clone()
    }
}

impl Drawn {
    fn of(plan: &Plan, run: &Arc<Run>, now: Millis) -> Self {
        let standing = run.standing(plan);
        let mut active = standing.iter().filter(|(_, ran)| ran.state.is_active());
        Self {
            run: Arc::clone(run),
            lasts: active.all(|(_, ran)| ran.started.is_some() && ran.heard.is_some()),
            left: standing
                .iter()
                .map(|(step, ran)| Left::of(step, ran))
                .collect(),
            install: draw(plan, run, (&standing, now)),
        }
    }
}

fn draw(plan: &Plan, run: &Run, (standing, now): (&[(&Step, &StepRun)], Millis)) -> Install {
    let mut cells: BTreeMap<(Phase, &str), Vec<(&Step, &StepRun)>> = BTreeMap::new();
    for (step, ran) in standing {
        let cell = cells.entry((step.phase, &step.node)).or_default();
        cell.push((step, ran));
    }
    let row = |phase: Phase| {
        let of = |node: &String| {
            let steps = cells.get(&(phase, node.as_str()));
            cell(steps.map_or(&[], Vec::as_slice))
        };
        InstallRow {
            phase,
            cells: plan.nodes.iter().map(of).collect(),
        }
    };
    let running = standing.iter().filter(|(_, ran)| ran.state.is_active());
    let failures = run.failures().filter_map(|(id, failure)| {
        let step = plan.step(id)?;
        Some(FailureRow {
            step: id.to_owned(),
            phase: step.phase,
            node: step.node.clone(),
            attempt: run.steps.get(id).map_or(1, |step| step.attempt),
            failure: failure.clone(),
        })
    });
    Install {
        started: run.started,
        permille: permille(standing),
        remaining_ms: 0,
        stopping: run.stopping,
        rows: Phase::ALL.into_iter().map(row).collect(),
        running: running
            .map(|(step, ran)| running_row(step, ran, now))
            .collect(),
        failures: failures.collect(),
    }
}

fn running_row(step: &Step, ran: &StepRun, now: Millis) -> StepRow {
    StepRow {
        id: step.id.clone(),
        phase: step.phase,
        node: step.node.clone(),
        attempt: ran.attempt,
        started: ran.started.unwrap_or(now),
        usual_ms: step.usual_ms,
        heard: ran.heard.unwrap_or(now),
        doing: ran.doing.clone(),
        units: ran.units,
    }
}

fn cell(steps: &[(&Step, &StepRun)]) -> Cell {
    let any = |test: fn(&StepState) -> bool| steps.iter().any(|(_, run)| test(&run.state));
    let all = |test: fn(&StepState) -> bool| steps.iter().all(|(_, run)| test(&run.state));
    let state = if steps.is_empty() {
        CellState::Empty
    } else if any(|state| matches!(state, StepState::Failed(_))) {
        CellState::Failed
    } else if all(|state| *state == StepState::Already) {
        CellState::Already
    } else if all(StepState::is_there) {
        CellState::Done
    } else if all(|state| *state == StepState::Waiting) {
        CellState::Waiting
    } else if any(|state| *state == StepState::Skipped) {
        CellState::Skipped
    } else {
        CellState::Running
    };
    let active = steps.iter().find(|(_, run)| run.state.is_active());
    let percent = active
        .and_then(|(_, run)| run.units)
        .and_then(|(done, total)| {
            u8::try_from(done.saturating_mul(100).checked_div(total)?.min(100)).ok()
        });
    Cell {
        state,
        started: steps.iter().filter_map(|(_, run)| run.started).min(),
        took_ms: steps.iter().map(|(_, run)| run.took_ms).sum(),
        usual_ms: steps.iter().map(|(step, _)| step.usual_ms).sum(),
        percent,
    }
}
