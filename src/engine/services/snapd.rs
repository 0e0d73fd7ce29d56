//! What snapd is found to be, and which of the services' snaps it has.

use serde::{Deserialize, Serialize};

/// How a node's snapd was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SnapdState {
    /// No socket: snapd is not installed.
    #[default]
    Absent,
    /// Installed, but it does not run.
    Stopped,
    /// Its socket may not be opened by this user.
    NotPermitted,
    /// It runs and does not answer as snapd does; its own words.
    Broken(String),
    /// It answers.
    Answers(Box<SnapdFacts>),
}

impl SnapdState {
    /// The snap called `name`, where snapd answers and has it.
    pub fn snap(&self, name: &str) -> Option<&SnapFacts> {
        match self {
            Self::Answers(facts) => facts.snaps.iter().find(|snap| snap.name == name),
            _ => None,
        }
    }
}

/// What an answering snapd says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapdFacts {
    /// Its version, such as `2.68.3`.
    pub version: String,
    /// How well it confines snaps: `strict`, `partial`, `none`.
    pub confinement: String,
    /// The architecture of its snaps, such as `arm64`.
    pub arch: String,
    /// The snaps of the services that are installed.
    pub snaps: Vec<SnapFacts>,
}

/// One installed snap.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapFacts {
    /// Its name.
    pub name: String,
    /// Its version, for display.
    pub version: String,
    /// Its revision; `x1` and the like are local builds.
    pub revision: String,
    /// The channel it follows; empty for local builds.
    pub channel: String,
    /// Whether it is the active one; else it is disabled.
    pub active: bool,
    /// Whether it is kept from refreshing by itself.
    pub held: bool,
}
