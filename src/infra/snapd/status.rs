//! How this node's snapd is found; reads only.

use super::client::Snapd;
use super::envelope::SnapdError;
use super::held::is_held;
use super::refusals::{Meaning, meaning};
use super::types::Snap;
use crate::engine::services::{SnapFacts, SnapdFacts, SnapdState};
use crate::infra::rest::RestError;
use crate::world::Clock;

/// The snaps of the services.
pub const SERVICES: [&str; 3] = ["lxd", "microceph", "microovn"];

/// How snapd is found.
pub async fn status(snapd: &Snapd) -> SnapdState {
    match facts(snapd).await {
        Ok(facts) => SnapdState::Answers(Box::new(facts)),
        Err(SnapdError::Rest(RestError::NoSocket { .. })) => SnapdState::Absent,
        Err(SnapdError::Rest(RestError::NobodyListens { .. })) => SnapdState::Stopped,
        Err(SnapdError::Rest(RestError::NotPermitted { .. })) => SnapdState::NotPermitted,
        Err(SnapdError::Refused(refused)) if meaning(&refused) == Meaning::Denied => {
            SnapdState::NotPermitted
        }
        Err(error) => SnapdState::Broken(error.to_string()),
    }
}

async fn facts(snapd: &Snapd) -> Result<SnapdFacts, SnapdError> {
    let system = snapd.system_info().await?;
    let installed = snapd.snaps(&SERVICES).await?;
    Ok(SnapdFacts {
        version: system.version,
        confinement: system.confinement,
        arch: system.architecture,
        snaps: installed
            .into_iter()
            .map(|snap| of(snap, &snapd.clock))
            .collect(),
    })
}

fn of(snap: Snap, clock: &Clock) -> SnapFacts {
    SnapFacts {
        active: snap.is_active(),
        held: is_held(&snap, clock),
        name: snap.name,
        version: snap.version,
        revision: snap.revision,
        channel: snap.tracking,
    }
}
