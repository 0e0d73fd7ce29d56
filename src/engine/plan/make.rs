//! From answers and facts to the plan.

mod pool;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::{DiskUse, LXD_PORT, Phase, Plan, PoolPart, PoolSource, Step, Work};
use crate::engine::answers::{Answers, NodeAnswers};
use crate::engine::preflight::Check;
use crate::engine::services::NodeFacts;
use crate::engine::timing::Usual;
use pool::{choose_driver, is_made, pool_part};

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

/// The driver that the local pool would have by the facts that are there, or the checks that say why
/// it cannot be.
pub fn driver_of(state: &crate::engine::State) -> Result<Option<String>, Vec<Check>> {
    let cluster = &state.cluster;
    let Some(answers) = &cluster.answers else {
        return Ok(None);
    };
    let known = |(name, node): (&String, &crate::engine::node::Node)| {
        Some((name.clone(), node.facts.clone()?))
    };
    let facts = cluster.nodes.iter().filter_map(known).collect();
    choose_driver(Basis {
        cluster: &cluster.id,
        answers,
        facts: &facts,
        usual: &state.usual,
    })
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
    let some = |wiped: bool, made: bool| {
        disks
            .iter()
            .filter(|(disk, wipe)| *wipe == wiped && is_made(basis, &disk.node) == made)
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
        erasures: some(true, false),
        formats: some(false, false),
        standing: some(false, true),
        driver,
    })
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
        let nodes = self.basis.answers.nodes.iter();
        let members = nodes.map(|node| (node.name.clone(), lxd_at(node)));
        let work = Work::LxdAddress {
            address,
            mark,
            members: members.collect(),
        };
        self.add(Phase::Lxd, &node.name, work, &[ready])
    }

    /// The local pool: each member's part, then the whole, then the profile that uses it. The parts
    /// wait for the last join: their disks are looked at right before the pool is made on them.
    fn attach(&mut self, leader: &str, members: &[String], joined: &[String]) {
        let Some(driver) = self.driver else { return };
        let mut needs = joined.to_vec();
        for name in members {
            let Some(part) = self.parts.get(name).cloned() else {
                continue;
            };
            let work = Work::PoolPending {
                name: name.clone(),
                part,
            };
            needs.push(self.add(Phase::Attach, name, work, joined));
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
