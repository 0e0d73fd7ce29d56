//! What the simulated daemons of one application know: nodes, clusters, members, tokens.

use std::collections::BTreeMap;

use super::App;
use crate::engine::Millis;
use crate::rehearsal::certificate::Certificate;
use crate::rehearsal::dice::Dice;
use crate::rehearsal::envelope::Refusal;

/// Milliseconds between two heartbeats of a cluster.
const HEARTBEAT: Millis = 10_000;

/// Everything.
#[derive(Debug)]
pub(in crate::rehearsal) struct State<A: App> {
    seed: u64,
    serial: u64,
    calls: BTreeMap<String, u64>,
    nodes: BTreeMap<String, Node<A>>,
    clusters: BTreeMap<u64, Cluster<A>>,
}

/// One node: what its daemon keeps for itself.
#[derive(Debug)]
pub(in crate::rehearsal) struct Node<A: App> {
    /// Its host name.
    pub(in crate::rehearsal) host: String,
    /// The name and address of its last bootstrap or join, whether that went well or not.
    pub(super) told: (String, String),
    /// Whether its daemon listens.
    pub(super) up: bool,
    cluster: Option<u64>,
    /// What the application keeps.
    pub(in crate::rehearsal) app: A::Node,
}

/// One cluster's database.
#[derive(Debug)]
pub(in crate::rehearsal) struct Cluster<A: App> {
    pub(super) certificate: Certificate,
    founded: Millis,
    /// In the order in which they came.
    pub(in crate::rehearsal) members: Vec<Member>,
    pub(super) tokens: Vec<Token>,
    /// The joins that are under way.
    pub(super) joining: usize,
    /// What the application keeps.
    pub(in crate::rehearsal) app: A::Cluster,
}

/// A row of the members' table.
#[derive(Debug, Clone)]
pub(in crate::rehearsal) struct Member {
    pub(in crate::rehearsal) name: String,
    /// The node it is.
    pub(in crate::rehearsal) host: String,
    /// Its address and port.
    pub(in crate::rehearsal) address: String,
    pub(super) certificate: String,
    pub(super) since: Millis,
    /// A row that a failed join left behind, and the role that it shows.
    pub(super) left_behind: Option<&'static str>,
}

/// A join token.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) name: String,
    pub(super) secret: String,
    /// None for never.
    pub(super) expires: Option<Millis>,
}

impl<A: App> State<A> {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            serial: 0,
            calls: BTreeMap::new(),
            nodes: BTreeMap::new(),
            clusters: BTreeMap::new(),
        }
    }

    /// Chance for the next thing of this kind.
    pub(in crate::rehearsal) fn dice(&mut self, kind: &str) -> Dice {
        self.serial += 1;
        Dice::of(self.seed, &[A::IDENTITY.word, kind], self.serial)
    }

    /// How many waits `host` has had, this one included.
    pub(super) fn waits(&mut self, host: &str) -> u64 {
        let calls = self.calls.entry(host.to_owned()).or_default();
        *calls += 1;
        *calls
    }

    /// Adds a node as a fresh installation leaves it.
    pub(super) fn install(&mut self, host: &str, app: A::Node) {
        let node = Node {
            host: host.to_owned(),
            told: (host.to_owned(), String::new()),
            up: false,
            cluster: None,
            app,
        };
        self.nodes.insert(host.to_owned(), node);
        self.forget_clusters();
    }

    /// The node of that name, where there is one.
    pub(in crate::rehearsal) fn find(&self, host: &str) -> Option<&Node<A>> {
        self.nodes.get(host)
    }

    pub(in crate::rehearsal) fn node(&self, host: &str) -> &Node<A> {
        self.nodes
            .get(host)
            .expect("a daemon exists only for a node of its site, and nodes stay")
    }

    pub(in crate::rehearsal) fn node_mut(&mut self, host: &str) -> &mut Node<A> {
        self.nodes
            .get_mut(host)
            .expect("a daemon exists only for a node of its site, and nodes stay")
    }

    /// The cluster of `host`, with its number; 503 where it has none.
    pub(in crate::rehearsal) fn cluster(&self, host: &str) -> Result<(u64, &Cluster<A>), Refusal> {
        let id = self.nodes.get(host).and_then(|node| node.cluster);
        id.and_then(|id| self.clusters.get(&id).map(|cluster| (id, cluster)))
            .ok_or_else(|| Refusal::new(503, "Database is not yet initialized"))
    }

    /// The cluster of `host`, to be changed; 503 where it has none.
    pub(in crate::rehearsal) fn cluster_mut(
        &mut self,
        host: &str,
    ) -> Result<&mut Cluster<A>, Refusal> {
        let (id, _) = self.cluster(host)?;
        self.by_id(id)
            .ok_or_else(|| Refusal::new(503, "Database is not yet initialized"))
    }

    /// The cluster of that number, as long as it has a node.
    pub(in crate::rehearsal) fn by_id(&mut self, id: u64) -> Option<&mut Cluster<A>> {
        self.clusters.get_mut(&id)
    }

    /// The cluster that answers at one of `addresses`.
    pub(super) fn cluster_at(&self, addresses: &[String]) -> Option<u64> {
        let answers = |member: &Member| {
            let node = self.nodes.get(&member.host);
            addresses.contains(&member.address)
                && node.is_some_and(|node| node.up && node.cluster.is_some())
        };
        let found = self
            .clusters
            .iter()
            .find(|(_, cluster)| cluster.members.iter().any(answers));
        found.map(|(id, _)| *id)
    }

    /// Makes `host` the first member of a new cluster.
    pub(super) fn found(&mut self, host: &str, member: (&str, &str), now: Millis) {
        let mut dice = self.dice("cluster");
        let certificate = Certificate::of(host, &mut dice);
        let cluster = Cluster {
            certificate,
            founded: now,
            members: Vec::new(),
            tokens: Vec::new(),
            joining: 0,
            app: A::Cluster::default(),
        };
        self.clusters.insert(self.serial, cluster);
        self.admit(host, member, (self.serial, now));
    }

    /// Puts `host` into the cluster of that number, under a name and an address.
    pub(super) fn admit(
        &mut self,
        host: &str,
        (name, address): (&str, &str),
        (id, now): (u64, Millis),
    ) {
        let certificate = Certificate::of(host, &mut self.dice("member"));
        let member = Member {
            name: name.to_owned(),
            host: host.to_owned(),
            address: address.to_owned(),
            certificate: certificate.pem,
            since: now,
            left_behind: None,
        };
        if let Some(cluster) = self.clusters.get_mut(&id) {
            cluster.members.push(member);
        }
        self.node_mut(host).cluster = Some(id);
    }

    /// Takes `host` back to where it is uninitialised. The members that it leaves behind still list
    /// it where `row` is given, with that role.
    pub(super) fn reset(&mut self, host: &str, row: Option<&'static str>) {
        let node = self.node_mut(host);
        node.told = (node.host.clone(), String::new());
        let id = node.cluster.take();
        if let Some(cluster) = id.and_then(|id| self.clusters.get_mut(&id)) {
            match (row, cluster.members.iter_mut().find(|it| it.host == host)) {
                (Some(_), Some(member)) => member.left_behind = row,
                _ => cluster.members.retain(|member| member.host != host),
            }
        }
        self.forget_clusters();
    }

    fn forget_clusters(&mut self) {
        let nodes = &self.nodes;
        self.clusters
            .retain(|id, _| nodes.values().any(|node| node.cluster == Some(*id)));
    }
}

impl<A: App> Cluster<A> {
    pub(in crate::rehearsal) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// The name under which `host` is a member.
    pub(in crate::rehearsal) fn name_of(&self, host: &str) -> Option<&str> {
        let member = self.members.iter().find(|member| member.host == host);
        member.map(|member| member.name.as_str())
    }

    /// When the cluster's last heartbeat was; none before the first.
    fn heartbeat(&self, now: Millis) -> Option<Millis> {
        let beats = now.saturating_sub(self.founded) / HEARTBEAT;
        (beats > 0).then(|| self.founded.saturating_add(beats * HEARTBEAT))
    }

    /// The last heartbeat that reached `member`; none while it is pending.
    pub(super) fn reached(&self, member: &Member, now: Millis) -> Option<Millis> {
        self.heartbeat(now)
            .filter(|beat| *beat >= member.since && member.left_behind.is_none())
    }

    /// The role of `member`: `PENDING` before its first heartbeat; then three voters where there are
    /// three members, one where there are fewer; then three that stand by; then spares.
    pub(super) fn role(&self, member: &Member, now: Millis) -> &'static str {
        if let Some(role) = member.left_behind {
            return role;
        }
        if self.reached(member, now).is_none() {
            return "PENDING";
        }
        let settled: Vec<&Member> = self
            .members
            .iter()
            .filter(|it| self.reached(it, now).is_some())
            .collect();
        let voters = if settled.len() < 3 { 1 } else { 3 };
        match settled.iter().position(|it| it.name == member.name) {
            Some(at) if at < voters => "voter",
            Some(at) if settled.len() >= 3 && at < 6 => "stand-by",
            _ => "spare",
        }
    }
}
