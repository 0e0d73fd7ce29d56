//! Faults: their syntax, and that they strike where, how and as often as they say.

use std::path::Path;

use mcloud::rehearsal::fault::Fault;
use mcloud::rehearsal::lxd::Release;
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Lab, call, disk};
use crate::patience::until;

/// Waits until a daemon answers.
async fn until_ready(socket: &Path) {
    let ready = async || {
        let asked = ("GET", "/internal/ready");
        call(socket, asked, Value::Null, None).await.is_ok()
    };
    until("the daemon answers", ready).await;
}

#[rstest]
#[case("lxd.join@pi-c=refused,2x")]
#[case("lxd.pool@*=slow:30s")]
#[case("lxd.pool-pending@pi-a=hangup,1x")]
#[case("lxd.daemon@pi-b=down:1m30s")]
#[case("snapd.install@pi-b=offline,1x")]
#[case("snapd.download@*=full")]
#[case("lxd.daemon@pi-b=down")]
#[case("microceph.disk-add@pi-b=foreign,1x")]
#[case("lxd.network-pending@pi-b=foreign")]
#[case("microovn.bootstrap@pi-a=slow:1m")]
fn a_fault_is_written_as_it_is_read(#[case] spec: &str) {
    let fault: Fault = spec.parse().expect("a fault");
    assert_eq!(fault.to_string(), spec);
}

#[rstest]
#[case("lxd.join", "is not SERVICE.CALL@NODE=KIND[,Nx]")]
#[case("lxd.join@=refused", "is not SERVICE.CALL@NODE=KIND[,Nx]")]
#[case("lxc.join@pi=refused", "\"lxc\" is no service; allowed: lxd")]
#[case(
    "lxd.jion@pi=refused",
    "\"jion\" is no call; allowed: daemon, ready, server, address"
)]
#[case(
    "lxd.join@pi=broken",
    "\"broken\" is no kind; allowed: refused, slow:DURATION, foreign, offline, full, hangup"
)]
#[case("lxd.join@pi=slow:soon", "\"soon\" is no duration")]
#[case("lxd.join@pi=refused,twice", "\"twice\" is no count")]
#[case("lxd.join@pi=refused,0x", "\"0x\" is no count")]
#[case("lxd.join@pi=down", "down is for the call daemon")]
#[case("lxd.daemon@pi=refused", "daemon takes down alone")]
#[case("snapd.hold@pi=offline", "offline and full are for snapd's install")]
#[case(
    "lxd.join@pi=foreign",
    "foreign is for the calls disk-add and network-pending"
)]
fn a_text_that_is_no_fault_says_what_is_wrong(#[case] spec: &str, #[case] text: &str) {
    let error = spec.parse::<Fault>().expect_err("no fault").to_string();
    assert!(error.contains(text), "{error}");
    assert!(error.contains(spec), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counted_fault_fails_that_often_and_then_works() {
    let lab = Lab::with(Release::V6, 2, 100.0, &["lxd.join@node2=refused,2x"]).await;
    lab.bootstrap().await;
    let token = lab.token("node2").await;
    for _ in 0..2 {
        let refused = lab.join((2, "node2"), &token, disk("/dev/sdc")).await;
        assert_eq!(
            refused.error(),
            (500, "refused by the rehearsal: lxd.join@node2")
        );
        assert_eq!(lab.member_names().await, ["node1"]);
    }
    lab.join((2, "node2"), &token, disk("/dev/sdc"))
        .await
        .well();
    assert_eq!(lab.member_names().await, ["node1", "node2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_strikes_only_its_node_and_a_target_counts_as_the_node() {
    let lab = Lab::with(
        Release::V5_21,
        2,
        100.0,
        &["lxd.pool-pending@node2=refused"],
    )
    .await;
    lab.bootstrap().await;
    lab.take_in(2).await;
    lab.node(1).define("local", "/dev/sdc").await.well();
    let body = json!({"name": "local", "driver": "btrfs", "config": {"source": "/dev/sdc"}});
    let path = "/1.0/storage-pools?target=node2";
    let refused = lab.node(1).ask("POST", path, body).await;
    assert_eq!(
        refused.error(),
        (500, "refused by the rehearsal: lxd.pool-pending@node2")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_call_takes_that_much_longer_and_then_works() {
    let lab = Lab::with(Release::V6, 1, 100.0, &["lxd.enable@*=slow:30s"]).await;
    let before = lab.clock.now();
    lab.bootstrap().await;
    assert!(lab.clock.now() >= before + 30_000);
    assert_eq!(lab.member_names().await, ["node1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_closes_the_connection_and_does_nothing() {
    let lab = Lab::with(Release::V5_0, 1, 100.0, &["lxd.address@node1=hangup,1x"]).await;
    let socket = &lab.node(1).socket;
    let body = json!({"config": {"core.https_address": "10.77.0.11:8443"}});
    let hung_up = call(socket, ("PATCH", "/1.0"), body.clone(), None).await;
    assert!(hung_up.is_err(), "{hung_up:?}");
    assert_eq!(
        lab.node(1).get("/1.0").await.metadata()["config"],
        json!({})
    );
    lab.node(1).ask("PATCH", "/1.0", body).await.well();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_down_listens_once_it_is_started() {
    let lab = Lab::with(Release::V6, 2, 100.0, &["lxd.daemon@node1=down"]).await;
    let down = lab.node(1);
    assert!(
        call(&down.socket, ("GET", "/1.0"), Value::Null, None)
            .await
            .is_err()
    );
    lab.node(2).get("/1.0").await.well();
    down.serving.wake();
    until_ready(&down.socket).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_down_for_a_time_listens_after_it() {
    let lab = Lab::with(Release::V6, 1, 100.0, &["lxd.daemon@node1=down:20s"]).await;
    let started = lab.clock.now();
    let socket = &lab.node(1).socket;
    until_ready(socket).await;
    assert!(lab.clock.now() >= started + 19_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_daemon_forgets_its_tokens_but_not_its_cluster() {
    let mut lab = Lab::of(Release::V6, 2).await;
    lab.bootstrap().await;
    let token = lab.token("node2").await;
    let mut first = lab.nodes.remove(0);
    first.serving.stop();
    assert!(!first.socket.exists());
    let serving = first.handle.clone().serve(first.socket.clone()).await;
    first.serving = serving.expect("the socket");
    lab.nodes.insert(0, first);
    assert_eq!(lab.member_names().await, ["node1"]);
    let refused = lab.join((2, "node2"), &token, disk("/dev/sdc")).await;
    let text = "Failed setting up cluster trust: Failed adding server cert to cluster: \
                No matching cluster join operation found";
    assert_eq!(refused.error(), (403, text));
}
