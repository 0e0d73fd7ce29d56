//! Faults of the simulated MicroCeph and MicroOVN, and the tuning of its monitors.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::client::call;
use crate::micro_lab::{Lab, admin};

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_disk_is_refused_as_recorded_unless_it_may_be_wiped() {
    let lab = Lab::ceph(2, 100.0, &["microceph.disk-add@node2=foreign,2x"]).await;
    lab.form().await;
    assert_eq!(lab.add_disk(1, "/dev/sdb", false).await.0, "Success");
    let (word, error) = lab.add_disk(2, "/dev/sdb", false).await;
    assert_eq!(word, "Failure");
    assert_eq!(
        error,
        "data device /dev/disk/by-id/scsi-SLAB_h2-b is not pristine (contains data) \
         - use --wipe to override"
    );
    assert_eq!(lab.add_disk(2, "/dev/sdb", true).await.0, "Success");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_disk_is_a_failure_in_an_answer_that_is_200_and_a_target_is_struck() {
    let lab = Lab::ceph(2, 100.0, &["microceph.disk-add@node2=refused,1x"]).await;
    lab.form().await;
    let body = json!({"path": "/dev/sdb"});
    let reply = lab
        .node(1)
        .ask("POST", "/1.0/disks?target=node2", body)
        .await
        .well();
    let report = &reply.metadata()["report"][0];
    assert_eq!(report["report"], "Failure");
    assert_eq!(
        report["error"],
        "refused by the rehearsal: microceph.disk-add@node2"
    );
    assert_eq!(lab.add_disk(2, "/dev/sdb", false).await.0, "Success");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counted_refusal_of_a_bootstrap_or_a_join_leaves_the_node_fresh() {
    let ceph = Lab::ceph(1, 100.0, &["microceph.bootstrap@*=refused,1x"]).await;
    let refused = ceph.bootstrap(json!({})).await;
    let text = "refused by the rehearsal: microceph.bootstrap@node1";
    assert_eq!(refused.error(), (500, text));
    ceph.bootstrap(json!({})).await.well();
    let ovn = Lab::ovn(2, 100.0, &["microovn.join@node2=refused,1x"]).await;
    ovn.bootstrap(json!({})).await.well();
    let token = ovn.token("node2").await;
    let join = async || {
        let body = ovn.node(2).control(false, &token, &json!({}));
        ovn.node(2).ask("POST", "/core/control", body).await
    };
    assert_eq!(
        join().await.error(),
        (500, "refused by the rehearsal: microovn.join@node2")
    );
    assert_eq!(ovn.members("name").await.len(), 1);
    join().await.well();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_down_listens_when_it_is_started() {
    let faults = ["microovn.daemon@node1=down", "lxd.daemon@node2=down"];
    let lab = Lab::ovn(2, 100.0, &faults).await;
    let socket = &lab.node(1).socket;
    let ready = async || {
        call(socket, ("GET", "/core/1.0/ready"), Value::Null, None)
            .await
            .is_ok()
    };
    assert!(!ready().await);
    lab.node(2).get("/core/1.0/ready").await.well();
    lab.node(1).serving.wake();
    lab.until(async |_| ready().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_does_nothing_and_a_slow_join_takes_that_much_longer() {
    let faults = [
        "microceph.bootstrap@node1=hangup,1x",
        "microceph.join@node2=slow:1m",
    ];
    let lab = Lab::ceph(2, 100.0, &faults).await;
    let body = lab.node(1).control(true, "", &json!({}));
    let control = ("POST", "/core/control");
    let hung_up = call(&lab.node(1).socket, control, body, None).await;
    assert!(hung_up.is_err(), "{hung_up:?}");
    assert_eq!(lab.node(1).get("/core/1.0/cluster").await.status, 503);
    lab.bootstrap(json!({})).await.well();
    let before = lab.clock.now();
    lab.join(2, json!({})).await.well();
    assert!(lab.clock.now() >= before + 60_000);
}

/// A command about a variable.
fn about(prefix: &str, var: &str, val: &[&str]) -> Value {
    if val.is_empty() {
        json!({"prefix": prefix, "var": var})
    } else {
        json!({"prefix": prefix, "var": var, "val": val})
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monitor_is_tuned_over_its_admin_socket_and_given_back() {
    let lab = Lab::ceph(1, 100.0, &[]).await;
    assert_eq!(lab.service.tuning("node1"), None);
    lab.form().await;
    let socket = lab.directory.path().join("node1/ceph-mon.node1.asok");
    let variable = "mon_election_timeout";
    let stock = json!({variable: "5.000000"});
    assert_eq!(
        admin(&socket, about("config get", variable, &[])).await,
        stock
    );
    let set = admin(&socket, about("config set", variable, &["1"])).await;
    assert!(set["success"].is_string(), "{set}");
    let tuned = json!({variable: "1.000000"});
    assert_eq!(
        admin(&socket, about("config get", variable, &[])).await,
        tuned
    );
    let changed = BTreeMap::from([(variable, 1.0)]);
    assert_eq!(lab.service.tuning("node1"), Some(changed));
    let unset = admin(&socket, about("config unset", variable, &[])).await;
    assert!(unset["success"].is_string(), "{unset}");
    assert_eq!(lab.service.tuning("node1"), Some(BTreeMap::new()));
    let unknown = admin(&socket, about("config set", "nonsense", &["1"])).await;
    assert!(unknown["error"].is_string(), "{unknown}");
    let nothing = admin(&socket, json!({"prefix": "nonsense"})).await;
    assert!(
        nothing
            .as_str()
            .is_some_and(|it| it.starts_with("ERROR: (22)")),
        "{nothing}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monitor_forgets_its_tuning_in_the_middle_of_its_bootstrap() {
    let lab = Lab::ceph(1, 5.0, &[]).await;
    let node = lab.node(1);
    let body = node.control(true, "", &json!({}));
    let socket = node.socket.clone();
    let bootstrap = tokio::spawn(async move {
        call(&socket, ("POST", "/core/control"), body, None)
            .await
            .is_ok()
    });
    lab.until(async |lab| lab.service.tuning("node1").is_some())
        .await;
    let monitor = lab.directory.path().join("node1/ceph-mon.node1.asok");
    admin(
        &monitor,
        about("config set", "mon_election_timeout", &["1"]),
    )
    .await;
    assert!(bootstrap.await.expect("it ran"));
    assert_eq!(lab.service.tuning("node1"), Some(BTreeMap::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_takes_less_time_with_tuned_monitors() {
    let lab = Lab::ceph(1, 100.0, &[]).await;
    lab.form().await;
    let stock = lab.service.pool_takes("node1");
    let monitor = lab.directory.path().join("node1/ceph-mon.node1.asok");
    admin(
        &monitor,
        about("config set", "paxos_propose_interval", &["0.05"]),
    )
    .await;
    assert!(lab.service.pool_takes("node1") < stock / 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joiners_monitor_starts_after_its_join_and_its_election_blocks_commands() {
    let lab = Lab::ceph(2, 10.0, &[]).await;
    lab.form().await;
    assert_eq!(lab.service.tuning("node2"), None);
    lab.until(async |lab| lab.service.tuning("node2").is_some())
        .await;
    let before = lab.clock.now();
    let body = json!({"pools": [""], "size": 1});
    lab.node(1).ask("PUT", "/1.0/pools-op", body).await.well();
    assert!(
        lab.clock.now() >= before + 3_000,
        "the election lasts five seconds"
    );
}
