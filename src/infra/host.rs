//! What this machine is, read through World alone: never from `lsblk` or `/sys/block`, which show a
//! namespace another machine's disks.

pub mod again;
mod bus;
pub mod disks;
mod facts;
mod holds;
mod kernel;
pub mod nics;
mod system;
mod used;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::engine::facts::{HostFacts, Nic};
use crate::infra::rest::plain;
use crate::world::World;

/// Why the machine could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HostError {
    /// A directory of the kernel's is not there.
    #[error("{} could not be listed: {reason}", .path.display())]
    Unlisted {
        /// Which.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The kernel does not tell the interfaces' addresses.
    #[error("the network interfaces could not be read: {reason}")]
    Interfaces {
        /// What the system says.
        reason: String,
    },
    /// The file that stands for the machine in a rehearsal is not one.
    #[error("{} describes no machine: {reason}", .path.display())]
    Simulated {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and in which line.
        reason: String,
    },
}

/// Everything about this machine. Only reads; a disk that gives no answer is bounded in time.
///
/// In a rehearsal what the kernel tells past World's roots (NICs, memory, CPUs, kernel) comes from
/// `World.simulated_host`, a `HostFacts` in JSON whose disks are not looked at.
pub async fn facts(world: &World) -> Result<HostFacts, HostError> {
    let simulated = simulated(world)?;
    let mut facts = facts::facts(world, simulated.as_ref());
    facts.nics = nics_of(world, simulated)?;
    facts.disks = disks::disks(world).await?;
    Ok(facts)
}

/// This machine's NICs alone; in a rehearsal those of `World.simulated_host`. Only reads.
pub fn nics(world: &World) -> Result<Vec<Nic>, HostError> {
    nics_of(world, simulated(world)?)
}

fn nics_of(world: &World, simulated: Option<HostFacts>) -> Result<Vec<Nic>, HostError> {
    match simulated {
        Some(simulated) => Ok(simulated.nics),
        None => nics::nics(&world.roots),
    }
}

/// This node's host name, without its domain.
pub fn hostname(world: &World) -> String {
    let said = simulated(world).ok().flatten().unwrap_or_default();
    let full = facts::hostname(world, said.hostname);
    full.split('.').next().unwrap_or_default().to_owned()
}

/// What the running kernel calls this node, domain and all: the name by which programs go that ask for
/// it. Empty where a simulated machine does not say.
pub fn nodename(world: &World) -> String {
    let said = simulated(world).ok().flatten().unwrap_or_default();
    facts::nodename(world, said.nodename)
}

fn simulated(world: &World) -> Result<Option<HostFacts>, HostError> {
    let Some(path) = &world.simulated_host else {
        return Ok(None);
    };
    let refuse = |reason: String| HostError::Simulated {
        path: path.clone(),
        reason,
    };
    let file = fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    serde_json::from_str(&file)
        .map(Some)
        .map_err(|error| refuse(error.to_string()))
}

/// A small file's text, cleaned; none if it is not there or empty.
fn line(path: &Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    let text = plain(&String::from_utf8_lossy(&bytes));
    (!text.is_empty()).then_some(text)
}

/// A small file's number.
fn number<T: std::str::FromStr>(path: &Path) -> Option<T> {
    line(path)?.parse().ok()
}

/// Whether a small file says `1`.
fn flag(path: &Path) -> bool {
    number::<u8>(path) == Some(1)
}

/// The names in a directory, sorted as people count (`sda2` before `sda10`).
fn names(dir: &Path) -> io::Result<Vec<String>> {
    let mut names: Vec<String> = fs::read_dir(dir)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort_by_key(|name| (name.len(), name.clone()));
    Ok(names)
}

fn listed(dir: &Path) -> Result<Vec<String>, HostError> {
    names(dir).map_err(|error| HostError::Unlisted {
        path: dir.to_path_buf(),
        reason: error.to_string(),
    })
}
