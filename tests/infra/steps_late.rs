//! A node that is added once everything is there brings what the cluster asks of it.

use mcloud::engine::plan::{NetworkPart, OVN_NETWORK, RemotePool, UPLINK, Work};
use mcloud::rehearsal::lxd::Release;

use crate::steps_lab::{Lab, RELEASES, address, file, pending};
use crate::steps_networks::{ovn, physical, uplink};

impl Lab {
    /// A join that brings a part of everything.
    fn late(&self, number: usize, network: Option<NetworkPart>) -> Work {
        match self.join(number, Some(file())) {
            Work::LxdJoin {
                name,
                address,
                leader,
                pool,
                ..
            } => Work::LxdJoin {
                name,
                address,
                leader,
                pool,
                network,
                remote: vec![RemotePool::Block, RemotePool::Files],
            },
            other => other,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_joiner_brings_its_part_of_every_pool_and_network() {
    for release in RELEASES {
        let lab = Lab::of(release, 3, &[]).await;
        lab.form_all(2).await;
        if release != Release::V5_0 {
            lab.define(RemotePool::Files, 2).await;
            lab.walk(1, &lab.remote(RemotePool::Files, 2)).await;
        }
        lab.ovn_on(3).await;
        lab.walk(3, &address(lab.node(3), false)).await;
        lab.walk(3, &lab.late(3, Some(uplink("eth1")))).await;

        lab.is_there(3, &pending(lab.node(3), file())).await;
        lab.is_there(3, &lab.remote_part(3, RemotePool::Block))
            .await;
        lab.is_there(3, &lab.part(3, &uplink("eth1"))).await;
        lab.is_there(1, &lab.pool(3)).await;
        lab.is_there(1, &lab.remote(RemotePool::Block, 3)).await;
        lab.is_there(1, &lab.network((UPLINK, physical(None)), 3))
            .await;
        lab.is_there(1, &lab.network((OVN_NETWORK, ovn()), 3)).await;
        let part = lab.node(1).lxd.network(UPLINK, Some("pi-3")).await;
        assert_eq!(part.expect("a part").config["parent"], "eth1", "{release}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joiner_without_its_part_of_the_uplink_is_not_given_a_token() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.form_all(1).await;
        let refused = lab.inputs(&lab.late(2, None)).await.expect_err("no NIC");
        assert_eq!(refused.what.code, "lxd.key-unknown");
        assert_eq!(refused.what.with["key"], "parent");
        let bridge = NetworkPart {
            kind: "bridge".to_owned(),
            parent: None,
            ..uplink("eth1")
        };
        let refused = lab.inputs(&lab.late(2, Some(bridge))).await;
        assert_eq!(
            refused.expect_err("another type").what.code,
            "lxd.network-other-kind"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_joins_beside_a_network_that_failed_half_made() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.cluster(1).await;
        lab.defined(&uplink("eth7"), 1).await;
        let context = lab.context(mcloud::infra::Inputs::new());
        let made = lab.step(1, &lab.network((UPLINK, physical(None)), 1));
        made.apply(&context).await.expect_err("no such NIC");
        lab.walk(2, &address(lab.node(2), false)).await;
        let refused = lab.inputs(&lab.late(2, Some(uplink("eth1")))).await;
        assert_eq!(refused.expect_err("half-made").what.code, "lxd.errored");
        made.undo(&context).await.expect("it is this attempt's");
        lab.inputs(&lab.late(2, Some(uplink("eth1"))))
            .await
            .expect("a token");
    }
}
