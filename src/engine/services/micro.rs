//! What `MicroCeph` and `MicroOVN` are found to be: both are microcluster applications.

use serde::{Deserialize, Serialize};

use crate::engine::facts::Disk;

/// How a node's `MicroCeph` or `MicroOVN` was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MicroState {
    /// No socket: it is not installed.
    #[default]
    Absent,
    /// Installed, but its daemon does not run.
    Stopped,
    /// Its socket may not be opened by this user.
    NotPermitted,
    /// It runs and does not answer as it should; its own words.
    Broken(String),
    /// It answers.
    Answers(Box<MicroFacts>),
}

impl MicroState {
    /// What it says of itself, where it answers.
    pub fn facts(&self) -> Option<&MicroFacts> {
        match self {
            Self::Answers(facts) => Some(facts),
            _ => None,
        }
    }

    /// The members of its cluster; none where it is in no cluster.
    pub fn members(&self) -> &[MicroMember] {
        self.facts().map_or(&[], |facts| facts.members.as_slice())
    }
}

/// What an answering microcluster application says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MicroFacts {
    /// Its version, for display; decisions use its extensions.
    pub version: String,
    /// Its API extensions.
    pub extensions: Vec<String>,
    /// Its name in its cluster, or the host name before it is in one.
    pub name: String,
    /// The members of its cluster (`GET /core/1.0/cluster`); empty before it is in one.
    pub members: Vec<MicroMember>,
    /// The disks of the whole cluster; `MicroCeph` alone.
    #[serde(default)]
    pub disks: Vec<Osd>,
    /// Which service runs on which member (`GET /1.0/services`), such as `("central", "pi-a")`.
    #[serde(default)]
    pub services: Vec<(String, String)>,
    /// Why disks cannot be encrypted here, in its own words; empty where they can be, none where it
    /// does not say.
    #[serde(default)]
    pub no_encryption: Option<String>,
}

/// One member of a microcluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MicroMember {
    /// Its name.
    pub name: String,
    /// Its address, `ip:port`.
    pub address: String,
    /// Its role: `voter`, `stand-by`, `spare`, `PENDING`.
    pub role: String,
    /// Its status: `ONLINE`, `UNREACHABLE`, …
    pub status: String,
}

/// One disk of a Ceph cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Osd {
    /// Its number.
    pub osd: u64,
    /// The path it was recorded under, on its member.
    pub path: String,
    /// The member it is in.
    pub member: String,
    /// The kernel name of the disk that the path leads to, where its own member was asked.
    #[serde(default)]
    pub device: Option<String>,
}

impl Osd {
    /// Whether it is on this disk of its own member.
    pub fn is_on(&self, disk: &Disk) -> bool {
        match &self.device {
            Some(device) => *device == disk.name,
            None => disk.is_at(&self.path),
        }
    }
}
