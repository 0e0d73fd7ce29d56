//! Preflight: on each node the services' snaps, then their daemons.

use super::{Builder, id};
use crate::engine::answers::NodeAnswers;
use crate::engine::plan::{Phase, SnapName, Work};
use crate::engine::preflight::{brought_to, is_fresh};
use crate::engine::services::{LxdState, MicroState, NodeFacts, SnapdState};

/// The class of the usual time of a snap's step where the snap is there already.
const THERE: &str = "snap.there";

impl Builder<'_> {
    /// Installs what is missing, connects, holds, and waits for the daemons.
    pub(super) fn preflight(&mut self, node: &NodeAnswers) {
        let snaps = self.snaps(node);
        let mut needs = Vec::new();
        for (snap, channel) in &snaps {
            let there = [self.snap(node, (*snap, channel))];
            let snap = *snap;
            // At once: a refresh in the middle of a join would restart the daemon.
            let hold = Work::SnapHold { snap };
            needs.push(self.add(Phase::Preflight, &node.name, hold, &there));
        }
        if !snaps.is_empty() {
            let snaps: Vec<_> = snaps.into_iter().map(|(snap, _)| snap).collect();
            let anew = self.facts(node).is_some_and(|it| may_be_older(it, &snaps));
            let connect = Work::SnapConnect { snaps, anew };
            needs = vec![self.add(Phase::Preflight, &node.name, connect, &needs)];
        }
        self.add(Phase::Preflight, &node.name, Work::LxdReady, &needs);
        if self.basis.answers.has_ceph() {
            self.add(Phase::Preflight, &node.name, Work::CephReady, &needs);
        }
        if self.basis.answers.has_ovn() {
            self.add(Phase::Preflight, &node.name, Work::OvnReady, &needs);
        }
    }

    /// The step that sees to one snap: it installs or refreshes it, or finds it there in no time.
    fn snap(&mut self, node: &NodeAnswers, (snap, channel): (SnapName, &str)) -> String {
        let (answers, facts) = (self.basis.answers, self.basis.facts);
        let found = self.facts(node).and_then(|it| it.snapd.snap(snap.name()));
        let brought = brought_to(snap, &node.name, (answers, facts));
        let stays = found.is_some_and(|it| it.active) && brought.is_none();
        let work = Work::Snap {
            snap,
            channel: brought.map_or(channel, |it| &it.channel).to_owned(),
            revision: brought.map(|it| it.revision.clone()),
        };
        let id = self.add(Phase::Preflight, &node.name, work, &[]);
        if stays && let Some(step) = self.steps.last_mut() {
            step.usual_ms = self.basis.usual.of(THERE);
        }
        id
    }

    /// The snaps of a node that mcloud sees to, with their channels: of a service that runs without
    /// a snap it takes none.
    fn snaps(&self, node: &NodeAnswers) -> Vec<(SnapName, String)> {
        let answers = self.basis.answers;
        let Some(facts) = self.facts(node) else {
            return Vec::new();
        };
        let wanted = [
            (SnapName::Lxd, &answers.snaps.lxd, true),
            (
                SnapName::MicroCeph,
                &answers.snaps.microceph,
                answers.has_ceph(),
            ),
            (
                SnapName::MicroOvn,
                &answers.snaps.microovn,
                answers.has_ovn(),
            ),
        ];
        wanted
            .into_iter()
            .filter(|(snap, _, wanted)| *wanted && sees_to(facts, *snap, answers.snaps.install))
            .map(|(snap, channel, _)| (snap, channel.clone()))
            .collect()
    }

    /// The step after which the daemon of `service` on `node` is ready.
    pub(super) fn ready(service: &str, node: &str) -> String {
        id(&format!("{service}.ready"), node)
    }
}

/// Whether LXD's daemon may have been started before it was connected with the other services: they are
/// installed beside it, or nobody knows, as of an LXD that is fresh and loses nothing by a start.
fn may_be_older(facts: &NodeFacts, snaps: &[SnapName]) -> bool {
    let others = || snaps.iter().filter(|snap| **snap != SnapName::Lxd);
    let installs = others().any(|snap| facts.snapd.snap(snap.name()).is_none());
    let both = snaps.contains(&SnapName::Lxd) && others().next().is_some();
    both && match &facts.lxd {
        LxdState::Answers(_) => installs || is_fresh(SnapName::Lxd, facts),
        LxdState::Absent => installs,
        // It is started after they are connected, or cannot be used at all.
        LxdState::Stopped | LxdState::NotPermitted | LxdState::Broken(_) => false,
    }
}

/// Whether the snap is one that mcloud installs or finds installed.
fn sees_to(facts: &NodeFacts, snap: SnapName, install: bool) -> bool {
    if !matches!(facts.snapd, SnapdState::Answers(_)) {
        return false;
    }
    facts.snapd.snap(snap.name()).is_some() || (install && is_absent(facts, snap))
}

/// Whether a node has not the service at all.
pub(in crate::engine) fn is_absent(facts: &NodeFacts, snap: SnapName) -> bool {
    match snap {
        SnapName::Lxd => facts.lxd == LxdState::Absent,
        SnapName::MicroCeph => facts.ceph == MicroState::Absent,
        SnapName::MicroOvn => facts.ovn == MicroState::Absent,
    }
}
