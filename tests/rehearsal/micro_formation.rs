//! Clusters of the simulated MicroCeph and MicroOVN, from fresh nodes to removed ones.

use mcloud::rehearsal::microceph::Holds;
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::call;
use crate::micro_lab::{Lab, Node, spec};

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_become_a_ceph_whose_pools_can_be_made() {
    let lab = Lab::ceph(3, 100.0, &[]).await;
    assert!(!lab.service.ceph_ready("node1"));
    lab.form().await;
    for number in 1..=3 {
        let done = lab.add_disk(number, "/dev/sdb", false).await;
        assert_eq!(done, ("Success".to_owned(), String::new()));
    }
    let body = json!({"pools": ["*"], "size": 3});
    lab.node(1).ask("PUT", "/1.0/pools-op", body).await.well();
    lab.until(async |lab| lab.service.can_make_pools("node2"))
        .await;
    for node in ["node1", "node2", "node3"] {
        assert!(lab.service.ceph_ready(node));
        assert!(lab.service.has_metadata_server(node));
        assert_eq!(lab.service.pool_size(node), Some(3));
    }
    let osds = lab.service.osds("node3");
    let nodes: Vec<_> = osds.iter().map(|osd| osd.node.as_str()).collect();
    assert_eq!(nodes, ["node1", "node2", "node3"]);
    assert!(osds.iter().all(|osd| osd.up));
    lab.until(async |lab| {
        let pools = lab.node(1).get("/1.0/pools").await;
        pools.metadata()[0]["crush_rule"] == "microceph_auto_host"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_osd_is_up_only_a_while_after_its_success() {
    let lab = Lab::ceph(1, 10.0, &[]).await;
    lab.form().await;
    lab.add_disk(1, "/dev/sdb", false).await;
    assert!(!lab.service.osds("node1")[0].up);
    lab.until(async |lab| lab.service.osds("node1")[0].up).await;
}

/// What a configuration key is at the end.
async fn configured(node: &Node, key: &str) -> String {
    let reply = node.ask("GET", "/1.0/configs", json!({"key": key})).await;
    let reply = reply.well();
    reply.metadata()[0]["value"]
        .as_str()
        .expect("a value")
        .trim_end()
        .to_owned()
}

#[rstest]
#[case::neither(json!({}), "10.77.0.0/24", "10.77.0.0/24")]
#[case::internal(json!({"ClusterNet": "10.78.0.0/24"}), "10.77.0.0/24", "10.78.0.0/24")]
#[case::public(json!({"PublicNet": "10.78.0.0/24"}), "10.78.0.0/24", "10.78.0.0/24")]
#[case::both(
    json!({"PublicNet": "10.78.0.0/24", "ClusterNet": "10.77.0.0/24"}),
    "10.78.0.0/24",
    "10.77.0.0/24"
)]
#[tokio::test(flavor = "multi_thread")]
async fn ceph_ends_in_exactly_the_networks_chosen(
    #[case] config: Value,
    #[case] public: &str,
    #[case] cluster: &str,
) {
    let mut lab = Lab::ceph(0, 100.0, &[]).await;
    for number in [1, 2] {
        let mut spec = spec(number, lab.directory.path());
        let second = format!("10.78.0.{}/24", 10 + number);
        spec.networks.push(second.parse().expect("a network"));
        lab.add(spec).await;
    }
    lab.bootstrap(config).await.well();
    lab.join(2, json!({})).await.well();
    assert_eq!(configured(lab.node(2), "public_network").await, public);
    assert_eq!(configured(lab.node(2), "cluster_network").await, cluster);
    let monitors = lab.node(1).get("/1.0/services/mon").await;
    let first = monitors.metadata()["addresses"][0]
        .as_str()
        .expect("an address")
        .to_owned();
    assert_eq!(first, public.replace("0/24", "11"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fourth_member_runs_neither_a_monitor_nor_a_central() {
    let (ceph, ovn) = (
        Lab::ceph(4, 100.0, &[]).await,
        Lab::ovn(4, 100.0, &[]).await,
    );
    ceph.form().await;
    ovn.form().await;
    let places = |reply: &Value, service: &str| {
        let all = reply.as_array().expect("services").clone();
        let its = all.into_iter().filter(|it| it["service"] == service);
        its.map(|it| it["location"].as_str().expect("a place").to_owned())
            .collect::<Vec<_>>()
    };
    let services = ceph.node(4).get("/1.0/services").await;
    assert_eq!(
        places(services.metadata(), "mon"),
        ["node1", "node2", "node3"]
    );
    let services = ovn.node(4).get("/1.0/services").await;
    assert_eq!(
        places(services.metadata(), "central"),
        ["node1", "node2", "node3"]
    );
    let chassis = ["node1", "node2", "node3", "node4"];
    assert_eq!(places(services.metadata(), "chassis"), chassis);
}

#[tokio::test(flavor = "multi_thread")]
async fn ovns_northbound_connection_names_every_central_and_follows_them() {
    let lab = Lab::ovn(3, 100.0, &[]).await;
    assert_eq!(lab.service.nb_connection("node1"), None);
    lab.form().await;
    let all = "ssl:10.77.0.11:6641,ssl:10.77.0.12:6641,ssl:10.77.0.13:6641";
    assert_eq!(lab.service.nb_connection("node3").as_deref(), Some(all));
    let path = "/1.0/service/central?target=node2";
    let body = json!({"allowDisableLastCentral": false});
    lab.node(1).ask("DELETE", path, body).await.well();
    let rest = "ssl:10.77.0.11:6641,ssl:10.77.0.13:6641";
    assert_eq!(lab.service.nb_connection("node1").as_deref(), Some(rest));
    assert!(lab.service.ovn_ready("node2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ovn_encapsulates_with_whatever_it_was_told() {
    let lab = Lab::ovn(2, 100.0, &[]).await;
    lab.bootstrap(json!({"ovn-encap-ip": "nonsense"}))
        .await
        .well();
    lab.join(2, json!({})).await.well();
    assert_eq!(
        lab.service.encapsulation("node1").as_deref(),
        Some("nonsense")
    );
    assert_eq!(
        lab.service.encapsulation("node2").as_deref(),
        Some("10.77.0.12")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_pending_until_a_heartbeat_and_cannot_be_removed_before() {
    let lab = Lab::ovn(1, 10.0, &[]).await;
    lab.form().await;
    let role = |role: &str| vec![("node1".to_owned(), role.to_owned())];
    assert_eq!(lab.members("role").await, role("PENDING"));
    let path = "/core/1.0/cluster/node1";
    let refused = lab.node(1).ask("DELETE", path, Value::Null).await;
    let text = "Cannot remove cluster members, there are no remaining non-pending members";
    assert_eq!(refused.error(), (500, text));
    lab.until(async |lab| lab.members("role").await == role("voter"))
        .await;
    let refused = lab.node(1).ask("DELETE", path, Value::Null).await;
    assert_eq!(
        refused.error(),
        (500, "Cannot leave a cluster with 1 members")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_removes_itself_hears_nothing_and_is_fresh_again() {
    let lab = Lab::ovn(2, 100.0, &[]).await;
    lab.form().await;
    lab.until(async |lab| lab.members("role").await[0].1 == "voter")
        .await;
    let socket = &lab.node(2).socket;
    let own = call(
        socket,
        ("DELETE", "/core/1.0/cluster/node2"),
        Value::Null,
        None,
    )
    .await;
    assert!(own.is_err(), "{own:?}");
    assert_eq!(lab.members("status").await.len(), 1);
    assert_eq!(lab.node(2).get("/core/1.0/cluster").await.status, 503);
    lab.join(2, json!({})).await.well();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_whose_daemon_stopped_is_unreachable() {
    let mut lab = Lab::ceph(2, 100.0, &[]).await;
    lab.form().await;
    let gone = lab.nodes.remove(1);
    gone.serving.stop();
    assert_eq!(lab.members("status").await[1].1, "UNREACHABLE");
    let reply = lab.node(1).get("/1.0/resources?target=node2").await;
    let (code, text) = reply.error();
    assert_eq!(code, 500);
    assert!(
        text.starts_with("Failed to send request to target \"node2\": "),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_osd_leaves_an_empty_disk() {
    let lab = Lab::ceph(1, 100.0, &[]).await;
    lab.form().await;
    lab.service
        .set_holds("node1", "/dev/sdb", Holds::Partitions);
    lab.add_disk(1, "/dev/sdb", true).await;
    let body = json!({"osdid": 1, "bypass_safety": true});
    lab.node(1).ask("DELETE", "/1.0/disks/1", body).await.well();
    assert_eq!(lab.service.osds("node1"), []);
    let done = lab.add_disk(1, "/dev/sdb", false).await;
    assert_eq!(done.0, "Success");
}
