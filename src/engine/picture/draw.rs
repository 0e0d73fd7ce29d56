//! The state, drawn as a picture.

use std::collections::BTreeMap;

use super::painter::Drawn;
use super::{
    Cell, CellState, FailureRow, Install, InstallRow, NodeRow, NodeState, PhaseRow, Picture,
    Review, StepRow,
};
use crate::engine::answers::NodeAnswers;
use crate::engine::node::{Cluster, Stage};
use crate::engine::plan::{DiskUse, Phase, Plan, Step};
use crate::engine::run::{Run, StepRun, StepState, permille, remaining_ms};
use crate::engine::{Millis, State};

/// Draws the state as a picture, with what is drawn already.
pub(super) fn draw(state: &State, now: Millis, drawn: &Drawn) -> Picture {
    let (local, cluster) = (&state.local, &state.cluster);
    let answers = cluster.answers.as_ref();
    let plan = cluster.plan.as_ref();
    let run = cluster.run.as_ref();
    let name = |node: &NodeAnswers| node_row(cluster, node);
    Picture {
        me: local.name.clone(),
        role: local.role,
        mcloud: local.mcloud.clone(),
        cluster: answers
            .map(|answers| answers.cluster.clone())
            .unwrap_or_default(),
        leader: answers
            .map(|answers| answers.initiator.clone())
            .unwrap_or_default(),
        stage: if local.end.is_some() {
            Stage::Ended
        } else {
            cluster.stage
        },
        began: cluster.began,
        unattended: cluster.unattended,
        touched: cluster.touched,
        link: local.link,
        nodes: answers
            .iter()
            .flat_map(|answers| &answers.nodes)
            .map(name)
            .collect(),
        wizard: super::wizard::wizard(state, &drawn.wizard),
        checks: cluster.checks.clone(),
        review: drawn.review.clone(),
        install: plan.zip(run).map(|(plan, run)| install(plan, run, now)),
        report: local.report.clone(),
        end: local.end.clone().or_else(|| cluster.end.clone()),
    }
}

fn node_row(cluster: &Cluster, answers: &NodeAnswers) -> NodeRow {
    let node = cluster.nodes.get(&answers.name);
    let facts = node.and_then(|node| node.facts.as_ref());
    let state = match node {
        Some(node) if node.up && facts.is_some() => NodeState::Ready,
        Some(node) if node.up => NodeState::Looking,
        Some(node) if node.id.is_some() => NodeState::Silent,
        _ => NodeState::Missing,
    };
    NodeRow {
        name: answers.name.clone(),
        address: answers.address.to_string(),
        model: facts
            .map(|facts| facts.host.model.clone())
            .unwrap_or_default(),
        state,
        heard: node.and_then(|node| node.heard),
    }
}

pub(super) fn review(plan: &Plan, cluster: &Cluster) -> Review {
    let phases = Phase::ALL.into_iter().map(|phase| {
        let steps: Vec<_> = plan
            .steps
            .iter()
            .filter(|step| step.phase == phase)
            .collect();
        let on = |node: &&String| steps.iter().any(|step| step.node == **node);
        let nodes: Vec<_> = plan.nodes.iter().filter(on).cloned().collect();
        let sum = |node: &String| {
            steps
                .iter()
                .filter(|step| step.node == *node)
                .map(|step| step.usual_ms)
                .sum::<u64>()
        };
        let usual_ms = nodes.iter().map(sum).max().unwrap_or(0);
        PhaseRow {
            phase,
            steps: steps.len(),
            nodes,
            usual_ms,
        }
    });
    Review {
        digest: cluster.digest.clone(),
        notes: super::review::notes(plan, cluster),
        erasures: plan.erasures.clone(),
        formats: plan.formats.clone(),
        driver: plan.driver.clone(),
        phases: phases.collect(),
        steps: plan.steps.len(),
        usual_ms: remaining_ms(&Run::new(plan, 0).standing(plan), 0),
    }
}

fn install(plan: &Plan, run: &Run, now: Millis) -> Install {
    let standing = run.standing(plan);
    let mut cells: BTreeMap<(Phase, &str), Vec<(&Step, &StepRun)>> = BTreeMap::new();
    for (step, ran) in &standing {
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
        permille: permille(&standing),
        remaining_ms: remaining_ms(&standing, now),
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

/// A disk in words: node, name, model, size, serial and what it holds.
pub fn disk_in_words(disk: &DiskUse) -> String {
    format!(
        "{} {} {} {} ({}): {}",
        disk.node,
        disk.name,
        disk.model,
        bytes_in_words(disk.size),
        disk.serial,
        if disk.holds.is_empty() {
            "empty"
        } else {
            &disk.holds
        }
    )
}

/// A size as people print it on disks: decimal units, three digits.
pub fn bytes_in_words(bytes: u64) -> String {
    let units = [
        ("TB", 1_000_000_000_000),
        ("GB", 1_000_000_000),
        ("MB", 1_000_000),
    ];
    let (unit, size) = units
        .into_iter()
        .find(|(_, size)| bytes >= *size)
        .unwrap_or(("kB", 1_000));
    let tenths = bytes.saturating_mul(10) / size;
    if tenths >= 100 || tenths.is_multiple_of(10) {
        format!("{} {unit}", tenths / 10)
    } else {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    }
}
