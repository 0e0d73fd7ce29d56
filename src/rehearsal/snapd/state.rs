//! What one simulated snapd knows: its snaps, its connections, its changes.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::{Change, Status};
use super::store::{self, Plug, Release};
use crate::engine::Millis;

/// An installed snap.
#[derive(Debug, Clone)]
pub(super) struct Installed {
    pub(super) version: String,
    pub(super) revision: String,
    /// The channel it follows; empty for one that was built here.
    pub(super) channel: String,
    pub(super) base: &'static str,
    pub(super) kind: &'static str,
    pub(super) bytes: u64,
    pub(super) active: bool,
    /// Until when it is held; none where it is not.
    pub(super) hold: Option<Millis>,
    pub(super) since: Millis,
}

impl Installed {
    pub(super) fn from_store(release: &Release, now: Millis) -> Self {
        Self {
            version: release.version.to_owned(),
            revision: release.revision.to_owned(),
            channel: release.channel.to_owned(),
            base: release.base,
            kind: release.kind,
            bytes: release.bytes,
            active: true,
            hold: None,
            since: now,
        }
    }
}

/// A plug in a slot, both with the snap they belong to; the system's is `snapd`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Connection {
    pub(super) plug: (String, String),
    pub(super) slot: (String, String),
    /// Whether somebody asked for it; else the store did.
    pub(super) manual: bool,
}

/// The snap that the system's slots belong to.
pub(super) const SYSTEM: &str = "snapd";

/// What one simulated snapd knows.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) snaps: BTreeMap<String, Installed>,
    pub(super) connections: BTreeSet<Connection>,
    pub(super) changes: Vec<Change>,
    /// The last id given to a task.
    pub(super) tasks: u64,
    /// How many answers were given; it decides the next one's chance.
    pub(super) answers: u64,
    /// Until when it does not answer because it starts again.
    pub(super) away_until: Millis,
}

impl State {
    pub(super) fn change(&self, id: &str) -> Option<&Change> {
        self.changes.iter().find(|change| change.id == id)
    }

    pub(super) fn change_mut(&mut self, id: &str) -> Option<&mut Change> {
        self.changes.iter_mut().find(|change| change.id == id)
    }

    /// The change that keeps others from a snap.
    pub(super) fn busy(&self, snap: &str) -> Option<&Change> {
        let mut changes = self.changes.iter();
        changes.find(|change| !change.is_ready() && change.concerns(snap))
    }

    /// Whether another change than `besides` is about to install a snap.
    pub(super) fn is_coming(&self, snap: &str, besides: &str) -> bool {
        let others = self.changes.iter().filter(|change| change.id != besides);
        let mut running = others.filter(|change| change.status != Status::Undo);
        running.any(|change| !change.is_ready() && change.brings(snap))
    }

    /// The plugs that an installed snap has.
    pub(super) fn plugs(&self, snap: &str) -> Vec<Plug> {
        let installed = self.snaps.get(snap);
        let local = |installed: &Installed| installed.channel.is_empty();
        installed
            .filter(|installed| !local(installed))
            .map(|installed| store::plugs(snap, &installed.channel))
            .unwrap_or_default()
    }

    /// Connects what the store says of a snap: its plugs to the system's slots.
    pub(super) fn auto_connect(&mut self, snap: &str) {
        let plugs = self.plugs(snap);
        for plug in plugs.iter().filter(|plug| plug.slot_snap.is_empty()) {
            self.connections.insert(Connection {
                plug: (plug.snap.to_owned(), plug.name.to_owned()),
                slot: (SYSTEM.to_owned(), plug.slot.to_owned()),
                manual: false,
            });
        }
    }

    /// Takes a snap away with its connections.
    pub(super) fn remove(&mut self, snap: &str) {
        self.snaps.remove(snap);
        let concerns = |made: &Connection| made.plug.0 == snap || made.slot.0 == snap;
        self.connections.retain(|made| !concerns(made));
    }
}
