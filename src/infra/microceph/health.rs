//! How healthy Ceph calls itself: its own program is asked, since `MicroCeph`'s API does not tell.

use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use std::collections::BTreeMap;
use tokio::process::Command;

use crate::engine::message::Message;
use crate::infra::rest::plain;
use crate::world::World;

/// How long the program may take; it waits for monitors that have no quorum.
const LIMIT: Duration = Duration::from_secs(30);

/// What Ceph calls itself where it has nothing to say.
const HEALTHY: &str = "HEALTH_OK";

/// `ceph -s -f json`, as far as it is read here.
#[derive(Debug, Deserialize)]
struct Status {
    health: Health,
}

#[derive(Debug, Deserialize)]
struct Health {
    status: String,
    #[serde(default)]
    checks: BTreeMap<String, Warning>,
}

#[derive(Debug, Deserialize)]
struct Warning {
    summary: Summary,
}

#[derive(Debug, Deserialize)]
struct Summary {
    message: String,
}

/// Ceph's health in a sentence: its own word for it and its warnings, or that nobody tells.
pub(super) async fn health(world: &World) -> Message {
    let Some(found) = asked(world).await else {
        return Message::new("microceph.health-unknown");
    };
    let warnings = found.checks.values().map(|it| plain(&it.summary.message));
    let warnings: Vec<String> = warnings.collect();
    if found.status == HEALTHY || warnings.is_empty() {
        return Message::new("microceph.health").with("status", plain(&found.status));
    }
    let says = Message::new("microceph.health-warns").with("status", plain(&found.status));
    says.with("warnings", warnings.join("; "))
}

async fn asked(world: &World) -> Option<Health> {
    let asked = Command::new(&world.programs.ceph)
        .args(["-s", "-f", "json"])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(LIMIT, asked).await.ok()?.ok()?;
    let status: Status = serde_json::from_slice(&output.stdout).ok()?;
    Some(status.health)
}
