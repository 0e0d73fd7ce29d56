//! A step that failed leaves what it found, says why, and can be tried again.

use mcloud::engine::plan::{LOCAL_POOL, Work};
use mcloud::engine::services::{LxdState, ServiceState};
use mcloud::infra::lxd::types::{Config, NewPool};
use mcloud::infra::{InfraBootstrapper, Inputs};
use mcloud::rehearsal::lxd::Release;

use crate::steps_lab::{Lab, Node, RELEASES, address, bootstrap, disk, file, members, pending};
use crate::steps_words::heard;

async fn is_clustered(node: &Node) -> bool {
    matches!(node.service.status().await, ServiceState::Lxd(LxdState::Answers(lxd)) if lxd.clustered)
}

#[tokio::test(flavor = "multi_thread")]
async fn undoing_an_address_gives_back_what_was_there_before() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &[]).await;
        let lxd = &lab.node(1).lxd;
        let keys = Config::from([("core.https_address".to_owned(), "[::]:8443".to_owned())]);
        lxd.patch_server(&keys, None, &|_| ())
            .await
            .expect("an address");
        let before = lxd.server(None).await.expect("an answer").config;
        let context = lab.context(Inputs::new());
        let step = lab.step(1, &address(lab.node(1), true));
        step.apply(&context).await.expect("addresses");
        let set = lxd.server(None).await.expect("an answer").config;
        assert_eq!(set["cluster.https_address"], "10.77.0.11:8443");
        step.undo(&context).await.expect("undone");
        assert_eq!(lxd.server(None).await.expect("an answer").config, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_address_leaves_none_and_is_taken_the_next_time() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &["lxd.address@pi-1=refused,1x"]).await;
        let work = address(lab.node(1), true);
        let failure = lab.apply(1, &work).await.expect_err("refused once");
        assert_eq!(failure.what.code, "lxd.address-failed");
        assert!(failure.causes[0].contains("refused by the rehearsal"));
        lab.walk(1, &work).await;

        // An address that the host lacks: LXD says so itself.
        let lab = Lab::of(release, 1, &[]).await;
        let elsewhere = Work::LxdAddress {
            address: "10.77.0.99:8443".parse().expect("an address"),
            mark: None,
            members: members(),
        };
        let failure = lab.apply(1, &elsewhere).await.expect_err("not here");
        assert_eq!(failure.hint.expect("a hint").code, "lxd.hint-listen");
        let server = lab.node(1).lxd.server(None).await.expect("an answer");
        assert!(!server.config.contains_key("cluster.https_address"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bootstrap_that_failed_leaves_no_cluster_and_works_the_next_time() {
    for release in RELEASES {
        for fault in ["refused", "hangup"] {
            let fault = format!("lxd.enable@pi-1={fault},1x");
            let lab = Lab::of(release, 1, &[&fault]).await;
            lab.walk(1, &address(lab.node(1), true)).await;
            let work = bootstrap(lab.node(1));
            let failure = lab.apply(1, &work).await.expect_err(&fault);
            assert_eq!(failure.what.code, "lxd.bootstrap-failed");
            assert!(!is_clustered(lab.node(1)).await);
            lab.walk(1, &work).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn undoing_a_bootstrap_dissolves_only_what_that_attempt_made() {
    let lab = Lab::of(Release::V6, 1, &[]).await;
    lab.walk(1, &address(lab.node(1), true)).await;
    let context = lab.context(Inputs::new());
    let step = lab.step(1, &bootstrap(lab.node(1)));
    step.apply(&context).await.expect("a cluster");

    let later = lab.step(1, &bootstrap(lab.node(1)));
    later.apply(&context).await.expect("it is there");
    later.undo(&context).await.expect("nothing to undo");
    assert!(is_clustered(lab.node(1)).await);

    step.undo(&context).await.expect("undone");
    assert!(!is_clustered(lab.node(1)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn undoing_a_bootstrap_never_dissolves_a_cluster_that_grew() {
    let lab = Lab::of(Release::V6, 2, &[]).await;
    lab.walk(1, &address(lab.node(1), true)).await;
    let context = lab.context(Inputs::new());
    let step = lab.step(1, &bootstrap(lab.node(1)));
    step.apply(&context).await.expect("a cluster");
    lab.take_in(2, None).await;
    step.undo(&context).await.expect("nothing it may undo");
    assert!(is_clustered(lab.node(1)).await);
    let members = lab.node(2).lxd.members().await.expect("members");
    assert_eq!(members.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_that_failed_leaves_the_node_joinable() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &["lxd.join@pi-2=refused,1x"]).await;
        lab.bootstrap().await;
        lab.walk(2, &address(lab.node(2), false)).await;
        let work = lab.join(2, Some(file()));
        let failure = lab.apply(2, &work).await.expect_err("refused once");
        assert_eq!(failure.what.code, "lxd.join-failed");
        assert!(!is_clustered(lab.node(2)).await);
        lab.walk(2, &work).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_whose_token_was_used_up_gets_a_new_one_with_the_next_attempt() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.bootstrap().await;
        lab.walk(2, &address(lab.node(2), false)).await;
        let work = lab.join(2, None);
        let old = lab.inputs(&work).await.expect("inputs");
        let newer = lab.node(1).lxd.create_token("pi-2").await;
        newer.expect("it voids the old one");
        let step = lab.step(2, &work);
        let failure = heard(step.apply(&lab.context(old)).await).expect_err("void");
        assert_eq!(failure.hint.expect("a hint").code, "lxd.hint-token");
        lab.walk(2, &work).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_forgot_its_cluster_is_not_joined_over_its_own_ghost() {
    let lab = Lab::of(Release::V6, 2, &[]).await;
    lab.bootstrap().await;
    lab.walk(2, &address(lab.node(2), false)).await;
    let ghost = Inputs::from([("member".to_owned(), "pi-2".to_owned())]);
    let step = lab.step(2, &lab.join(2, None));
    let failure = heard(step.apply(&lab.context(ghost)).await).expect_err("a ghost");
    assert_eq!(failure.what.code, "lxd.join-ghost");
    let nothing = heard(step.apply(&lab.context(Inputs::new())).await);
    assert_eq!(nothing.expect_err("no token").what.code, "lxd.join-inputs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_on_which_a_pool_failed_is_never_said_to_be_untouched() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.bootstrap().await;
        lab.take_in(2, Some(file())).await;
        let nowhere = NewPool {
            name: LOCAL_POOL.to_owned(),
            driver: "btrfs".to_owned(),
            config: Config::from([("source".to_owned(), "/dev/nowhere".to_owned())]),
            ..NewPool::default()
        };
        let lxd = &lab.node(1).lxd;
        let defined = lxd.create_pool_pending("pi-1", &nowhere, &|_| ()).await;
        defined.expect("a part");
        let node = lab.node(2);
        let part = pending(node, disk(node, "sda"));
        lab.walk(2, &part).await;
        lab.apply(1, &lab.pool(2)).await.expect_err("no such disk");
        lab.is_there(2, &part).await;
        // What LXD began stays on the disk.
        node.machine.holding("sda", "0\nTYPE=btrfs\n");
        let failure = lab.is_refused(2, &part).await;
        assert_eq!(failure.what.code, "disk.holds-other", "{release}");
        assert_eq!(failure.data.code, "disk.data-earlier", "{release}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_failed_is_made_once_the_cause_is_cured() {
    for release in RELEASES {
        for fault in ["refused", "hangup"] {
            let fault = format!("lxd.pool@pi-1={fault},1x");
            let lab = Lab::of(release, 2, &[&fault]).await;
            lab.bootstrap().await;
            lab.take_in(2, Some(file())).await;
            for number in 1..=2 {
                lab.walk(number, &pending(lab.node(number), file())).await;
            }
            let failure = lab.apply(1, &lab.pool(2)).await.expect_err(&fault);
            assert_eq!(failure.what.code, "lxd.pool-failed");
            assert_eq!(failure.data.code, "lxd.data-pool");
            lab.walk(1, &lab.pool(2)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_lacking_a_members_part_is_refused_by_lxd_and_stays_pending() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.bootstrap().await;
        lab.take_in(2, Some(file())).await;
        lab.walk(1, &pending(lab.node(1), file())).await;
        lab.apply(1, &lab.pool(2)).await.expect_err("pi-2 lacks it");
        lab.walk(2, &pending(lab.node(2), file())).await;
        lab.walk(1, &lab.pool(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_names_what_is_wrong() {
    let lab = Lab::of(Release::V6, 3, &[]).await;
    lab.bootstrap().await;
    lab.take_in(2, Some(file())).await;
    let wrong = async |work: &Work| {
        let failure = lab.is_refused(1, work).await;
        failure.what.code
    };
    assert_eq!(wrong(&lab.proof(1)).await, "lxd.member-strange");
    assert_eq!(wrong(&lab.proof(3)).await, "lxd.member-gone");
    assert_eq!(wrong(&lab.proof(2)).await, "lxd.pool-gone");
    for number in 1..=2 {
        lab.walk(number, &pending(lab.node(number), file())).await;
    }
    assert_eq!(wrong(&lab.proof(2)).await, "lxd.pool-unmade");
    lab.walk(1, &lab.pool(2)).await;
    assert_eq!(wrong(&lab.proof(2)).await, "lxd.profile-not-kept");
    lab.walk(1, &crate::steps_lab::profile()).await;
    lab.is_there(1, &lab.proof(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_changed_since_review_is_not_given_to_lxd() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.form(1).await;
        let node = lab.node(2);
        node.machine.holding("sda", "0\nTYPE=xfs\n");
        lab.walk(2, &address(node, false)).await;
        let part = disk(node, "sda");
        let failure = lab
            .apply(2, &lab.join(2, Some(part.clone())))
            .await
            .expect_err("it holds something now");
        assert_eq!(failure.what.code, "disk.holds-other");
        assert_eq!(failure.data.code, "disk.data-untouched");
        assert!(!is_clustered(node).await);

        // The same before a part is defined.
        let fresh = Lab::of(release, 1, &[]).await;
        fresh.bootstrap().await;
        fresh.node(1).machine.holding("sda", "0\nTYPE=xfs\n");
        let work = pending(fresh.node(1), disk(fresh.node(1), "sda"));
        let failure = fresh.apply(1, &work).await.expect_err("it holds something");
        assert_eq!(failure.what.code, "disk.holds-other");
        assert!(fresh.node(1).lxd.pools().await.expect("a list").is_empty());
    }
}
