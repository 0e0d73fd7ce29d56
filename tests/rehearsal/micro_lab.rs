//! A lab of nodes with a simulated MicroCeph or MicroOVN, and what every test of them does.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use mcloud::rehearsal::fault::Fault;
use mcloud::rehearsal::microceph::{self, Disk, MicroCeph};
use mcloud::rehearsal::microovn::MicroOvn;
use mcloud::rehearsal::serving::Serving;
use mcloud::world::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::client::{Reply, call};

/// One node of a lab.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) ip: Ipv4Addr,
    pub(crate) socket: PathBuf,
    pub(crate) serving: Serving,
    port: u16,
}

/// Nodes `node1`, `node2` … at 10.77.0.11, 12 …, with one of the two services.
pub(crate) struct Lab<S> {
    pub(crate) service: S,
    pub(crate) nodes: Vec<Node>,
    pub(crate) clock: Clock,
    pub(crate) directory: TempDir,
}

pub(crate) fn faults(specs: &[&str]) -> Vec<Fault> {
    let each = specs.iter();
    each.map(|spec| spec.parse().expect("a fault")).collect()
}

/// The specification of node `number`, with the recorded lab's disks.
pub(crate) fn spec(number: u8, directory: &Path) -> microceph::NodeSpec {
    let name = format!("node{number}");
    let disk = |letter: &str, size: u64| Disk {
        size,
        model: "LABDISK".to_owned(),
        serial: format!("h{number}-{letter}"),
        ..Disk::new(format!("/dev/sd{letter}"))
            .known_as(format!("/dev/disk/by-id/scsi-SLAB_h{number}-{letter}"))
    };
    let network = format!("10.77.0.{}/24", 10 + number);
    let networks = vec![network.parse().expect("a network")];
    let mut disks = vec![disk("b", 6_442_450_944), disk("c", 8_589_934_592)];
    if number > 1 {
        disks.push(disk("d", 4_294_967_296));
    }
    let reason = "missing dm_crypt module: stat /sys/module/dm_crypt: no such file or directory";
    microceph::NodeSpec {
        disks,
        no_encryption: Some(reason.to_owned()),
        ..microceph::NodeSpec::new(&name, networks, directory.join(&name))
    }
}

impl Lab<MicroCeph> {
    pub(crate) async fn ceph(count: u8, speed: f64, specs: &[&str]) -> Self {
        let clock = Clock::faster(speed);
        let service = MicroCeph::new(clock.clone(), 7, faults(specs));
        let mut lab = Self::empty(service, clock);
        for number in 1..=count {
            lab.add(spec(number, lab.directory.path())).await;
        }
        lab
    }

    /// Adds a node, or gives the one of that name a fresh MicroCeph.
    pub(crate) async fn add(&mut self, spec: microceph::NodeSpec) {
        let name = spec.name.clone();
        self.nodes.retain(|node| node.name != name);
        let socket = self.directory.path().join(format!("{name}.socket"));
        let handle = self.service.node(spec);
        let serving = handle.serve(socket.clone()).await.expect("the socket");
        self.push(name, socket, (serving, 7443));
    }

    /// How an addition of a disk ended: the words of its one report.
    pub(crate) async fn add_disk(&self, number: usize, path: &str, wipe: bool) -> (String, String) {
        let body = json!({"path": [path], "wipe": wipe, "encrypt": false});
        let reply = self.node(number).ask("POST", "/1.0/disks", body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let report = &reply.metadata()["report"][0];
        let text = |key: &str| report[key].as_str().expect("a text").to_owned();
        (text("report"), text("error"))
    }
}

impl Lab<MicroOvn> {
    pub(crate) async fn ovn(count: u8, speed: f64, specs: &[&str]) -> Self {
        let clock = Clock::faster(speed);
        let service = MicroOvn::new(clock.clone(), 7, faults(specs));
        let mut lab = Self::empty(service, clock);
        for number in 1..=count {
            let name = format!("node{number}");
            let socket = lab.directory.path().join(format!("{name}.socket"));
            let handle = lab.service.node(&name);
            let serving = handle.serve(socket.clone()).await.expect("the socket");
            lab.push(name, socket, (serving, 6443));
        }
        lab
    }
}

impl<S> Lab<S> {
    fn empty(service: S, clock: Clock) -> Self {
        let directory = TempDir::new().expect("a directory");
        Self {
            service,
            nodes: Vec::new(),
            clock,
            directory,
        }
    }

    fn push(&mut self, name: String, socket: PathBuf, (serving, port): (Serving, u16)) {
        let number: u8 = name.trim_start_matches("node").parse().expect("a number");
        self.nodes.push(Node {
            name,
            ip: Ipv4Addr::new(10, 77, 0, 10 + number),
            socket,
            serving,
            port,
        });
        self.nodes.sort_by(|a, b| a.name.cmp(&b.name));
    }

    pub(crate) fn node(&self, number: usize) -> &Node {
        &self.nodes[number - 1]
    }

    /// Makes node 1 a cluster with `config`.
    pub(crate) async fn bootstrap(&self, config: Value) -> Reply {
        let body = self.node(1).control(true, "", &config);
        self.node(1).ask("POST", "/core/control", body).await
    }

    /// A token of node 1 for `name`.
    pub(crate) async fn token(&self, name: &str) -> String {
        let body = json!({"name": name, "expire_after": 3_600_000_000_000_u64});
        let reply = self.node(1).ask("POST", "/core/control/tokens", body).await;
        reply
            .well()
            .metadata()
            .as_str()
            .expect("a token")
            .to_owned()
    }

    /// Joins a node by number.
    pub(crate) async fn join(&self, number: usize, config: Value) -> Reply {
        let token = self.token(&self.node(number).name).await;
        let body = self.node(number).control(false, &token, &config);
        self.node(number).ask("POST", "/core/control", body).await
    }

    /// Makes a cluster of every node.
    pub(crate) async fn form(&self) {
        self.bootstrap(json!({})).await.well();
        for number in 2..=self.nodes.len() {
            self.join(number, json!({})).await.well();
        }
    }

    /// What every member, by its name, shows under `key`.
    pub(crate) async fn members(&self, key: &str) -> Vec<(String, String)> {
        let members = self.node(1).get("/core/1.0/cluster").await.well();
        let members = members.metadata().as_array().expect("members").clone();
        let text = |it: &Value, key: &str| it[key].as_str().expect("a text").to_owned();
        members
            .iter()
            .map(|it| (text(it, "name"), text(it, key)))
            .collect()
    }

    /// Waits until `holds`.
    pub(crate) async fn until(&self, holds: impl AsyncFn(&Self) -> bool) {
        while !holds(self).await {
            tokio::task::yield_now().await;
        }
    }
}

impl Node {
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, Value::Null).await
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, body: Value) -> Reply {
        call(&self.socket, (method, path), body, None)
            .await
            .expect("an answer")
    }

    /// The body of a bootstrap or a join.
    pub(crate) fn control(&self, bootstrap: bool, token: &str, config: &Value) -> Value {
        json!({
            "bootstrap": bootstrap, "name": self.name,
            "address": format!("{}:{}", self.ip, self.port),
            "join_token": token, "config": config,
        })
    }
}

/// One command to a monitor's admin socket.
pub(crate) async fn admin(socket: &Path, command: Value) -> Value {
    let mut stream = UnixStream::connect(socket).await.expect("a monitor");
    let mut bytes = command.to_string().into_bytes();
    bytes.push(0);
    stream.write_all(&bytes).await.expect("a command");
    let length = stream.read_u32().await.expect("a length");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    assert_eq!(usize::try_from(length), Ok(answer.len()));
    serde_json::from_slice(&answer)
        .unwrap_or_else(|_| String::from_utf8_lossy(&answer).into_owned().into())
}
