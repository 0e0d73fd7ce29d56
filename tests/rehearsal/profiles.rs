//! Profiles: merged, replaced, refused.

use mcloud::rehearsal::lxd::Release;
use serde_json::json;

use crate::client::{Lab, RELEASES};

#[tokio::test(flavor = "multi_thread")]
async fn a_nic_on_an_unknown_network_is_refused_but_a_disk_in_an_unknown_pool_is_not() {
    for release in RELEASES {
        let lab = Lab::of(release, 1).await;
        let body = json!({"devices": {
            "root": {"type": "disk", "path": "/", "pool": "nope"},
        }});
        lab.node(1)
            .done("PATCH", "/1.0/profiles/default", body)
            .await
            .well();
        let body = json!({"devices": {
            "eth1": {"type": "nic", "name": "eth1", "network": "nope"},
        }});
        let refused = lab
            .node(1)
            .done("PATCH", "/1.0/profiles/default", body)
            .await;
        assert_eq!(refused.error().0, 404);
        assert!(
            refused.error().1.ends_with("Network not found"),
            "{refused:?}"
        );
        let profile = lab.node(1).get("/1.0/profiles/default").await;
        assert_eq!(
            profile.metadata()["devices"],
            json!({"root": {"type": "disk", "path": "/", "pool": "nope"}})
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn patch_merges_a_profiles_devices_and_put_replaces_them() {
    let lab = Lab::of(Release::V6, 1).await;
    let device = |parent: &str| json!({"type": "nic", "nictype": "macvlan", "parent": parent});
    let path = "/1.0/profiles/default";
    for (name, parent) in [("eth0", "eth0"), ("eth1", "eth1")] {
        let body = json!({"devices": {name: device(parent)}});
        lab.node(1).done("PATCH", path, body).await.well();
    }
    let both = lab.node(1).get(path).await.metadata()["devices"].clone();
    assert_eq!(
        both,
        json!({"eth0": device("eth0"), "eth1": device("eth1")})
    );
    let body = json!({"description": "", "config": {}, "devices": {"eth0": device("eth1")}});
    lab.node(1).done("PUT", path, body).await.well();
    let one = lab.node(1).get(path).await.metadata()["devices"].clone();
    assert_eq!(one, json!({"eth0": device("eth1")}));
}
