//! What is somebody else's stays as it is, and nobody joins what would not hold.

use std::collections::BTreeMap;

use mcloud::engine::Seen;
use mcloud::engine::plan::{LOCAL_POOL, PoolPart, PoolSource, Work};
use mcloud::engine::services::{LxdState, ServiceState};
use mcloud::infra::InfraBootstrapper;
use mcloud::infra::lxd::types::{Config, Devices, NewPool};
use mcloud::infra::rest::envelope::OperationView;
use mcloud::infra::rest::{Call, Rest};
use mcloud::rehearsal::lxd::Release;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::steps_lab::{Lab, Node, RELEASES, address, bootstrap, disk, file, members, pending};
use crate::steps_words::spoken;

fn quiet(_: &OperationView) {}

fn config(pairs: &[(&str, &str)]) -> Config {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn new_pool(name: &str, driver: &str) -> NewPool {
    NewPool {
        name: name.to_owned(),
        driver: driver.to_owned(),
        ..NewPool::default()
    }
}

/// Somebody makes a cluster of a node.
async fn somebodys(node: &Node, name: &str) {
    let keys = config(&[("core.https_address", &node.address.to_string())]);
    let lxd = &node.lxd;
    lxd.patch_server(&keys, None, &quiet)
        .await
        .expect("an address");
    lxd.enable_cluster(name, &quiet).await.expect("a cluster");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_somebody_else_is_left_alone() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        somebodys(lab.node(2), "theirs").await;
        lab.bootstrap().await;
        for work in [
            bootstrap(lab.node(2)),
            lab.join(2, None),
            Work::LxdAddress {
                address: lab.node(1).address,
                mark: None,
                members: members(),
            },
        ] {
            let failure = lab.is_refused(2, &work).await;
            assert_eq!(failure.what.code, "lxd.other-cluster", "{release} {work:?}");
            assert_eq!(failure.what.with["members"], "theirs");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lxd_that_could_not_be_asked_before_install_is_looked_at_before_it_is_touched() {
    for release in RELEASES {
        // Somebody's cluster at the planned name and address, without the other members.
        let lab = Lab::of(release, 1, &[]).await;
        somebodys(lab.node(1), "pi-1").await;
        for leads in [true, false] {
            let failure = lab.is_refused(1, &address(lab.node(1), leads)).await;
            assert_eq!(failure.what.code, "lxd.other-cluster", "{release}");
        }
        // Somebody's pool in an LXD that is in no cluster.
        let lab = Lab::of(release, 1, &[]).await;
        let lxd = &lab.node(1).lxd;
        lxd.create_pool(&new_pool(LOCAL_POOL, "btrfs"), &quiet)
            .await
            .expect("a pool");
        for leads in [true, false] {
            let failure = lab.is_refused(1, &address(lab.node(1), leads)).await;
            assert_eq!(failure.what.code, "lxd.not-fresh", "{release}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_with_another_mark_is_left_alone() {
    let lab = Lab::of(Release::V6, 1, &[]).await;
    lab.bootstrap().await;
    let other = Work::LxdAddress {
        address: lab.node(1).address,
        mark: Some("another".to_owned()),
        members: members(),
    };
    assert_eq!(
        lab.is_refused(1, &other).await.what.code,
        "lxd.other-cluster"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joiner_with_a_pool_of_its_own_is_left_alone() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.bootstrap().await;
        let lxd = &lab.node(2).lxd;
        lxd.create_pool(&new_pool("mine", "dir"), &quiet)
            .await
            .expect("a pool");
        let failure = lab.is_refused(2, &lab.join(2, None)).await;
        assert_eq!(failure.what.code, "lxd.not-fresh");
        assert_eq!(failure.what.with["thing"], "mine");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_somebody_chose_for_the_api_stays() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &[]).await;
        let lxd = &lab.node(1).lxd;
        for chosen in ["[::]:8443", "10.77.0.11:9999"] {
            let keys = config(&[("core.https_address", chosen)]);
            lxd.patch_server(&keys, None, &quiet)
                .await
                .expect("an address");
            lab.walk(1, &address(lab.node(1), false)).await;
            let server = lxd.server(None).await.expect("an answer");
            assert_eq!(server.config["core.https_address"], chosen);
            assert_eq!(server.config["cluster.https_address"], "10.77.0.11:8443");
            let none = config(&[("cluster.https_address", "")]);
            lxd.patch_server(&none, None, &quiet).await.expect("unset");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_refuses_a_join_that_would_fail_late() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.bootstrap().await;
        let lxd = &lab.node(1).lxd;
        // A part on a disk that is not there makes the pool `Errored`.
        let bad = NewPool {
            config: config(&[("source", "/dev/nowhere")]),
            ..new_pool("bad", "btrfs")
        };
        lxd.create_pool_pending("pi-1", &bad, &quiet)
            .await
            .expect("pending");
        lxd.create_pool(&new_pool("bad", "btrfs"), &quiet)
            .await
            .expect_err("no such disk");
        let refused = lab.inputs(&lab.join(2, None)).await.expect_err("errored");
        assert_eq!(refused.what.code, "lxd.errored");
        lxd.delete_pool("bad", &quiet).await.expect("gone");

        // A pool for whose part mcloud has no value.
        lxd.create_pool(&new_pool("other", "dir"), &quiet)
            .await
            .expect("a pool");
        let refused = lab.inputs(&lab.join(2, None)).await.expect_err("unknown");
        assert_eq!(refused.what.code, "lxd.key-unknown");
        assert_eq!(refused.what.with["thing"], "other");
        lxd.delete_pool("other", &quiet).await.expect("gone");

        // A local pool of another driver.
        lxd.create_pool(&new_pool(LOCAL_POOL, "dir"), &quiet)
            .await
            .expect("a pool");
        let refused = lab.inputs(&lab.join(2, Some(file()))).await;
        assert_eq!(
            refused.expect_err("another driver").what.code,
            "lxd.pool-other-driver"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_or_address_that_is_a_members_is_not_given_a_token() {
    let lab = Lab::of(Release::V6, 3, &[]).await;
    lab.bootstrap().await;
    lab.take_in(2, None).await;
    let again = lab.inputs(&lab.join(2, None)).await.expect("a member");
    assert_eq!(again.keys().collect::<Vec<_>>(), ["member"]);
    let Work::LxdJoin { leader, .. } = lab.join(3, None) else {
        panic!("a join");
    };
    for (name, address) in [("pi-2", lab.node(3).address), ("pi-3", lab.node(2).address)] {
        let work = Work::LxdJoin {
            name: name.to_owned(),
            address,
            leader,
            pool: None,
            network: None,
            remote: Vec::new(),
        };
        let taken = lab.inputs(&work).await.expect_err("taken");
        assert_eq!(taken.what.code, "lxd.member-taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inputs_are_a_token_the_clusters_certificate_and_keys_without_values() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.form(1).await;
        let inputs = lab
            .inputs(&lab.join(2, Some(file())))
            .await
            .expect("inputs");
        let server = lab.node(1).lxd.server(None).await.expect("an answer");
        assert_eq!(inputs["certificate"], server.environment.certificate);
        let keys: Vec<BTreeMap<String, String>> =
            serde_json::from_str(&inputs["member_config"]).expect("JSON");
        assert!(!keys.is_empty());
        assert!(keys.iter().all(|key| key["value"].is_empty()), "{keys:?}");
        let token = lab.node(1).lxd.create_token("pi-2").await.expect("a token");
        assert_ne!(inputs["token"], token.encode().expose_secret());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_somebody_else_is_left_alone() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &[]).await;
        lab.bootstrap().await;
        let lxd = &lab.node(1).lxd;
        lxd.create_pool(&new_pool(LOCAL_POOL, "dir"), &quiet)
            .await
            .expect("a pool");
        for work in [pending(lab.node(1), file()), lab.pool(1)] {
            let failure = lab.is_refused(1, &work).await;
            assert_eq!(failure.what.code, "lxd.pool-other-driver");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_was_defined_on_another_disk_is_not_made() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &[]).await;
        lab.bootstrap().await;
        let first = disk(lab.node(1), "sda");
        lab.walk(1, &pending(lab.node(1), first)).await;
        let second = pending(lab.node(1), disk(lab.node(1), "sdb"));
        let failure = lab.is_refused(1, &second).await;
        assert_eq!(failure.what.code, "lxd.pool-other-source");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_was_defined_in_another_way_is_not_made_and_its_removal_is_the_way_on() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &[]).await;
        lab.bootstrap().await;
        let node = lab.node(1);
        let wiped = disk(node, "sdb");
        let mut kept = wiped.clone();
        if let PoolSource::Disk { disk, wipe } = &mut kept.source {
            (disk.holds, *wipe) = (String::new(), false);
        }
        let larger = PoolPart {
            source: PoolSource::File(2 * crate::steps_lab::FILE),
            ..file()
        };
        for (first, second) in [(wiped, kept), (file(), larger)] {
            let (first, second) = (pending(node, first), pending(node, second));
            lab.walk(1, &first).await;
            let failure = lab.is_refused(1, &second).await;
            assert_eq!(failure.what.code, "lxd.pool-other-part", "{release}");
            let hint = failure.hint.expect("a way on");
            assert!(spoken(&hint).contains("lxc storage delete local"));
            node.lxd
                .delete_pool(LOCAL_POOL, &quiet)
                .await
                .expect("no pool");
            node.machine.holding("sdb", "2\n");
            lab.walk(1, &second).await;
            node.lxd
                .delete_pool(LOCAL_POOL, &quiet)
                .await
                .expect("no pool");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_pool_is_on_a_member_is_told_by_the_disk_or_the_file() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.form(2).await;
        for (number, expected) in [(1, "sda"), (2, "/disks/local.img")] {
            let found = lab.node(number).service.status().await;
            let ServiceState::Lxd(LxdState::Answers(found)) = found else {
                panic!("{release} does not answer");
            };
            let place = found.pools[0].place.as_deref().expect("a place");
            assert!(place.ends_with(expected), "{release}: {place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_defined_by_an_earlier_run_is_looked_at_again_before_it_is_made() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &[]).await;
        lab.bootstrap().await;
        let part = pending(lab.node(1), disk(lab.node(1), "sda"));
        lab.walk(1, &part).await;
        let ServiceState::Lxd(LxdState::Answers(found)) = lab.node(1).service.status().await else {
            panic!("{release} does not answer");
        };
        assert!(!found.pools[0].is_made_on("pi-1"), "{release}: {found:?}");
        // The run was stopped there, and somebody has used the disk since.
        let photos = "0\nTYPE=ext4\nLABEL=photos\n";
        lab.node(1).machine.holding("sda", photos);
        let failure = lab.is_refused(1, &part).await;
        assert_eq!(failure.what.code, "disk.holds-other", "{release}");
        // Once it is made, what is on the disk is the pool's.
        lab.node(1).machine.holding("sda", "2\n");
        lab.walk(1, &lab.pool(1)).await;
        lab.node(1).machine.holding("sda", "0\nTYPE=btrfs\n");
        lab.is_there(1, &part).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_disk_of_somebody_else_is_left_alone() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &[]).await;
        lab.bootstrap().await;
        let lxd = &lab.node(1).lxd;
        lxd.create_pool(&new_pool("other", "dir"), &quiet)
            .await
            .expect("a pool");
        let root = config(&[("type", "disk"), ("path", "/"), ("pool", "other")]);
        let devices = Devices::from([("main".to_owned(), root)]);
        lxd.patch_profile("default", &devices, &quiet)
            .await
            .expect("a device");
        lab.is_there(1, &crate::steps_lab::profile()).await;
        let profile = lxd.profile("default").await.expect("the profile");
        assert_eq!(profile.devices, devices);
        let ServiceState::Lxd(LxdState::Answers(found)) = lab.node(1).service.status().await else {
            panic!("{release} does not answer");
        };
        assert_eq!(found.profile, devices, "what Review warns of");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profiles_other_devices_and_its_config_stay_and_are_told_to_nobody() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &[]).await;
        lab.bootstrap().await;
        lab.walk(1, &pending(lab.node(1), file())).await;
        lab.walk(1, &lab.pool(1)).await;
        let lxd = &lab.node(1).lxd;
        let gpu = Devices::from([("gpu0".to_owned(), config(&[("type", "gpu")]))]);
        lxd.patch_profile("default", &gpu, &quiet)
            .await
            .expect("a device");
        let secret = json!({"config": {"cloud-init.user-data": "password: hunter2"}});
        let call = Call::patch("/1.0/profiles/default", secret);
        let rest = Rest::new(lab.node(1).machine.world.lxd_sockets[0].clone());
        assert!(rest.send(&call).await.expect("an answer").status < 300);
        let ServiceState::Lxd(LxdState::Answers(told)) = lab.node(1).service.status().await else {
            panic!("{release} does not answer");
        };
        assert_eq!(told.profile, Devices::new());
        assert_eq!(
            lab.observe(1, &crate::steps_lab::profile()).await,
            Ok(Seen::Missing(
                r#"{"lacking":["root"],"replaced":{}}"#.to_owned()
            ))
        );
        lab.walk(1, &crate::steps_lab::profile()).await;
        let profile = lxd.profile("default").await.expect("the profile");
        assert_eq!(profile.devices["gpu0"], gpu["gpu0"]);
        assert_eq!(profile.devices.len(), 2);
        let user_data = &profile.config["cloud-init.user-data"];
        assert_eq!(user_data, "password: hunter2");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joiner_without_a_part_is_not_let_make_one_up() {
    let lab = Lab::of(Release::V6, 2, &[]).await;
    lab.form(1).await;
    let refused = lab.inputs(&lab.join(2, None)).await.expect_err("no part");
    assert_eq!(refused.what.code, "lxd.key-unknown");
    let dir = PoolPart {
        driver: "dir".to_owned(),
        source: PoolSource::Directory,
    };
    let refused = lab.inputs(&lab.join(2, Some(dir))).await;
    assert_eq!(
        refused.expect_err("another driver").what.code,
        "lxd.pool-other-driver"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_listens_on_the_cluster_address_and_running_machines_may_move() {
    for release in RELEASES {
        let key = "instances.migration.stateful";
        let expected = (release != Release::V5_0).then_some("true");
        let lab = Lab::of(release, 2, &[]).await;
        lab.walk(1, &address(lab.node(1), true)).await;
        lab.walk(2, &address(lab.node(2), false)).await;
        let found = async |number: usize| {
            let server = lab.node(number).lxd.server(None).await;
            server.expect("an answer").config
        };
        let leader = found(1).await;
        assert_eq!(leader["core.https_address"], "10.77.0.11:8443");
        assert_eq!(leader.get(key).map(String::as_str), expected, "{release}");
        assert_eq!(found(2).await.get(key), None, "a joiner's goes anyhow");

        if expected.is_some() {
            let lab = Lab::of(release, 1, &[]).await;
            let lxd = &lab.node(1).lxd;
            let chosen = config(&[(key, "false")]);
            lxd.patch_server(&chosen, None, &quiet).await.expect("set");
            lab.walk(1, &address(lab.node(1), true)).await;
            let server = lxd.server(None).await.expect("an answer");
            assert_eq!(server.config[key], "false", "somebody's choice stays");
        }
    }
}
