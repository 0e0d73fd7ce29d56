//! A rehearsal to test in.

use std::path::{Path, PathBuf};

use data_encoding::BASE64URL_NOPAD;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use mcloud::daemon::Parts;
use mcloud::engine::Intent;
use mcloud::engine::answers::{Answers, GuestNetwork, suggest};
use mcloud::engine::event::What;
use mcloud::engine::services::NodeFacts;
use mcloud::infra::lxd::LxdService;
use mcloud::rehearsal::lxd::Release;
use mcloud::rehearsal::snapd::InstalledSnap;
use mcloud::rehearsal::{Pi, Rehearsal, Script};
use mcloud::store::{Recorded, Store};
use mcloud::world::World;
use serde_json::{Value, json};
use tokio::net::UnixStream;

use crate::face::Face;

/// The name of the cluster in these tests.
pub(crate) const CLUSTER: &str = "attic";

/// The initiator, by its place among the nodes.
pub(crate) const LEADER: usize = 0;

pub(crate) fn parts(world: &World) -> Parts {
    Parts {
        services: vec![Box::new(LxdService::new(world.clone()))],
        usual: mcloud::usual::shipped(),
    }
}

/// Simulated Pis with their daemons; the first is the initiator's.
pub(crate) struct Lab {
    pub(crate) rehearsal: Rehearsal,
}

impl Lab {
    pub(crate) async fn of(nodes: usize) -> Self {
        Self::with(nodes, &[]).await
    }

    /// At this speed a token is good for 45 s: a disk that is busy with a build takes its time.
    pub(crate) async fn with(nodes: usize, faults: &[&str]) -> Self {
        Self::at(80.0, nodes, faults).await
    }

    /// A rehearsal in which a session's hour lasts for three minutes.
    pub(crate) async fn unhurried(nodes: usize) -> Self {
        Self::at(20.0, nodes, &[]).await
    }

    async fn at(speed: f64, nodes: usize, faults: &[&str]) -> Self {
        let faults = faults.iter().map(|spec| spec.parse().expect("a fault"));
        let script = Script {
            nodes,
            speed,
            seed: 7,
            faults: faults.collect(),
            release: Release::V5_21,
            snaps: vec![InstalledSnap::new("lxd", "5.21/stable")],
            more_nics: 0,
            ceph: false,
            ipv6: false,
        };
        let rehearsal = Rehearsal::start(&script, parts).await;
        Self {
            rehearsal: rehearsal.expect("a rehearsal"),
        }
    }

    pub(crate) fn pi(&self, number: usize) -> &Pi {
        &self.rehearsal.nodes[number]
    }

    /// Every node but the initiator.
    pub(crate) fn joiners(&self) -> std::ops::Range<usize> {
        1..self.rehearsal.nodes.len()
    }

    pub(crate) async fn answers(&self) -> Answers {
        let mut nodes = Vec::new();
        for pi in &self.rehearsal.nodes {
            let host = mcloud::infra::host::facts(&pi.world).await;
            let facts = NodeFacts {
                host: host.expect("facts"),
                ..NodeFacts::default()
            };
            nodes.push((pi.name.clone(), pi.address, facts));
        }
        // Of LXD alone: what these tests are about, the daemons do with one service as with four.
        let mut answers = suggest(CLUSTER, &nodes);
        answers.network = GuestNetwork::default();
        answers
    }

    pub(crate) async fn face(&self, number: usize) -> Face {
        Face::connect(&self.pi(number).daemon.socket).await
    }

    pub(crate) fn tokens(&self) -> PathBuf {
        self.rehearsal.root().join("tokens")
    }

    /// Begins the undertaking at the initiator; says its answers, when all tokens are written.
    pub(crate) async fn begin(&self, unattended: bool) -> Face {
        let answers = self.answers().await;
        self.begin_with(answers, unattended).await
    }

    pub(crate) async fn begin_with(&self, answers: Answers, unattended: bool) -> Face {
        let mut face = self.face(LEADER).await;
        face.intend(Intent::Begin {
            answers: Box::new(answers),
            unattended,
            tokens: Some(self.tokens().display().to_string()),
        })
        .await;
        for number in self.joiners() {
            let name = self.pi(number).name.clone();
            face.until(|event| event.node == name && matches!(event.what, What::Peer { .. }))
                .await;
            face.rewind();
        }
        face
    }

    /// The token that the leader wrote for a joiner.
    pub(crate) fn token(&self, number: usize) -> String {
        let file = format!("{}.token", self.pi(number).name);
        std::fs::read_to_string(self.tokens().join(file)).expect("the token file")
    }

    /// A joiner gives its daemon the token that was written for it.
    pub(crate) async fn bring_in(&self, number: usize) -> Face {
        let mut face = self.face(number).await;
        let name = self.pi(number).name.clone();
        face.join(Some(&name), &self.token(number)).await;
        face
    }

    /// The whole way, by itself; the initiator's face, at its end.
    pub(crate) async fn formed(nodes: usize) -> (Self, Face) {
        let lab = Self::of(nodes).await;
        let mut face = lab.begin(true).await;
        for number in lab.joiners() {
            lab.bring_in(number).await;
        }
        let done = face.done().await;
        assert!(done.ok, "{done:?}");
        (lab, face)
    }

    pub(crate) async fn stop(&mut self, number: usize) {
        self.rehearsal.nodes[number].daemon.stop().await;
    }

    pub(crate) async fn start(&mut self, number: usize) {
        let pi = &mut self.rehearsal.nodes[number];
        let daemon = mcloud::daemon::start(pi.world.clone(), parts(&pi.world)).await;
        pi.daemon = daemon.expect("the daemon starts");
    }

    /// The leader's database, opened beside its daemon.
    pub(crate) async fn store(&self) -> Store {
        let path = self.pi(LEADER).world.database();
        Store::open(&path).await.expect("the database")
    }

    /// The journal of the last run.
    pub(crate) async fn journal(&self) -> Vec<Recorded> {
        let store = self.store().await;
        let run = store.last_run().await.expect("the journal");
        store.journal(&run.expect("a run")).await.expect("the run")
    }

    /// A call to a node's LXD; the answer's body.
    pub(crate) async fn lxd(
        &self,
        number: usize,
        (method, path): (&str, &str),
        body: Value,
    ) -> Value {
        let socket = &self.pi(number).world.lxd_sockets[0];
        let answer = call(socket, (method, path), body).await;
        match answer["operation"].as_str().filter(|at| !at.is_empty()) {
            Some(operation) => {
                let wait = format!("{operation}/wait?timeout=300");
                call(socket, ("GET", &wait), Value::Null).await
            }
            None => answer,
        }
    }

    /// The names of the members, by a node's LXD.
    pub(crate) async fn members(&self, number: usize) -> Vec<String> {
        let path = "/1.0/cluster/members?recursion=1";
        let members = self.lxd(number, ("GET", path), Value::Null).await;
        let members = members["metadata"].as_array().cloned().unwrap_or_default();
        let name = |member: &Value| member["server_name"].as_str().map(str::to_owned);
        members.iter().filter_map(name).collect()
    }
}

async fn call(socket: &Path, (method, path): (&str, &str), body: Value) -> Value {
    let stream = UnixStream::connect(socket).await.expect("LXD listens");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .expect("LXD speaks HTTP");
    let driven = tokio::spawn(connection);
    let bytes = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "lxd")
        .body(Full::new(Bytes::from(bytes)))
        .expect("a request");
    let response = sender.send_request(request).await.expect("an answer");
    let body = response.into_body().collect().await.expect("a body");
    driven.abort();
    serde_json::from_slice(&body.to_bytes()).expect("JSON")
}

/// A token with its JSON changed.
pub(crate) fn forged(token: &str, change: impl FnOnce(&mut Value)) -> String {
    let bytes = BASE64URL_NOPAD.decode(token.trim().as_bytes());
    let mut fields: Value = serde_json::from_slice(&bytes.expect("base64url")).expect("JSON");
    change(&mut fields);
    BASE64URL_NOPAD.encode(fields.to_string().as_bytes())
}

/// One field of a token.
pub(crate) fn field(token: &str, name: &str) -> Value {
    let mut found = json!(null);
    forged(token, |fields| found = fields[name].clone());
    found
}
