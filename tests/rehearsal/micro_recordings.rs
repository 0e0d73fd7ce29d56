//! The exchanges recorded from MicroCeph and MicroOVN, made again in their order: same status, same
//! shape, same texts. What is made up anew every time (secrets, certificates, moments, roles) only
//! has to be of the same kind.

use std::collections::HashMap;

use data_encoding::BASE64;
use mcloud::rehearsal::microceph::{Holds, MicroCeph};
use serde_json::{Value, json};

use crate::client::Reply;
use crate::micro_lab::{Lab, Node};

/// What differs from one time to the next.
const FREE: [&str; 9] = [
    "certificate",
    "last_heartbeat",
    "expires_at",
    "token",
    "role",
    "device",
    "device_path",
    "device_fs_uuid",
    "addresses",
];

/// What the recorded lab made up, and what this one made up instead.
#[derive(Default)]
struct Same(HashMap<String, String>);

impl Same {
    /// Remembers what stands for the parts of a recorded token.
    fn learn(&mut self, recorded: &Value, seen: &Value) {
        for key in ["secret", "fingerprint"] {
            let text = |token: &Value| decoded(token)[key].as_str().map(str::to_owned);
            if let (Some(recorded), Some(seen)) = (text(recorded), text(seen)) {
                self.0.insert(recorded, seen);
            }
        }
    }

    /// A recorded token, as it would be here.
    fn token(&self, recorded: &Value) -> Value {
        let mut token = decoded(recorded);
        for key in ["secret", "fingerprint"] {
            if let Some(seen) = token[key].as_str().and_then(|it| self.0.get(it)) {
                token[key] = seen.clone().into();
            }
        }
        BASE64.encode(token.to_string().as_bytes()).into()
    }

    /// A text of here, as it would have been recorded.
    fn text(&self, seen: &str) -> String {
        let parts = self.0.iter();
        parts.fold(seen.to_owned(), |text, (recorded, here)| {
            text.replace(here, recorded)
        })
    }
}

fn decoded(token: &Value) -> Value {
    let bytes = token
        .as_str()
        .and_then(|it| BASE64.decode(it.as_bytes()).ok());
    bytes
        .and_then(|it| serde_json::from_slice(&it).ok())
        .unwrap_or_default()
}

async fn exchange(node: &Node, line: &Value, same: &mut Same) {
    let id = line["id"].as_str().expect("an id");
    let request = &line["request"];
    let mut body = request["body"].clone();
    if decoded(&body["join_token"]).is_object() {
        body["join_token"] = same.token(&body["join_token"]);
    }
    let method = request["method"].as_str().expect("a method");
    let path = request["path"].as_str().expect("a path");
    let reply = node.ask(method, path, body).await;
    // A call that was broken off is made as a whole here.
    let recorded = &line["response"];
    if recorded["status"].is_null() {
        return;
    }
    compare(id, recorded, &reply, same);
    if path.ends_with("/tokens") && method == "POST" {
        same.learn(&recorded["body"]["metadata"], reply.metadata());
    }
}

fn compare(id: &str, recorded: &Value, reply: &Reply, same: &Same) {
    assert_eq!(
        Value::from(reply.status),
        recorded["status"],
        "{id}: {reply:?}"
    );
    let body = &recorded["body"];
    for key in ["type", "status", "status_code", "operation", "error_code"] {
        assert_eq!(reply.body[key], body[key], "{id}: {key} of {reply:?}");
    }
    let error = reply.body["error"].as_str().expect("a text");
    assert_eq!(same.text(error), body["error"], "{id}");
    let issued = id.contains("token-create") || id.ends_with("token-for-existing-member");
    let shape = if issued { "token" } else { "" };
    if let Some(differs) = differs(shape, &body["metadata"], reply.metadata()) {
        panic!("{id}: {differs}: {:?}", reply.body);
    }
}

/// Where `seen`, found under `key`, is not what was recorded.
fn differs(key: &str, recorded: &Value, seen: &Value) -> Option<String> {
    match (recorded, seen) {
        (Value::Object(one), Value::Object(other)) => {
            if !one.keys().eq(other.keys()) {
                return Some(format!("{key} has other keys"));
            }
            let mut pairs = one.iter().zip(other.values());
            pairs.find_map(|((key, one), other)| differs(key, one, other))
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            // Maps and tables without an order come as they like.
            let ordered = |all: &[Value]| {
                let mut all = all.to_vec();
                if all
                    .iter()
                    .any(|it| it["host"].is_string() || it["token"].is_string())
                {
                    all.sort_by_key(|it| it["host"].to_string() + &it["name"].to_string());
                }
                all
            };
            let (one, other) = (ordered(one), ordered(other));
            let mut pairs = one.iter().zip(&other);
            pairs.find_map(|(one, other)| differs(key, one, other))
        }
        (Value::String(_), Value::String(_)) if FREE.contains(&key) => None,
        _ if recorded == seen => None,
        _ => Some(format!("{key} recorded {recorded}, seen {seen}")),
    }
}

fn lines(recording: &str) -> Vec<Value> {
    let lines = recording.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("an exchange"))
        .collect()
}

/// What people did to the recorded lab between the exchanges.
async fn before(id: &str, lab: &Lab<MicroCeph>) {
    let first = lab.node(1);
    match id {
        "microceph/disks-add-filesystem" => {
            lab.service.set_holds("node2", "/dev/sdb", Holds::Data);
            lab.service.set_holds("node3", "/dev/sdb", Holds::Data);
        }
        "microceph/disks-add-foreign" => fail_a_disk(lab, 2).await,
        "microceph/disks-add-node3" => lab.service.set_holds("node3", "/dev/sdb", Holds::Nothing),
        "microceph/disks-two-hosts" => fail_a_disk(lab, 3).await,
        "microceph/token-create-1s" => {
            let path = "/core/control/tokens/node3";
            first.ask("DELETE", path, Value::Null).await.well();
        }
        "microceph/pools-with-lxd" => {
            for pool in ["lxd_remote", "lxd_cephfs_meta", "lxd_cephfs_data"] {
                lab.service.add_pool("node1", pool);
            }
        }
        "microceph/token-create-node3-wiped" => {
            let path = "/core/1.0/cluster/node3?force=1";
            first.ask("DELETE", path, Value::Null).await.well();
        }
        _ => {}
    }
}

/// A failure that burns a number, in place of a recorded one that only Ceph 18.2 has.
async fn fail_a_disk(lab: &Lab<MicroCeph>, number: usize) {
    let body = json!({"path": ["/dev/sdd"], "encrypt": true});
    lab.node(number)
        .ask("POST", "/1.0/disks", body)
        .await
        .well();
}

/// Waits until as many tokens are left as were recorded: the last one lasts for a second.
async fn expired(first: &Node, line: &Value) {
    let count = async || {
        let tokens = first.get("/core/control/tokens").await;
        tokens.metadata().as_array().map(Vec::len)
    };
    let recorded = &line["response"]["body"]["metadata"];
    let gone = async || count().await == recorded.as_array().map(Vec::len);
    crate::patience::until("a token expires", gone).await;
}

async fn replay<S>(lab: &Lab<S>, line: &Value, same: &mut Same) {
    let id = line["id"].as_str().expect("an id");
    if id.ends_with("tokens-list-expired") {
        expired(lab.node(1), line).await;
    }
    if id == "microceph/join-node3" {
        // The recorded token lasted for a second and was used in time.
        let token = lab.token("node3").await.into();
        same.learn(&line["request"]["body"]["join_token"], &token);
    }
    let name = line["node"].as_str().expect("a node");
    let node = lab.nodes.iter().find(|node| node.name == name);
    exchange(node.expect("the node"), line, same).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn microceph_answers_as_the_recorded_daemon_did() {
    let lab = Lab::ceph(3, 20.0, &[]).await;
    let mut same = Same::default();
    for line in lines(include_str!("../fixtures/microceph.jsonl")) {
        before(line["id"].as_str().expect("an id"), &lab).await;
        replay(&lab, &line, &mut same).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn microovn_answers_as_the_recorded_daemon_did() {
    let lab = Lab::ovn(3, 100.0, &[]).await;
    let mut same = Same::default();
    for line in lines(include_str!("../fixtures/microovn.jsonl")) {
        replay(&lab, &line, &mut same).await;
    }
}
