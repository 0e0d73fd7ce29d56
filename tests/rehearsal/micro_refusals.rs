//! What the simulated MicroCeph and MicroOVN refuse beside what is recorded, and who hung up on them.

use mcloud::rehearsal::microceph::Holds;
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::call;
use crate::micro_lab::Lab;

#[rstest]
#[case(
    Holds::Partitions,
    "data device /dev/disk/by-id/scsi-SLAB_h1-b has partitions - use --wipe to override"
)]
#[case(
    Holds::Data,
    "data device /dev/disk/by-id/scsi-SLAB_h1-b is not pristine (contains data) - use --wipe to override"
)]
#[case(
    Holds::Mounted,
    "device /dev/disk/by-id/scsi-SLAB_h1-b is currently mounted and cannot be used - aborting"
)]
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_not_empty_is_refused_and_only_a_mounted_one_cannot_be_wiped(
    #[case] holds: Holds,
    #[case] text: &str,
) {
    let lab = Lab::ceph(1, 100.0, &[]).await;
    lab.form().await;
    lab.service.set_holds("node1", "/dev/sdb", holds);
    let refused = ("Failure".to_owned(), text.to_owned());
    assert_eq!(lab.add_disk(1, "/dev/sdb", false).await, refused);
    assert_eq!(lab.service.osds("node1"), []);
    let (word, _) = lab.add_disk(1, "/dev/sdb", true).await;
    assert_eq!(word == "Success", holds != Holds::Mounted);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_ceph_joins_at_once_fail_and_the_second_stays_listed() {
    let lab = Lab::ceph(3, 10.0, &[]).await;
    lab.bootstrap(json!({})).await.well();
    let (second, third) = (lab.token("node2").await, lab.token("node3").await);
    let join = async |number: usize, token: &str| {
        let body = lab.node(number).control(false, token, &json!({}));
        lab.node(number).ask("POST", "/core/control", body).await
    };
    let both = tokio::join!(join(2, &second), join(3, &third));
    let (well, failed, name) = if both.0.body["type"] == "error" {
        (both.1, both.0, "node2")
    } else {
        (both.0, both.1, "node3")
    };
    well.well();
    let text = format!(
        "Failed to confirm new member \"{name}\" on any existing system (2): \
         Failed adding truststore entry to any cluster node"
    );
    assert_eq!(failed.error(), (500, text.as_str()));
    let roles = lab.members("role").await;
    assert!(
        roles.contains(&(name.to_owned(), "voter".to_owned())),
        "{roles:?}"
    );
    let again = lab
        .join(if name == "node2" { 2 } else { 3 }, json!({}))
        .await;
    let text = format!("Remote with name \"{name}\" exists");
    assert_eq!(again.error(), (500, text.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_ovn_joins_at_once_go_well() {
    let lab = Lab::ovn(3, 100.0, &[]).await;
    lab.bootstrap(json!({})).await.well();
    let both = tokio::join!(lab.join(2, json!({})), lab.join(3, json!({})));
    both.0.well();
    both.1.well();
    assert_eq!(lab.members("name").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_are_for_all_members_or_for_none() {
    let lab = Lab::ceph(2, 100.0, &[]).await;
    lab.bootstrap(json!({"AvailabilityZone": "a"})).await.well();
    let refused = lab.join(2, json!({})).await;
    assert_eq!(refused.error().0, 500);
    let path = "/core/1.0/cluster/node2?force=1";
    // Nobody is removed while the first member is pending itself, until its first heartbeat.
    lab.until(async |lab| {
        let removed = lab.node(1).ask("DELETE", path, Value::Null).await;
        removed.status == 200
    })
    .await;
    lab.join(2, json!({"AvailabilityZone": "b"})).await.well();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bootstrap_whose_caller_hangs_up_early_is_undone() {
    let lab = Lab::ceph(1, 1.0, &[]).await;
    let node = lab.node(1);
    let body = node.control(true, "", &json!({}));
    let asked = tokio::spawn({
        let socket = node.socket.clone();
        async move {
            call(&socket, ("POST", "/core/control"), body, None)
                .await
                .is_ok()
        }
    });
    lab.until(async |lab| {
        let core = lab.node(1).get("/core/1.0").await;
        core.metadata()["address"] != ""
    })
    .await;
    asked.abort();
    lab.until(async |lab| {
        let core = lab.node(1).get("/core/1.0").await;
        core.metadata()["address"] == "" && core.metadata()["ready"] == false
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ceph_bootstrap_whose_caller_hangs_up_late_is_carried_on_and_an_ovn_one_undone() {
    let (ceph, ovn) = (Lab::ceph(1, 5.0, &[]).await, Lab::ovn(1, 5.0, &[]).await);
    let begin = |socket: std::path::PathBuf, body: Value| {
        tokio::spawn(async move {
            call(&socket, ("POST", "/core/control"), body, None)
                .await
                .is_ok()
        })
    };
    let node = ceph.node(1);
    let asked = begin(node.socket.clone(), node.control(true, "", &json!({})));
    // Its monitor is there: more than a second has gone.
    ceph.until(async |lab| lab.service.tuning("node1").is_some())
        .await;
    asked.abort();
    ceph.until(async |lab| lab.service.ceph_ready("node1"))
        .await;
    let node = ovn.node(1);
    let asked = begin(node.socket.clone(), node.control(true, "", &json!({})));
    ovn.until(async |lab| lab.node(1).get("/core/1.0/cluster").await.status == 200)
        .await;
    asked.abort();
    ovn.until(async |lab| lab.node(1).get("/core/1.0/cluster").await.status == 503)
        .await;
    assert!(!ovn.service.ovn_ready("node1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_whose_caller_hangs_up_leaves_a_row_that_only_a_removal_cures() {
    let lab = Lab::ceph(1, 5.0, &[]).await;
    lab.form().await;
    let asked = tokio::spawn({
        let socket = lab.node(1).socket.clone();
        let body = json!({"path": ["/dev/sdb"]});
        async move {
            call(&socket, ("POST", "/1.0/disks"), body, None)
                .await
                .is_ok()
        }
    });
    lab.until(async |lab| lab.service.osds("node1").len() == 1)
        .await;
    asked.abort();
    let again = lab.add_disk(1, "/dev/sdb", false).await;
    let text = "failed to record disk: This \"disks\" entry already exists";
    assert_eq!(again, ("Failure".to_owned(), text.to_owned()));
    assert!(!lab.service.osds("node1")[0].up);
    let body = json!({"osdid": 1, "bypass_safety": true});
    lab.node(1).ask("DELETE", "/1.0/disks/1", body).await.well();
    assert_eq!(lab.add_disk(1, "/dev/sdb", false).await.0, "Success");
}
