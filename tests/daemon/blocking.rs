//! What forbids Install ends an unattended run with its sentence, and changes nothing.

use mcloud::engine::event::What;
use mcloud::engine::preflight::Verdict;
use mcloud::text::sentence;
use serde_json::{Value, json};

use crate::face::Done;
use crate::lab::{LEADER, Lab};

/// The whole way by itself, which must end before Install: how, and the blocking check's sentence.
async fn blocked(lab: &Lab) -> (Done, String) {
    let mut leader = lab.begin(true).await;
    for number in lab.joiners() {
        lab.bring_in(number).await;
    }
    let done = leader.done().await;
    let steps = leader.count(|event| matches!(event.what, What::Step { .. }));
    assert_eq!(steps, 0, "nothing was begun");
    let blocking = leader.events.iter().find_map(|event| match &event.what {
        What::Check {
            verdict: Verdict::Blocking,
            says,
            fix,
            ..
        } => {
            assert!(fix.is_some(), "it says how to mend it");
            Some(sentence(says))
        }
        _ => None,
    });
    (done, blocking.expect("a blocking check"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_lxd_ends_the_run() {
    let lab = Lab::of(2).await;
    std::fs::remove_file(&lab.pi(1).world.lxd_sockets[0]).expect("the socket goes");
    let (done, says) = blocked(&lab).await;
    assert_eq!((done.ok, done.exit), (false, 1));
    assert_eq!(done.why.as_deref(), Some("check.lxd-absent"));
    assert!(says.contains("LXD is not installed on pi-b"), "{says}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lxd_that_is_clustered_already_ends_the_run_and_stays_as_it_is() {
    let lab = Lab::of(2).await;
    let address = format!("{}:8443", lab.pi(1).address);
    let config =
        json!({"config": {"core.https_address": address, "cluster.https_address": address}});
    lab.lxd(1, ("PATCH", "/1.0"), config).await;
    let alone = json!({"server_name": "stranger", "enabled": true});
    lab.lxd(1, ("PUT", "/1.0/cluster"), alone).await;
    assert_eq!(lab.members(1).await, ["stranger"]);
    let (done, says) = blocked(&lab).await;
    assert_eq!(
        (done.exit, done.why.as_deref()),
        (1, Some("check.lxd-clustered"))
    );
    assert!(says.contains("pi-b") && says.contains("stranger"), "{says}");
    assert_eq!(lab.members(1).await, ["stranger"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lxd_with_a_pool_of_somebody_elses_ends_the_run_and_keeps_it() {
    let lab = Lab::of(2).await;
    let pool = json!({"name": "mine", "driver": "dir", "config": {}});
    lab.lxd(1, ("POST", "/1.0/storage-pools"), pool).await;
    let pools = ("GET", "/1.0/storage-pools?recursion=1");
    let before = lab.lxd(1, pools, Value::Null).await;
    assert_eq!(before["metadata"][0]["name"], "mine", "{before}");
    let (done, says) = blocked(&lab).await;
    assert_eq!(
        (done.exit, done.why.as_deref()),
        (1, Some("check.lxd-pool"))
    );
    assert!(says.contains("pi-b") && says.contains("mine"), "{says}");
    assert_eq!(lab.lxd(1, pools, Value::Null).await, before);
    let untouched = lab.lxd(LEADER, ("GET", "/1.0/cluster"), Value::Null).await;
    assert_eq!(untouched["metadata"]["enabled"], false);
}
