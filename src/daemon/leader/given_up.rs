//! A cluster that came to be, or one that was given up before anything of it was installed.

use std::path::Path;
use std::sync::PoisonError;

use super::{Leader, Open};
use crate::engine::message::Message;
use crate::engine::wizard::Membership;
use crate::session::ca::AUTHORITY_FILE;
use crate::store::{NodeRole, NodeState};

impl Leader {
    /// Gives up a cluster of which nothing was ever installed: its agents are told, its state goes.
    pub(in crate::daemon) async fn abandon(&self, dir: &Path) {
        let Some(open) = self.open() else { return };
        match open.store.last_run().await {
            Ok(None) => {}
            // Something was begun, or nobody can tell: then its state is worth keeping.
            Ok(Some(_)) | Err(_) => return,
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        open.abandoned.cancel();
        open.links.part(&Message::new("session.left"));
        remove_state(dir);
    }
}

impl Open {
    /// The cluster as its home screen shows it; none while nothing of it was ever installed.
    pub(in crate::daemon) async fn membership(&self) -> Option<Membership> {
        self.store.last_run().await.ok()??;
        let nodes = self.store.nodes().await.ok()?;
        let active = nodes
            .into_iter()
            .filter(|node| node.state == NodeState::Active);
        let (leads, others): (Vec<_>, Vec<_>) =
            active.partition(|node| node.role == NodeRole::Leader);
        let names = leads.iter().chain(&others).map(|node| node.name.clone());
        Some(Membership {
            cluster: self.cluster.name.clone(),
            leader: leads
                .first()
                .map(|node| node.name.clone())
                .unwrap_or_default(),
            nodes: names.collect(),
        })
    }
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
