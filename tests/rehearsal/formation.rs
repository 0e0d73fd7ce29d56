//! Forming a cluster, from the first address to the last member.

use mcloud::rehearsal::lxd::Release;
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Lab, disk};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_become_one_cluster_with_one_pool(
    #[values(Release::V5_0, Release::V5_21, Release::V6)] release: Release,
) {
    let lab = Lab::of(release, 3).await;
    lab.bootstrap().await;
    lab.node(1).define("local", "/dev/sdc").await.well();
    lab.node(1).create("local", json!({})).await.well();
    lab.take_in(2).await;
    lab.take_in(3).await;

    assert_eq!(lab.member_names().await, ["node1", "node2", "node3"]);
    for node in &lab.nodes {
        let server = node.get("/1.0").await;
        let environment = &server.metadata()["environment"];
        assert_eq!(environment["server_clustered"], true);
        assert_eq!(environment["server_name"], node.name.as_str());
        let path = format!("/1.0/storage-pools/local?target={}", node.name);
        let pool = node.get(&path).await;
        assert_eq!(pool.metadata()["status"], "Created");
        assert_eq!(
            pool.metadata()["config"]["volatile.initial_source"],
            "/dev/sdc"
        );
        assert_eq!(
            pool.metadata()["locations"],
            json!(["node1", "node2", "node3"])
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_has_one_certificate_and_its_fingerprint_is_that_of_its_der() {
    let lab = Lab::of(Release::V6, 2).await;
    let alone = lab.node(1).get("/1.0").await;
    lab.bootstrap().await;
    lab.take_in(2).await;
    let first = lab.node(1).get("/1.0").await.metadata()["environment"].clone();
    let second = lab.node(2).get("/1.0").await.metadata()["environment"].clone();
    assert_eq!(first["certificate"], second["certificate"]);
    assert_ne!(
        first["certificate"],
        alone.metadata()["environment"]["certificate"]
    );
    let pem = first["certificate"].as_str().expect("a certificate");
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).expect("PEM");
    pem.parse_x509().expect("a certificate");
    let digest = ring::digest::digest(&ring::digest::SHA256, &pem.contents);
    let hex = data_encoding::HEXLOWER.encode(digest.as_ref());
    assert_eq!(first["certificate_fingerprint"], hex.as_str());
}

#[rstest]
#[case(Release::V5_0, "")]
#[case(Release::V5_21, "")]
#[case(Release::V6, "value")]
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_tells_what_joiners_must_say_about_its_pools(
    #[case] release: Release,
    #[case] value: &str,
) {
    let lab = Lab::of(release, 1).await;
    lab.bootstrap().await;
    lab.node(1).define("local", "/dev/sdc").await.well();
    lab.node(1).create("local", json!({})).await.well();
    let cluster = lab.node(1).get("/1.0/cluster").await;
    let keys = cluster.metadata()["member_config"]
        .as_array()
        .expect("keys");
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0]["entity"], "storage-pool");
    assert_eq!(
        (&keys[0]["name"], &keys[0]["key"]),
        (&json!("local"), &json!("source"))
    );
    assert_eq!(keys[0]["value"] == "", value.is_empty());
    assert_eq!(
        keys[0]["description"],
        "\"source\" property for storage pool \"local\""
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joiner_that_says_nothing_gets_a_pool_in_a_file() {
    let lab = Lab::of(Release::V6, 2).await;
    lab.bootstrap().await;
    lab.node(1).define("local", "/dev/sdc").await.well();
    lab.node(1).create("local", json!({})).await.well();
    let token = lab.token("node2").await;
    lab.join((2, "node2"), &token, json!([])).await.well();
    let pool = lab
        .node(1)
        .get("/1.0/storage-pools/local?target=node2")
        .await;
    let config = &pool.metadata()["config"];
    assert_eq!(config["source"], "/var/snap/lxd/common/lxd/disks/local.img");
    assert_eq!(config["size"], "30GiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_another_name_lets_a_host_in_and_is_used_up() {
    let lab = Lab::of(Release::V6, 3).await;
    lab.bootstrap().await;
    let token = lab.token("node2").await;
    lab.join((3, "node9"), &token, json!([])).await.well();
    assert_eq!(lab.member_names().await, ["node1", "node9"]);
    let operations = lab.node(1).get("/1.0/operations?recursion=1").await;
    let cancelled = &operations.metadata()["cancelled"][0];
    assert_eq!(cancelled["metadata"]["serverName"], "node2");
    assert_eq!(cancelled["err"], "context canceled");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_vote_two_stand_by_and_the_rest_have_no_role() {
    let lab = Lab::of(Release::V5_21, 6).await;
    lab.bootstrap().await;
    for number in 2..=6 {
        lab.take_in(number).await;
    }
    let members = lab.node(4).get("/1.0/cluster/members?recursion=1").await;
    let roles: Vec<&Value> = members
        .metadata()
        .as_array()
        .expect("members")
        .iter()
        .map(|member| &member["roles"])
        .collect();
    let voter = json!(["database"]);
    let standby = json!(["database-standby"]);
    let leader = json!(["database-leader", "database"]);
    assert_eq!(
        roles,
        [&leader, &voter, &voter, &standby, &standby, &json!([])]
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_one_is_dissolved_and_enabled_again(
    #[values(Release::V5_0, Release::V5_21, Release::V6)] release: Release,
) {
    let lab = Lab::of(release, 1).await;
    lab.bootstrap().await;
    let body = json!({"name": "local", "driver": "dir", "config": {}});
    lab.node(1)
        .done("POST", "/1.0/storage-pools", body)
        .await
        .well();
    let body = json!({"server_name": "", "enabled": false});
    lab.node(1).ask("PUT", "/1.0/cluster", body).await.well();
    let pools = lab.node(1).get("/1.0/storage-pools").await;
    assert_eq!(pools.metadata(), &json!([]));
    let config = lab.node(1).get("/1.0").await.metadata()["config"].clone();
    assert_eq!(
        config["cluster.https_address"],
        lab.node(1).address.as_str()
    );
    let body = json!({"server_name": "node1", "enabled": true});
    lab.node(1).done("PUT", "/1.0/cluster", body).await.well();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_member_starts_anew_but_one_crossed_off_goes_on_believing() {
    let lab = Lab::of(Release::V6, 3).await;
    lab.bootstrap().await;
    lab.take_in(2).await;
    lab.take_in(3).await;
    let path = "/1.0/cluster/members/node3";
    lab.node(1).ask("DELETE", path, Value::Null).await.well();
    assert_eq!(
        lab.node(1).ask("DELETE", path, Value::Null).await.error(),
        (404, "Cluster member not found")
    );
    let cluster = lab.node(3).get("/1.0/cluster").await;
    assert_eq!(cluster.metadata()["enabled"], false);

    let path = "/1.0/cluster/members/node2?force=1";
    lab.node(1).ask("DELETE", path, Value::Null).await.well();
    assert_eq!(lab.member_names().await, ["node1"]);
    let again = lab.token("node2").await;
    let refused = lab.join((2, "node2"), &again, disk("/dev/sdc")).await;
    assert_eq!(refused.error(), (400, "This server is already clustered"));
}
