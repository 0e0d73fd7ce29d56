//! LXD's systemd units: whether LXD is installed at all, and how it is started.

use crate::infra::systemd;
pub(super) use crate::infra::systemd::start;
use crate::world::World;

/// The snap's units, then the Debian package's; the socket of each before its daemon.
const FAMILIES: [[&str; 2]; 2] = [
    ["snap.lxd.daemon.unix.socket", "snap.lxd.daemon.service"],
    ["lxd.socket", "lxd.service"],
];

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
        systemd::show(world, "LoadState", &all).await,
        systemd::show(world, "FragmentPath", &all).await,
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
    let states = systemd::show(world, "ActiveState", units).await?;
    units
        .iter()
        .zip(&states)
        .find(|(_, found)| *found == state)
        .map(|(unit, _)| *unit)
}

/// Starts the daemon among the units anew; its socket stays. The error is what systemctl said.
pub(super) async fn restart(world: &World, units: &[&'static str]) -> Result<(), String> {
    let services = units.iter().filter(|unit| unit.ends_with(".service"));
    let services: Vec<_> = services.copied().collect();
    systemd::restart(world, &services).await
}
