//! The leader's database keeps what it answered, and gives nothing to the wrong ones.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, an assumption that does not hold is a failure"
)]

mod journal;
mod nodes;
mod opening;
mod tokens;

use std::path::PathBuf;

use mcloud::store::{NewCertificate, Node, NodeRole, NodeState, Store};
use tempfile::TempDir;

/// A moment in 2025; no test looks at the machine's clock.
pub(crate) const NOW: u64 = 1_760_000_000_000;

/// A database in a directory that is gone with the test.
pub(crate) struct Place {
    pub(crate) store: Store,
    pub(crate) dir: TempDir,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("state/db.sqlite"))
            .await
            .unwrap();
        Self { store, dir }
    }

    /// The directory that the database made for itself.
    pub(crate) fn home(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.home().join("db.sqlite")
    }

    /// The same database after a restart.
    pub(crate) async fn reopened(self) -> Self {
        self.store.clone().close().await;
        let store = Store::open(&self.path()).await.unwrap();
        Self { store, ..self }
    }
}

pub(crate) fn node(id: &str, name: &str) -> Node {
    Node {
        id: id.to_owned(),
        name: name.to_owned(),
        address: "10.0.0.2".to_owned(),
        role: NodeRole::Worker,
        model: "Raspberry Pi 5".to_owned(),
        joined: NOW,
        state: NodeState::Active,
    }
}

pub(crate) fn certificate(number: u8) -> NewCertificate {
    NewCertificate {
        fingerprint: format!("fingerprint-{number}"),
        serial: format!("serial-{number}"),
        der: vec![0x30, number],
        issued: NOW,
        not_after: NOW + 1000,
    }
}
