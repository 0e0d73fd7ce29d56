//! What LXD refuses, in its own words.

use mcloud::rehearsal::lxd::Release;
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Lab, RELEASES, disk, token_of};

/// A cluster of node 1 with the pool `local`, and nodes beside it.
async fn cluster(release: Release, count: u8) -> Lab {
    let lab = Lab::of(release, count).await;
    lab.bootstrap().await;
    lab.node(1).define("local", "/dev/sdc").await.well();
    lab.node(1).create("local", json!({})).await.well();
    lab
}

#[rstest]
#[case(
    Release::V5_0,
    "Failed to setup cluster trust: Failed to add server cert to cluster: not authorized"
)]
#[case(
    Release::V5_21,
    "Failed setting up cluster trust: Failed to add server cert to cluster: Forbidden"
)]
#[case(
    Release::V6,
    "Failed setting up cluster trust: Failed adding server cert to cluster: Forbidden"
)]
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_none_is_forbidden(#[case] release: Release, #[case] text: &str) {
    let lab = cluster(release, 2).await;
    let refused = lab.join((2, "node2"), "garbage", disk("/dev/sdc")).await;
    assert_eq!(refused.error(), (403, text));
    assert_eq!(
        lab.node(2).get("/1.0/cluster").await.metadata()["enabled"],
        false
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_taken_in_its_releases_own_field() {
    for (release, field, taken) in [
        (Release::V5_0, "cluster_token", false),
        (Release::V5_0, "cluster_password", true),
        (Release::V5_21, "cluster_token", true),
        (Release::V6, "cluster_password", false),
        (Release::V6, "cluster_token", true),
    ] {
        let lab = cluster(release, 2).await;
        let token = lab.token("node2").await;
        let mut body = lab.joining((2, "node2"), "", json!([])).await;
        body[field] = token.into();
        let reply = lab.node(2).done("PUT", "/1.0/cluster", body).await;
        assert_eq!(
            reply.body["type"] == "sync",
            taken,
            "{release} {field}: {reply:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_serves_once_and_a_new_token_replaces_the_old() {
    let lab = cluster(Release::V6, 3).await;
    let old = lab.token("node2").await;
    let new = lab.token("node2").await;
    let text = "Failed setting up cluster trust: Failed adding server cert to cluster: \
                No matching cluster join operation found";
    let refused = lab.join((2, "node2"), &old, disk("/dev/sdc")).await;
    assert_eq!(refused.error(), (403, text));
    lab.join((2, "node2"), &new, disk("/dev/sdc")).await.well();
    let refused = lab.join((3, "node3"), &new, disk("/dev/sdc")).await;
    assert_eq!(refused.error(), (403, text));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_token_is_none() {
    let lab = cluster(Release::V5_21, 2).await;
    let body = json!({"server_name": "node2"});
    let issued = lab
        .node(1)
        .ask("POST", "/1.0/cluster/members", body)
        .await
        .well();
    lab.node(1)
        .ask("DELETE", &issued.location, Value::Null)
        .await
        .well();
    let again = lab
        .node(1)
        .ask("DELETE", &issued.location, Value::Null)
        .await;
    assert_eq!(
        again.error(),
        (400, "Only running operations can be cancelled")
    );
    let token = token_of(&issued.metadata()["metadata"]);
    let (code, text) = (403, "No matching cluster join operation found");
    let refused = lab.join((2, "node2"), &token, disk("/dev/sdc")).await;
    assert_eq!(refused.error().0, code);
    assert!(refused.error().1.ends_with(text), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_expires() {
    let lab = cluster(Release::V6, 2).await;
    let body = json!({"config": {"cluster.join_token_expiry": "1S"}});
    lab.node(1).ask("PATCH", "/1.0", body).await.well();
    let token = lab.token("node2").await;
    let issued = lab.clock.now();
    while lab.clock.now() < issued + 1_000 {
        lab.node(1).get("/internal/ready").await.well();
    }
    let refused = lab.join((2, "node2"), &token, disk("/dev/sdc")).await;
    assert_eq!(refused.error().0, 403);
    assert!(
        refused.error().1.ends_with("Token has expired"),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_is_refused_only_by_the_join() {
    for release in RELEASES {
        let lab = cluster(release, 2).await;
        let token = lab.token("node1").await;
        let refused = lab.join((2, "node1"), &token, disk("/dev/sdc")).await;
        let text =
            "Failed request to add member: The cluster already has a member with name: node1";
        assert_eq!(refused.error(), (400, text));
        assert_eq!(lab.member_names().await, ["node1"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_version_is_refused() {
    let mut lab = cluster(Release::V6, 1).await;
    lab.add(Release::V5_21, 2).await;
    let token = lab.token("node2").await;
    let refused = lab.join((2, "node2"), &token, disk("/dev/sdc")).await;
    let text = "Failed request to add member: The joining server version doesn't match \
                (expected 6.9 with API count 481)";
    assert_eq!(refused.error(), (400, text));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_the_clusters_is_refused() {
    let lab = cluster(Release::V6, 2).await;
    let token = lab.token("node2").await;
    let mut body = lab.joining((2, "node2"), &token, disk("/dev/sdc")).await;
    let own = lab.node(2).get("/1.0").await;
    body["cluster_certificate"] = own.metadata()["environment"]["certificate"].clone();
    let refused = lab.node(2).done("PUT", "/1.0/cluster", body).await;
    assert!(
        refused.error().1.contains("signed by unknown authority"),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_not_there_undoes_the_join() {
    let lab = cluster(Release::V6, 2).await;
    let token = lab.token("node2").await;
    let refused = lab.join((2, "node2"), &token, disk("/dev/nope")).await;
    let text = "Failed initializing member: Failed initializing storage pools and networks: \
                Failed creating storage pool \"local\": Failed running: btrfs subvolume create \
                /dev/nope: exit status 1 (ERROR: Could not create subvolume: Inappropriate ioctl \
                for device)";
    assert_eq!(refused.error(), (500, text));
    assert_eq!(lab.member_names().await, ["node1"]);
    assert_eq!(
        lab.node(2).get("/1.0/cluster").await.metadata()["enabled"],
        false
    );
    let pool = lab.node(1).get("/1.0/storage-pools/local").await;
    assert_eq!(pool.metadata()["locations"], json!(["node1"]));
    let path = "/1.0/cluster/members/node2?force=1";
    let gone = lab.node(1).ask("DELETE", path, Value::Null).await;
    assert_eq!(gone.error(), (404, "Cluster member not found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_wait_is_an_http_error_on_5_0_alone() {
    for (release, status) in [
        (Release::V5_0, 403),
        (Release::V5_21, 200),
        (Release::V6, 200),
    ] {
        let lab = cluster(release, 2).await;
        let refused = lab.join((2, "node2"), "garbage", disk("/dev/sdc")).await;
        assert_eq!(refused.status, status, "{release}");
        assert_eq!(refused.error().0, 403, "{release}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_runs_out_shows_the_running_operation() {
    let lab = cluster(Release::V5_21, 1).await;
    let body = json!({"server_name": "node2"});
    let token = lab
        .node(1)
        .ask("POST", "/1.0/cluster/members", body)
        .await
        .well();
    let waited = lab
        .node(1)
        .get(&format!("{}/wait?timeout=1", token.location))
        .await
        .well();
    assert_eq!(waited.metadata()["status_code"], 103);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_is_forgotten_after_its_end() {
    let lab = Lab::with(Release::V6, 1, 5.0, &[]).await;
    lab.node(1).set_address().await;
    let body = json!({"server_name": "node1", "enabled": true});
    let begun = lab.node(1).ask("PUT", "/1.0/cluster", body).await;
    let waited = lab
        .node(1)
        .get(&format!("{}/wait", begun.location))
        .await
        .well();
    assert_eq!(waited.metadata()["status"], "Success");
    let ended = lab.clock.now();
    let mut seen = lab.node(1).get(&begun.location).await;
    while seen.body["type"] != "error" {
        seen = lab.node(1).get(&begun.location).await;
    }
    assert_eq!(seen.error(), (404, "Operation not found"));
    assert!(
        lab.clock.now() >= ended + 4_900,
        "it was forgotten too soon"
    );
}

#[rstest]
#[case("GET", "/1.0/nope", 404, "Not Found")]
#[case("DELETE", "/1.0", 501, "Not Implemented")]
#[tokio::test(flavor = "multi_thread")]
async fn what_lxd_does_not_serve_has_its_envelope(
    #[case] method: &str,
    #[case] path: &str,
    #[case] code: u64,
    #[case] text: &str,
) {
    let lab = Lab::of(Release::V6, 1).await;
    let refused = lab.node(1).ask(method, path, Value::Null).await;
    assert_eq!(refused.error(), (code, text));
}
