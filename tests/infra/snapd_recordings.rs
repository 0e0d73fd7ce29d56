//! Every answer recorded from a real snapd, read by the functions and types the client uses.

use std::collections::BTreeSet;

use mcloud::engine::services::SnapdVersion;
use mcloud::infra::snapd::client::{Build, Snapd};
use mcloud::infra::snapd::envelope::{Answered, Refused, Reply, SnapdError, parse};
use mcloud::infra::snapd::plugs;
use mcloud::infra::snapd::refusals::{Meaning, conflicting, meaning, releases, told};
use mcloud::infra::snapd::types::{Change, Connections, Snap, SystemInfo};
use mcloud::world::Clock;
use rstest::rstest;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};

use crate::service::{Service, http};

fn lines() -> Vec<Value> {
    include_str!("../fixtures/snapd-2.68.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a recording is JSON lines"))
        .collect()
}

fn line(id: &str) -> Value {
    let mut lines = lines().into_iter();
    lines
        .find(|line| line["id"] == format!("snapd/{id}"))
        .unwrap_or_else(|| panic!("no exchange {id}"))
}

fn read<T: DeserializeOwned>(line: &Value) -> Result<Answered<T>, SnapdError> {
    let status = line["response"]["status"].as_u64().expect("a status");
    let body = line["response"]["body"].to_string();
    parse(
        u16::try_from(status).expect("an HTTP status"),
        body.as_bytes(),
    )
}

fn thing<T: DeserializeOwned>(id: &str) -> T {
    match read(&line(id)).map(|answered| answered.reply) {
        Ok(Reply::Sync(thing)) => thing,
        Ok(Reply::Change(change)) => panic!("{id}: change {change}"),
        Err(error) => panic!("{id}: {error}"),
    }
}

fn refused(id: &str) -> Refused {
    match read::<IgnoredAny>(&line(id)) {
        Err(SnapdError::Refused(refused)) => refused,
        other => panic!("{id}: {other:?}"),
    }
}

#[test]
fn every_recorded_answer_of_snapd_is_read_as_what_it_was() {
    let (mut answers, mut changes, mut refusals) = (0, 0, 0);
    for line in lines() {
        match read::<Value>(&line).map(|answered| answered.reply) {
            Ok(Reply::Sync(_)) => answers += 1,
            Ok(Reply::Change(_)) => changes += 1,
            Err(SnapdError::Refused(_)) => refusals += 1,
            Err(error) => panic!("{}: {error}", line["id"]),
        }
    }
    assert_eq!((answers, changes, refusals), (13, 1, 14));
}

#[test]
fn snapd_tells_what_it_is() {
    let system: SystemInfo = thing("system-info");
    let version: SnapdVersion = system.version.parse().expect("a version");
    assert_eq!(version.to_string(), "2.68.3");
    assert_eq!(
        (system.confinement.as_str(), system.architecture.as_str()),
        ("partial", "amd64")
    );
}

#[rstest]
#[case("2.63+24.04", Some([2, 63, 0]))]
#[case("2.68.3-3+deb13u1+b7", Some([2, 68, 3]))]
#[case("2.59.1", Some([2, 59, 1]))]
#[case("unknown", None)]
#[case("2", None)]
#[case("", None)]
fn a_version_is_its_leading_numbers(#[case] text: &str, #[case] numbers: Option<[u32; 3]>) {
    let read: Option<SnapdVersion> = text.parse().ok();
    let read = read.map(|version| [version.major, version.minor, version.patch]);
    assert_eq!(read, numbers);
}

#[test]
fn a_snap_that_was_brought_here_and_one_that_is_held_are_told() {
    let snap: Snap = thing("snap-installed");
    assert!(snap.is_active() && snap.is_local() && snap.hold.is_empty());
    assert_eq!(
        (snap.name.as_str(), snap.tracking.as_str()),
        ("mcloud-fixture", "")
    );
    let held: Snap = thing("snap-held");
    assert!(held.hold.starts_with("2319-"), "{}", held.hold);
    let all: Vec<Snap> = thing("snaps-one");
    assert_eq!(all.len(), 3);
    assert!(thing::<Vec<Snap>>("snaps-filter-none").is_empty());
    assert_eq!(
        thing::<Connections>("connections-one"),
        Connections::default()
    );
}

#[rstest]
#[case("5.21/stable", "5.21/stable", true)]
#[case("5.21", "5.21/stable", true)]
#[case("latest/stable", "stable", true)]
#[case("6/stable", "5.21/stable", false)]
#[case("5.21/candidate", "5.21/stable", false)]
#[case("stable/fix", "latest/stable/fix", true)]
#[case("", "5.21/stable", false)]
fn a_channel_is_compared_whole(#[case] tracked: &str, #[case] wanted: &str, #[case] same: bool) {
    let snap: Snap = serde_json::from_value(json!({
        "name": "lxd", "revision": "1", "status": "active", "tracking-channel": tracked,
    }))
    .expect("a snap");
    assert_eq!(snap.follows(wanted), same);
}

#[test]
fn a_change_tells_how_it_stands_and_why_it_failed() {
    let running: Change = thing("sideload-change-0");
    assert!(!running.ready);
    let doing: Vec<_> = running
        .tasks
        .iter()
        .filter(|task| task.status == "Doing")
        .collect();
    assert_eq!(doing[0].summary, "Mount snap \"mcloud-fixture\" (unset)");
    assert_eq!(
        thing::<Vec<Change>>("changes-in-progress")[0].id,
        running.id
    );
    let done: Change = thing("sideload-change-3");
    assert!(done.ready && done.status == "Done" && done.err.is_empty());
    let failed: Change = thing("sideload-change-failed");
    assert_eq!((failed.ready, failed.status.as_str()), (true, "Error"));
    assert_eq!(told(&failed.err), Meaning::NoNetwork);
    assert_eq!(told(&failed.tasks[0].log[0]), Meaning::NoNetwork);
    let held: Change = thing("hold-change");
    assert!(held.ready && held.tasks.is_empty());
    assert_eq!(thing::<Change>("aborted-change").status, "Undone");
}

#[rstest]
#[case("caller-in-another-pid-namespace", Meaning::Denied)]
#[case("snap-not-installed", Meaning::NoSuchSnap)]
#[case("connections-snap-missing", Meaning::NoSuchSnap)]
#[case("install-no-store", Meaning::NoNetwork)]
#[case("refresh-not-installed", Meaning::NotInstalled)]
#[case("remove-not-installed", Meaning::NotInstalled)]
#[case("hold-not-installed", Meaning::NotInstalled)]
#[case("connect-missing-snap", Meaning::NotInstalled)]
#[case("install-already", Meaning::AlreadyInstalled)]
#[case("conflict-remove", Meaning::Conflict)]
#[case("abort-ready-change", Meaning::Other)]
#[case("change-unknown", Meaning::Other)]
fn a_recorded_refusal_of_snapd_has_its_meaning(#[case] id: &str, #[case] meant: Meaning) {
    assert_eq!(meaning(&refused(id)), meant);
}

#[test]
fn a_conflict_names_the_snap_whose_change_is_in_the_way() {
    let refused = refused("conflict-remove");
    assert_eq!(refused.status, 409);
    assert_eq!(conflicting(&refused), Some("mcloud-fixture"));
}

#[rstest]
#[case(
    "",
    "snap \"x\" assumes unsupported features: snapd2.73 (try to refresh snapd)",
    Meaning::Assumes
)]
#[case(
    "",
    "cannot add group: write x: no space left on device",
    Meaning::NoSpace
)]
#[case("insufficient-disk-space", "x", Meaning::NoSpace)]
#[case("network-timeout", "x", Meaning::NoNetwork)]
#[case("dns-failure", "x", Meaning::NoNetwork)]
#[case(
    "snap-no-update-available",
    "snap \"lxd\" has no updates available",
    Meaning::NoUpdate
)]
#[case(
    "",
    "An already running copy of Open vSwitch detected in current namespace.",
    Meaning::OtherSwitch
)]
#[case(
    "",
    "snap \"microceph\" has no slot named \"ceph-conf\"",
    Meaning::NoSuchPlug
)]
fn what_no_recording_holds_is_read_after_snapds_source(
    #[case] kind: &str,
    #[case] message: &str,
    #[case] meant: Meaning,
) {
    let refused = Refused {
        status: 400,
        kind: kind.to_owned(),
        message: message.to_owned(),
        value: Value::Null,
    };
    assert_eq!(meaning(&refused), meant);
}

#[test]
fn a_channel_that_is_missing_tells_those_of_this_architecture() {
    let refused = Refused {
        status: 404,
        kind: "snap-channel-not-available".to_owned(),
        message: "no snap revision on specified channel".to_owned(),
        value: json!({
            "snap-name": "microceph", "action": "install", "channel": "squid/stable",
            "architecture": "arm64",
            "releases": [
                { "architecture": "amd64", "channel": "squid/edge" },
                { "architecture": "arm64", "channel": "reef/stable" },
                { "architecture": "arm64", "channel": "squid/candidate" },
            ],
        }),
    };
    assert_eq!(meaning(&refused), Meaning::NotReleased);
    assert_eq!(releases(&refused), ["reef/stable", "squid/candidate"]);
}

#[test]
fn what_is_no_answer_of_snapd_is_told() {
    let strange = [
        (200, "<html>", "expected value"),
        (200, "{\"type\":\"odd\"}", "unknown type \"odd\""),
        (202, "{\"type\":\"async\"}", "without a change"),
    ];
    for (status, body, words) in strange {
        let error = parse::<Value>(status, body.as_bytes()).expect_err(body);
        assert!(error.to_string().contains(words), "{error}");
    }
    let soon = json!({ "type": "sync", "result": 1,
        "maintenance": { "kind": "daemon-restart", "message": "daemon is restarting" } });
    let answered = parse::<Value>(200, soon.to_string().as_bytes()).expect("an answer");
    assert_eq!(
        answered.maintenance.expect("it says so").kind,
        "daemon-restart"
    );
}

/// What a call asks: method, path with its names replaced, and the action.
fn asked(method: &str, path: &str, body: &Value) -> String {
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path.split('/').collect();
    let path = match parts.as_slice() {
        ["", "v2", kind @ ("snaps" | "changes"), _] => format!("/v2/{kind}/NAME"),
        _ => path.to_owned(),
    };
    match body["action"].as_str() {
        Some(action) => format!("{method} {path} {action}"),
        None => format!("{method} {path}"),
    }
}

/// A service that says yes to every call of the client, in the order of [`call_all`].
fn agreeing() -> Service {
    let answer = |result: Value| http(200, &json!({ "type": "sync", "result": result }));
    let change = json!({ "id": "1", "status": "Done", "ready": true });
    let snap = json!({ "name": "lxd", "revision": "1", "status": "active" });
    let begun = json!({ "type": "async", "change": "1", "result": null });
    let answers = [
        answer(json!({ "version": "2.68.3" })),
        answer(snap.clone()),
        answer(json!([snap])),
        answer(json!({})),
        answer(json!([change])),
        answer(change.clone()),
        answer(change),
    ];
    let begun = std::iter::repeat_n(http(202, &begun), 6);
    Service::answering(answers.into_iter().chain(begun))
}

/// Makes every call of the client once.
async fn call_all(snapd: &Snapd) -> Result<(), SnapdError> {
    let build = Build {
        channel: "5.21/stable".to_owned(),
        revision: None,
    };
    snapd.system_info().await?;
    assert!(snapd.snap("lxd").await?.is_some());
    assert_eq!(snapd.snaps(&["lxd"]).await?.len(), 1);
    assert!(snapd.connections("lxd").await?.is_some());
    assert_eq!(snapd.changes_in_progress("lxd").await?.len(), 1);
    assert!(snapd.change("1").await?.is_some());
    snapd.abort("1").await?;
    for begun in [
        snapd.install("lxd", &build).await?,
        snapd.refresh("lxd", &build).await?,
        snapd.enable("lxd").await?,
        snapd.hold(&["lxd"]).await?,
        snapd.connect(&plugs::wanted(&["microceph"])[0]).await?,
        snapd.restart(&["lxd.daemon"]).await?,
    ] {
        assert_eq!(begun, "1");
    }
    Ok(())
}

#[tokio::test]
async fn the_calls_that_no_recording_shows_going_well_are_these() {
    let service = agreeing();
    let snapd = Snapd::new(service.socket().to_owned(), Clock::real());
    call_all(&snapd).await.expect("every call goes well");
    let made = service.calls().into_iter().enumerate().map(|(nth, call)| {
        let (method, path) = call.split_once(' ').expect("a call");
        asked(method, path, &service.body(nth))
    });
    let made: BTreeSet<String> = made.collect();
    let lines = lines();
    let well = lines
        .iter()
        .filter(|line| line["response"]["body"]["type"] != "error");
    let recorded: BTreeSet<String> = well
        .map(|line| {
            let of = |key: &str| line["request"][key].as_str().unwrap_or_default();
            asked(of("method"), of("path"), &line["request"]["body"])
        })
        .collect();
    let unrecorded: Vec<&String> = made.difference(&recorded).collect();
    assert_eq!(
        unrecorded,
        [
            "POST /v2/apps restart",
            "POST /v2/interfaces connect",
            "POST /v2/snaps/NAME enable",
            "POST /v2/snaps/NAME install",
            "POST /v2/snaps/NAME refresh",
        ]
    );
}
