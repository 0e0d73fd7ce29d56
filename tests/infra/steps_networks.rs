//! The network that goes out, OVN's network on it, and what a failure leaves of them.

use mcloud::engine::answers::AddressRange;
use mcloud::engine::plan::{BRIDGE, NetworkPart, NetworkShape, OVN_NETWORK, UPLINK, Work};
use mcloud::infra::Inputs;
use mcloud::infra::lxd::types::{Config, NewNetwork, Phase};
use mcloud::rehearsal::lxd::{NodeSpec, Probe, Release};
use serde_json::json;

use crate::service::{Service, http};
use crate::steps_lab::{Lab, RELEASES};

pub(crate) fn physical(vlan: Option<u16>) -> NetworkShape {
    NetworkShape::Physical {
        vlan,
        gateway4: Some("10.88.0.1/24".parse().expect("a gateway")),
        range4: Some(range()),
        gateway6: Some("fd88::1/64".parse().expect("a gateway")),
        dns: vec![[10, 88, 0, 1].into(), [1, 1, 1, 1].into()],
    }
}

fn range() -> AddressRange {
    AddressRange {
        first: [10, 88, 0, 100].into(),
        last: [10, 88, 0, 200].into(),
    }
}

pub(crate) fn ovn() -> NetworkShape {
    NetworkShape::Ovn {
        uplink: UPLINK.to_owned(),
        guests4: Some("10.200.0.1/24".parse().expect("a subnet")),
        guests6: Some("fd42:4242::1/64".parse().expect("a subnet")),
    }
}

impl Lab {
    pub(crate) fn part(&self, number: usize, part: &NetworkPart) -> Work {
        Work::NetworkPending {
            name: self.node(number).name.clone(),
            part: part.clone(),
        }
    }

    pub(crate) fn network(&self, (name, shape): (&str, NetworkShape), count: usize) -> Work {
        Work::Network {
            network: name.to_owned(),
            shape,
            members: self.names(count),
        }
    }

    /// Defines a network on the first `count` nodes.
    pub(crate) async fn defined(&self, part: &NetworkPart, count: usize) {
        for number in 1..=count {
            self.walk(number, &self.part(number, part)).await;
        }
    }

    async fn config_of(&self, network: &str) -> Config {
        let network = self.node(1).lxd.network(network, None).await;
        network.expect("the network").config
    }

    async fn is_gone(&self, network: &str) {
        let found = self.node(1).lxd.network(network, None).await;
        assert!(found.expect_err("no network").is_not_found());
    }
}

/// A part of the uplink on a NIC.
pub(crate) fn uplink(nic: &str) -> NetworkPart {
    NetworkPart {
        network: UPLINK.to_owned(),
        kind: "physical".to_owned(),
        parent: Some(nic.to_owned()),
    }
}

fn bridge(name: &str) -> NetworkPart {
    NetworkPart {
        network: name.to_owned(),
        kind: "bridge".to_owned(),
        parent: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uplink_and_a_network_of_all_nodes_are_made_on_every_version() {
    for release in RELEASES {
        let lab = Lab::of(release, 3, &[]).await;
        lab.cluster(3).await;
        lab.ovn(3).await;
        lab.defined(&uplink("eth1"), 3).await;
        lab.walk(1, &lab.network((UPLINK, physical(None)), 3)).await;
        let config = lab.config_of(UPLINK).await;
        for (key, value) in [
            ("ipv4.gateway", "10.88.0.1/24"),
            ("ipv4.ovn.ranges", "10.88.0.100-10.88.0.200"),
            ("ipv6.gateway", "fd88::1/64"),
            ("dns.nameservers", "10.88.0.1,1.1.1.1"),
        ] {
            assert_eq!(config[key], value, "{release}");
        }
        lab.walk(1, &Work::Northbound).await;
        lab.walk(1, &lab.network((OVN_NETWORK, ovn()), 3)).await;
        let config = lab.config_of(OVN_NETWORK).await;
        for (key, value) in [
            ("network", UPLINK),
            ("ipv4.address", "10.200.0.1/24"),
            ("ipv4.nat", "true"),
            ("ipv6.address", "fd42:4242::1/64"),
            ("ipv6.nat", "true"),
        ] {
            assert_eq!(config[key], value, "{release}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vlan_on_the_only_nic_is_an_uplink_and_its_bare_nic_is_none() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &[]).await;
        lab.cluster(1).await;
        lab.ovn(1).await;
        lab.walk(1, &Work::Northbound).await;
        lab.defined(&uplink("eth0"), 1).await;
        lab.walk(1, &lab.network((UPLINK, physical(None)), 1)).await;
        let work = lab.network((OVN_NETWORK, ovn()), 1);
        let failure = lab.apply(1, &work).await.expect_err("it has an address");
        assert_eq!(failure.hint.expect("a hint").code, "lxd.hint-nic-address");
        lab.is_gone(OVN_NETWORK).await;

        let lxd = &lab.node(1).lxd;
        lxd.delete_network(UPLINK, &|_| ()).await.expect("gone");
        lab.defined(&uplink("eth0"), 1).await;
        lab.walk(1, &lab.network((UPLINK, physical(Some(200))), 1))
            .await;
        assert_eq!(lab.config_of(UPLINK).await["vlan"], "200");
        lab.walk(1, &work).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_with_nat_is_ovns_uplink_or_the_guests_own_network() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.cluster(2).await;
        lab.ovn(2).await;
        lab.walk(1, &Work::Northbound).await;
        lab.defined(&bridge(UPLINK), 2).await;
        let shape = NetworkShape::Bridge {
            address4: Some("10.88.0.1/24".parse().expect("an address")),
            range4: Some(range()),
        };
        lab.walk(1, &lab.network((UPLINK, shape), 2)).await;
        let config = lab.config_of(UPLINK).await;
        // LXD takes OVN's range from the subnet of its own DHCP, which must not give it away.
        assert_eq!(config["ipv4.dhcp.ranges"], "10.88.0.2-10.88.0.2");
        lab.walk(1, &lab.network((OVN_NETWORK, ovn()), 2)).await;

        lab.defined(&bridge(BRIDGE), 2).await;
        let shape = NetworkShape::Bridge {
            address4: None,
            range4: None,
        };
        lab.walk(1, &lab.network((BRIDGE, shape), 2)).await;
        let config = lab.config_of(BRIDGE).await;
        assert!(config.contains_key("ipv4.address") && !config.contains_key("ipv4.dhcp.ranges"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fan_lies_on_a_network_of_sixteen_or_twenty_four_bits() {
    for (under, told) in [
        ("10.77.0.0/24", "10.77.0.0/24"),
        ("10.77.8.0/21", "10.77.0.0/16"),
    ] {
        let lab = Lab::of(Release::V5_21, 2, &[]).await;
        lab.cluster(2).await;
        lab.defined(&bridge(BRIDGE), 2).await;
        let shape = NetworkShape::Fan {
            underlay: under.parse().expect("a network"),
        };
        lab.walk(1, &lab.network((BRIDGE, shape), 2)).await;
        let config = lab.config_of(BRIDGE).await;
        assert_eq!(config["bridge.mode"], "fan");
        assert_eq!(config["fan.underlay_subnet"], told);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_failed_is_gone_and_is_defined_anew() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.cluster(2).await;
        lab.walk(1, &lab.part(1, &uplink("eth1"))).await;
        // Nothing is looked at when a part is defined: what is wrong with it shows at the end.
        lab.walk(2, &lab.part(2, &uplink("eth7"))).await;
        let work = lab.network((UPLINK, physical(None)), 2);
        let failure = lab.apply(1, &work).await.expect_err("no such NIC");
        assert_eq!(failure.what.code, "lxd.network-failed");
        assert!(
            failure.causes[0].contains("\"eth7\" not found"),
            "{failure:?}"
        );
        assert_eq!(failure.data.code, "failure.data-untouched");
        lab.is_gone(UPLINK).await;

        lab.defined(&uplink("eth1"), 2).await;
        lab.walk(1, &work).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_lxd_refuses_fails_in_lxds_own_words() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &[]).await;
        lab.cluster(1).await;
        let part = NetworkPart {
            network: "up link".to_owned(),
            ..uplink("eth1")
        };
        let failure = lab
            .apply(1, &lab.part(1, &part))
            .await
            .expect_err("a blank");
        assert_eq!(failure.what.code, "lxd.network-pending-failed");
        assert!(
            failure.causes[0].contains("Invalid network name"),
            "{failure:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_made_network_of_an_earlier_run_is_left_for_the_operator() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &[]).await;
        lab.cluster(1).await;
        lab.walk(1, &lab.part(1, &uplink("eth7"))).await;
        let work = lab.network((UPLINK, physical(None)), 1);
        let context = lab.context(Inputs::new());
        lab.step(1, &work)
            .apply(&context)
            .await
            .expect_err("no NIC");
        let failure = lab.is_refused(1, &work).await;
        assert_eq!(failure.what.code, "lxd.network-errored");
        let network = lab.node(1).lxd.network(UPLINK, None).await;
        assert_eq!(network.expect("it is there").status, Phase::Errored);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_ovns_databases_a_network_fails_and_cannot_even_be_removed() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &[]).await;
        lab.cluster(1).await;
        lab.ovn(1).await;
        lab.defined(&uplink("eth1"), 1).await;
        lab.walk(1, &lab.network((UPLINK, physical(None)), 1)).await;
        let work = lab.network((OVN_NETWORK, ovn()), 1);
        let context = lab.context(Inputs::new());
        let step = lab.step(1, &work);
        let failure = step.apply(&context).await.expect_err("not told");
        assert_eq!(failure.hint.expect("a hint").code, "lxd.hint-northbound");
        let left = step.undo(&context).await.expect_err("not told still");
        assert_eq!(left.what.code, "lxd.network-not-removed");

        lab.walk(1, &Work::Northbound).await;
        let lxd = &lab.node(1).lxd;
        lxd.delete_network(OVN_NETWORK, &|_| ())
            .await
            .expect("gone");
        lab.walk(1, &work).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_of_somebody_else_is_left_alone() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &[]).await;
        lab.cluster(1).await;
        let lxd = &lab.node(1).lxd;
        lab.defined(&bridge(UPLINK), 1).await;
        let failure = lab.is_refused(1, &lab.part(1, &uplink("eth1"))).await;
        assert_eq!(failure.what.code, "lxd.network-other-kind");
        lxd.delete_network(UPLINK, &|_| ()).await.expect("gone");

        lab.defined(&uplink("eth1"), 1).await;
        let failure = lab.is_refused(1, &lab.part(1, &uplink("eth0"))).await;
        assert_eq!(failure.what.code, "lxd.network-other-parent");
        let other = NewNetwork {
            name: UPLINK.to_owned(),
            kind: "physical".to_owned(),
            config: [
                ("dns.nameservers".to_owned(), "10.88.0.1,1.1.1.1".to_owned()),
                ("ipv4.gateway".to_owned(), "10.99.0.1/24".to_owned()),
            ]
            .into(),
            ..NewNetwork::default()
        };
        lxd.create_network(&other, &|_| ())
            .await
            .expect("a network");
        let work = lab.network((UPLINK, physical(None)), 1);
        let failure = lab.is_refused(1, &work).await;
        assert_eq!(failure.what.code, "lxd.network-other");
        assert_eq!(failure.what.with["found"], "10.99.0.1/24");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lxd_is_told_anew_when_ovns_databases_come_to_another_node() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.cluster(2).await;
        let unknown = lab.apply(1, &Work::Northbound).await.expect_err("no OVN");
        assert_eq!(unknown.what.code, "lxd.northbound-unknown");
        lab.ovn(1).await;
        lab.walk(1, &Work::Northbound).await;
        let key = "network.ovn.northbound_connection";
        let told = async || lab.node(2).lxd.server(None).await.expect("LXD").config[key].clone();
        assert_eq!(told().await, "ssl:10.77.0.11:6641");
        lab.ovn_on(2).await;
        lab.walk(1, &Work::Northbound).await;
        assert_eq!(told().await, "ssl:10.77.0.11:6641,ssl:10.77.0.12:6641");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_snap_shows_lxd_the_databases_it_is_told_nothing() {
    for (release, plug, told) in [
        (Release::V6, "ovn-env", false),
        (Release::V6, "ceph-conf", true),
        (Release::V5_21, "ovn-env", true),
    ] {
        let shows = |spec: &mut NodeSpec| spec.ovn_env = Probe::always(true);
        let mut lab = Lab::with(release, 1, (&[], &shows)).await;
        lab.cluster(1).await;
        lab.ovn(1).await;
        let connections = json!({"type": "sync", "status-code": 200, "result": {"established": [{
            "plug": {"snap": "lxd", "plug": plug}, "slot": {"snap": "microovn", "slot": plug},
            "interface": "content",
        }]}});
        let snapd = Service::answering((0..9).map(|_| http(200, &connections)));
        lab.nodes[0].machine.world.snapd_socket = snapd.socket().to_path_buf();
        lab.nodes[0].service =
            mcloud::infra::lxd::LxdService::new(lab.nodes[0].machine.world.clone());
        if told {
            lab.walk(1, &Work::Northbound).await;
        } else {
            let found = lab.is_there(1, &Work::Northbound).await;
            assert_eq!(found[0].code, "lxd.northbound-found");
        }
    }
}
