//! A picture: what a screen needs, and no more.

use serde::{Deserialize, Serialize};

use super::message::{Failure, Message};
use super::node::{Cluster, End, Link, Role, Stage};
use super::plan::{DiskUse, Phase, Plan};
use super::preflight::Check;
use super::run::{Run, StepState};
use super::{Millis, State};

/// What the faces of a daemon draw. Elapsed times are drawn from `started` and the face's own now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// This node's name.
    pub me: String,
    /// Its role.
    pub role: Role,
    /// mcloud's version.
    pub mcloud: String,
    /// The cluster's name; empty before there is one.
    pub cluster: String,
    /// How far the undertaking is.
    pub stage: Stage,
    /// When it began.
    pub began: Millis,
    /// Whether Review and Done go on by themselves.
    pub unattended: bool,
    /// The link to the leader (worker).
    pub link: Option<Link>,
    /// The nodes, in the answers' order.
    pub nodes: Vec<NodeRow>,
    /// What the checks found.
    pub checks: Vec<Check>,
    /// What Review shows, once there is a plan.
    pub review: Option<Review>,
    /// What Install shows, once there is a run.
    pub install: Option<Install>,
    /// What Done shows.
    pub end: Option<End>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRow {
    /// Its name.
    pub name: String,
    /// Its address for cluster traffic.
    pub address: String,
    /// Its board model; empty before it was looked at.
    pub model: String,
    /// How it stands.
    pub state: NodeState,
    /// When it was last heard.
    pub heard: Option<Millis>,
}

/// How a node stands with the leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeState {
    /// It was named and has not come yet.
    Missing,
    /// It has a certificate and its agent is not connected.
    Silent,
    /// It is connected and being looked at.
    Looking,
    /// It is connected and its facts are known.
    Ready,
}

/// What Review shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// The sealed plan's digest; none while it is being computed.
    pub digest: Option<String>,
    /// The disks that will lose what they hold.
    pub erasures: Vec<DiskUse>,
    /// The disks that will be formatted though nothing was found on them.
    pub formats: Vec<DiskUse>,
    /// The driver of the local pool; none where the operator declined the pool.
    pub driver: Option<String>,
    /// The phases that have steps.
    pub phases: Vec<PhaseRow>,
    /// The number of steps.
    pub steps: usize,
    /// How long it all usually takes, in ms: the longest chain.
    pub usual_ms: u64,
}

/// One phase of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseRow {
    /// The phase.
    pub phase: Phase,
    /// The number of its steps; none where this plan has no such phase.
    pub steps: usize,
    /// The nodes they run on.
    pub nodes: Vec<String>,
    /// The longest sum of their usual times on one node, in ms.
    pub usual_ms: u64,
}

/// What Install shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Install {
    /// When it began.
    pub started: Millis,
    /// What is done, in thousandths of the sum of usual times.
    pub permille: u16,
    /// How long the rest usually takes, in ms, when the picture was made.
    pub remaining_ms: u64,
    /// Whether the operator asked it to stop.
    pub stopping: bool,
    /// One row a phase, one cell a node.
    pub rows: Vec<InstallRow>,
    /// The steps that run now.
    pub running: Vec<StepRow>,
    /// What stopped, with its step.
    pub failures: Vec<FailureRow>,
}

/// One phase over all nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstallRow {
    /// The phase.
    pub phase: Phase,
    /// One cell a node, in the picture's order.
    pub cells: Vec<Cell>,
}

/// One phase on one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// How it stands.
    pub state: CellState,
    /// When it began.
    pub started: Option<Millis>,
    /// How long it took, in ms, once it ended.
    pub took_ms: u64,
    /// How long it usually takes, in ms.
    pub usual_ms: u64,
    /// Percent, where the running step's work counts.
    pub percent: Option<u8>,
}

/// How a phase stands on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellState {
    /// The plan has no such step here.
    Empty,
    /// Nothing began.
    Waiting,
    /// Something runs, or is done with more to come.
    Running,
    /// All done.
    Done,
    /// All was there already.
    Already,
    /// Something stopped.
    Failed,
    /// Left out.
    Skipped,
}

/// A step that runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRow {
    /// Its id.
    pub id: String,
    /// Its phase.
    pub phase: Phase,
    /// Its node.
    pub node: String,
    /// Which attempt.
    pub attempt: u32,
    /// When it began.
    pub started: Millis,
    /// How long it usually takes, in ms.
    pub usual_ms: u64,
    /// When it last showed a sign of life.
    pub heard: Millis,
    /// What it is doing.
    pub doing: Option<Message>,
    /// Units done and in all, where the work counts.
    pub units: Option<(u64, u64)>,
}

/// What stopped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureRow {
    /// The step.
    pub step: String,
    /// Its phase.
    pub phase: Phase,
    /// Its node.
    pub node: String,
    /// Which attempt.
    pub attempt: u32,
    /// Why, and the ways on.
    pub failure: Failure,
}

/// Draws the state as a picture.
pub fn picture(state: &State, now: Millis) -> Picture {
    let (local, cluster) = (&state.local, &state.cluster);
    let answers = cluster.answers.as_ref();
    let plan = cluster.plan.as_ref();
    let run = cluster.run.as_ref();
    let name = |node: &super::answers::NodeAnswers| node_row(cluster, node);
    Picture {
        me: local.name.clone(),
        role: local.role,
        mcloud: local.mcloud.clone(),
        cluster: answers
            .map(|answers| answers.cluster.clone())
            .unwrap_or_default(),
        stage: if local.end.is_some() {
            Stage::Ended
        } else {
            cluster.stage
        },
        began: cluster.began,
        unattended: cluster.unattended,
        link: local.link,
        nodes: answers
            .iter()
            .flat_map(|answers| &answers.nodes)
            .map(name)
            .collect(),
        checks: cluster.checks.clone(),
        review: plan.map(|plan| review(plan, cluster.digest.clone(), now)),
        install: plan.zip(run).map(|(plan, run)| install(plan, run, now)),
        end: local.end.clone().or_else(|| cluster.end.clone()),
    }
}

fn node_row(cluster: &Cluster, answers: &super::answers::NodeAnswers) -> NodeRow {
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

fn review(plan: &Plan, digest: Option<String>, now: Millis) -> Review {
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
        digest,
        erasures: plan.erasures.clone(),
        formats: plan.formats.clone(),
        driver: plan.driver.clone(),
        phases: phases.collect(),
        steps: plan.steps.len(),
        usual_ms: Run::new(plan, now).remaining_ms(plan, now),
    }
}

fn install(plan: &Plan, run: &Run, now: Millis) -> Install {
    let row = |phase: Phase| InstallRow {
        phase,
        cells: plan
            .nodes
            .iter()
            .map(|node| cell(plan, run, phase, node))
            .collect(),
    };
    let running = plan.steps.iter().filter_map(|step| {
        let ran = run
            .steps
            .get(&step.id)
            .filter(|ran| ran.state.is_active())?;
        Some(StepRow {
            id: step.id.clone(),
            phase: step.phase,
            node: step.node.clone(),
            attempt: ran.attempt,
            started: ran.started.unwrap_or(now),
            usual_ms: step.usual_ms,
            heard: ran.heard.unwrap_or(now),
            doing: ran.doing.clone(),
            units: ran.units,
        })
    });
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
        permille: run.permille(plan),
        remaining_ms: run.remaining_ms(plan, now),
        stopping: run.stopping,
        rows: Phase::ALL.into_iter().map(row).collect(),
        running: running.collect(),
        failures: failures.collect(),
    }
}

fn cell(plan: &Plan, run: &Run, phase: Phase, node: &str) -> Cell {
    let steps: Vec<_> = run.cell(plan, phase, node).collect();
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
