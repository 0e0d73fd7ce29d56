//! How this node's LXD is found; reads only.

use super::client::Lxd;
use super::disk::SOURCE;
use super::profile::PROFILE;
use super::reach::Reach;
use super::types::{Member, MemberStatus, Pool, Server};
use super::units::{Units, units};
use crate::engine::plan::concerned;
use crate::engine::services::{LxdFacts, LxdMember, LxdPool, LxdState};
use crate::infra::host::disks::device;
use crate::infra::rest::RestError;
use crate::world::World;

/// The key in LXD's config under which mcloud leaves its cluster's id.
pub(super) const MARK: &str = "user.mcloud.cluster";

/// The API extension with which LXD can wipe a disk that holds something.
const WIPE: &str = "storage_pool_source_wipe";
/// The API extension with which LXD makes a file system in Ceph where there is none.
const FILES: &str = "storage_cephfs_create_missing";

/// How often an LXD that says it is starting is asked again: with half a second between, for as
/// long as its first answer may take.
const LOOKS: u32 = 180;

/// How LXD is found. A socket that systemd listens on may start the daemon; nothing else does.
pub(super) async fn status(reach: &Reach) -> LxdState {
    let Some(lxd) = reach.find().await else {
        return match units(&reach.world).await {
            Units::There(_) => LxdState::Stopped,
            Units::None | Units::Unknown => LxdState::Absent,
        };
    };
    match facts(reach, &lxd).await {
        Ok(facts) => LxdState::Answers(Box::new(facts)),
        Err(RestError::NotPermitted { .. }) => LxdState::NotPermitted,
        Err(RestError::NoSocket { .. } | RestError::NobodyListens { .. }) => unheard(reach).await,
        Err(error) => LxdState::Broken(error.to_string()),
    }
}

/// A socket that nobody listens on: a stopped LXD's, or what a removed one left behind.
async fn unheard(reach: &Reach) -> LxdState {
    match units(&reach.world).await {
        Units::None => LxdState::Absent,
        Units::There(_) | Units::Unknown => LxdState::Stopped,
    }
}

async fn facts(reach: &Reach, lxd: &Lxd) -> Result<LxdFacts, RestError> {
    for _ in 0..LOOKS {
        if lxd.ready().await? {
            break;
        }
        reach
            .world
            .clock
            .sleep(std::time::Duration::from_millis(500))
            .await;
    }
    let server = lxd.server(None).await?;
    let clustered = server.environment.server_clustered;
    let members = if clustered {
        lxd.members().await?
    } else {
        Vec::new()
    };
    let pools = pools(&reach.world, (lxd, &server)).await?;
    let networks = lxd.networks().await?;
    let profile = lxd.profile(PROFILE).await?;
    Ok(LxdFacts {
        version: server.environment.server_version.clone(),
        clustered,
        name: server.environment.server_name.clone(),
        mark: mark(&server).map(str::to_owned),
        members: members.iter().map(member).collect(),
        pools,
        networks: networks
            .into_iter()
            .filter(|network| network.managed)
            .map(|network| network.name)
            .collect(),
        can_wipe: server.has(WIPE),
        no_files: !server.has(FILES),
        drivers: drivers(&server),
        profile: concerned(profile.devices),
    })
}

/// The id of the mcloud cluster that left its mark.
pub(super) fn mark(server: &Server) -> Option<&str> {
    let mark = server.config.get(MARK).map(String::as_str);
    mark.filter(|mark| !mark.is_empty())
}

fn drivers(server: &Server) -> Vec<String> {
    let drivers = &server.environment.storage_supported_drivers;
    drivers.iter().map(|driver| driver.name.clone()).collect()
}

fn member(member: &Member) -> LxdMember {
    LxdMember {
        name: member.server_name.clone(),
        address: member.address().to_owned(),
        online: member.status == MemberStatus::Online,
    }
}

/// The pools, each as far as it is on this member: one that is `Pending` or `Errored` as a whole may
/// be made here, and one that is only defined here has not written to its disk yet.
async fn pools(world: &World, (lxd, server): (&Lxd, &Server)) -> Result<Vec<LxdPool>, RestError> {
    let (clustered, own) = (
        server.environment.server_clustered,
        &server.environment.server_name,
    );
    let mut found = Vec::new();
    for whole in lxd.pools().await? {
        let mut shown = pool(&whole, clustered);
        if clustered && whole.locations.contains(own) {
            let part = lxd.pool(&whole.name, Some(own)).await?;
            shown.status = format!("{:?}", part.status);
            shown.place = place(world, &part);
        }
        found.push(shown);
    }
    Ok(found)
}

/// Outside a cluster LXD calls a pool's place `none`.
fn pool(pool: &Pool, clustered: bool) -> LxdPool {
    LxdPool {
        name: pool.name.clone(),
        driver: pool.driver.clone(),
        status: format!("{:?}", pool.status),
        members: if clustered {
            pool.locations.clone()
        } else {
            Vec::new()
        },
        place: None,
    }
}

/// Where a member's part is: LXD keeps what it was given first, and may call the source otherwise since.
fn place(world: &World, part: &Pool) -> Option<String> {
    let first = part.config.get("volatile.initial_source");
    let given = first.or_else(|| part.config.get(SOURCE));
    let given = given.filter(|given| given.starts_with('/'))?;
    device(world, given).or_else(|| Some(given.clone()))
}
