//! How this node's application of microcluster is found; reads only.

use std::time::Duration;

use super::reach::Reach;
use super::types::Member;
use crate::engine::services::{MicroFacts, MicroMember, MicroState};
use crate::infra::host;
use crate::infra::rest::RestError;
use crate::infra::systemd;

/// How often a daemon that says it is starting is asked again: with half a second between, a minute.
const LOOKS: u32 = 120;

/// How it is found, where `facts` gave what it says of itself or why it does not.
pub(in crate::infra) async fn state(
    reach: &Reach,
    facts: Result<MicroFacts, RestError>,
) -> MicroState {
    let installed = systemd::is_installed(&reach.world, reach.app.unit);
    match facts {
        Ok(facts) => MicroState::Answers(Box::new(facts)),
        Err(RestError::NotPermitted { .. }) => MicroState::NotPermitted,
        Err(RestError::NoSocket { .. }) => match installed.await {
            Some(true) => MicroState::Stopped,
            Some(false) | None => MicroState::Absent,
        },
        // A stopped daemon's socket, or what a removed one left behind.
        Err(RestError::NobodyListens { .. }) => match installed.await {
            Some(false) => MicroState::Absent,
            Some(true) | None => MicroState::Stopped,
        },
        Err(error) => MicroState::Broken(error.to_string()),
    }
}

/// What both applications say of themselves.
pub(in crate::infra) async fn facts(reach: &Reach) -> Result<MicroFacts, RestError> {
    for _ in 0..LOOKS {
        if reach.micro.ready().await? {
            break;
        }
        reach.world.clock.sleep(Duration::from_millis(500)).await;
    }
    let core = reach.micro.core().await?;
    let members = reach.micro.members().await?;
    let services = if members.is_empty() {
        Vec::new()
    } else {
        reach.micro.services().await?
    };
    let name = if members.is_empty() {
        // A refused bootstrap leaves the name it was asked with.
        host::hostname(&reach.world)
    } else {
        core.name.clone()
    };
    Ok(MicroFacts {
        version: core.short_version().to_owned(),
        extensions: core.extensions,
        name,
        members: members.into_iter().map(member).collect(),
        services: services
            .into_iter()
            .map(|it| (it.service, it.location))
            .collect(),
        ..MicroFacts::default()
    })
}

fn member(member: Member) -> MicroMember {
    MicroMember {
        name: member.name,
        address: member.address,
        role: member.role,
        status: member.status,
    }
}
