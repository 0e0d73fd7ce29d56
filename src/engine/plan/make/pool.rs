//! The local pool: its driver, and each node's part of it.

use super::Basis;
use crate::engine::answers::{DiskChoice, DriverChoice, NodeAnswers, Purpose};
use crate::engine::facts::Disk;
use crate::engine::message::Message;
use crate::engine::plan::{DiskUse, LOCAL_POOL, PoolPart, PoolSource};
use crate::engine::preflight::{Check, alike, disk_check, driver_check, refusal, unfit};
use crate::engine::services::{LxdState, NodeFacts};

/// The driver of the local pool: what was asked for, or the best that every node has or will have.
pub(super) fn choose_driver(basis: Basis<'_>) -> Result<Option<String>, Vec<Check>> {
    let has = |node: &str, driver: &str| match basis.facts.get(node) {
        Some(facts) => facts.can_store(driver),
        None => driver == "dir",
    };
    let existing = basis.facts.values().find_map(|facts| match &facts.lxd {
        LxdState::Answers(lxd) if lxd.clustered => {
            lxd.pools.iter().find(|pool| pool.name == LOCAL_POOL)
        }
        _ => None,
    });
    let wanted = match basis.answers.local.driver {
        DriverChoice::None => return Ok(None),
        DriverChoice::Zfs => "zfs",
        DriverChoice::Btrfs => "btrfs",
        DriverChoice::Dir => "dir",
        DriverChoice::Auto => {
            if let Some(pool) = existing {
                return Ok(Some(pool.driver.clone()));
            }
            let everywhere = |driver: &&str| {
                basis
                    .answers
                    .nodes
                    .iter()
                    .all(|node| has(&node.name, driver))
            };
            return Ok(Some(
                ["zfs", "btrfs", "dir"]
                    .into_iter()
                    .find(everywhere)
                    .unwrap_or("dir")
                    .to_owned(),
            ));
        }
    };
    let lacking: Vec<_> = basis
        .answers
        .nodes
        .iter()
        .filter(|node| !has(&node.name, wanted))
        .map(|node| driver_check(&node.name, wanted))
        .collect();
    if lacking.is_empty() {
        Ok(Some(wanted.to_owned()))
    } else {
        Err(lacking)
    }
}

pub(super) fn pool_part(
    basis: Basis<'_>,
    node: &NodeAnswers,
    driver: &str,
) -> Result<PoolPart, Check> {
    let source = match node.disks_for(Purpose::Local).next() {
        Some(choice) => disk_source(basis, node, driver, fitting(basis, node, choice)?)?,
        None if driver == "dir" => PoolSource::Directory,
        None => PoolSource::File(basis.answers.local.file),
    };
    Ok(PoolPart {
        driver: driver.to_owned(),
        source,
    })
}

/// Whether a node's part of the local pool is made: then its disk is not written to any more.
pub(super) fn is_made(basis: Basis<'_>, node: &str) -> bool {
    let facts = basis.facts.get(node);
    facts.is_some_and(|facts| facts.made_pool(node).is_some())
}

fn disk_source(
    basis: Basis<'_>,
    node: &NodeAnswers,
    driver: &str,
    disk: &Disk,
) -> Result<PoolSource, Check> {
    if driver == "dir" {
        let says = Message::new("check.disk-dir").with("disk", &disk.name);
        return Err(disk_check(&node.name, says));
    }
    let facts = basis.facts.get(&node.name);
    let can_wipe = facts.is_some_and(NodeFacts::can_wipe);
    // The pool itself uses its disk and is what the disk holds.
    let made = facts.and_then(|facts| facts.made_pool(&node.name));
    let pool_there = made.is_some();
    let place = made.and_then(|pool| pool.place.as_deref());
    if let Some(place) = place.filter(|place| *place != disk.name && !disk.is_at(place)) {
        let says = Message::new("check.disk-pool-elsewhere").with("disk", &disk.name);
        let says = says.with("node", &node.name).with("place", place);
        return Err(disk_check(&node.name, says));
    }
    let refused = if pool_there {
        unfit(disk)
    } else {
        refusal(disk, can_wipe)
    };
    if let Some(refused) = refused {
        return Err(disk_check(&node.name, refused.why));
    }
    let holds = if pool_there {
        String::new()
    } else {
        disk.holds.in_words(&disk.partitions)
    };
    let wipe = !holds.is_empty();
    let disk = DiskUse::of((&node.name, disk), holds, Purpose::Local);
    Ok(PoolSource::Disk { disk, wipe })
}

/// The disk of the node that a choice means; anything but exactly one is a mistake.
pub(super) fn fitting<'a>(
    basis: Basis<'a>,
    node: &NodeAnswers,
    choice: &DiskChoice,
) -> Result<&'a Disk, Check> {
    let say = |code: &str| Message::new(code).with("filter", &choice.find);
    let facts = basis.facts.get(&node.name);
    let disks = facts.map_or(&[][..], |facts| &facts.host.disks);
    let mut fitting = disks.iter().filter(|disk| choice.find.fits(disk));
    match (fitting.next(), fitting.next()) {
        (Some(disk), None) => match alike(disks, disk) {
            Some(refused) => Err(disk_check(&node.name, refused.why)),
            None => Ok(disk),
        },
        (None, _) => Err(disk_check(&node.name, say("check.disk-none"))),
        (Some(_), Some(_)) => Err(disk_check(&node.name, say("check.disk-many"))),
    }
}
