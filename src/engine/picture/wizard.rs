//! What the screens before Review show.

mod disks;
mod networks;

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::engine::State;
use crate::engine::answers::{Answers, DriverChoice, LocalPool};
use crate::engine::message::{Failure, Message};
use crate::engine::neighbours::Neighbours;
use crate::engine::node::{Node, Role, Stage};
use crate::engine::plan::make::driver_of;
use crate::engine::preflight::{AddressChoice, Check, check_host, usable_addresses};
use crate::engine::services::NodeFacts;
use crate::engine::shared::Shared;
use crate::engine::trust::{Joining, Session};
use crate::engine::wizard::{Membership, Part, Unfinished};

pub use disks::{CephView, DiskRow, NodeDisks};
pub use networks::{NetworkView, NodeNetwork};

/// What the screens before Review show.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Wizard {
    /// This machine; none before it was looked at.
    pub host: Option<Host>,
    /// What this node is to be.
    pub part: Option<Part>,
    /// The checks of this node; empty before it was looked at.
    pub checks: Shared<Check>,
    /// Every NIC with every address.
    pub addresses: Shared<AddressRow>,
    /// The address for cluster traffic.
    pub address: Option<IpAddr>,
    /// Who else is on the network.
    pub neighbours: Neighbours,
    /// The addresses the operator typed.
    pub typed: Vec<IpAddr>,
    /// The trust session that is open here (initiator).
    pub session: Option<Session>,
    /// The session this node is a joiner in, until it has its certificate.
    pub joining: Option<Joining>,
    /// The disks of every node, in the order of the nodes; this node's own first of all where it joins.
    pub disks: Shared<NodeDisks>,
    /// The local pool.
    pub pool: PoolView,
    /// The distributed storage.
    #[serde(default)]
    pub ceph: CephView,
    /// The network of the guests.
    #[serde(default)]
    pub network: NetworkView,
    /// The NICs of every node.
    pub networks: Shared<NodeNetwork>,
    /// Why what was asked for could not be done.
    pub trouble: Option<Failure>,
    /// The run of this leader that was cut off.
    #[serde(default)]
    pub unfinished: Option<Unfinished>,
    /// The cluster this node is a member of.
    pub member: Option<Membership>,
}

/// This machine, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its host name.
    pub name: String,
    /// Its board model.
    pub model: String,
    /// Its memory in bytes.
    pub memory: u64,
    /// Its kernel and architecture.
    pub kernel: String,
}

/// One address of one NIC, or a NIC without any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressRow {
    /// The NIC, such as `eth0`.
    pub nic: String,
    /// Its MAC address.
    pub mac: String,
    /// Whether it is in operation.
    pub up: bool,
    /// Its speed in Mb/s.
    pub speed_mbps: Option<u32>,
    /// The address with its prefix length; none where the NIC has none.
    pub address: Option<IpNet>,
    /// The default route over this NIC.
    pub gateway: Option<IpAddr>,
    /// Why it cannot be chosen.
    pub unusable: Option<Message>,
    /// What is worth knowing: Wi-Fi, DHCP.
    pub warnings: Vec<Message>,
    /// Whether it is the one to choose where nobody says otherwise: one at most.
    #[serde(default)]
    pub suggested: bool,
}

/// The local pool as it would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolView {
    /// What was chosen.
    pub local: LocalPool,
    /// The driver that comes to; none where there is to be no pool, or it is not known yet.
    pub driver: Option<String>,
    /// Whether every node can use what was chosen.
    pub possible: bool,
}

/// What of the screens before Review is drawn from facts and answers alone.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    host: Option<Host>,
    checks: Shared<Check>,
    addresses: Shared<AddressRow>,
    disks: Shared<NodeDisks>,
    pool: PoolView,
    ceph: CephView,
    network: NetworkView,
    networks: Shared<NodeNetwork>,
}

impl Drawn {
    pub(super) fn of(state: &State) -> Self {
        let facts = state.local.facts.as_deref();
        let answers = state.cluster.answers.as_deref();
        let name = state.local.name.as_str();
        let (ceph, network) = answers
            .map(|answers| {
                (
                    disks::ceph(state, answers),
                    networks::network(state, answers),
                )
            })
            .unwrap_or_default();
        Self {
            host: facts.map(host),
            checks: facts.map_or_else(Shared::default, |facts| check_host(name, facts).into()),
            addresses: facts.map_or_else(Shared::default, |facts| addresses(facts).into()),
            disks: answers.map_or_else(Shared::default, |it| disks::disks(state, it).into()),
            pool: answers.map_or_else(PoolView::default, |answers| pool(state, answers)),
            ceph,
            network,
            networks: answers
                .map_or_else(Shared::default, |it| networks::networks(state, it).into()),
        }
    }
}

/// Draws the state as the screens before Review show it, with what is drawn already. While steps are
/// done none of them is shown, and a picture is made at every sign of life: what was found is left out
/// then.
pub(super) fn wizard(state: &State, drawn: &Drawn) -> Wizard {
    let standing = standing(state);
    if is_begun(state.cluster.stage) {
        return standing;
    }
    let (local, cluster) = (&state.local, &state.cluster);
    let drawn = drawn.clone();
    Wizard {
        host: drawn.host,
        checks: drawn.checks,
        addresses: drawn.addresses,
        neighbours: local.neighbours.clone(),
        typed: local.typed.clone(),
        session: cluster
            .session
            .clone()
            .filter(|_| is_forming(cluster.stage)),
        disks: drawn.disks,
        pool: drawn.pool,
        ceph: drawn.ceph,
        network: drawn.network,
        networks: drawn.networks,
        ..standing
    }
}

/// How this node itself stands.
fn standing(state: &State) -> Wizard {
    let local = &state.local;
    Wizard {
        part: local.part,
        address: local.address,
        joining: local.joining.clone(),
        trouble: local.trouble.clone(),
        unfinished: local
            .unfinished
            .clone()
            .filter(|_| local.role == Role::Undecided),
        member: local.member.clone(),
        ..Wizard::default()
    }
}

/// Whether steps are done, or wait for a decision.
const fn is_begun(stage: Stage) -> bool {
    matches!(stage, Stage::Sealing | Stage::Installing | Stage::Stopped)
}

/// Whether nodes may come in and choose.
const fn is_forming(stage: Stage) -> bool {
    matches!(stage, Stage::Forming | Stage::Gathering | Stage::Review)
}

/// What is known of the node called `name`.
fn facts_of<'a>(state: &'a State, name: &str) -> Option<&'a NodeFacts> {
    let node: Option<&Node> = state.cluster.nodes.get(name);
    node.and_then(|node| node.facts.as_deref())
}

/// The node at whose console `what` was chosen last, where that is another than this.
fn chosen_elsewhere(state: &State, node: &str, what: &str) -> Option<String> {
    let by = state.cluster.chosen_by.get(node)?.get(what)?;
    (*by != state.local.name).then(|| by.clone())
}

fn host(facts: &NodeFacts) -> Host {
    let host = &facts.host;
    Host {
        name: host.hostname.clone(),
        model: host.model.clone(),
        memory: host.memory,
        kernel: format!("{} {}", host.kernel, host.arch),
    }
}

fn addresses(facts: &NodeFacts) -> Vec<AddressRow> {
    let row = |choice: AddressChoice| {
        let nic = facts.host.nics.iter().find(|nic| nic.name == choice.nic);
        AddressRow {
            mac: nic.map(|nic| nic.mac.clone()).unwrap_or_default(),
            up: nic.is_some_and(|nic| nic.up),
            speed_mbps: nic.and_then(|nic| nic.speed_mbps),
            gateway: nic.and_then(|nic| nic.gateway),
            nic: choice.nic,
            address: choice.address,
            unusable: choice.unusable,
            warnings: choice.warnings,
            suggested: choice.suggested,
        }
    };
    usable_addresses(&facts.host).into_iter().map(row).collect()
}

fn pool(state: &State, answers: &Answers) -> PoolView {
    let chosen = driver_of(state);
    PoolView {
        local: answers.local.clone(),
        possible: chosen.is_ok() || answers.local.driver == DriverChoice::None,
        driver: chosen.ok().flatten(),
    }
}
