//! Pools in two phases, and everything LXD minds on the way.

use mcloud::rehearsal::lxd::Release;
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Lab, RELEASES};

/// A cluster of two without pools.
async fn pair(release: Release) -> Lab {
    let lab = Lab::of(release, 2).await;
    lab.bootstrap().await;
    lab.take_in(2).await;
    lab
}

async fn status(lab: &Lab, pool: &str) -> Value {
    let path = format!("/1.0/storage-pools/{pool}");
    lab.node(1).get(&path).await.metadata()["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_only_some_members_define_stays_pending() {
    for release in RELEASES {
        let lab = pair(release).await;
        lab.node(1).define("local", "/dev/sdc").await.well();
        let refused = lab.node(1).create("local", json!({})).await;
        let whom = if release == Release::V5_0 {
            "nodes"
        } else {
            "cluster members"
        };
        assert_eq!(
            refused.error(),
            (500, format!("Pool not defined on {whom}: node2").as_str())
        );
        assert_eq!(status(&lab, "local").await, "Pending");
        lab.node(2).define("local", "/dev/sdc").await.well();
        lab.node(1).create("local", json!({})).await.well();
        assert_eq!(status(&lab, "local").await, "Created");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_may_define_another_members_part() {
    let lab = pair(Release::V6).await;
    for target in ["node1", "node2"] {
        let path = format!("/1.0/storage-pools?target={target}");
        let body = json!({"name": "local", "driver": "btrfs", "config": {"source": "/dev/sdc"}});
        lab.node(1).done("POST", &path, body).await.well();
    }
    lab.node(1).create("local", json!({})).await.well();
    let theirs = lab
        .node(1)
        .get("/1.0/storage-pools/local?target=node2")
        .await;
    assert_eq!(theirs.metadata()["status"], "Created");
}

#[rstest]
#[case(
    Release::V5_0,
    1,
    "The storage pool already exists: The record already exists"
)]
#[case(Release::V5_21, 1, "Storage pool \"local\" already exists")]
#[case(Release::V6, 1, "Storage pool \"local\" already exists")]
#[case(Release::V6, 2, "The storage pool is already created")]
#[tokio::test(flavor = "multi_thread")]
async fn a_pool_is_created_once(#[case] release: Release, #[case] count: u8, #[case] text: &str) {
    let lab = Lab::of(release, count).await;
    lab.bootstrap().await;
    if count == 2 {
        lab.take_in(2).await;
    }
    for node in &lab.nodes {
        node.define("local", "/dev/sdc").await.well();
    }
    lab.node(1).create("local", json!({})).await.well();
    let code = if count == 1 { 409 } else { 500 };
    let refused = lab.node(1).create("local", json!({})).await;
    assert_eq!(refused.error(), (code, text));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_source_fails_at_the_end_and_only_an_empty_retry_is_heard() {
    for release in RELEASES {
        let lab = pair(release).await;
        lab.node(1).define("local", "/dev/sdc").await.well();
        lab.node(2).define("local", "/dev/nope").await.well();
        let config = json!({"rsync.bwlimit": "1MB"});
        let failed = lab.node(1).create("local", config.clone()).await;
        assert_eq!(failed.error().0, 500);
        assert!(
            failed
                .error()
                .1
                .contains("btrfs subvolume create /dev/nope"),
            "{failed:?}"
        );
        assert_eq!(status(&lab, "local").await, "Errored");
        let refused = lab.node(1).create("local", config).await;
        let text = "Storage pool already partially created. \
                    Please do not specify any global config when re-running create";
        assert_eq!(refused.error(), (500, text));
        let retried = lab.node(1).create("local", json!({})).await;
        assert!(
            retried
                .error()
                .1
                .contains("btrfs subvolume create /dev/nope"),
            "{retried:?}"
        );
        let pool = lab.node(1).get("/1.0/storage-pools/local").await;
        assert_eq!(pool.metadata()["config"]["rsync.bwlimit"], "1MB");
        lab.node(1)
            .done("DELETE", "/1.0/storage-pools/local", Value::Null)
            .await
            .well();
        let gone = lab.node(1).get("/1.0/storage-pools/local").await;
        assert_eq!(gone.error(), (404, "Storage pool not found"));
    }
}

#[rstest]
#[case(
    "zfs",
    "Error loading \"zfs\" module: Failed running: modprobe -b zfs: exit status 1 (modprobe: FATAL: Module zfs not found in directory /lib/modules/6.18.44)"
)]
#[case("floppy", "Unknown driver")]
#[tokio::test(flavor = "multi_thread")]
async fn a_driver_that_does_not_work_is_refused_at_once(#[case] driver: &str, #[case] text: &str) {
    let lab = Lab::of(Release::V6, 1).await;
    lab.bootstrap().await;
    let body = json!({"name": "local", "driver": driver, "config": {}});
    let refused = lab
        .node(1)
        .ask("POST", "/1.0/storage-pools?target=node1", body)
        .await;
    assert_eq!(refused.error(), (400, text));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_phase_must_name_the_same_driver() {
    let lab = pair(Release::V5_21).await;
    lab.node(1).define("local", "/dev/sdc").await.well();
    lab.node(2).define("local", "/dev/sdc").await.well();
    let body = json!({"name": "local", "driver": "dir", "config": {}});
    let refused = lab.node(1).ask("POST", "/1.0/storage-pools", body).await;
    let text = "Requested storage pool driver \"dir\" doesn't match driver in existing database \
                record \"btrfs\"";
    assert_eq!(refused.error(), (500, text));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_a_profile_uses_cannot_be_deleted() {
    let lab = Lab::of(Release::V5_21, 1).await;
    let body = json!({"name": "local", "driver": "btrfs", "config": {"source": "/dev/sdc"}});
    lab.node(1)
        .ask("POST", "/1.0/storage-pools", body)
        .await
        .well();
    let body = json!({"devices": {"root": {"type": "disk", "path": "/", "pool": "local"}}});
    lab.node(1)
        .ask("PATCH", "/1.0/profiles/default", body)
        .await
        .well();
    let refused = lab
        .node(1)
        .ask("DELETE", "/1.0/storage-pools/local", Value::Null)
        .await;
    assert_eq!(
        refused.error(),
        (400, "The storage pool is currently in use")
    );
    let pool = lab.node(1).get("/1.0/storage-pools/local").await;
    assert_eq!(pool.metadata()["used_by"], json!(["/1.0/profiles/default"]));
    assert_eq!(pool.metadata()["locations"], json!(["none"]));
}
