//! Every answer recorded from a real MicroCeph and MicroOVN, read as the client reads it; and which of
//! the client's calls nobody recorded.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use mcloud::infra::microceph::client::{CephDisk, CephNetworks, CephPool, MicroCeph, NewDisk};
use mcloud::infra::microceph::refusals::{self, DiskMeaning};
use mcloud::infra::microcluster::client::{Control, Micro, read};
use mcloud::infra::microcluster::refusals::{Meaning, meaning};
use mcloud::infra::microcluster::types::{Core, Member, Placed, Token};
use mcloud::infra::rest::{Answer, Refusal, RestError};
use secrecy::SecretString;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};

use crate::service::{Service, http};

fn lines() -> Vec<Value> {
    let files = [
        include_str!("../fixtures/microceph.jsonl"),
        include_str!("../fixtures/microovn.jsonl"),
    ];
    let lines = files.iter().flat_map(|file| file.lines());
    let read = lines.map(|line| serde_json::from_str(line).expect("a recording is JSON lines"));
    // A caller that hung up recorded no answer.
    read.filter(|line: &Value| line["response"]["status"].is_number())
        .collect()
}

fn line(id: &str) -> Value {
    let found = lines().into_iter().find(|line| line["id"] == id);
    found.unwrap_or_else(|| panic!("no exchange {id}"))
}

fn answer(line: &Value) -> Answer {
    let status = line["response"]["status"].as_u64().expect("a status");
    Answer {
        status: u16::try_from(status).expect("an HTTP status"),
        body: line["response"]["body"].to_string().into(),
    }
}

fn thing<T: DeserializeOwned>(id: &str) -> T {
    read(&answer(&line(id))).unwrap_or_else(|error| panic!("{id}: {error}"))
}

fn refusal(id: &str) -> Refusal {
    match read::<IgnoredAny>(&answer(&line(id))) {
        Err(RestError::Refused(refusal)) => refusal,
        other => panic!("{id}: {other:?}"),
    }
}

/// Reads an answer as the call that asks its path does.
fn outcome(line: &Value) -> Result<(), RestError> {
    fn of<T: DeserializeOwned>(answer: &Answer) -> Result<(), RestError> {
        read::<T>(answer).map(drop)
    }
    let path = line["request"]["path"].as_str().expect("a path");
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let answer = answer(line);
    match (line["request"]["method"].as_str().expect("a method"), path) {
        ("GET", "/core/1.0") => of::<Core>(&answer),
        ("GET", "/core/1.0/cluster") => of::<Option<Vec<Member>>>(&answer),
        ("GET", "/core/control/tokens") => of::<Option<Vec<Token>>>(&answer),
        ("POST", "/core/control/tokens") => of::<String>(&answer),
        ("GET", "/1.0/services") => of::<Option<Vec<Placed>>>(&answer),
        ("GET", "/1.0/disks") => of::<Option<Vec<CephDisk>>>(&answer),
        ("GET", "/1.0/pools") => of::<Option<Vec<CephPool>>>(&answer),
        _ => of::<IgnoredAny>(&answer),
    }
}

#[test]
fn every_recorded_answer_is_read_as_a_yes_or_a_no() {
    let (mut yes, mut no) = (0, 0);
    for line in lines() {
        match outcome(&line) {
            Ok(()) => yes += 1,
            Err(RestError::Refused(_)) => no += 1,
            Err(error) => panic!("{}: {error}", line["id"]),
        }
    }
    assert_eq!((yes, no), (166, 115));
}

#[test]
fn a_no_is_heard_wherever_it_hides() {
    let error = refusal("microceph/mds-enable-again");
    assert_eq!(
        (error.status, error.code),
        (200, 500),
        "an error with HTTP 200"
    );
    assert!(error.text.contains("already active on host"));
    let sync = refusal("microovn/config-get-unknown");
    assert_eq!(
        (sync.status, sync.code),
        (200, 400),
        "a yes whose body says no"
    );
    assert_eq!(
        sync.text,
        "config key 'nonsense' is not a recognized config option"
    );
}

#[test]
fn a_daemon_tells_what_it_is_and_who_is_in_its_cluster() {
    let ceph: Core = thing("microceph/core-uninit");
    assert_eq!((ceph.name.as_str(), ceph.address.as_str()), ("node1", ""));
    assert_eq!(ceph.short_version(), "19.2.3");
    let ovn: Core = thing("microovn/core-uninit");
    assert_eq!(ovn.short_version(), "25.03");
    assert!(ovn.has("custom_encapsulation_ip") && !ceph.has("custom_encapsulation_ip"));
    let members: Vec<Member> = thing("microovn/cluster-right-after-join");
    assert!(members.iter().all(|it| it.is_online() && it.is_pending()));
    assert_eq!(members[1].address, "10.77.0.12:6443");
    let tokens: Vec<Token> = thing("microceph/tokens-list");
    assert_eq!(tokens[0].name, "node2");
    assert!(
        !format!("{tokens:?}").contains("eyJ"),
        "a token is a secret"
    );
}

#[test]
fn refusals_mean_what_they_meant() {
    use Meaning::{
        AlreadyInitialised, BadAddress, BadName, ClientConfig, HasDisks, MemberMissing,
        MonitorElsewhere, MonitorOutside, NetworkElsewhere, NotInitialised, NotStarted,
        TokenElsewhere, TokenExists, TokenForAnother, TokenRefused, TooFewServices, Unreachable,
    };
    let expected = [
        ("microceph/uninit-core-1.0-cluster", NotInitialised),
        ("microceph/bootstrap-second", AlreadyInitialised),
        ("microovn/join-while-member", AlreadyInitialised),
        ("microceph/bootstrap-bad-name", BadName),
        ("microceph/token-bad-name", BadName),
        ("microceph/bootstrap-bad-address", BadAddress),
        ("microceph/bootstrap-no-port", BadAddress),
        ("microceph/bootstrap-empty-address", BadAddress),
        ("microceph/bootstrap-mon-ip-not-here", MonitorElsewhere),
        ("microceph/bootstrap-mon-ip-outside-public", MonitorOutside),
        ("microceph/bootstrap-cluster-net-not-here", NetworkElsewhere),
        ("microceph/join-garbage-token", TokenRefused),
        ("microceph/join-wrong-secret", TokenRefused),
        ("microceph/join-expired-token", TokenRefused),
        ("microovn/token-delete-absent", TokenRefused),
        ("microceph/token-duplicate", TokenExists),
        ("microovn/join-wrong-name", TokenForAnother),
        ("microceph/join-wrong-fingerprint", TokenElsewhere),
        ("microceph/join-unreachable-address", Unreachable),
        ("microceph/join-after-unknown-client-config", ClientConfig),
        ("microovn/bootstrap-unknown-service", NotStarted),
        ("microceph/member-delete-unknown", MemberMissing),
        ("microovn/member-delete-again", MemberMissing),
        ("microceph/member-delete-with-disks", HasDisks),
        ("microceph/member-delete-mon-count", TooFewServices),
    ];
    for (id, meant) in expected {
        assert_eq!(meaning(&refusal(id)), meant, "{id}");
    }
}

#[tokio::test]
async fn a_report_says_why_a_disk_was_refused_though_http_says_yes() {
    use DiskMeaning::{Holds, NoEncryption, NotThere, Other, Recorded};
    let expected = [
        ("disks-add-nonexistent", NotThere),
        ("disks-add-filesystem", Holds),
        ("disks-add-foreign", Holds),
        ("disks-add-again", Recorded),
        ("disks-add-again-wipe", Recorded),
        ("disks-add-after-disconnect", Recorded),
        ("disks-add-encrypt", NoEncryption),
        ("disks-add-loop-with-encrypt", NoEncryption),
        ("disks-add-empty-list", Other),
    ];
    let disk = NewDisk {
        path: "/dev/sdb".to_owned(),
        wipe: false,
        encrypt: false,
    };
    for (id, meant) in expected {
        let line = line(&format!("microceph/{id}"));
        let service = Service::answering([http(200, &line["response"]["body"])]);
        let ceph = MicroCeph::new(service.socket().to_path_buf());
        match ceph.add_disk(&disk).await {
            Err(RestError::Refused(refusal)) => {
                assert_eq!(refusals::meaning(&refusal), meant, "{id}: {refusal}");
                assert!(!refusal.text.is_empty());
            }
            other => panic!("{id}: {other:?}"),
        }
    }
    let added = line("microceph/disks-add");
    let service = Service::answering([http(200, &added["response"]["body"])]);
    let ceph = MicroCeph::new(service.socket().to_path_buf());
    assert_eq!(ceph.add_disk(&disk).await, Ok(()));
    assert_eq!(
        service.body(0),
        json!({"path": ["/dev/sdb"], "wipe": false, "encrypt": false})
    );
}

#[tokio::test]
async fn sentences_that_nobody_recorded_are_told_apart_too() {
    let disks = [
        (
            "data device /dev/sdb has partitions - use --wipe to override",
            DiskMeaning::Partitioned,
        ),
        (
            "device /dev/sdb is currently mounted and cannot be used - aborting",
            DiskMeaning::Mounted,
        ),
        (
            "Disk size is smaller than the minimum OSD size of 2GiB",
            DiskMeaning::TooSmall,
        ),
    ];
    let wiping = "failed to prepare data device: failed to wipe device /dev/sdb: Failed to run: …";
    let disks = [disks.as_slice(), &[(wiping, DiskMeaning::NotWiped)]].concat();
    let say = |text: &str| Refusal {
        status: 200,
        code: 500,
        text: text.to_owned(),
    };
    for (text, meant) in disks {
        assert_eq!(refusals::meaning(&say(text)), meant, "{text}");
    }
    let others = [
        ("Daemon is not ready yet", Meaning::NotReady),
        ("Daemon is shutting down", Meaning::NotReady),
        (
            "This node's version is behind, please upgrade",
            Meaning::VersionsDiffer,
        ),
        (
            "Remote with address \"10.77.0.12:7443\" exists",
            Meaning::AddressTaken,
        ),
        (
            "Microcluster node membership is inconsistent across core_cluster_members",
            Meaning::Inconsistent,
        ),
        (
            "Failed to confirm new member \"pi-2\" on any existing system (2)",
            Meaning::Unconfirmed,
        ),
        ("Cannot leave a cluster with 1 members", Meaning::OnlyMember),
        (
            "Cannot remove cluster members, there are no remaining non-pending members",
            Meaning::RolesPending,
        ),
        ("no such thing", Meaning::Other),
    ];
    for (text, meant) in others {
        assert_eq!(meaning(&say(text)), meant, "{text}");
    }
}

/// A call without what differs from one to the next: names, numbers, addresses; with its body's keys.
fn shape(method: &str, path: &str, body: &Value) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path
        .split('/')
        .map(|part| {
            let named = part.starts_with("node") || part.parse::<u64>().is_ok();
            if named { "…" } else { part }
        })
        .collect();
    let keys: Vec<&str> = query
        .split('&')
        .filter(|it| !it.is_empty())
        .map(|it| it.split('=').next().unwrap_or(it))
        .collect();
    let body = body.as_object();
    let told: BTreeSet<&str> = body
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    format!("{method} {} {keys:?} {told:?}", parts.join("/"))
}

/// Makes every call of the three clients; what each was.
#[expect(
    clippy::too_many_lines,
    reason = "it lists the calls, one after the other"
)]
async fn calls() -> Vec<String> {
    let done = |metadata: Value| {
        http(
            200,
            &json!({"type": "sync", "status_code": 200, "metadata": metadata}),
        )
    };
    let exists = http(500, &line("microceph/token-duplicate")["response"]["body"]);
    let unknown = http(
        404,
        &line("microceph/token-delete-unknown")["response"]["body"],
    );
    let tokens = done(json!([{"name": "node2", "token": "t"}]));
    let added = done(json!({"report": [{"report": "Success"}]}));
    let answers = [
        done(json!({"name": "node1"})),
        done(json!({})),
        done(json!([])),
        done(json!({})),
        done(json!({})),
        exists,
        tokens,
        unknown,
        done(json!({})),
        done(json!("t")),
        done(json!({})),
        done(json!({})),
        done(json!([])),
        done(json!([])),
        added,
        done(json!({})),
        done(json!([])),
        http(200, &line("microceph/configs-list")["response"]["body"]),
        done(json!({})),
        done(json!({"supported": true})),
    ];
    let count = answers.len();
    let service = Service::answering(answers);
    let micro = Micro::new(service.socket().to_path_buf());
    let address: SocketAddr = "10.77.0.12:7443".parse().expect("an address");
    let control = Control {
        name: "node1".to_owned(),
        address,
        config: [].into(),
    };
    micro.core().await.expect("a daemon");
    assert!(micro.ready().await.expect("a daemon"));
    micro.members().await.expect("members");
    micro.bootstrap(&control).await.expect("a cluster");
    micro
        .join(&control, &SecretString::from("t"))
        .await
        .expect("a member");
    micro
        .token("node2")
        .await
        .expect("a token, after the old one went");
    micro
        .delete_member("node2", address, false)
        .await
        .expect("gone");
    micro
        .delete_member("node2", address, true)
        .await
        .expect("gone");
    let ceph = MicroCeph::new(service.socket().to_path_buf());
    ceph.services().await.expect("services");
    ceph.disks().await.expect("disks");
    let disk = NewDisk {
        path: "/dev/sdb".to_owned(),
        wipe: true,
        encrypt: false,
    };
    ceph.add_disk(&disk).await.expect("a disk");
    ceph.delete_disk(1, "node2").await.expect("gone");
    ceph.pools().await.expect("pools");
    let networks = ceph.networks().await.expect("an answer");
    let (public, internal) = ["10.77.0.0/24", "10.77.0.0/24"].map(str::to_owned).into();
    assert_eq!(networks, Some(CephNetworks { public, internal }));
    ceph.set_pool_size(3, true).await.expect("three");
    assert_eq!(ceph.no_encryption().await, Ok(Some(String::new())));
    let asked = service.calls();
    assert_eq!(asked.len(), count);
    let each = asked.iter().enumerate().map(|(at, call)| {
        let (method, path) = call.split_once(' ').expect("a method");
        shape(method, path, &service.body(at))
    });
    each.collect()
}

#[tokio::test]
async fn these_calls_of_the_clients_were_never_recorded() {
    let recorded: BTreeSet<String> = lines()
        .iter()
        .map(|line| {
            let request = &line["request"];
            let text = |key: &str| request[key].as_str().expect("a text");
            shape(text("method"), text("path"), &request["body"])
        })
        .collect();
    let calls: BTreeSet<String> = calls().await.into_iter().collect();
    let never: Vec<&str> = calls
        .iter()
        .filter(|call| !recorded.contains(*call))
        .map(String::as_str)
        .collect();
    // The address was added with microcluster 3.0.2, which asked for it in its refusal. What goes over
    // the admin sockets of Ceph's daemons was not recorded either; it was measured by hand.
    assert_eq!(
        never,
        [
            r#"DELETE /core/1.0/cluster/… ["address"] {}"#,
            r#"DELETE /core/1.0/cluster/… ["force", "address"] {}"#,
        ]
    );
}
