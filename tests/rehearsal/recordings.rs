//! The recorded exchanges, made again: the simulated daemon answers as the recorded one did.
//!
//! `tests/fixtures/replay-lxd-*.jsonl` holds one exchange a line, in the order of the recording,
//! with what may differ left out of `metadata`. `@` stands for the node's last operation, and
//! `@certificate`, `@token`, `@wrong` for the cluster's certificate, the last token, and that
//! token with another secret.

use std::collections::HashMap;

use mcloud::rehearsal::lxd::Release;
use rstest::rstest;
use serde_json::Value;

use crate::client::{Lab, Node, Reply, token_of};

#[derive(Default)]
struct Replay {
    operations: HashMap<String, String>,
    token: String,
    wrong: String,
}

impl Replay {
    async fn exchange(&mut self, lab: &Lab, line: &Value) {
        let id = line["id"].as_str().expect("an id");
        let name = line["node"].as_str().expect("a node");
        let node = lab
            .nodes
            .iter()
            .find(|node| node.name == name)
            .expect("the node");
        let last = self.operations.get(name).cloned().unwrap_or_default();
        let path = line["path"]
            .as_str()
            .expect("a path")
            .replace("/1.0/operations/@", &last);
        let body = self.filled(lab.node(1), &line["body"]).await;
        let reply = node
            .ask(line["method"].as_str().expect("a method"), &path, body)
            .await;
        assert_eq!(Value::from(reply.status), line["status"], "{id}: {reply:?}");
        assert_eq!(reply.body["type"], line["type"], "{id}: {reply:?}");
        if line["type"] == "error" {
            assert_eq!(reply.body["error"], line["error"], "{id}");
            assert_eq!(reply.body["error_code"], line["error_code"], "{id}");
        }
        if let Some(differs) = differs(&line["metadata"], reply.metadata()) {
            panic!("{id}: {differs}");
        }
        let location = line["location"].as_str().unwrap_or("");
        let (start, _) = location.split_once('@').unwrap_or((location, ""));
        assert!(
            reply.location.starts_with(start),
            "{id}: {}",
            reply.location
        );
        self.remember(name, &reply);
    }

    fn remember(&mut self, node: &str, reply: &Reply) {
        if reply.status == 202 {
            self.operations
                .insert(node.to_owned(), reply.location.clone());
        }
        let mut metadata = reply.metadata()["metadata"].clone();
        if metadata["secret"].is_string() {
            self.token = token_of(&metadata);
            metadata["secret"] = "0".repeat(64).into();
            self.wrong = token_of(&metadata);
        }
    }

    async fn filled(&self, first: &Node, body: &Value) -> Value {
        let mut body = body.clone();
        for (_, value) in body.as_object_mut().into_iter().flatten() {
            match value.as_str() {
                Some("@token") => *value = self.token.clone().into(),
                Some("@wrong") => *value = self.wrong.clone().into(),
                Some("@certificate") => {
                    let server = first.get("/1.0").await;
                    *value = server.metadata()["environment"]["certificate"].clone();
                }
                _ => {}
            }
        }
        body
    }
}

/// Where `seen` lacks something of `recorded`: objects may hold more, lists may not.
fn differs(recorded: &Value, seen: &Value) -> Option<String> {
    match (recorded, seen) {
        (Value::Object(recorded), Value::Object(_)) => recorded.iter().find_map(|(key, value)| {
            let deeper = differs(value, seen.get(key).unwrap_or(&Value::Null));
            deeper.map(|it| format!("{key}.{it}"))
        }),
        (Value::Array(recorded), Value::Array(all)) if recorded.len() == all.len() => {
            let mut pairs = recorded.iter().zip(all);
            pairs.find_map(|(recorded, seen)| differs(recorded, seen))
        }
        (Value::Null, _) => None,
        _ if recorded == seen => None,
        _ => Some(format!(" recorded {recorded}, seen {seen}")),
    }
}

#[rstest]
#[case::debian_12(Release::V5_0, include_str!("../fixtures/replay-lxd-5.0.2.jsonl"))]
#[case::long_term(Release::V5_21, include_str!("../fixtures/replay-lxd-5.21.jsonl"))]
#[case::newest(Release::V6, include_str!("../fixtures/replay-lxd-6.9.jsonl"))]
#[tokio::test(flavor = "multi_thread")]
async fn it_answers_as_the_recorded_daemon_did(#[case] release: Release, #[case] recording: &str) {
    let lab = Lab::of(release, 3).await;
    let mut replay = Replay::default();
    for line in recording.lines() {
        let line = serde_json::from_str(line).expect("a recorded exchange");
        replay.exchange(&lab, &line).await;
    }
}
