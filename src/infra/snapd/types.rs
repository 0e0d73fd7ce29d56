//! What snapd tells: only what mcloud reads; everything else is ignored.

use serde::Deserialize;

use super::envelope::Maintenance;
use crate::infra::rest::envelope::{or_default, text, texts};

/// `GET /v2/system-info`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SystemInfo {
    /// Its version with suffixes, `2.68.3-3+deb13u1+b7`.
    #[serde(deserialize_with = "text")]
    pub version: String,
    /// The machine in Debian's words, `arm64`; empty before snapd 2.40.
    #[serde(default, deserialize_with = "text")]
    pub architecture: String,
    /// `strict`, or `partial` where the kernel cannot confine snaps wholly.
    #[serde(default, deserialize_with = "text")]
    pub confinement: String,
}

/// An installed snap, `GET /v2/snaps/{name}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Snap {
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// Its version, for display.
    #[serde(default, deserialize_with = "text")]
    pub version: String,
    /// Its revision: a number, or `x1` for one that was built here.
    #[serde(deserialize_with = "text")]
    pub revision: String,
    /// `active` where it is usable, `installed` where it is disabled.
    #[serde(deserialize_with = "text")]
    pub status: String,
    /// The channel it follows; empty for one that was built here.
    #[serde(default, rename = "tracking-channel", deserialize_with = "text")]
    pub tracking: String,
    /// Until when its refreshes are held (RFC 3339); empty where they are not.
    #[serde(default, deserialize_with = "text")]
    pub hold: String,
}

impl Snap {
    /// Whether it is enabled.
    pub fn is_active(&self) -> bool {
        self.status == "active"
    }

    /// Whether it was built or brought here, and the store knows no revision of it.
    pub fn is_local(&self) -> bool {
        self.revision.starts_with('x')
    }

    /// Whether it follows `channel`; `stable` and `5.21` are short for `latest/stable` and
    /// `5.21/stable`.
    pub fn follows(&self, channel: &str) -> bool {
        whole(&self.tracking) == whole(channel)
    }
}

/// A channel with its track and its risk.
fn whole(channel: &str) -> String {
    let risk = |word: &str| matches!(word, "stable" | "candidate" | "beta" | "edge");
    match channel.split_once('/') {
        None if risk(channel) => format!("latest/{channel}"),
        None => format!("{channel}/stable"),
        Some((first, _)) if risk(first) => format!("latest/{channel}"),
        Some(_) => channel.to_owned(),
    }
}

/// What snapd does or did, `GET /v2/changes/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Change {
    /// Its id, a number as a text.
    #[serde(deserialize_with = "text")]
    pub id: String,
    /// What it does, e.g. `install-snap`.
    #[serde(default, deserialize_with = "text")]
    pub kind: String,
    /// The same in words.
    #[serde(default, deserialize_with = "text")]
    pub summary: String,
    /// `Do`, `Doing`, `Done`, `Wait`, `Undo`, `Undoing`, `Undone`, `Hold`, `Error`, `Abort`.
    #[serde(deserialize_with = "text")]
    pub status: String,
    /// Whether it is over.
    #[serde(default)]
    pub ready: bool,
    /// Why it failed: a line for each failed task.
    #[serde(default, deserialize_with = "text")]
    pub err: String,
    /// Its tasks; none for what snapd does at once.
    #[serde(default, deserialize_with = "or_default")]
    pub tasks: Vec<Task>,
    /// Why snapd will be away soon, if it will.
    #[serde(skip)]
    pub maintenance: Option<Maintenance>,
}

/// One task of a change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Task {
    /// What it does, e.g. `download-snap`.
    #[serde(default, deserialize_with = "text")]
    pub kind: String,
    /// The same in words.
    #[serde(default, deserialize_with = "text")]
    pub summary: String,
    /// As a change's.
    #[serde(deserialize_with = "text")]
    pub status: String,
    /// Its last words, each with its time.
    #[serde(default, deserialize_with = "texts")]
    pub log: Vec<String>,
    /// How far it is: bytes where it downloads, else 0 or 1 of 1.
    #[serde(default)]
    pub progress: Units,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Units {
    /// Done so far.
    #[serde(default, deserialize_with = "or_default")]
    pub done: u64,
    /// In all; up to 1 it tells nothing.
    #[serde(default, deserialize_with = "or_default")]
    pub total: u64,
}

/// `GET /v2/connections`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Connections {
    /// What is connected.
    #[serde(default, deserialize_with = "or_default")]
    pub established: Vec<Connection>,
    /// The plugs the asked snap has.
    #[serde(default, deserialize_with = "or_default")]
    pub plugs: Vec<PlugRef>,
    /// The slots the asked snap has.
    #[serde(default, deserialize_with = "or_default")]
    pub slots: Vec<SlotRef>,
}

/// A plug in a slot.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Connection {
    /// The plug.
    pub plug: PlugRef,
    /// The slot.
    pub slot: SlotRef,
}

/// A plug's name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PlugRef {
    /// Whose it is.
    pub snap: String,
    /// Its name there.
    pub plug: String,
}

/// A slot's name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SlotRef {
    /// Whose it is; the system's is `snapd`, or `core` on old systems.
    pub snap: String,
    /// Its name there.
    pub slot: String,
}
