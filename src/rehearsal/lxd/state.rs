//! What the simulated LXDs know: nodes, the databases they share, pools, networks, profiles.

use std::collections::{BTreeMap, BTreeSet};

use super::daemon::Asked;
use super::guests::Guest;
use super::images::Image;
use super::network::Network;
use super::operations::Operations;
use super::pool::Pool;
use super::profiles::Profile;
use super::volumes::Volume;
use super::{NodeSpec, Release};
use crate::rehearsal::certificate::Certificate;
use crate::rehearsal::dice::Dice;
use crate::rehearsal::envelope::Refusal;

/// Keys and their values.
pub(super) type Config = BTreeMap<String, String>;

/// Everything. A copy of it is used to find out how a call will end.
#[derive(Debug, Clone)]
pub(super) struct State {
    seed: u64,
    serial: u64,
    calls: BTreeMap<String, u64>,
    nodes: BTreeMap<String, Node>,
    databases: BTreeMap<u64, Database>,
    pub(super) operations: Operations,
}

/// One node: what its LXD keeps for itself.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) spec: NodeSpec,
    /// Its name as a member; its host name before.
    pub(super) member: String,
    /// The keys that are its own.
    pub(super) config: Config,
    pub(super) certificate: Certificate,
    database: u64,
}

/// One database: a cluster's, or that of an LXD by itself, which then is its only member.
#[derive(Debug, Clone)]
pub(super) struct Database {
    pub(super) clustered: bool,
    pub(super) members: Vec<Member>,
    pub(super) config: Config,
    pub(super) pools: BTreeMap<String, Pool>,
    pub(super) networks: BTreeMap<String, Network>,
    pub(super) volumes: BTreeSet<Volume>,
    /// By fingerprint.
    pub(super) images: BTreeMap<String, Image>,
    pub(super) guests: BTreeMap<String, Guest>,
    /// The identity of the first browser.
    pub(super) browser: Option<String>,
    pub(super) profiles: BTreeMap<String, Profile>,
    pub(super) certificate: Certificate,
    pub(super) uuid: String,
}

/// A row of the members' table.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) node: String,
    pub(super) address: String,
}

impl State {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            serial: 0,
            calls: BTreeMap::new(),
            nodes: BTreeMap::new(),
            databases: BTreeMap::new(),
            operations: Operations::default(),
        }
    }

    /// Chance for the next thing of this kind.
    pub(super) fn dice(&mut self, kind: &str) -> Dice {
        self.serial += 1;
        Dice::of(self.seed, &[kind], self.serial)
    }

    /// How many calls `node` has answered, this one included.
    pub(super) fn calls(&mut self, node: &str) -> u64 {
        let calls = self.calls.entry(node.to_owned()).or_default();
        *calls += 1;
        *calls
    }

    /// Adds `spec`'s node as a fresh installation leaves it.
    pub(super) fn install(&mut self, spec: NodeSpec) {
        let certificate = Certificate::of(&spec.name, &mut self.dice("certificate"));
        let node = Node {
            member: spec.name.clone(),
            config: Config::new(),
            certificate,
            database: 0,
            spec,
        };
        let name = node.spec.name.clone();
        self.nodes.insert(name.clone(), node);
        self.fresh_database(&name);
    }

    /// Gives `node` an empty database of its own; one that nobody uses any more goes.
    pub(super) fn fresh_database(&mut self, node: &str) {
        let mut dice = self.dice("database");
        let database = Database {
            clustered: false,
            members: vec![Member {
                name: node.to_owned(),
                node: node.to_owned(),
                address: String::new(),
            }],
            config: Config::new(),
            pools: BTreeMap::new(),
            networks: BTreeMap::new(),
            volumes: BTreeSet::new(),
            images: BTreeMap::new(),
            guests: BTreeMap::new(),
            browser: None,
            profiles: BTreeMap::from([("default".to_owned(), Profile::first())]),
            certificate: Certificate::of(node, &mut dice),
            uuid: dice.uuid4(),
        };
        self.databases.insert(self.serial, database);
        let id = self.serial;
        let its = self.node_mut(node);
        node.clone_into(&mut its.member);
        its.database = id;
        self.forget_databases();
    }

    /// Puts `node` into the database `id` under the name `member`.
    pub(super) fn adopt(&mut self, node: &str, id: u64, member: &str) {
        let its = self.node_mut(node);
        member.clone_into(&mut its.member);
        its.database = id;
        self.forget_databases();
    }

    fn forget_databases(&mut self) {
        let nodes = &self.nodes;
        self.databases
            .retain(|id, _| nodes.values().any(|node| node.database == *id));
    }

    pub(super) fn node(&self, name: &str) -> &Node {
        self.nodes
            .get(name)
            .expect("a daemon exists only for a node of its site, and nodes stay")
    }

    pub(super) fn node_mut(&mut self, name: &str) -> &mut Node {
        self.nodes
            .get_mut(name)
            .expect("a daemon exists only for a node of its site, and nodes stay")
    }

    pub(super) fn release(&self, node: &str) -> Release {
        self.node(node).spec.release
    }

    /// The database of `node`.
    pub(super) fn database(&self, node: &str) -> &Database {
        self.databases
            .get(&self.node(node).database)
            .expect("every node's database is kept as long as a node has it")
    }

    pub(super) fn database_mut(&mut self, node: &str) -> &mut Database {
        let id = self.node(node).database;
        self.databases
            .get_mut(&id)
            .expect("every node's database is kept as long as a node has it")
    }

    /// The cluster that has a member at `address`, and a node in it.
    pub(super) fn cluster_at(&self, address: &str) -> Option<(u64, &str)> {
        self.databases.iter().find_map(|(id, database)| {
            let member = database.members.iter().find(|m| m.address == address)?;
            database.clustered.then_some((*id, member.node.as_str()))
        })
    }

    /// Whether `a` and `b` share a database.
    pub(super) fn together(&self, a: &str, b: &str) -> bool {
        self.node(a).database == self.node(b).database
    }

    /// The node that `?target=` names, or the asked one.
    pub(super) fn target(&self, node: &str, target: Option<&str>) -> Result<String, Refusal> {
        let Some(target) = target else {
            return Ok(node.to_owned());
        };
        let member = self.database(node).member(target);
        member
            .map(|member| member.node.clone())
            .ok_or_else(|| Refusal::new(404, "Cluster member not found"))
    }

    /// Gives the host of a network's part an interface with the network's name.
    pub(super) fn occupy(&mut self, asked: &Asked) {
        if let Ok(node) = self.target(&asked.node, asked.target.as_deref()) {
            let nics = &mut self.node_mut(&node).spec.nics;
            nics.push(asked.text("name").to_owned());
        }
    }

    /// Where `node`'s operations are said to run.
    pub(super) fn location(&self, node: &str) -> String {
        if self.database(node).clustered {
            self.node(node).member.clone()
        } else {
            "none".to_owned()
        }
    }
}

impl Database {
    pub(super) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}
