//! systemd's units, by `systemctl`: whether they are there, how they stand, how they are started.

use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

use crate::infra::rest::plain;
use crate::world::World;

/// How long systemctl may take to tell a unit's state; it answers at once unless systemd hangs.
const LIMIT: Duration = Duration::from_secs(30);

/// Whether systemd knows the unit; none where there is no systemd to ask.
pub(super) async fn is_installed(world: &World, unit: &str) -> Option<bool> {
    let states = show(world, "LoadState", &[unit]).await?;
    Some(states == ["loaded"])
}

/// Whether the unit is in a state, such as `failed`, by systemd's word for it.
pub(super) async fn is(world: &World, unit: &str, state: &str) -> bool {
    show(world, "ActiveState", &[unit])
        .await
        .is_some_and(|states| states == [state])
}

/// Starts units; the error is what systemctl said.
pub(super) async fn start(world: &World, units: &[&str]) -> Result<(), String> {
    order(world, "start", units).await
}

/// Starts units anew; the error is what systemctl said.
pub(super) async fn restart(world: &World, units: &[&str]) -> Result<(), String> {
    order(world, "restart", units).await
}

/// One property of each unit, in order; none where systemctl does not answer as systemd's does.
pub(super) async fn show(world: &World, property: &str, units: &[&str]) -> Option<Vec<String>> {
    let words = ["show", "-p", property];
    let asked = systemctl(world, &words, units);
    let output = tokio::time::timeout(LIMIT, asked).await.ok()?.ok()?;
    let values: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.strip_prefix(property)?.strip_prefix('='))
        .map(str::to_owned)
        .collect();
    (output.status.success() && values.len() == units.len()).then_some(values)
}

async fn order(world: &World, verb: &str, units: &[&str]) -> Result<(), String> {
    let output = systemctl(world, &[verb], units)
        .await
        .map_err(|error| format!("{}: {error}", world.programs.systemctl.display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(plain(&String::from_utf8_lossy(&output.stderr)))
}

async fn systemctl(world: &World, words: &[&str], units: &[&str]) -> std::io::Result<Output> {
    Command::new(&world.programs.systemctl)
        .args(words)
        .args(units)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
}
