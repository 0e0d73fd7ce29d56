//! The systemd unit of an application's daemon: whether it is installed, and how it is started.

use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

use super::App;
use crate::infra::rest::plain;
use crate::world::World;

/// How long systemctl may take to tell a unit's state; it answers at once unless systemd hangs.
const LIMIT: Duration = Duration::from_secs(30);

/// Whether systemd knows the unit; none where there is no systemd to ask.
pub(super) async fn is_installed(world: &World, app: App) -> Option<bool> {
    let state = show(world, "LoadState", app).await?;
    Some(state == "loaded")
}

/// Whether the unit is in a state, such as `failed`, by systemd's word for it.
pub(super) async fn is(world: &World, app: App, state: &str) -> bool {
    show(world, "ActiveState", app).await.as_deref() == Some(state)
}

/// Starts the unit; the error is what systemctl said.
pub(super) async fn start(world: &World, app: App) -> Result<(), String> {
    let output = systemctl(world, &["start"], app)
        .await
        .map_err(|error| format!("{}: {error}", world.programs.systemctl.display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(plain(&String::from_utf8_lossy(&output.stderr)))
}

/// One property of the unit; none where systemctl does not answer as systemd's does.
async fn show(world: &World, property: &str, app: App) -> Option<String> {
    let words = ["show", "-p", property];
    let asked = systemctl(world, &words, app);
    let output = tokio::time::timeout(LIMIT, asked).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(property)?.strip_prefix('='));
    let value = value.map(str::to_owned);
    value.filter(|_| output.status.success())
}

async fn systemctl(world: &World, words: &[&str], app: App) -> std::io::Result<Output> {
    Command::new(&world.programs.systemctl)
        .args(words)
        .arg(app.unit)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
}
