//! From answers and facts to the plan.
//!
//! Three chains go side by side: LXD, `MicroCeph`, `MicroOVN`. Pools and networks wait for what they
//! use, nothing else does: the wall time is the longest chain of service calls, not their sum.

mod attach;
mod ceph;
mod lxd;
mod ovn;
mod pool;
mod prove;
mod snaps;

use std::collections::BTreeMap;

use super::{DiskUse, Phase, Plan, PoolPart, PoolSource, Step, Work};
use crate::engine::answers::{Answers, NodeAnswers, Purpose};
use crate::engine::preflight::Check;
use crate::engine::services::NodeFacts;
use crate::engine::timing::Usual;
use ceph::CephDisk;
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
    choose_driver(Basis {
        cluster: &cluster.id,
        answers,
        facts: &cluster.facts(),
        usual: &state.usual,
    })
}

/// Makes the plan, or says which answers do not fit the facts.
pub fn make(basis: Basis<'_>) -> Result<Plan, Vec<Check>> {
    let driver = choose_driver(basis)?;
    let given = Given::choose(basis, driver.as_deref())?;
    let disks = given.disks();
    let some = |wiped: bool, made: bool| {
        disks
            .iter()
            .filter(|(_, wipe, stands)| *wipe == wiped && *stands == made)
            .map(|(disk, ..)| disk.clone())
            .collect()
    };
    let nodes = basis.answers.nodes.iter();
    Ok(Plan {
        cluster: basis.cluster.to_owned(),
        nodes: nodes.map(|node| node.name.clone()).collect(),
        leader: basis.answers.initiator.clone(),
        steps: Builder::new(basis, &given, driver.as_deref()).all(),
        erasures: some(true, false),
        formats: some(false, false),
        standing: some(false, true),
        driver,
    })
}

/// What the nodes give away: disks found by the answers' filters, and looked at.
struct Given<'a> {
    basis: Basis<'a>,
    parts: BTreeMap<String, PoolPart>,
    ceph: Vec<CephDisk>,
}

impl<'a> Given<'a> {
    fn choose(basis: Basis<'a>, driver: Option<&str>) -> Result<Self, Vec<Check>> {
        let mut given = Self {
            basis,
            parts: BTreeMap::new(),
            ceph: Vec::new(),
        };
        let mut wrong = Vec::new();
        for node in &basis.answers.nodes {
            if let Some(driver) = driver {
                match pool_part(basis, node, driver) {
                    Ok(part) => drop(given.parts.insert(node.name.clone(), part)),
                    Err(check) => wrong.push(check),
                }
            }
            for choice in node.disks_for(Purpose::Ceph) {
                match ceph::disk(basis, node, choice) {
                    Ok(disk) => given.ceph.push(disk),
                    Err(check) => wrong.push(check),
                }
            }
        }
        if wrong.is_empty() {
            Ok(given)
        } else {
            Err(wrong)
        }
    }

    /// Every disk with whether it is wiped, and whether it carries its part already.
    fn disks(&self) -> Vec<(DiskUse, bool, bool)> {
        let local = self.parts.values().filter_map(|part| match &part.source {
            PoolSource::Disk { disk, wipe } => {
                Some((disk.clone(), *wipe, is_made(self.basis, &disk.node)))
            }
            PoolSource::Directory | PoolSource::File(_) => None,
        });
        let ceph = self.ceph.iter();
        let ceph = ceph.map(|it| (it.disk.clone(), it.wipe, it.stands));
        local.chain(ceph).collect()
    }
}

/// Puts the steps in an order in which each stands after all it needs.
struct Builder<'a> {
    basis: Basis<'a>,
    given: &'a Given<'a>,
    driver: Option<&'a str>,
    leader: &'a str,
    members: Vec<String>,
    steps: Vec<Step>,
}

impl<'a> Builder<'a> {
    fn new(basis: Basis<'a>, given: &'a Given<'a>, driver: Option<&'a str>) -> Self {
        let nodes = basis.answers.nodes.iter();
        Self {
            basis,
            given,
            driver,
            leader: &basis.answers.initiator,
            members: nodes.map(|node| node.name.clone()).collect(),
            steps: Vec::new(),
        }
    }

    fn all(mut self) -> Vec<Step> {
        let answers = self.basis.answers;
        let Some(first) = answers.node(self.leader) else {
            return self.steps;
        };
        for node in std::iter::once(first).chain(answers.joiners()) {
            self.preflight(node);
        }
        self.add(Phase::ControlPlane, self.leader, Work::ControlState, &[]);
        for node in answers.joiners() {
            self.add(Phase::ControlPlane, &node.name, Work::ControlAgent, &[]);
        }
        let ceph = self.cluster_ceph(first);
        let ovn = self.cluster_ovn(first);
        let lxd = self.cluster_lxd(first);
        let ready = self.attach(&lxd, ceph.as_ref(), ovn.as_deref());
        self.finalize(&lxd, ceph.as_ref(), &ready);
        self.steps
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a row of the plan has these four columns"
    )]
    fn add(&mut self, phase: Phase, node: &str, work: Work, needs: &[String]) -> String {
        let id = match work.part() {
            Some(part) => format!("{}.{part}@{node}", work.class()),
            None => id(work.class(), node),
        };
        self.steps.push(Step {
            id: id.clone(),
            phase,
            node: node.to_owned(),
            usual_ms: self.basis.usual.of(work.class()),
            locks: locks(&work, node),
            work,
            needs: needs.to_vec(),
        });
        id
    }

    fn facts(&self, node: &NodeAnswers) -> Option<&'a NodeFacts> {
        self.basis.facts.get(&node.name)
    }
}

/// What a step holds meanwhile. The databases of LXD, `MicroCeph` and `MicroOVN` take one member at a
/// time; a monitor is tuned between two joins, since each join waits for the election of the one
/// before; a `MicroCeph` takes one disk at a time.
fn locks(work: &Work, node: &str) -> Vec<String> {
    match work {
        Work::LxdJoin { .. } => vec!["lxd-join".to_owned()],
        Work::CephJoin { .. } | Work::CephTune { .. } => vec!["microceph-join".to_owned()],
        Work::OvnJoin { .. } => vec!["microovn-join".to_owned()],
        Work::CephDisk { .. } => vec![format!("microceph-disk@{node}")],
        _ => Vec::new(),
    }
}

fn id(class: &str, node: &str) -> String {
    format!("{class}@{node}")
}
