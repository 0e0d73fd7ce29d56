//! Simulated nodes, each with a small machine and a simulated LXD, and what every test of the steps
//! does with them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use mcloud::engine::Seen;
use mcloud::engine::message::{Failure, Message};
use mcloud::engine::plan::{DiskUse, PoolPart, PoolSource, Work};
use mcloud::infra::lxd::LxdService;
use mcloud::infra::lxd::client::Lxd;
use mcloud::infra::microcluster::client::{Control, Micro};
use mcloud::infra::{Context, InfraBootstrapper, Inputs, Step};
use mcloud::rehearsal::fault::Fault;
use mcloud::rehearsal::lxd::{NodeSpec, Probe, Release, Site};
use mcloud::rehearsal::microovn::MicroOvn;
use mcloud::rehearsal::serving::Serving;
use mcloud::world::Clock;
use tokio_util::sync::CancellationToken;

use crate::machine::Machine;
use crate::steps_words::{heard, spoken};

pub(crate) const RELEASES: [Release; 3] = [Release::V5_0, Release::V5_21, Release::V6];

/// The id of the cluster that the tests make.
pub(crate) const CLUSTER: &str = "c0ffee";

/// The size of a part in a file.
pub(crate) const FILE: u64 = 20 << 30;

/// One node.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    pub(crate) machine: Machine,
    pub(crate) service: LxdService,
    pub(crate) lxd: Lxd,
    pub(crate) ovn: Micro,
    pub(crate) _serving: [Serving; 2],
}

/// Nodes `pi-1`, `pi-2` … at 10.77.0.11, 12 …, each with an empty disk `sda` and a disk `sdb` that
/// holds photos.
pub(crate) struct Lab {
    pub(crate) nodes: Vec<Node>,
    /// Signs of life that the steps gave.
    pub(crate) signs: Arc<AtomicUsize>,
    /// Whether Ceph is there; it is, unless a test says otherwise.
    pub(crate) ceph: Arc<AtomicBool>,
}

/// How a node is made different.
pub(crate) type Change<'a> = &'a dyn Fn(&mut NodeSpec);

/// What the nodes' LXDs find around them.
struct Around {
    site: Site,
    ovn: MicroOvn,
    ceph: Arc<AtomicBool>,
    clock: Clock,
}

impl Lab {
    pub(crate) async fn of(release: Release, count: u8, faults: &[&str]) -> Self {
        Self::with(release, count, (faults, &|_| ())).await
    }

    /// The same, with nodes that are made different.
    pub(crate) async fn with(
        release: Release,
        count: u8,
        (faults, change): (&[&str], Change<'_>),
    ) -> Self {
        let clock = Clock::faster(200.0);
        let faults = faults
            .iter()
            .map(|spec| spec.parse::<Fault>().expect("a fault"));
        let around = Around {
            site: Site::new(clock.clone(), 11, faults.collect()),
            ovn: MicroOvn::new(clock.clone(), 11, Vec::new()),
            ceph: Arc::new(AtomicBool::new(true)),
            clock,
        };
        let mut nodes = Vec::new();
        for number in 1..=count {
            nodes.push(node(&around, (release, number), change).await);
        }
        Self {
            nodes,
            signs: Arc::default(),
            ceph: around.ceph,
        }
    }

    pub(crate) fn node(&self, number: usize) -> &Node {
        &self.nodes[number - 1]
    }

    pub(crate) fn names(&self, count: usize) -> Vec<String> {
        let nodes = self.nodes.iter().take(count);
        nodes.map(|node| node.name.clone()).collect()
    }

    /// What a step has at hand.
    pub(crate) fn context(&self, inputs: Inputs) -> Context {
        let signs = Arc::clone(&self.signs);
        Context {
            progress: Box::new(move |progress| {
                if let Some(doing) = &progress.doing {
                    spoken(doing);
                }
                signs.fetch_add(1, Ordering::SeqCst);
            }),
            cancel: CancellationToken::new(),
            inputs,
            attempt: 1,
        }
    }

    pub(crate) fn step(&self, number: usize, work: &Work) -> Box<dyn Step> {
        let step = self.node(number).service.step(work);
        step.expect("LXD's service does this work")
    }

    /// What the leader gives a node for its work.
    pub(crate) async fn inputs(&self, work: &Work) -> Result<Inputs, Failure> {
        heard(self.node(1).service.inputs_for(work).await)
    }

    pub(crate) async fn observe(&self, number: usize, work: &Work) -> Result<Seen, Failure> {
        let context = self.context(Inputs::new());
        let seen = heard(self.step(number, work).observe(&context).await);
        if let Ok(Seen::There(found)) = &seen {
            for message in found {
                spoken(message);
            }
        }
        seen
    }

    /// Applies and verifies, as a node's daemon does; a failed attempt is undone.
    pub(crate) async fn apply(&self, number: usize, work: &Work) -> Result<Vec<Message>, Failure> {
        let context = self.context(self.inputs(work).await?);
        let step = self.step(number, work);
        if let Err(failure) = heard(step.apply(&context).await) {
            heard(step.undo(&context).await)?;
            return Err(failure);
        }
        heard(step.verify(&context).await)
    }

    /// A step's whole way: not there, applied, there; and applied once more, which changes nothing.
    pub(crate) async fn walk(&self, number: usize, work: &Work) {
        match self.observe(number, work).await {
            Ok(Seen::Missing(before)) => assert!(!before.is_empty(), "{work:?}"),
            other => panic!("{work:?} should be missing: {other:?}"),
        }
        let found = self.apply(number, work).await.unwrap_or_else(|failure| {
            panic!("{work:?} on {number}: {failure:#?}");
        });
        assert!(!found.is_empty(), "{work:?} says nothing of what it made");
        self.is_there(number, work).await;
        self.apply(number, work)
            .await
            .unwrap_or_else(|failure| panic!("again {work:?}: {failure:#?}"));
        self.is_there(number, work).await;
    }

    /// The same for what needs nothing done once the steps before it are.
    pub(crate) async fn is_there(&self, number: usize, work: &Work) -> Vec<Message> {
        match self.observe(number, work).await {
            Ok(Seen::There(found)) => found,
            other => panic!("{work:?} should be there: {other:?}"),
        }
    }

    /// A step fails when it is looked at, and leaves the node's LXD as it was.
    pub(crate) async fn is_refused(&self, number: usize, work: &Work) -> Failure {
        let before = self.node(number).service.status().await;
        let failure = match self.observe(number, work).await {
            Err(failure) => failure,
            seen => panic!("{work:?} should be refused: {seen:?}"),
        };
        let context = self.context(Inputs::new());
        let step = self.step(number, work);
        heard(step.apply(&context).await).expect_err("what is refused is not applied");
        heard(step.undo(&context).await).expect("nothing to undo");
        assert_eq!(before, self.node(number).service.status().await);
        failure
    }

    /// Node 1's address and cluster.
    pub(crate) async fn bootstrap(&self) {
        self.walk(1, &address(self.node(1), true)).await;
        self.walk(1, &bootstrap(self.node(1))).await;
    }

    /// A node's address and join.
    pub(crate) async fn take_in(&self, number: usize, part: Option<PoolPart>) {
        self.walk(number, &address(self.node(number), false)).await;
        self.walk(number, &self.join(number, part)).await;
    }

    pub(crate) fn join(&self, number: usize, pool: Option<PoolPart>) -> Work {
        Work::LxdJoin {
            name: self.node(number).name.clone(),
            address: self.node(number).address,
            leader: self.node(1).address,
            pool,
            network: None,
            remote: Vec::new(),
        }
    }

    /// MicroOVN's cluster of the first `count` nodes.
    pub(crate) async fn ovn(&self, count: usize) {
        for number in 1..=count {
            self.ovn_on(number).await;
        }
    }

    /// MicroOVN on one more node.
    pub(crate) async fn ovn_on(&self, number: usize) {
        let node = self.node(number);
        let control = Control {
            name: node.name.clone(),
            address: SocketAddr::new(node.address.ip(), 6443),
            config: BTreeMap::new(),
        };
        if number == 1 {
            return node.ovn.bootstrap(&control).await.expect("a cluster");
        }
        let token = self.node(1).ovn.token(&node.name).await.expect("a token");
        node.ovn.join(&control, &token).await.expect("a member");
    }

    pub(crate) fn pool(&self, count: usize) -> Work {
        Work::Pool {
            driver: "btrfs".to_owned(),
            members: self.names(count),
        }
    }

    pub(crate) fn proof(&self, count: usize) -> Work {
        Work::Proof {
            members: self.names(count),
            pools: vec!["local".to_owned()],
            networks: Vec::new(),
            root: Some("local".to_owned()),
            nic: None,
        }
    }

    /// A cluster of the first `count` nodes with a pool: on a disk on node 1, in files elsewhere.
    pub(crate) async fn form(&self, count: usize) {
        self.bootstrap().await;
        for number in 1..=count {
            let part = if number == 1 {
                disk(self.node(1), "sda")
            } else {
                file()
            };
            if number > 1 {
                self.take_in(number, Some(part.clone())).await;
            }
            self.walk(number, &pending(self.node(number), part)).await;
        }
        self.walk(1, &self.pool(count)).await;
        self.walk(1, &profile()).await;
    }
}

async fn node(around: &Around, (release, number): (Release, u8), change: Change<'_>) -> Node {
    let name = format!("pi-{number}");
    let ip = Ipv4Addr::new(10, 77, 0, 10 + number);
    let mut machine = Machine::new();
    machine.disk("sda", "8:0").disk("sdb", "8:16");
    machine.holding("sdb", "0\nTYPE=ext4\nLABEL=photos\n");
    let mut spec = NodeSpec::new(&name, release, ip.into());
    let (ceph, ovn, own) = (around.ceph.clone(), around.ovn.clone(), name.clone());
    spec.ceph = Probe::when(move || ceph.load(Ordering::SeqCst));
    spec.ovn = Probe::when(move || ovn.ovn_ready(&own));
    change(&mut spec);
    for (disk, number) in [("sda", "8:0"), ("sdb", "8:16")] {
        let serial = format!("{name}-{disk}");
        machine.link(
            &format!("dev/disk/by-id/ata-{serial}"),
            &format!("../../{disk}"),
        );
        machine.file(
            &format!("udev/data/b{number}"),
            &format!("E:ID_SERIAL_SHORT={serial}\n"),
        );
        let path = machine.path(&format!("dev/disk/by-id/ata-{serial}"));
        spec.disks.push(path.display().to_string());
    }
    let socket = machine.path("lxd.socket");
    machine.world.lxd_sockets = vec![socket.clone()];
    machine.world.programs.systemctl = machine.path("no-systemctl");
    machine.world.clock = around.clock.clone();
    machine.world.snapd_socket = machine.path("no-snapd.socket");
    machine.world.microovn_socket = machine.path("microovn.socket");
    let serving = around.site.add_node(spec).serve(socket.clone()).await;
    let ovn = machine.world.microovn_socket.clone();
    let ovn_serving = around.ovn.node(&name).serve(ovn.clone()).await;
    Node {
        name,
        address: SocketAddr::new(ip.into(), 8443),
        service: LxdService::new(machine.world.clone()),
        lxd: Lxd::new(socket),
        machine,
        ovn: Micro::new(ovn),
        _serving: [
            serving.expect("the socket"),
            ovn_serving.expect("the socket"),
        ],
    }
}

/// More planned members than any lab has nodes.
pub(crate) fn members() -> BTreeMap<String, SocketAddr> {
    let at = |number: u8| SocketAddr::new([10, 77, 0, 10 + number].into(), 8443);
    (1..=9)
        .map(|number| (format!("pi-{number}"), at(number)))
        .collect()
}

pub(crate) fn address(node: &Node, leads: bool) -> Work {
    Work::LxdAddress {
        address: node.address,
        mark: leads.then(|| CLUSTER.to_owned()),
        members: members(),
    }
}

pub(crate) fn bootstrap(node: &Node) -> Work {
    Work::LxdBootstrap {
        name: node.name.clone(),
    }
}

pub(crate) fn pending(node: &Node, part: PoolPart) -> Work {
    Work::PoolPending {
        name: node.name.clone(),
        part,
    }
}

pub(crate) fn file() -> PoolPart {
    PoolPart {
        driver: "btrfs".to_owned(),
        source: PoolSource::File(FILE),
    }
}

/// A node's disk as Review showed it.
pub(crate) fn disk(node: &Node, name: &str) -> PoolPart {
    let serial = format!("{}-{name}", node.name);
    let path = node.machine.path(&format!("dev/disk/by-id/ata-{serial}"));
    let wipe = name == "sdb";
    let disk = DiskUse {
        node: node.name.clone(),
        name: name.to_owned(),
        path: path.display().to_string(),
        model: String::new(),
        serial,
        size: 2048 * 512,
        holds: if wipe { "ext4 \"photos\"" } else { "" }.to_owned(),
        uuid: String::new(),
        purpose: mcloud::engine::answers::Purpose::Local,
    };
    PoolPart {
        driver: "btrfs".to_owned(),
        source: PoolSource::Disk { disk, wipe },
    }
}

/// The default profile with its root disk on the local pool, and no NIC.
pub(crate) fn profile() -> Work {
    Work::Profile {
        pool: Some("local".to_owned()),
        network: None,
        replace: false,
    }
}
