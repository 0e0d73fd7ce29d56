//! The state, drawn as a picture.

use super::install::install;
use super::painter::Drawn;
use super::{NodeRow, NodeState, PhaseRow, Picture, Review};
use crate::engine::answers::NodeAnswers;
use crate::engine::node::{Cluster, Stage};
use crate::engine::plan::{DiskUse, Phase, Plan};
use crate::engine::run::{Left, Needs};
use crate::engine::{Millis, State};

/// Draws the state as a picture, with what is drawn already.
pub(super) fn draw(state: &State, now: Millis, drawn: &mut Drawn) -> Picture {
    let (local, cluster) = (&state.local, &state.cluster);
    let answers = cluster.answers.as_ref();
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
        began: cluster.waits_since(),
        unattended: cluster.unattended,
        touched: cluster.touched || local.member.is_some() || local.unfinished.is_some(),
        link: local.link,
        nodes: answers
            .iter()
            .flat_map(|answers| &answers.nodes)
            .map(name)
            .collect(),
        wizard: super::wizard::wizard(state, &drawn.wizard),
        checks: cluster.checks.clone(),
        review: drawn.review.clone(),
        install: run
            .zip(drawn.plan.as_ref())
            .map(|(run, (plan, needs))| install(&mut drawn.install, (plan, needs), run, now)),
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

pub(super) fn review((plan, needs): (&Plan, &Needs), cluster: &Cluster) -> Review {
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
    let left = plan.steps.iter().map(|step| Left::Always(step.usual_ms));
    let left: Vec<_> = left.collect();
    Review {
        digest: cluster.digest.clone(),
        notes: super::review::notes(plan, cluster),
        erasures: plan.erasures.clone(),
        formats: plan.formats.clone(),
        driver: plan.driver.clone(),
        phases: phases.collect(),
        steps: plan.steps.len(),
        usual_ms: needs.remaining_ms(&left, 0),
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
