//! LXD's steps from fresh nodes to a proven cluster, on every release LXD is simulated in.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;

use mcloud::engine::plan::{LOCAL_POOL, PoolPart, PoolSource, Work};
use mcloud::engine::services::{LxdState, ServiceState};
use mcloud::infra::InfraBootstrapper;
use mcloud::rehearsal::lxd::Release;
use mcloud::text;

use crate::steps_lab::{CLUSTER, FILE, Lab, RELEASES, bootstrap, disk, file, pending};
use crate::steps_words::spoken;

#[tokio::test(flavor = "multi_thread")]
async fn three_fresh_nodes_become_a_proven_cluster() {
    for release in RELEASES {
        let lab = Lab::of(release, 3, &[]).await;
        for number in 1..=3 {
            lab.is_there(number, &Work::LxdReady).await;
        }
        lab.bootstrap().await;
        lab.walk(1, &pending(lab.node(1), disk(lab.node(1), "sda")))
            .await;
        // The second joins while the first's part is pending already, as a stopped run may leave it.
        lab.take_in(2, Some(file())).await;
        lab.take_in(3, Some(disk(lab.node(3), "sdb"))).await;
        let members = lab.names(3);
        lab.is_there(1, &Work::LxdLeader { members }).await;
        lab.walk(2, &pending(lab.node(2), file())).await;
        lab.walk(3, &pending(lab.node(3), disk(lab.node(3), "sdb")))
            .await;
        lab.walk(1, &lab.pool(3)).await;
        lab.walk(1, &crate::steps_lab::profile()).await;

        let proven = lab.apply(1, &lab.proof(3)).await.expect("a proof");
        let proven: Vec<String> = proven.iter().map(spoken).collect();
        assert_eq!(
            proven,
            [
                "LXD members online: 3 (pi-1, pi-2, pi-3).",
                "pi-1 leads LXD's database.",
                "The btrfs pool local is made on pi-1, pi-2, pi-3.",
                "The profile default has its root disk on local.",
            ],
            "{release}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_tells_what_the_plan_needs_to_know() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        let ServiceState::Lxd(LxdState::Answers(fresh)) = lab.node(2).service.status().await else {
            panic!("{release} does not answer");
        };
        assert_eq!(fresh.version, release.version());
        assert!(!fresh.clustered && fresh.can_wipe, "{fresh:?}");
        assert_eq!(fresh.no_files, release == Release::V5_0, "{release}");
        assert!(fresh.members.is_empty() && fresh.pools.is_empty() && fresh.networks.is_empty());
        assert_eq!(fresh.drivers, ["btrfs", "ceph", "cephfs", "dir"]);

        lab.form(2).await;
        let ServiceState::Lxd(LxdState::Answers(lxd)) = lab.node(2).service.status().await else {
            panic!("{release} does not answer");
        };
        assert!(lxd.clustered);
        assert_eq!(lxd.name, "pi-2");
        assert_eq!(lxd.mark.as_deref(), Some(CLUSTER));
        let members: Vec<_> = lxd
            .members
            .iter()
            .map(|it| (it.name.as_str(), it.address.as_str(), it.online))
            .collect();
        assert_eq!(
            members,
            [
                ("pi-1", "10.77.0.11:8443", true),
                ("pi-2", "10.77.0.12:8443", true)
            ]
        );
        let pool = &lxd.pools[0];
        assert_eq!(
            (
                pool.name.as_str(),
                pool.driver.as_str(),
                pool.status.as_str()
            ),
            (LOCAL_POOL, "btrfs", "Created")
        );
        assert_eq!(pool.members, ["pi-1", "pi-2"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_joiner_brings_its_own_part_of_the_pool() {
    for release in RELEASES {
        let lab = Lab::of(release, 4, &[]).await;
        lab.form(2).await;
        lab.take_in(3, Some(file())).await;
        lab.take_in(4, Some(disk(lab.node(4), "sda"))).await;
        lab.is_there(3, &pending(lab.node(3), file())).await;
        lab.is_there(1, &lab.pool(4)).await;
        lab.is_there(1, &crate::steps_lab::profile()).await;
        lab.is_there(1, &lab.proof(4)).await;

        let part = async |name: &str| {
            let pool = lab.node(1).lxd.pool(LOCAL_POOL, Some(name)).await;
            pool.expect("the pool").config
        };
        assert_eq!(part("pi-3").await["size"], format!("{FILE}B"), "{release}");
        assert!(!part("pi-4").await.contains_key("size"), "{release}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_in_directories_asks_for_nothing() {
    for release in RELEASES {
        let lab = Lab::of(release, 3, &[]).await;
        let part = PoolPart {
            driver: "dir".to_owned(),
            source: PoolSource::Directory,
        };
        let pool = |count| Work::Pool {
            driver: "dir".to_owned(),
            members: lab.names(count),
        };
        lab.bootstrap().await;
        lab.take_in(2, Some(part.clone())).await;
        for number in 1..=2 {
            lab.walk(number, &pending(lab.node(number), part.clone()))
                .await;
        }
        lab.walk(1, &pool(2)).await;
        lab.take_in(3, Some(part)).await;
        lab.is_there(1, &pool(3)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_without_a_pool_is_proven_too() {
    let lab = Lab::of(RELEASES[2], 2, &[]).await;
    lab.bootstrap().await;
    lab.take_in(2, None).await;
    let proof = Work::Proof {
        members: lab.names(2),
        pools: Vec::new(),
        networks: Vec::new(),
        root: None,
        nic: None,
    };
    assert_eq!(lab.is_there(1, &proof).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_calls_show_signs_of_life() {
    // 5.0 works before it answers, so LXD itself shows nothing meanwhile.
    for release in RELEASES {
        let lab = Lab::of(release, 1, &["lxd.pool@*=slow:60s"]).await;
        lab.bootstrap().await;
        lab.walk(1, &pending(lab.node(1), file())).await;
        let before = lab.signs.load(Ordering::SeqCst);
        lab.apply(1, &lab.pool(1)).await.expect("a pool");
        let signs = lab.signs.load(Ordering::SeqCst) - before;
        assert!(signs > 4, "{release} showed {signs} signs of life");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_step_of_another_room_is_not_this_services() {
    let lab = Lab::of(RELEASES[2], 1, &[]).await;
    for work in [Work::ControlState, Work::ControlAgent] {
        assert!(lab.node(1).service.step(&work).is_none());
    }
    let none = lab.inputs(&bootstrap(lab.node(1))).await;
    assert_eq!(none.expect("nothing is needed").len(), 0);
}

#[test]
fn every_code_the_steps_use_has_a_sentence() {
    let known: BTreeSet<&str> = text::codes().map(|(code, _)| code).collect();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/infra/lxd");
    let mut used = 0;
    let files = fs::read_dir(dir).expect("the room").flatten();
    for file in files.filter(|file| file.path().is_file()) {
        let source = fs::read_to_string(file.path()).expect("a source");
        for code in source.split('"').filter(|word| is_code(word)) {
            assert!(known.contains(code), "{code} in {:?}", file.file_name());
            used += 1;
        }
    }
    assert!(used > 50, "only {used} codes were found");
}

/// Whether a quoted word is a message code; systemd's units begin like one and end otherwise.
fn is_code(word: &str) -> bool {
    let rest = word.strip_prefix("lxd.");
    rest.is_some_and(|rest| {
        let plain = rest.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        plain && !["socket", "service"].contains(&rest)
    })
}
