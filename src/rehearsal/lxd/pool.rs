//! A storage pool: what the cluster knows of it, and each member's part.

use std::collections::BTreeMap;

use super::daemon::Asked;
use super::state::Config;
use crate::rehearsal::envelope::{Refusal, field};

/// The keys that belong to a member's part alone. LXD's `NodeSpecificStorageConfig`.
pub(super) const MEMBER_KEYS: [&str; 8] = [
    "lvm.thinpool_name",
    "lvm.vg_name",
    "size",
    "source",
    "source.recover",
    "source.wipe",
    "volatile.initial_source",
    "zfs.pool_name",
];

/// How far a pool has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Pending,
    Created,
    Errored,
}

impl Standing {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Created => "Created",
            Self::Errored => "Errored",
        }
    }
}

/// One pool.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    pub(super) driver: String,
    pub(super) description: String,
    /// The keys that are the same everywhere.
    pub(super) config: Config,
    pub(super) standing: Standing,
    /// By member.
    pub(super) parts: BTreeMap<String, Part>,
}

/// A member's part of a pool.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) config: Config,
    /// Whether it is there, not only defined.
    pub(super) made: bool,
}

impl Pool {
    /// A pool that nobody has yet.
    pub(super) fn new(driver: &str, standing: Standing) -> Self {
        Self {
            driver: driver.to_owned(),
            description: String::new(),
            config: Config::new(),
            standing,
            parts: BTreeMap::new(),
        }
    }

    /// Gives `member` its part.
    pub(super) fn add(&mut self, member: &str, config: Config, made: bool) {
        let part = Part { config, made };
        self.parts.insert(member.to_owned(), part);
    }
}

/// A pool as it was asked for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) node: String,
    pub(super) name: String,
    pub(super) driver: String,
    pub(super) description: String,
    pub(super) config: Config,
}

impl Wanted {
    /// Reads it from a request's body.
    pub(super) fn read(asked: &Asked) -> Result<Self, Refusal> {
        let bad = |text: &str| Err(Refusal::new(400, text));
        let (name, driver) = (asked.text("name"), asked.text("driver"));
        if name.is_empty() {
            return bad("No name provided");
        }
        if name.contains('/') {
            return bad("Storage pool names may not contain slashes");
        }
        if driver.is_empty() {
            return bad("No driver provided");
        }
        let config = field(&asked.body, "config")
            .as_object()
            .into_iter()
            .flatten();
        Ok(Self {
            node: asked.node.clone(),
            name: name.to_owned(),
            driver: driver.to_owned(),
            description: asked.text("description").to_owned(),
            config: config
                .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
                .collect(),
        })
    }
}
