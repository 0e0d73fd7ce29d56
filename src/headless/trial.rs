//! What a dry run tells: what each filter found, what would be erased, the plan.

use serde_json::{Value, json};

use super::json;
use super::moment::passed;
use super::table::columns;
use crate::engine::facts::{Disk, Nic};
use crate::engine::message::{Message, plain};
use crate::engine::picture::{bytes_in_words, disk_in_words};
use crate::engine::plan::{DiskUse, Plan};
use crate::engine::preflight::Check;
use crate::engine::trial::{Trial, TriedDisk, TriedNic, TriedNode};
use crate::text::{fill, list, say, sentence};

/// The trial as lines: erasures first, then what was found, what is to be said against it, the steps.
pub fn lines(trial: &Trial) -> Vec<String> {
    let mut lines = erasures(trial);
    for node in &trial.nodes {
        lines.push(String::new());
        lines.extend(of_node(node));
    }
    if !trial.checks.is_empty() {
        lines.push(String::new());
    }
    lines.extend(trial.checks.iter().flat_map(said));
    lines.push(String::new());
    match &trial.plan {
        Some(plan) => lines.extend(steps(plan)),
        None => lines.push(no_plan(trial)),
    }
    lines.iter().map(|line| plain(line)).collect()
}

/// What would be erased by the plan, or by what is known of it.
fn erasures(trial: &Trial) -> Vec<String> {
    let disks: Vec<String> = match &trial.plan {
        Some(plan) => plan.erasures.iter().map(disk_in_words).collect(),
        None => erased(trial).iter().map(disk_in_words).collect(),
    };
    let known = trial.plan.is_some() || trial.unknown().next().is_none();
    let code = match (disks.len(), known) {
        (0, true) => "headless.erases-nothing",
        (0, false) => "trial.erases-nothing-here",
        (_, true) => "headless.erases",
        (_, false) => "trial.erases-here",
    };
    let first = sentence(&Message::new(code).with("count", disks.len()));
    let disks = disks.into_iter().map(|disk| format!("  {disk}"));
    std::iter::once(first).chain(disks).collect()
}

/// The disks that hold something, as far as a filter found one.
fn erased(trial: &Trial) -> Vec<DiskUse> {
    let mut all = Vec::new();
    for node in &trial.nodes {
        for tried in &node.disks {
            let [disk] = tried.found.as_slice() else {
                continue;
            };
            let holds = disk.holds.in_words(&disk.partitions);
            if !holds.is_empty() {
                let of = (node.name.as_str(), disk);
                all.push(DiskUse::of(of, holds, tried.purpose));
            }
        }
    }
    all
}

fn of_node(node: &TriedNode) -> Vec<String> {
    if !node.known {
        return vec![fill("trial.not-looked-at", &[("node", &node.name)])];
    }
    let found = |all: Vec<String>| match all.as_slice() {
        [] => say("trial.nothing-fits"),
        [one] => one.clone(),
        many => {
            let all = list(many.iter().map(String::as_str));
            fill("trial.many-fit", &[("all", &all)])
        }
    };
    let nic = |it: &TriedNic| {
        let all = it.found.iter().map(nic_in_words).collect();
        [it.purpose.to_owned(), it.find.clone(), found(all)]
    };
    let disk = |it: &TriedDisk| {
        let all = it.found.iter().map(in_words).collect();
        [it.purpose.name().to_owned(), it.find.clone(), found(all)]
    };
    let nics = node.nics.iter().map(nic);
    let rows: Vec<_> = nics.chain(node.disks.iter().map(disk)).collect();
    let rows = columns(&rows).into_iter().map(|row| format!("  {row}"));
    std::iter::once(node.name.clone()).chain(rows).collect()
}

fn nic_in_words(nic: &Nic) -> String {
    let addresses = nic.addresses.iter().map(ToString::to_string);
    let parts = std::iter::once(nic.name.clone())
        .chain(Some(nic.mac.clone()).filter(|mac| !mac.is_empty()))
        .chain(addresses);
    parts.collect::<Vec<_>>().join(" ")
}

fn in_words(disk: &Disk) -> String {
    let holds = disk.holds.in_words(&disk.partitions);
    let model = disk.model.as_deref().unwrap_or_default();
    let serial = disk.serial.as_deref().unwrap_or_default();
    let size = bytes_in_words(disk.size);
    let holds = if holds.is_empty() { "empty" } else { &holds };
    format!("{} {model} {size} ({serial}): {holds}", disk.name)
}

fn said(check: &Check) -> Vec<String> {
    let verdict = check.verdict.name();
    let first = format!("{}  {verdict}  {}", check.node, sentence(&check.says));
    let fix = check.fix.iter().map(|fix| format!("  {}", sentence(fix)));
    std::iter::once(first).chain(fix).collect()
}

fn no_plan(trial: &Trial) -> String {
    let unknown = list(trial.unknown());
    if unknown.is_empty() {
        say("trial.no-plan")
    } else {
        fill("trial.no-plan-without", &[("nodes", &unknown)])
    }
}

fn steps(plan: &Plan) -> Vec<String> {
    let usual: u64 = plan.steps.iter().map(|step| step.usual_ms).sum();
    let first = Message::new("headless.plan")
        .with("steps", plan.steps.len())
        .with("nodes", plan.nodes.join(", "))
        .with("usual", passed(usual));
    let rows: Vec<_> = plan
        .steps
        .iter()
        .map(|step| {
            [
                step.phase.title().to_owned(),
                step.id.clone(),
                passed(step.usual_ms),
            ]
        })
        .collect();
    let rows = columns(&rows).into_iter().map(|row| format!("  {row}"));
    std::iter::once(sentence(&first)).chain(rows).collect()
}

/// The trial as one line of JSON: `v` and `trial`, with `preseed` as mcloud understands it.
pub fn json(trial: &Trial, preseed: &str) -> String {
    let erase: Vec<Value> = match &trial.plan {
        Some(plan) => plan.erasures.iter().map(json::shown).collect(),
        None => erased(trial).iter().map(json::shown).collect(),
    };
    let mut shown = json::shown(trial);
    if let Value::Object(fields) = &mut shown {
        fields.insert("erase".to_owned(), Value::Array(erase));
        fields.insert("preseed".to_owned(), Value::String(preseed.to_owned()));
        fields.insert("fits".to_owned(), Value::Bool(trial.fits()));
    }
    json!({ "v": json::VERSION, "trial": shown }).to_string()
}
