//! LXD's systemd units: whether LXD is installed at all, and how it is started.

use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

use crate::infra::rest::plain;
use crate::world::World;

/// The snap's units, then the Debian package's; the socket of each before its daemon.
const FAMILIES: [[&str; 2]; 2] = [
    ["snap.lxd.daemon.unix.socket", "snap.lxd.daemon.service"],
    ["lxd.socket", "lxd.service"],
];

/// How long systemctl may take to tell a unit's state; it answers at once unless systemd hangs.
const LIMIT: Duration = Duration::from_secs(30);

/// What systemd knows of LXD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Units {
    /// There is no systemd to ask.
    Unknown,
    /// No unit of LXD.
    None,
    /// These, all of one package.
    There(Vec<&'static str>),
}

/// Asks which units of LXD there are. Only reads.
pub(super) async fn units(world: &World) -> Units {
    let all = FAMILIES.concat();
    let (Some(states), Some(files)) = (
        show(world, "LoadState", &all).await,
        show(world, "FragmentPath", &all).await,
    ) else {
        return Units::Unknown;
    };
    // A unit that systemd generated stands for an init script, which a removed package leaves
    // behind until it is purged: its LXD is gone.
    let installed =
        |state: &str, file: &str| state == "loaded" && !file.starts_with("/run/systemd/generator");
    let loaded: Vec<&str> = all
        .iter()
        .zip(states.iter().zip(&files))
        .filter(|(_, (state, file))| installed(state, file))
        .map(|(unit, _)| *unit)
        .collect();
    FAMILIES
        .iter()
        .map(|family| {
            let there = family.iter().filter(|unit| loaded.contains(unit));
            there.copied().collect::<Vec<_>>()
        })
        .find(|there| !there.is_empty())
        .map_or(Units::None, Units::There)
}

/// The first unit among `units` that is in a state, such as `failed`, by systemd's word for it.
pub(super) async fn state_of(
    world: &World,
    units: &[&'static str],
    state: &str,
) -> Option<&'static str> {
    if units.is_empty() {
        return None;
    }
    let states = show(world, "ActiveState", units).await?;
    units
        .iter()
        .zip(&states)
        .find(|(_, found)| *found == state)
        .map(|(unit, _)| *unit)
}

/// Starts units; the error is what systemctl said.
pub(super) async fn start(world: &World, units: &[&'static str]) -> Result<(), String> {
    let output = systemctl(world, &["start"], units)
        .await
        .map_err(|error| format!("{}: {error}", world.programs.systemctl.display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(plain(&String::from_utf8_lossy(&output.stderr)))
}

/// Starts the daemon among the units anew; its socket stays. The error is what systemctl said.
pub(super) async fn restart(world: &World, units: &[&'static str]) -> Result<(), String> {
    let services = units.iter().filter(|unit| unit.ends_with(".service"));
    let services: Vec<_> = services.copied().collect();
    let output = systemctl(world, &["restart"], &services)
        .await
        .map_err(|error| format!("{}: {error}", world.programs.systemctl.display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(plain(&String::from_utf8_lossy(&output.stderr)))
}

/// One property of each unit, in order; none where systemctl does not answer as systemd's does.
async fn show(world: &World, property: &str, units: &[&'static str]) -> Option<Vec<String>> {
    let words = ["show", "-p", property];
    let asked = systemctl(world, &words, units);
    let output = tokio::time::timeout(LIMIT, asked).await.ok()?.ok()?;
    let states: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.strip_prefix(property)?.strip_prefix('='))
        .map(str::to_owned)
        .collect();
    (output.status.success() && states.len() == units.len()).then_some(states)
}

async fn systemctl(
    world: &World,
    words: &[&str],
    units: &[&'static str],
) -> std::io::Result<Output> {
    Command::new(&world.programs.systemctl)
        .args(words)
        .args(units)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
}
