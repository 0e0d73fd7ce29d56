//! What a daemon tells of itself, and its configuration.

use mcloud::rehearsal::lxd::Release;
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Lab, call};

#[rstest]
#[case(Release::V5_0, "334")]
#[case(Release::V5_21, "442")]
#[case(Release::V6, "481")]
#[tokio::test(flavor = "multi_thread")]
async fn each_release_lists_its_extensions_and_its_drivers(
    #[case] release: Release,
    #[case] count: &str,
) {
    let lab = Lab::of(release, 1).await;
    let server = lab.node(1).get("/1.0").await;
    let extensions = server.metadata()["api_extensions"]
        .as_array()
        .expect("a list");
    assert_eq!(extensions.len().to_string(), count);
    let drivers = &server.metadata()["environment"]["storage_supported_drivers"];
    let names: Vec<&Value> = drivers
        .as_array()
        .expect("a list")
        .iter()
        .map(|driver| &driver["Name"])
        .collect();
    assert_eq!(names, ["btrfs", "ceph", "cephfs", "dir"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_etag_guards_against_late_writes() {
    let lab = Lab::of(Release::V5_21, 1).await;
    let node = lab.node(1);
    let etag = node.get("/1.0").await.etag;
    let body = json!({"config": {"user.mcloud.term": "1"}});
    let write = |tag: String| {
        let body = body.clone();
        async move {
            call(&node.socket, ("PATCH", "/1.0"), body, Some(&tag))
                .await
                .expect("an answer")
        }
    };
    write(etag.clone()).await.well();
    let late = write(etag).await;
    let (code, text) = late.error();
    assert_eq!(code, 412);
    assert!(text.starts_with("ETag doesn't match: "), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn user_keys_are_the_clusters_and_addresses_the_members() {
    let lab = Lab::of(Release::V6, 2).await;
    lab.bootstrap().await;
    lab.take_in(2).await;
    let body = json!({"config": {"user.mcloud.id": "x"}});
    lab.node(2).ask("PATCH", "/1.0", body).await.well();
    let body = json!({"config": {"core.https_address": "[::]:8443"}});
    lab.node(1)
        .ask("PATCH", "/1.0?target=node2", body)
        .await
        .well();
    let theirs = lab.node(1).get("/1.0?target=node2").await.metadata()["config"].clone();
    let own = lab.node(1).get("/1.0").await.metadata()["config"].clone();
    assert_eq!(own["user.mcloud.id"], "x");
    assert_eq!(theirs["core.https_address"], "[::]:8443");
    assert_eq!(
        theirs["cluster.https_address"],
        lab.node(2).address.as_str()
    );
    assert_eq!(own["volatile.uuid"], theirs["volatile.uuid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn networks_are_the_hosts_own_and_unmanaged() {
    let lab = Lab::of(Release::V5_21, 1).await;
    let networks = lab.node(1).get("/1.0/networks?recursion=1").await;
    let names: Vec<(&Value, &Value)> = networks
        .metadata()
        .as_array()
        .expect("networks")
        .iter()
        .map(|network| (&network["name"], &network["managed"]))
        .collect();
    let no = json!(false);
    assert_eq!(
        names,
        [
            (&json!("lo"), &no),
            (&json!("eth0"), &no),
            (&json!("eth1"), &no),
            (&json!("eth2"), &no)
        ]
    );
    let nope = lab.node(1).get("/1.0/networks/nope").await;
    assert_eq!(nope.error(), (404, "Network not found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_certificates_and_secrets() {
    let (one, two) = (
        Lab::of(Release::V5_21, 1).await,
        Lab::of(Release::V5_21, 1).await,
    );
    one.bootstrap().await;
    two.bootstrap().await;
    let body = json!({"server_name": "node2"});
    let mut secrets = Vec::new();
    for lab in [&one, &two] {
        let reply = lab
            .node(1)
            .ask("POST", "/1.0/cluster/members", body.clone())
            .await;
        let metadata = &reply.metadata()["metadata"];
        secrets.push((metadata["secret"].clone(), metadata["fingerprint"].clone()));
    }
    assert_eq!(secrets[0], secrets[1]);
}
