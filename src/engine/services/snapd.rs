//! What snapd is found to be, and which of the services' snaps it has.

use std::fmt;
use std::str::FromStr;

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

/// The leading numbers of snapd's version; they are compared in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapdVersion {
    /// Of `2.63.1+24.04`, 2.
    pub major: u32,
    /// 63.
    pub minor: u32,
    /// 1; 0 where there is none.
    pub patch: u32,
}

/// A text that does not begin with two numbers, as a version does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no version: it should begin with two numbers and a dot between, as 2.63")]
pub struct NotAVersion(String);

impl FromStr for SnapdVersion {
    type Err = NotAVersion;

    /// Reads `major.minor[.patch]` and leaves out whatever follows.
    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let number = |c: char| c.is_ascii_digit() || c == '.';
        let leading: String = text.chars().take_while(|c| number(*c)).collect();
        let mut parts = leading.split('.').map(str::parse);
        let (Some(Ok(major)), Some(Ok(minor))) = (parts.next(), parts.next()) else {
            return Err(NotAVersion(text.to_owned()));
        };
        let patch = parts.next().and_then(Result::ok).unwrap_or(0);
        Ok(Self {
            major,
            minor,
            patch,
        })
    }
}

impl fmt::Display for SnapdVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}
