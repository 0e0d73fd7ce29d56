//! A cluster that came to be, or one that was given up before anything of it was installed.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::{Leader, Open};
use crate::engine::Entry;
use crate::engine::answers::Answers;
use crate::engine::message::Message;
use crate::engine::wizard::{Membership, Unfinished};
use crate::session::ca::AUTHORITY_FILE;
use crate::store::{NodeRole, NodeState, Recorded};

/// What came of a cluster.
#[derive(Debug, Default)]
pub(in crate::daemon) struct History {
    /// The cluster there is.
    pub(in crate::daemon) member: Option<Membership>,
    /// The answers by which it came to be.
    pub(in crate::daemon) formed: Option<Answers>,
    /// The run that was cut off.
    pub(in crate::daemon) unfinished: Option<Unfinished>,
}

impl Leader {
    /// Gives up a cluster of which nothing was ever installed: its agents are told, its state goes.
    pub(in crate::daemon) async fn abandon(&self, dir: &Path) {
        let Some(open) = self.open() else { return };
        match open.store.last_run().await {
            Ok(None) => {}
            // Something was begun, or nobody can tell: then its state is worth keeping.
            Ok(Some(_)) | Err(_) => return,
        }
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !now.as_ref().is_some_and(|now| Arc::ptr_eq(now, &open)) {
            // It was given up already, and a new one may have taken its place.
            return;
        }
        *now = None;
        open.abandoned.cancel();
        open.links.part(&Message::new("session.left"));
        // Before another one can be opened, whose state would be removed with it.
        remove_state(dir);
    }
}

impl Open {
    /// What came of the cluster: a cluster there is, with the answers it came to be by, or a run that
    /// was cut off. Nothing while nothing of it was ever installed.
    pub(in crate::daemon) async fn history(&self) -> History {
        let Ok(Some(run)) = self.store.last_run().await else {
            return History::default();
        };
        let journal = self.store.journal(&run).await.unwrap_or_default();
        let last = unfinished(&journal);
        if last.as_ref().is_some_and(|run| run.done < run.steps) {
            return History {
                unfinished: last,
                ..History::default()
            };
        }
        History {
            member: self.membership().await,
            formed: last.map(|run| run.answers),
            unfinished: None,
        }
    }

    async fn membership(&self) -> Option<Membership> {
        let nodes = self.store.nodes().await.ok()?;
        let active = nodes
            .into_iter()
            .filter(|node| node.state == NodeState::Active);
        let (leads, others): (Vec<_>, Vec<_>) =
            active.partition(|node| node.role == NodeRole::Leader);
        let names = leads.iter().chain(&others).map(|node| node.name.clone());
        let leader = leads.first().map(|node| node.name.clone());
        Some(Membership {
            cluster: self.cluster.name.clone(),
            leader: leader.unwrap_or_default(),
            nodes: names.collect(),
        })
    }
}

/// How far a run came, by its journal; none where its first line cannot be read.
fn unfinished(journal: &[Recorded]) -> Option<Unfinished> {
    let entries = journal
        .iter()
        .filter_map(|line| serde_json::from_str(&line.entry.body).ok());
    let mut began = None;
    let mut done = BTreeSet::new();
    for entry in entries {
        match entry {
            Entry::Run { answers, plan, .. } => began = Some((*answers, plan.steps.len())),
            Entry::End { step, failure, .. } if failure.is_none() => drop(done.insert(step)),
            Entry::End { step, .. } => drop(done.remove(&step)),
            Entry::Start { .. } | Entry::Decision { .. } => {}
        }
    }
    let (answers, steps) = began?;
    Some(Unfinished {
        answers,
        done: done.len(),
        steps,
        when: journal.last().map_or(0, |line| line.entry.at),
    })
}

/// Removes a cluster's database and authority.
fn remove_state(dir: &Path) {
    let database = ["mcloud.sqlite", "mcloud.sqlite-wal", "mcloud.sqlite-shm"];
    for name in database.into_iter().chain([AUTHORITY_FILE]) {
        if let Err(error) = std::fs::remove_file(dir.join(name))
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::error!(%error, name, "the state of a given-up cluster could not be removed");
        }
    }
}
