//! Plain HTTP over a unix socket, and the few things every test does with it.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use mcloud::rehearsal::fault::Fault;
use mcloud::rehearsal::lxd::{NodeHandle, NodeSpec, Probe, Release, Serving, Site};
use mcloud::world::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::UnixStream;

pub(crate) const RELEASES: [Release; 3] = [Release::V5_0, Release::V5_21, Release::V6];

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) etag: String,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn metadata(&self) -> &Value {
        &self.body["metadata"]
    }

    pub(crate) fn error(&self) -> (u64, &str) {
        assert_eq!(self.body["type"], "error", "{self:?}");
        let code = self.body["error_code"].as_u64().expect("a code");
        (code, self.body["error"].as_str().expect("a text"))
    }

    /// The answer, which must be no error.
    pub(crate) fn well(self) -> Self {
        assert_ne!(self.body["type"], "error", "{self:?}");
        self
    }
}

/// One node of a lab.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) socket: PathBuf,
    pub(crate) handle: NodeHandle,
    pub(crate) serving: Serving,
}

/// A site with nodes `node1`, `node2` … at 10.77.0.11, 12 …, each with the disk `/dev/sdc`.
pub(crate) struct Lab {
    pub(crate) site: Site,
    pub(crate) nodes: Vec<Node>,
    pub(crate) clock: Clock,
    directory: TempDir,
}

impl Lab {
    /// A lab whose clock runs a hundred times as fast as life.
    pub(crate) async fn of(release: Release, count: u8) -> Self {
        Self::with(release, count, 100.0, &[]).await
    }

    pub(crate) async fn with(release: Release, count: u8, speed: f64, faults: &[&str]) -> Self {
        let clock = Clock::faster(speed);
        let faults = faults
            .iter()
            .map(|spec| spec.parse::<Fault>().expect("a fault"));
        let mut lab = Self {
            site: Site::new(clock.clone(), 7, faults.collect()),
            nodes: Vec::new(),
            clock,
            directory: TempDir::new().expect("a directory"),
        };
        for number in 1..=count {
            lab.add(release, number).await;
        }
        lab
    }

    pub(crate) async fn add(&mut self, release: Release, number: u8) {
        let name = format!("node{number}");
        let ip = Ipv4Addr::new(10, 77, 0, 10 + number);
        let socket = self.directory.path().join(format!("{name}.socket"));
        let handle = self.site.add_node(spec(&name, release, ip.into()));
        let serving = handle.clone().serve(socket.clone());
        let serving = serving.await.expect("the socket");
        self.nodes.push(Node {
            name,
            address: format!("{ip}:8443"),
            socket,
            handle,
            serving,
        });
    }

    pub(crate) fn node(&self, number: usize) -> &Node {
        &self.nodes[number - 1]
    }

    /// Makes node 1 a cluster.
    pub(crate) async fn bootstrap(&self) {
        self.node(1).set_address().await;
        let name = &self.node(1).name;
        let body = json!({"server_name": name, "enabled": true});
        self.node(1).done("PUT", "/1.0/cluster", body).await.well();
    }

    /// A token from node 1 for `name`.
    pub(crate) async fn token(&self, name: &str) -> String {
        let body = json!({"server_name": name});
        let reply = self
            .node(1)
            .ask("POST", "/1.0/cluster/members", body)
            .await
            .well();
        token_of(&reply.metadata()["metadata"])
    }

    /// How the join of a node, by number and under a name, ends.
    pub(crate) async fn join(&self, whom: (usize, &str), token: &str, own: Value) -> Reply {
        let body = self.joining(whom, token, own).await;
        self.node(whom.0).done("PUT", "/1.0/cluster", body).await
    }

    /// The body of such a join.
    pub(crate) async fn joining(&self, whom: (usize, &str), token: &str, own: Value) -> Value {
        let (number, name) = whom;
        let server = self.node(1).get("/1.0").await;
        let certificate = &server.metadata()["environment"]["certificate"];
        json!({
            "server_name": name, "enabled": true,
            "server_address": self.node(number).address,
            "cluster_address": self.node(1).address,
            "cluster_certificate": certificate,
            "cluster_token": token, "cluster_password": token,
            "member_config": own,
        })
    }

    /// Joins node `number` with its disk.
    pub(crate) async fn take_in(&self, number: usize) {
        let name = self.node(number).name.clone();
        let token = self.token(&name).await;
        self.join((number, &name), &token, disk("/dev/sdc"))
            .await
            .well();
    }

    /// A member's row as node 1 has it.
    pub(crate) async fn member_names(&self) -> Vec<String> {
        let members = self.node(1).get("/1.0/cluster/members?recursion=1").await;
        let members = members.metadata().as_array().expect("members").clone();
        members
            .iter()
            .map(|member| member["server_name"].as_str().expect("a name").to_owned())
            .collect()
    }
}

pub(crate) fn spec(name: &str, release: Release, address: IpAddr) -> NodeSpec {
    NodeSpec {
        disks: vec!["/dev/sdc".to_owned()],
        nics: ["eth0", "eth1", "eth2"].map(str::to_owned).into(),
        ceph: Probe::always(true),
        mounts_ceph: false,
        ovn: Probe::always(true),
        kernel: "6.18.44".to_owned(),
        ..NodeSpec::new(name, release, address)
    }
}

/// The `member_config` that gives the pool `local` a source.
pub(crate) fn disk(source: &str) -> Value {
    json!([{"entity": "storage-pool", "name": "local", "key": "source", "value": source}])
}

/// The token that a client makes of a token operation's metadata.
pub(crate) fn token_of(metadata: &Value) -> String {
    let token = json!({
        "server_name": metadata["serverName"], "fingerprint": metadata["fingerprint"],
        "addresses": metadata["addresses"], "secret": metadata["secret"],
        "expires_at": metadata["expiresAt"],
    });
    data_encoding::BASE64.encode(token.to_string().as_bytes())
}

impl Node {
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, Value::Null).await
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, body: Value) -> Reply {
        let tag = None;
        call(&self.socket, (method, path), body, tag)
            .await
            .expect("an answer")
    }

    /// The call's answer, or how its operation ended.
    pub(crate) async fn done(&self, method: &str, path: &str, body: Value) -> Reply {
        let reply = self.ask(method, path, body).await;
        if reply.status == 202 {
            return self
                .get(&format!("{}/wait?timeout=300", reply.location))
                .await;
        }
        reply
    }

    pub(crate) async fn set_address(&self) {
        let body = json!({"config": {
            "core.https_address": "[::]:8443", "cluster.https_address": self.address,
        }});
        self.ask("PATCH", "/1.0", body).await.well();
    }

    /// Defines this node's part of a btrfs pool.
    pub(crate) async fn define(&self, pool: &str, source: &str) -> Reply {
        let path = format!("/1.0/storage-pools?target={}", self.name);
        let body = json!({"name": pool, "driver": "btrfs", "config": {"source": source}});
        self.done("POST", &path, body).await
    }

    /// Creates a btrfs pool whose parts are defined.
    pub(crate) async fn create(&self, pool: &str, config: Value) -> Reply {
        let body = json!({"name": pool, "driver": "btrfs", "config": config});
        self.done("POST", "/1.0/storage-pools", body).await
    }
}

/// One call on a connection of its own.
pub(crate) async fn call(
    socket: &Path,
    (method, path): (&str, &str),
    body: Value,
    if_match: Option<&str>,
) -> Result<Reply, Box<dyn std::error::Error>> {
    let stream = UnixStream::connect(socket).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driven = tokio::spawn(connection);
    let bytes = match body {
        Value::Null => String::new(),
        // What is no JSON is sent as it stands.
        Value::String(raw) => raw,
        body => body.to_string(),
    };
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "lxd");
    if let Some(tag) = if_match {
        request = request.header(header::IF_MATCH, tag);
    }
    let response = sender
        .send_request(request.body(Full::new(Bytes::from(bytes)))?)
        .await?;
    let text = |name: header::HeaderName| {
        let value = response.headers().get(name);
        value.map_or(String::new(), |it| it.to_str().unwrap_or("").to_owned())
    };
    let (location, etag) = (text(header::LOCATION), text(header::ETAG));
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    driven.abort();
    Ok(Reply {
        status,
        location,
        etag,
        body: serde_json::from_slice(&body)?,
    })
}
