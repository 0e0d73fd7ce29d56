//! Whether the services' snaps are of one revision on all nodes: members of one cluster run one build. A snap
//! whose service is fresh is brought to the initiator's by Install.

use std::collections::BTreeMap;

use super::{Check, Verdict};
use crate::engine::answers::Answers;
use crate::engine::message::Message;
use crate::engine::plan::SnapName;
use crate::engine::services::{
    LxdState, MicroState, NodeFacts, SnapFacts, SnapdState, SnapdVersion,
};

/// The answers, and the facts of the nodes they name.
type Found<'a> = (&'a Answers, &'a BTreeMap<String, NodeFacts>);

/// A check for each installed snap that is another revision than on the node that has it first, the
/// initiator before all others. A revision is one architecture's alone, and a build of one's own has none.
pub(super) fn compare(answers: &Answers, facts: &BTreeMap<String, NodeFacts>) -> Vec<Check> {
    let wanted = [
        (SnapName::Lxd, true),
        (SnapName::MicroCeph, answers.has_ceph()),
        (SnapName::MicroOvn, answers.has_ovn()),
    ];
    let wanted = wanted.into_iter().filter(|(_, wanted)| *wanted);
    wanted
        .flat_map(|(snap, _)| differing(snap, (answers, facts)))
        .collect()
}

fn differing(snap: SnapName, (answers, facts): Found<'_>) -> Vec<Check> {
    let mut names: Vec<&str> = answers.nodes.iter().map(|it| it.name.as_str()).collect();
    names.sort_by_key(|name| *name != answers.initiator);
    let mut firsts: BTreeMap<&str, (&str, &SnapFacts)> = BTreeMap::new();
    let mut checks = Vec::new();
    for name in names {
        let Some((arch, found)) = facts.get(name).and_then(|it| installed(snap.name(), it)) else {
            continue;
        };
        let (other, usual) = *firsts.entry(arch).or_insert((name, found));
        if usual.revision != found.revision {
            let brought = brought_to(snap, name, (answers, facts)).is_some();
            checks.push(check((name, found), (other, usual), brought));
        }
    }
    checks
}

/// The initiator's snap, where a node's own is another revision and Install brings it to that one. Its
/// service must be fresh, as it starts anew and a member must not go ahead of its cluster; and the
/// initiator's must be newer: what a newer build keeps an older one does not read.
pub(in crate::engine) fn brought_to<'a>(
    snap: SnapName,
    node: &str,
    (answers, facts): Found<'a>,
) -> Option<&'a SnapFacts> {
    let own = facts.get(node)?;
    let (arch, found) = installed(snap.name(), own)?;
    let (other_arch, usual) = installed(snap.name(), facts.get(&answers.initiator)?)?;
    let may = answers.snaps.install && found.active && !usual.channel.is_empty();
    let newer = arch == other_arch && is_newer(usual, found);
    (may && newer && is_fresh(snap, own)).then_some(usual)
}

/// Whether `snap` is a later build than `than`.
fn is_newer(snap: &SnapFacts, than: &SnapFacts) -> bool {
    let version = |of: &SnapFacts| of.version.parse::<SnapdVersion>().ok();
    let revision = |of: &SnapFacts| of.revision.parse::<u64>().ok();
    match (version(snap), version(than)) {
        (Some(one), Some(other)) if one == other => revision(snap) > revision(than),
        (Some(one), Some(other)) => one > other,
        _ => false,
    }
}

/// Whether a snap's service answers, and is in no cluster and holds nothing.
pub(in crate::engine) fn is_fresh(snap: SnapName, facts: &NodeFacts) -> bool {
    let is_alone = |micro: &MicroState| micro.facts().is_some_and(|it| it.members.is_empty());
    match snap {
        SnapName::Lxd => matches!(&facts.lxd, LxdState::Answers(lxd)
            if !lxd.clustered && lxd.pools.is_empty() && lxd.networks.is_empty()),
        SnapName::MicroCeph => is_alone(&facts.ceph),
        SnapName::MicroOvn => is_alone(&facts.ovn),
    }
}

/// A node's snap with its architecture, where the store gave it.
pub(super) fn installed<'a>(snap: &str, facts: &'a NodeFacts) -> Option<(&'a str, &'a SnapFacts)> {
    let SnapdState::Answers(snapd) = &facts.snapd else {
        return None;
    };
    let found = facts.snapd.snap(snap)?;
    let known = !found.revision.is_empty() && !found.revision.starts_with('x');
    known.then_some((snapd.arch.as_str(), found))
}

fn check(
    (node, found): (&str, &SnapFacts),
    (other, usual): (&str, &SnapFacts),
    brought: bool,
) -> Check {
    let say = |code: &str| {
        let says = Message::new(code).with("node", node).with("other", other);
        let says = says.with("snap", &found.name).with("is", &found.revision);
        says.with("usual", &usual.revision)
    };
    let check = |verdict, code| Check::new("revision", node, verdict, say(code));
    let check = if brought {
        check(Verdict::Good, "check.revision-brought")
    } else {
        check(Verdict::Blocking, "check.revision").fix(say("check.revision-fix"))
    };
    let read = format!("revision {}", found.revision);
    check
        .read("GET /v2/snaps", read)
        .means("check.version-means")
}
