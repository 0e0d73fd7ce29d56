//! From answers and facts to the plan.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::{DiskUse, LXD_PORT, Phase, Plan, PoolPart, PoolSource, Step, Work};
use crate::engine::answers::{Answers, DriverChoice, NodeAnswers, Purpose};
use crate::engine::facts::{Disk, Holds};
use crate::engine::message::Message;
use crate::engine::preflight::{Check, disk_check, driver_check};
use crate::engine::services::{LxdState, NodeFacts};
use crate::engine::timing::Usual;

/// What the plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The cluster's id.
    pub cluster: &'a str,
    /// The operator's answers.
    pub answers: &'a Answers,
    /// The facts of every node that the answers name.
    pub facts: &'a BTreeMap<String, NodeFacts>,
    /// How long steps usually take.
    pub usual: &'a Usual,
}

/// Makes the plan, or says which answers do not fit the facts.
pub fn make(basis: Basis<'_>) -> Result<Plan, Vec<Check>> {
    let driver = choose_driver(basis)?;
    let mut parts = BTreeMap::new();
    let mut wrong = Vec::new();
    for node in &basis.answers.nodes {
        let Some(driver) = driver.as_deref() else {
            continue;
        };
        match pool_part(basis, node, driver) {
            Ok(part) => drop(parts.insert(node.name.clone(), part)),
            Err(check) => wrong.push(check),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let disks: Vec<(DiskUse, bool)> = parts
        .values()
        .filter_map(|part| match &part.source {
            PoolSource::Disk { disk, wipe } => Some((disk.clone(), *wipe)),
            PoolSource::Directory | PoolSource::File(_) => None,
        })
        .collect();
    let some = |wiped: bool| {
        disks
            .iter()
            .filter(|(_, wipe)| *wipe == wiped)
            .map(|(disk, _)| disk.clone())
            .collect()
    };
    Ok(Plan {
        cluster: basis.cluster.to_owned(),
        nodes: basis
            .answers
            .nodes
            .iter()
            .map(|node| node.name.clone())
            .collect(),
        leader: basis.answers.initiator.clone(),
        steps: Builder {
            basis,
            parts: &parts,
            driver: driver.as_deref(),
            steps: Vec::new(),
        }
        .all(),
        erasures: some(true),
        formats: some(false),
        driver,
    })
}

/// The driver of the local pool: what was asked for, or the best that every node has. A stopped
/// LXD cannot say what it has; then only a directory is certain.
fn choose_driver(basis: Basis<'_>) -> Result<Option<String>, Vec<Check>> {
    let has = |node: &str, driver: &str| match basis.facts.get(node).map(|facts| &facts.lxd) {
        Some(LxdState::Answers(lxd)) => lxd.drivers.iter().any(|name| name == driver),
        _ => driver == "dir",
    };
    let existing = basis.facts.values().find_map(|facts| match &facts.lxd {
        LxdState::Answers(lxd) if lxd.clustered => {
            lxd.pools.iter().find(|pool| pool.name == super::LOCAL_POOL)
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

fn pool_part(basis: Basis<'_>, node: &NodeAnswers, driver: &str) -> Result<PoolPart, Check> {
    let source = match node
        .disks
        .iter()
        .find(|choice| choice.purpose == Purpose::Local)
    {
        Some(choice) => {
            let say = |code: &str| Message::new(code).with("filter", &choice.find);
            let facts = basis.facts.get(&node.name);
            let disks = facts
                .map(|facts| facts.host.disks.as_slice())
                .unwrap_or_default();
            let fitting: Vec<_> = disks.iter().filter(|disk| choice.find.fits(disk)).collect();
            match fitting.as_slice() {
                [] => return Err(disk_check(&node.name, say("check.disk-none"))),
                [disk] => disk_source(basis, node, driver, disk)?,
                _ => return Err(disk_check(&node.name, say("check.disk-many"))),
            }
        }
        None if driver == "dir" => PoolSource::Directory,
        None => PoolSource::File(basis.answers.local.file),
    };
    Ok(PoolPart {
        driver: driver.to_owned(),
        source,
    })
}

fn disk_source(
    basis: Basis<'_>,
    node: &NodeAnswers,
    driver: &str,
    disk: &Disk,
) -> Result<PoolSource, Check> {
    let refuse = |code: &str, why: &str| {
        Err(disk_check(
            &node.name,
            Message::new(code).with("disk", &disk.name).with("why", why),
        ))
    };
    if driver == "dir" {
        return refuse("check.disk-dir", "");
    }
    let lxd = basis.facts.get(&node.name).map(|facts| &facts.lxd);
    let pool_there = matches!(lxd, Some(LxdState::Answers(lxd))
        if lxd.clustered && lxd.pools.iter().any(|pool| pool.name == super::LOCAL_POOL
            && pool.members.contains(&node.name)));
    if let Some(why) = disk.used.as_deref().filter(|_| !pool_there) {
        return refuse("check.disk-used", why);
    }
    if disk.read_only {
        return refuse("check.disk-read-only", "");
    }
    let holds = match &disk.holds {
        Holds::Unknown(why) => return refuse("check.disk-unknown", why),
        _ if pool_there => String::new(),
        holds => holds.in_words(&disk.partitions),
    };
    let can_wipe = matches!(lxd, Some(LxdState::Answers(lxd)) if lxd.can_wipe);
    if !holds.is_empty() && !can_wipe {
        return refuse("check.disk-wipe", &holds);
    }
    let wipe = !holds.is_empty();
    let disk = DiskUse {
        node: node.name.clone(),
        name: disk.name.clone(),
        path: disk.path.clone(),
        model: disk.model.clone().unwrap_or_default(),
        serial: disk.serial.clone().unwrap_or_default(),
        size: disk.size,
        holds,
    };
    Ok(PoolSource::Disk { disk, wipe })
}

/// Puts the steps in an order in which each stands after all it needs.
struct Builder<'a> {
    basis: Basis<'a>,
    parts: &'a BTreeMap<String, PoolPart>,
    driver: Option<&'a str>,
    steps: Vec<Step>,
}

impl Builder<'_> {
    fn all(mut self) -> Vec<Step> {
        let answers = self.basis.answers;
        let leader = answers.initiator.as_str();
        let Some(first) = answers.node(leader) else {
            return self.steps;
        };
        self.add(Phase::Preflight, leader, Work::LxdReady, &[]);
        for node in answers.joiners() {
            self.add(Phase::Preflight, &node.name, Work::LxdReady, &[]);
        }
        self.add(Phase::ControlPlane, leader, Work::ControlState, &[]);
        for node in answers.joiners() {
            self.add(Phase::ControlPlane, &node.name, Work::ControlAgent, &[]);
        }
        let joined = self.cluster_lxd(first);
        let members: Vec<String> = answers.nodes.iter().map(|node| node.name.clone()).collect();
        let led = Work::LxdLeader {
            members: members.clone(),
        };
        let led = self.add(Phase::Lxd, leader, led, &joined);
        self.attach(leader, &members, &joined);
        let last = if self.driver.is_some() {
            id("lxd.profile", leader)
        } else {
            led.clone()
        };
        let proof = Work::Proof {
            members,
            pool: self.driver.is_some(),
        };
        self.add(Phase::Finalize, leader, proof, &[led, last]);
        self.steps
    }

    /// LXD's cluster on its first node, then the others' joins. Returns the steps after which each
    /// node is a member.
    fn cluster_lxd(&mut self, first: &NodeAnswers) -> Vec<String> {
        let leader = first.name.as_str();
        let mark = Some(self.basis.cluster.to_owned());
        let addressed = self.address_lxd(first, mark);
        let bootstrap = Work::LxdBootstrap {
            name: leader.to_owned(),
        };
        let bootstrapped = self.add(Phase::Lxd, leader, bootstrap, &[addressed]);
        let mut joined = vec![bootstrapped.clone()];
        for node in self.basis.answers.joiners() {
            let addressed = self.address_lxd(node, None);
            let join = Work::LxdJoin {
                name: node.name.clone(),
                address: lxd_at(node),
                leader: lxd_at(first),
                pool: self.parts.get(&node.name).cloned(),
            };
            let needs = [bootstrapped.clone(), addressed];
            joined.push(self.add(Phase::Lxd, &node.name, join, &needs));
        }
        joined
    }

    fn address_lxd(&mut self, node: &NodeAnswers, mark: Option<String>) -> String {
        let address = lxd_at(node);
        let ready = id("lxd.ready", &node.name);
        let work = Work::LxdAddress { address, mark };
        self.add(Phase::Lxd, &node.name, work, &[ready])
    }

    /// The local pool: each member's part, then the whole, then the profile that uses it.
    fn attach(&mut self, leader: &str, members: &[String], joined: &[String]) {
        let Some(driver) = self.driver else { return };
        let mut needs = joined.to_vec();
        for name in members {
            let Some(part) = self.parts.get(name).cloned() else {
                continue;
            };
            let join = if name == leader {
                "lxd.bootstrap"
            } else {
                "lxd.join"
            };
            let work = Work::PoolPending {
                name: name.clone(),
                part,
            };
            needs.push(self.add(Phase::Attach, name, work, &[id(join, name)]));
        }
        let pool = Work::Pool {
            driver: driver.to_owned(),
            members: members.to_vec(),
        };
        let pool = self.add(Phase::Attach, leader, pool, &needs);
        self.add(Phase::Attach, leader, Work::Profile, &[pool]);
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a row of the plan has these four columns"
    )]
    fn add(&mut self, phase: Phase, node: &str, work: Work, needs: &[String]) -> String {
        let id = id(work.class(), node);
        // LXD's joins go one at a time: its database adds one member at once.
        let locks = match work {
            Work::LxdJoin { .. } => vec!["lxd-join".to_owned()],
            _ => Vec::new(),
        };
        self.steps.push(Step {
            id: id.clone(),
            phase,
            node: node.to_owned(),
            usual_ms: self.basis.usual.of(work.class()),
            work,
            needs: needs.to_vec(),
            locks,
        });
        id
    }
}

fn lxd_at(node: &NodeAnswers) -> SocketAddr {
    SocketAddr::new(node.address, LXD_PORT)
}

fn id(class: &str, node: &str) -> String {
    format!("{class}@{node}")
}
