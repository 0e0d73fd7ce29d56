//! Simulated nodes, each with a small machine, a simulated MicroCeph and a simulated MicroOVN, and what
//! every test of their steps does with them.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mcloud::engine::Seen;
use mcloud::engine::answers::Purpose;
use mcloud::engine::facts::{HostFacts, Nic};
use mcloud::engine::message::{Failure, Message};
use mcloud::engine::plan::{CEPH_PORT, DiskUse, OVN_PORT, Work};
use mcloud::engine::services::{MicroFacts, MicroState, ServiceState};
use mcloud::infra::microceph::CephService;
use mcloud::infra::microceph::client::MicroCeph;
use mcloud::infra::microovn::OvnService;
use mcloud::infra::microovn::client::MicroOvn;
use mcloud::infra::{Context, InfraBootstrapper, Inputs, Step};
use mcloud::rehearsal::fault::Fault;
use mcloud::rehearsal::serving::Serving;
use mcloud::rehearsal::{microceph, microovn};
use mcloud::world::Clock;
use tokio_util::sync::CancellationToken;

use crate::machine::Machine;
use crate::steps_words::{heard, spoken};

/// The network of all nodes.
pub(crate) const NETWORK: &str = "10.77.0.0/24";

/// One node.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) ip: IpAddr,
    pub(crate) machine: Machine,
    services: [Box<dyn InfraBootstrapper>; 2],
    pub(crate) ceph: MicroCeph,
    pub(crate) ovn: MicroOvn,
    pub(crate) serving: [Serving; 2],
}

impl Node {
    /// Its services with this script for systemctl.
    pub(crate) fn with_systemctl(&mut self, script: &str) {
        self.machine.world.programs.systemctl = self.machine.program("systemctl", script);
        let world = &self.machine.world;
        self.services = [
            Box::new(CephService::new(world.clone())),
            Box::new(OvnService::new(world.clone())),
        ];
    }
}

/// Nodes `pi-1`, `pi-2` … at 10.77.0.11, 12 …, each with an empty disk `sda` and a disk `sdb` that
/// holds photos.
pub(crate) struct Lab {
    pub(crate) nodes: Vec<Node>,
    pub(crate) sites: (microceph::MicroCeph, microovn::MicroOvn),
    /// Signs of life that the steps gave.
    pub(crate) signs: Arc<AtomicUsize>,
}

impl Lab {
    pub(crate) async fn of(count: u8, faults: &[&str]) -> Self {
        let clock = Clock::faster(100.0);
        let all = || -> Vec<Fault> {
            let faults = faults.iter();
            faults.map(|it| it.parse().expect("a fault")).collect()
        };
        let ceph = microceph::MicroCeph::new(clock.clone(), 11, all());
        let ovn = microovn::MicroOvn::new(clock.clone(), 11, all());
        let sites = (ceph, ovn);
        let mut nodes = Vec::new();
        for number in 1..=count {
            nodes.push(node(&sites, &clock, number).await);
        }
        Self {
            nodes,
            sites,
            signs: Arc::default(),
        }
    }

    pub(crate) fn node(&self, number: usize) -> &Node {
        &self.nodes[number - 1]
    }

    pub(crate) fn names(&self, count: usize) -> Vec<String> {
        let nodes = self.nodes.iter().take(count);
        nodes.map(|node| node.name.clone()).collect()
    }

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
        let services = &self.node(number).services;
        let step = services.iter().find_map(|service| service.step(work));
        step.expect("one of the two services does this work")
    }

    /// What the leader gives a node for its work.
    pub(crate) async fn inputs(&self, work: &Work) -> Result<Inputs, Failure> {
        let mut all = Inputs::new();
        for service in &self.node(1).services {
            all.extend(heard(service.inputs_for(work).await)?);
        }
        Ok(all)
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
        let inputs = self.inputs(work).await?;
        self.apply_with(number, work, inputs).await
    }

    pub(crate) async fn apply_with(
        &self,
        number: usize,
        work: &Work,
        inputs: Inputs,
    ) -> Result<Vec<Message>, Failure> {
        let context = self.context(inputs);
        let step = self.step(number, work);
        if let Err(failure) = heard(step.apply(&context).await) {
            heard(step.undo(&context).await)?;
            return Err(failure);
        }
        heard(step.verify(&context).await)
    }

    /// A step's whole way: not there, applied, there; and applied once more, which changes nothing.
    pub(crate) async fn walk(&self, number: usize, work: &Work) -> Vec<String> {
        match self.observe(number, work).await {
            Ok(Seen::Missing(before)) => assert!(!before.is_empty(), "{work:?}"),
            other => panic!("{work:?} should be missing: {other:?}"),
        }
        let found = self.apply(number, work).await.unwrap_or_else(|failure| {
            panic!("{work:?} on {number}: {failure:#?}");
        });
        self.is_there(number, work).await;
        self.apply(number, work)
            .await
            .unwrap_or_else(|failure| panic!("again {work:?}: {failure:#?}"));
        self.is_there(number, work).await;
        found.iter().map(spoken).collect()
    }

    pub(crate) async fn is_there(&self, number: usize, work: &Work) -> Vec<Message> {
        match self.observe(number, work).await {
            Ok(Seen::There(found)) => found,
            other => panic!("{work:?} should be there: {other:?}"),
        }
    }

    /// A step fails; the sentences of what happened, of its causes, and of what to do.
    pub(crate) async fn fails(&self, number: usize, work: &Work) -> (Failure, String) {
        let failure = self.apply(number, work).await;
        let failure = failure.expect_err("a failure");
        let hint = failure.hint.as_ref().map(spoken).unwrap_or_default();
        (failure, hint)
    }

    pub(crate) async fn ceph_facts(&self, number: usize) -> MicroFacts {
        match self.node(number).services[0].status().await {
            ServiceState::Ceph(MicroState::Answers(facts)) => *facts,
            other => panic!("no facts: {other:?}"),
        }
    }

    pub(crate) async fn ovn_facts(&self, number: usize) -> MicroFacts {
        match self.node(number).services[1].status().await {
            ServiceState::Ovn(MicroState::Answers(facts)) => *facts,
            other => panic!("no facts: {other:?}"),
        }
    }

    pub(crate) fn ceph_bootstrap(&self, count: usize) -> Work {
        let node = self.node(1);
        Work::CephBootstrap {
            name: node.name.clone(),
            address: SocketAddr::new(node.ip, CEPH_PORT),
            monitor: node.ip,
            public: NETWORK.parse().expect("a network"),
            internal: NETWORK.parse().expect("a network"),
            members: self.names(count),
            reuse: false,
        }
    }

    pub(crate) fn ceph_join(&self, number: usize) -> Work {
        Work::CephJoin {
            name: self.node(number).name.clone(),
            address: SocketAddr::new(self.node(number).ip, CEPH_PORT),
            leader: self.node(1).name.clone(),
            reuse: false,
        }
    }

    pub(crate) fn ovn_bootstrap(&self, count: usize) -> Work {
        let node = self.node(1);
        Work::OvnBootstrap {
            name: node.name.clone(),
            address: SocketAddr::new(node.ip, OVN_PORT),
            underlay: node.ip,
            members: self.names(count),
        }
    }

    pub(crate) fn ovn_join(&self, number: usize) -> Work {
        let node = self.node(number);
        Work::OvnJoin {
            name: node.name.clone(),
            address: SocketAddr::new(node.ip, OVN_PORT),
            underlay: node.ip,
            leader: self.node(1).name.clone(),
        }
    }

    /// A node's disk as Review showed it.
    pub(crate) fn disk(&self, number: usize, name: &str) -> Work {
        let node = self.node(number);
        let wipe = name == "sdb";
        let disk = DiskUse {
            node: node.name.clone(),
            name: name.to_owned(),
            path: by_id(&node.machine, &node.name, name),
            model: String::new(),
            serial: format!("{}-{name}", node.name),
            size: 2048 * 512,
            holds: if wipe { "ext4 \"photos\"" } else { "" }.to_owned(),
            uuid: String::new(),
            purpose: Purpose::Ceph,
        };
        Work::CephDisk {
            name: node.name.clone(),
            disk,
            wipe,
            encrypt: false,
        }
    }

    /// A Ceph cluster of the first `count` nodes, without disks.
    pub(crate) async fn form_ceph(&self, count: usize) {
        self.walk(1, &self.ceph_bootstrap(count)).await;
        for number in 2..=count {
            self.walk(number, &self.ceph_join(number)).await;
        }
    }
}

pub(crate) fn by_id(machine: &Machine, node: &str, disk: &str) -> String {
    let path = machine.path(&format!("dev/disk/by-id/ata-{node}-{disk}"));
    path.display().to_string()
}

async fn node(
    (ceph, ovn): &(microceph::MicroCeph, microovn::MicroOvn),
    clock: &Clock,
    number: u8,
) -> Node {
    let name = format!("pi-{number}");
    let ip = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 10 + number));
    let network = format!("{ip}/24").parse().expect("an address");
    let machine = machine(&name, network, clock);
    let mut spec = microceph::NodeSpec::new(&name, vec![network], machine.world.ceph_run.clone());
    for disk in ["sda", "sdb"] {
        let path = by_id(&machine, &name, disk);
        spec.disks
            .push(microceph::Disk::new(format!("/dev/{disk}")).known_as(path));
    }
    let world = &machine.world;
    let ceph = ceph.node(spec).serve(world.microceph_socket.clone()).await;
    let ovn = ovn.node(&name).serve(world.microovn_socket.clone()).await;
    Node {
        ip,
        services: [
            Box::new(CephService::new(world.clone())),
            Box::new(OvnService::new(world.clone())),
        ],
        ceph: MicroCeph::new(world.microceph_socket.clone()),
        ovn: MicroOvn::new(world.microovn_socket.clone()),
        serving: [ceph.expect("a socket"), ovn.expect("a socket")],
        name,
        machine,
    }
}

fn machine(name: &str, network: ipnet::IpNet, clock: &Clock) -> Machine {
    let mut machine = Machine::new();
    machine.disk("sda", "8:0").disk("sdb", "8:16");
    machine.holding("sdb", "0\nTYPE=ext4\nLABEL=photos\n");
    for (disk, number) in [("sda", "8:0"), ("sdb", "8:16")] {
        machine.link(
            &format!("dev/disk/by-id/ata-{name}-{disk}"),
            &format!("../../{disk}"),
        );
        let notes = format!("E:ID_SERIAL_SHORT={name}-{disk}\n");
        machine.file(&format!("udev/data/b{number}"), &notes);
    }
    let host = HostFacts {
        hostname: name.to_owned(),
        nics: vec![Nic {
            name: "eth0".to_owned(),
            addresses: vec![network],
            ..Nic::default()
        }],
        ..HostFacts::default()
    };
    let host = serde_json::to_string(&host).expect("facts have a JSON form");
    machine.file("host.json", &host);
    fs::create_dir_all(machine.path("state")).expect("a directory");
    let path = |name: &str| machine.path(name);
    let (socket, run, ovn) = (path("ceph.socket"), path("ceph-run"), path("ovn.socket"));
    let (file, state, none) = (path("host.json"), path("state"), path("no-systemctl"));
    let world = &mut machine.world;
    world.simulated_host = Some(file);
    world.state_dir = state;
    world.microceph_socket = socket;
    world.ceph_run = run;
    world.microovn_socket = ovn;
    world.programs.systemctl = none;
    world.clock = clock.clone();
    machine
}
