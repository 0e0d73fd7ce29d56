//! How a node's snapd was found, and the snaps of the services on it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How a node's snapd was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SnapdState {
    /// No socket: snapd is not installed.
    Absent,
    /// Its socket is there and nobody listens on it.
    Stopped,
    /// It does not let this user in, or does not see this process.
    NotPermitted,
    /// It runs and does not answer as snapd does; its own words.
    Broken(String),
    /// It answers.
    Answers(SnapdFacts),
}

/// What an answering snapd says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapdFacts {
    /// Its version as it tells it, e.g. `2.63+24.04`.
    pub version: String,
    /// `strict`, or `partial` where the kernel cannot confine snaps wholly.
    pub confinement: String,
    /// The machine's architecture in Debian's words, e.g. `arm64`.
    pub arch: String,
    /// Those of the services' snaps that are installed, by name.
    pub snaps: Vec<SnapFacts>,
}

impl SnapdFacts {
    /// The snap of that name, if it is installed.
    pub fn snap(&self, name: &str) -> Option<&SnapFacts> {
        self.snaps.iter().find(|snap| snap.name == name)
    }
}

/// One installed snap.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapFacts {
    /// Its name.
    pub name: String,
    /// Its version, for display.
    pub version: String,
    /// Its revision: a number, or `x` and a number for one that was built here.
    pub revision: String,
    /// The channel it follows, `5.21/stable`; empty for one that was built here.
    pub channel: String,
    /// Whether it is enabled.
    pub active: bool,
    /// Whether its refreshes are held for good.
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
