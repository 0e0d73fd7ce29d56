//! The simulated snapd answers and refuses as the recorded one did.

use std::path::PathBuf;
use std::time::Duration;

use mcloud::rehearsal::fault::Fault;
use mcloud::rehearsal::snapd::{InstalledSnap, Serving, Site, SnapdSpec};
use mcloud::world::Clock;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Reply, call};

/// One node, whose clock runs two hundred times as fast as life.
struct Node {
    socket: PathBuf,
    clock: Clock,
    _serving: Serving,
    _directory: TempDir,
}

impl Node {
    async fn of(snaps: &[(&str, &str)], faults: &[&str]) -> Self {
        let clock = Clock::faster(200.0);
        let faults = faults
            .iter()
            .map(|spec| spec.parse::<Fault>().expect("a fault"));
        let site = Site::new(clock.clone(), 3, faults.collect());
        let mut spec = SnapdSpec::new("node1");
        let snaps = snaps
            .iter()
            .map(|(name, channel)| InstalledSnap::new(name, channel));
        spec.snaps = snaps.collect();
        let directory = TempDir::new().expect("a directory");
        let socket = directory.path().join("snapd.socket");
        let serving = site.add_node(spec).serve(socket.clone()).await;
        Self {
            socket,
            clock,
            _serving: serving.expect("the socket"),
            _directory: directory,
        }
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> Reply {
        let answer = call(&self.socket, (method, path), body, None).await;
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, Value::Null).await.body["result"].clone()
    }

    /// Begins a change.
    async fn begin(&self, path: &str, body: Value) -> String {
        let reply = self.ask("POST", path, body).await;
        assert_eq!(reply.status, 202, "{reply:?}");
        reply.body["change"].as_str().expect("a change").to_owned()
    }

    /// A change as it is once it is over.
    async fn ended(&self, change: &str) -> Value {
        loop {
            let shown = self.get(&format!("/v2/changes/{change}")).await;
            if shown["ready"] == true {
                return shown;
            }
            self.clock.sleep(Duration::from_secs(1)).await;
        }
    }
}

fn line(id: &str) -> Value {
    include_str!("../fixtures/snapd-2.68.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a recording is JSON lines"))
        .find(|line| line["id"] == format!("snapd/{id}"))
        .unwrap_or_else(|| panic!("no exchange {id}"))
}

fn recorded(id: &str) -> Value {
    line(id)["response"]["body"].clone()
}

/// Where `seen` lacks a key of `recorded`, or has another kind of thing there.
fn lacks(recorded: &Value, seen: &Value) -> Option<String> {
    match (recorded, seen) {
        (Value::Object(recorded), Value::Object(seen)) => {
            recorded.iter().find_map(|(key, value)| {
                let Some(seen) = seen.get(key) else {
                    return Some(format!("{key} is missing"));
                };
                lacks(value, seen).map(|deeper| format!("{key}.{deeper}"))
            })
        }
        (Value::Array(recorded), Value::Array(seen)) => match (recorded.first(), seen.first()) {
            (Some(recorded), Some(seen)) => lacks(recorded, seen),
            _ => None,
        },
        _ if std::mem::discriminant(recorded) == std::mem::discriminant(seen) => None,
        _ => Some(format!(" recorded {recorded}, seen {seen}")),
    }
}

fn has_the_shape(recorded: &Value, seen: &Value) {
    if let Some(difference) = lacks(recorded, seen) {
        panic!("{difference}\nin {seen}");
    }
}

/// Makes a recorded exchange again.
async fn again(node: &Node, id: &str) -> (Value, Reply) {
    let line = line(id);
    let request = &line["request"];
    let of = |key: &str| request[key].as_str().expect("a text");
    let reply = node
        .ask(of("method"), of("path"), request["body"].clone())
        .await;
    assert_eq!(
        Value::from(reply.status),
        line["response"]["status"],
        "{id}: {reply:?}"
    );
    (line["response"]["body"].clone(), reply)
}

#[rstest]
#[case("snaps-filter-none")]
#[case("snap-not-installed")]
#[case("change-unknown")]
#[case("connections-snap-missing")]
#[case("refresh-not-installed")]
#[case("remove-not-installed")]
#[case("hold-not-installed")]
#[case("multi-with-channel")]
#[case("connect-missing-snap")]
#[case("hold-all-general")]
#[tokio::test(flavor = "multi_thread")]
async fn a_bare_node_answers_word_for_word_as_recorded(#[case] id: &str) {
    let node = Node::of(&[], &[]).await;
    let (recorded, reply) = again(&node, id).await;
    assert_eq!(reply.body, recorded, "{id}");
}

#[rstest]
#[case("connections-one")]
#[case("install-already")]
#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_a_local_snap_answers_word_for_word_as_recorded(#[case] id: &str) {
    let node = Node::of(&[("mcloud-fixture", "")], &[]).await;
    let (recorded, reply) = again(&node, id).await;
    assert_eq!(reply.body, recorded, "{id}");
}

#[rstest]
#[case("system-info")]
#[case("snap-installed")]
#[case("snaps-one")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_has_the_recorded_shape(#[case] id: &str) {
    let node = Node::of(&[("mcloud-fixture", "")], &[]).await;
    let (mut recorded, reply) = again(&node, id).await;
    // This machine's refreshes were put off as a whole.
    let refresh = recorded.pointer_mut("/result/refresh");
    refresh
        .and_then(Value::as_object_mut)
        .map(|refresh| refresh.remove("hold"));
    has_the_shape(&recorded, &reply.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_reached_is_told_without_a_kind() {
    let node = Node::of(&[], &["snapd.install@node1=offline"]).await;
    let (recorded, reply) = again(&node, "install-no-store").await;
    has_the_shape(&recorded, &reply.body);
    let message = reply.body["result"]["message"].as_str().expect("a message");
    let words = "cannot install \"lxd\": Post \"https://api.snapcraft.io/v2/snaps/refresh\": dial tcp: lookup";
    assert!(message.starts_with(words), "{message}");
    assert!(reply.body["result"].get("kind").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_done_when_it_is_answered_and_shows_on_the_snap() {
    let node = Node::of(&[("mcloud-fixture", "")], &[]).await;
    let body = line("hold")["request"]["body"].clone();
    let reply = node.ask("POST", "/v2/snaps", body).await;
    has_the_shape(&recorded("hold"), &reply.body);
    let change = reply.body["change"].as_str().expect("a change");
    let change = node
        .ask("GET", &format!("/v2/changes/{change}"), Value::Null)
        .await;
    has_the_shape(&recorded("hold-change"), &change.body);
    assert_eq!(change.body["result"]["status"], "Done");
    assert!(change.body["result"].get("tasks").is_none());
    let (recorded, held) = again(&node, "snap-held").await;
    has_the_shape(&recorded, &held.body);
}

/// What a sideload has and an install from the store has not.
fn without_sideload(mut change: Value) -> Value {
    if let Some(data) = change["data"].as_object_mut() {
        data.remove("snap-name");
    }
    change
}

#[tokio::test(flavor = "multi_thread")]
async fn an_install_goes_through_the_recorded_tasks() {
    let there = [("snapd", "latest/stable"), ("core24", "latest/stable")];
    let node = Node::of(&there, &[]).await;
    let install = json!({ "action": "install", "channel": "24.03/stable", "cohort-key": "+" });
    let change = node.begin("/v2/snaps/microovn", install.clone()).await;
    let running = node
        .get("/v2/changes?select=in-progress&for=microovn")
        .await;
    has_the_shape(
        &without_sideload(recorded("changes-in-progress")["result"][0].clone()),
        &running[0],
    );
    let twice = node.ask("POST", "/v2/snaps/microovn", install).await;
    let mut conflict = recorded("conflict-remove");
    conflict["result"] = json!({
        "message": "snap \"microovn\" has \"install-snap\" change in progress",
        "kind": "snap-change-conflict",
        "value": { "change-kind": "install-snap", "snap-name": "microovn" },
    });
    assert_eq!((twice.status, &twice.body), (409, &conflict));
    let ended = node.ended(&change).await;
    let done = without_sideload(recorded("sideload-change-3")["result"].clone());
    has_the_shape(&done, &ended);
    assert_eq!(ended["status"], "Done");
    let kinds = |change: &Value| -> Vec<String> {
        let tasks = change["tasks"].as_array().expect("tasks").iter();
        let kinds = tasks.map(|task| task["kind"].as_str().expect("a kind").to_owned());
        // A local file is prepared, what comes from the store is downloaded and validated.
        let from = ["prepare-snap", "download-snap", "validate-snap"];
        kinds
            .filter(|kind| !from.contains(&kind.as_str()))
            .collect()
    };
    assert_eq!(kinds(&ended), kinds(&done));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_install_ends_as_recorded_and_leaves_nothing() {
    let there = [("snapd", "latest/stable"), ("core24", "latest/stable")];
    let node = Node::of(&there, &["snapd.hook@node1=refused"]).await;
    let install = json!({ "action": "install", "channel": "24.03/stable" });
    let change = node.begin("/v2/snaps/microovn", install).await;
    let ended = node.ended(&change).await;
    let failed = without_sideload(recorded("sideload-change-failed")["result"].clone());
    let mut shape = failed.clone();
    // The recorded one failed in its first task, which alone has a log.
    shape["tasks"] = json!([]);
    has_the_shape(&shape, &ended);
    assert_eq!(
        (&ended["status"], &ended["ready"]),
        (&json!("Error"), &json!(true))
    );
    let tasks = ended["tasks"].as_array().expect("tasks");
    let broken = tasks.iter().position(|task| task["status"] == "Error");
    let (before, rest) = tasks.split_at(broken.expect("one failed"));
    has_the_shape(&failed["tasks"][0], &rest[0]);
    assert!(before.iter().all(|task| task["status"] == "Undone"));
    assert!(rest[1..].iter().all(|task| task["status"] == "Hold"));
    let err = ended["err"].as_str().expect("a reason");
    assert!(err.starts_with("cannot perform the following tasks:\n- Run install hook"));
    assert_eq!(node.get("/v2/snaps?snaps=microovn").await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_aborted_is_undone_and_one_that_is_over_is_not() {
    let there = [("snapd", "latest/stable"), ("core24", "latest/stable")];
    let node = Node::of(&there, &[]).await;
    let install = json!({ "action": "install", "channel": "5.21/stable" });
    let change = node.begin("/v2/snaps/lxd", install).await;
    let path = format!("/v2/changes/{change}");
    let abort = json!({ "action": "abort" });
    let reply = node.ask("POST", &path, abort.clone()).await;
    let mut aborted = recorded("abort-running-change");
    // The recorded one had done most of its tasks.
    aborted["result"]["tasks"] = json!([]);
    has_the_shape(&aborted, &reply.body);
    assert_eq!(reply.body["result"]["status"], aborted["result"]["status"]);
    assert_eq!(node.ended(&change).await["status"], "Undone");
    let reply = node.ask("POST", &path, abort).await;
    let message = format!("cannot abort change {change} with nothing pending");
    assert_eq!(reply.body["result"]["message"], message);
    assert_eq!(reply.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plug_is_connected_twice_as_well_as_once_and_many_at_once_are_refused() {
    let node = Node::of(&[("lxd", "6/stable"), ("microovn", "24.03/stable")], &[]).await;
    let plug = json!({ "snap": "lxd", "plug": "ovn-env" });
    let slot = json!({ "snap": "microovn", "slot": "ovn-env" });
    let connect = json!({ "action": "connect", "plugs": [plug], "slots": [slot] });
    let first = node.begin("/v2/interfaces", connect.clone()).await;
    assert_eq!(node.ended(&first).await["status"], "Done");
    let second = node.begin("/v2/interfaces", connect).await;
    let second = node.get(&format!("/v2/changes/{second}")).await;
    assert_eq!(second["status"], "Done", "it is over at once");
    let made = node.get("/v2/connections?snap=lxd").await;
    let made = made["established"].as_array().expect("connections");
    assert!(
        made.iter()
            .any(|it| it["plug"]["plug"] == "ovn-env" && it["manual"] == true)
    );
    let many = json!({ "action": "connect", "plugs": [plug, plug], "slots": [slot] });
    assert_eq!(node.ask("POST", "/v2/interfaces", many).await.status, 501);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_and_a_cohort_exclude_each_other() {
    let node = Node::of(&[], &[]).await;
    let both = json!({ "action": "install", "revision": "1", "cohort-key": "+" });
    assert_eq!(node.ask("POST", "/v2/snaps/lxd", both).await.status, 400);
    let garbage = json!({ "action": "frobnicate" });
    let reply = node.ask("POST", "/v2/snaps/lxd", garbage).await;
    assert_eq!(reply.body["result"]["message"], "unknown action frobnicate");
}
