//! Whether the services' snaps are of one revision on all nodes: members of one cluster run one build.

use std::collections::BTreeMap;

use super::{Check, Verdict};
use crate::engine::answers::Answers;
use crate::engine::message::Message;
use crate::engine::services::{NodeFacts, SnapFacts, SnapdState};

/// A check for each installed snap that is another revision than on the node that has it first, the
/// initiator before all others. A revision is one architecture's alone, and a build of one's own has none.
pub(super) fn compare(answers: &Answers, facts: &BTreeMap<String, NodeFacts>) -> Vec<Check> {
    let wanted = [
        ("lxd", true),
        ("microceph", answers.has_ceph()),
        ("microovn", answers.has_ovn()),
    ];
    let wanted = wanted.into_iter().filter(|(_, wanted)| *wanted);
    wanted
        .flat_map(|(snap, _)| differing(snap, answers, facts))
        .collect()
}

fn differing(snap: &str, answers: &Answers, facts: &BTreeMap<String, NodeFacts>) -> Vec<Check> {
    let mut names: Vec<&str> = answers.nodes.iter().map(|it| it.name.as_str()).collect();
    names.sort_by_key(|name| *name != answers.initiator);
    let mut firsts: BTreeMap<&str, (&str, &SnapFacts)> = BTreeMap::new();
    let mut checks = Vec::new();
    for name in names {
        let Some((arch, found)) = facts.get(name).and_then(|it| installed(snap, it)) else {
            continue;
        };
        let (other, usual) = *firsts.entry(arch).or_insert((name, found));
        if usual.revision != found.revision {
            checks.push(check(name, found, (other, usual)));
        }
    }
    checks
}

/// A node's snap with its architecture, where the store gave it.
fn installed<'a>(snap: &str, facts: &'a NodeFacts) -> Option<(&'a str, &'a SnapFacts)> {
    let SnapdState::Answers(snapd) = &facts.snapd else {
        return None;
    };
    let found = facts.snapd.snap(snap)?;
    let known = !found.revision.is_empty() && !found.revision.starts_with('x');
    known.then_some((snapd.arch.as_str(), found))
}

fn check(node: &str, found: &SnapFacts, (other, usual): (&str, &SnapFacts)) -> Check {
    let say = |code: &str| {
        let says = Message::new(code).with("node", node).with("other", other);
        let says = says.with("snap", &found.name).with("is", &found.revision);
        says.with("usual", &usual.revision)
    };
    let check = Check::new("revision", node, Verdict::Blocking, say("check.revision"));
    let read = format!("revision {}", found.revision);
    check
        .fix(say("check.revision-fix"))
        .read("GET /v2/snaps", read)
        .means("check.version-means")
}
