//! The systemd units of an application: whether it is installed, and how it is started.

use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

use crate::infra::rest::plain;
use crate::world::World;

/// How long systemctl may take to tell a unit's state; it answers at once unless systemd hangs.
const LIMIT: Duration = Duration::from_secs(30);

/// Whether systemd knows the unit; none where there is no systemd to ask.
pub(in crate::infra) async fn is_installed(world: &World, unit: &str) -> Option<bool> {
    let state = show(world, "LoadState", unit).await?;
    Some(state == "loaded")
}

/// Whether the unit is in a state, such as `failed`, by systemd's word for it.
pub(super) async fn is(world: &World, unit: &str, state: &str) -> bool {
    show(world, "ActiveState", unit).await.as_deref() == Some(state)
}

/// Starts the unit; the error is what systemctl said.
pub(super) async fn start(world: &World, unit: &str) -> Result<(), String> {
    let output = systemctl(world, &["start"], unit)
        .await
        .map_err(|error| format!("{}: {error}", world.programs.systemctl.display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(plain(&String::from_utf8_lossy(&output.stderr)))
}

/// One property of the unit; none where systemctl does not answer as systemd's does.
async fn show(world: &World, property: &str, unit: &str) -> Option<String> {
    let words = ["show", "-p", property];
    let asked = systemctl(world, &words, unit);
    let output = tokio::time::timeout(LIMIT, asked).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(property)?.strip_prefix('='));
    let value = value.map(str::to_owned);
    value.filter(|_| output.status.success())
}

async fn systemctl(world: &World, words: &[&str], unit: &str) -> std::io::Result<Output> {
    Command::new(&world.programs.systemctl)
        .args(words)
        .arg(unit)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
}
