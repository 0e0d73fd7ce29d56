//! The distributed pools, as each version wants them, and what a failure leaves.

use std::sync::atomic::Ordering;

use mcloud::engine::plan::{RemotePool, Work};
use mcloud::rehearsal::lxd::Release;

use crate::steps_lab::{Lab, RELEASES};

impl Lab {
    /// A cluster of the first `count` nodes without a pool.
    pub(crate) async fn cluster(&self, count: usize) {
        self.bootstrap().await;
        for number in 2..=count {
            self.take_in(number, None).await;
        }
    }

    pub(crate) fn remote_part(&self, number: usize, pool: RemotePool) -> Work {
        let name = self.node(number).name.clone();
        Work::RemotePending { name, pool }
    }

    pub(crate) fn remote(&self, pool: RemotePool, count: usize) -> Work {
        let members = self.names(count);
        Work::Remote { pool, members }
    }

    /// Defines a distributed pool on the first `count` nodes.
    pub(crate) async fn define(&self, pool: RemotePool, count: usize) {
        for number in 1..=count {
            self.walk(number, &self.remote_part(number, pool)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn distributed_pools_are_defined_and_made_as_each_version_wants_it() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.cluster(2).await;
        lab.define(RemotePool::Block, 2).await;
        lab.walk(1, &lab.remote(RemotePool::Block, 2)).await;
        let pool = lab.node(1).lxd.pool("remote", None).await.expect("a pool");
        assert_eq!(pool.description, "Distributed storage on Ceph");
        assert_eq!(pool.config["ceph.osd.pool_name"], "lxd_remote");
        assert_eq!(pool.config["ceph.rbd.du"], "false");
        let newest = release == Release::V6;
        assert_eq!(pool.config.contains_key("ceph.rbd.features"), !newest);
        let part = lab.node(1).lxd.pool("remote", Some("pi-2")).await;
        let source = part.expect("a part").config.remove("source");
        assert_eq!(source, (!newest).then(|| "lxd_remote".to_owned()));

        // 5.0 makes no file system by itself.
        if release != Release::V5_0 {
            lab.define(RemotePool::Files, 2).await;
            lab.walk(1, &lab.remote(RemotePool::Files, 2)).await;
            let pool = lab
                .node(1)
                .lxd
                .pool("remote-fs", None)
                .await
                .expect("a pool");
            assert_eq!(
                pool.description,
                "Distributed file-system storage using Ceph"
            );
            assert_eq!(pool.config["cephfs.path"], "lxd_cephfs");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_distributed_pool_that_failed_is_gone_and_is_made_anew() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.cluster(2).await;
        lab.define(RemotePool::Block, 2).await;
        lab.ceph.store(false, Ordering::SeqCst);
        let work = lab.remote(RemotePool::Block, 2);
        let failure = lab.apply(1, &work).await.expect_err("no Ceph");
        assert_eq!(failure.what.code, "lxd.pool-failed");
        assert_eq!(failure.data.code, "lxd.data-remote");
        assert!(failure.causes[0].contains("osd pool ls"), "{failure:?}");
        assert!(lab.node(1).lxd.pools().await.expect("a list").is_empty());

        lab.ceph.store(true, Ordering::SeqCst);
        lab.define(RemotePool::Block, 2).await;
        lab.walk(1, &work).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kernel_without_cephs_file_system_is_told_and_leaves_no_pool() {
    for release in [Release::V5_21, Release::V6] {
        let lacks = |spec: &mut mcloud::rehearsal::lxd::NodeSpec| spec.mounts_ceph = false;
        let lab = Lab::with(release, 2, (&[], &lacks)).await;
        lab.cluster(2).await;
        lab.define(RemotePool::Files, 2).await;
        let work = lab.remote(RemotePool::Files, 2);
        let failure = lab.apply(1, &work).await.expect_err("no driver");
        assert!(failure.causes[0].contains("no such device"), "{failure:?}");
        assert_eq!(failure.hint.expect("a hint").code, "lxd.hint-ceph-kernel");
        assert!(failure.data.with["left"].contains("lxd_cephfs_data"));
        assert!(lab.node(1).lxd.pools().await.expect("a list").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_lxd_says_itself_that_there_is_no_file_system() {
    let lab = Lab::of(Release::V5_0, 1, &[]).await;
    lab.cluster(1).await;
    lab.define(RemotePool::Files, 1).await;
    let work = lab.remote(RemotePool::Files, 1);
    let failure = lab.apply(1, &work).await.expect_err("no file system");
    assert!(
        failure.causes[0].contains("CEPHFS doesn't exist"),
        "{failure:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_made_pool_of_an_earlier_run_is_tried_once_more_and_left() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.cluster(2).await;
        lab.define(RemotePool::Block, 2).await;
        lab.ceph.store(false, Ordering::SeqCst);
        let work = lab.remote(RemotePool::Block, 2);
        let context = lab.context(mcloud::infra::Inputs::new());
        // The run that failed was stopped before it could undo anything.
        lab.step(1, &work)
            .apply(&context)
            .await
            .expect_err("no Ceph");
        lab.apply(1, &work).await.expect_err("no Ceph still");
        let pools = lab.node(1).lxd.pools().await.expect("a list");
        assert_eq!(pools.len(), 1, "it is not this attempt's");

        lab.ceph.store(true, Ordering::SeqCst);
        lab.walk(1, &work).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_in_ceph_that_another_pool_has_is_told() {
    let lab = Lab::of(Release::V6, 1, &[]).await;
    lab.cluster(1).await;
    let other = mcloud::infra::lxd::types::NewPool {
        name: "mine".to_owned(),
        driver: "ceph".to_owned(),
        config: [("ceph.osd.pool_name".to_owned(), "lxd_remote".to_owned())].into(),
        ..Default::default()
    };
    let lxd = &lab.node(1).lxd;
    let quiet = |_: &_| ();
    let part = mcloud::infra::lxd::types::NewPool {
        config: mcloud::infra::lxd::types::Config::new(),
        ..other.clone()
    };
    lxd.create_pool_pending("pi-1", &part, &quiet)
        .await
        .expect("a part");
    lxd.create_pool(&other, &quiet).await.expect("a pool");
    lab.define(RemotePool::Block, 1).await;
    let work = lab.remote(RemotePool::Block, 1);
    let failure = lab.apply(1, &work).await.expect_err("it is taken");
    assert_eq!(failure.hint.expect("a hint").code, "lxd.hint-osd-pool");
    let pools = lxd.pools().await.expect("a list");
    assert_eq!(pools.len(), 1, "only the other is left");
}
