//! Gateways, ranges, name servers and the guests' own subnets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{Looked, Setting};
use crate::engine::answers::{AddressRange, NetworkKind, UplinkKind};
use crate::engine::message::Message;

impl Looked<'_> {
    /// How OVN reaches the outside: VLAN, gateways, range, name servers.
    pub(super) fn uplink(&mut self) {
        self.vlan();
        self.gateway4();
        self.range4();
        self.gateway6();
        self.dns();
    }

    fn vlan(&mut self) {
        let Some(vlan) = self.network.vlan else {
            return;
        };
        let says = |code: &str| Message::new(code).with("vlan", vlan);
        if !self.is_nic() {
            self.wrong(
                Setting::Vlan,
                says("net.vlan-bridge"),
                "net.vlan-bridge-fix",
            );
        } else if !(1..=4094).contains(&vlan) {
            self.wrong(Setting::Vlan, says("net.vlan-range"), "net.vlan-range-fix");
        }
    }

    fn gateway4(&mut self) {
        let setting = Setting::Gateway4;
        let Some(gateway) = self.network.gateway4 else {
            let needs = !self.is_nic() || self.network.gateway6.is_none();
            if needs || self.network.range4.is_some() {
                let (says, fix) = match self.network.uplink {
                    UplinkKind::Nic => ("net.no-gateway", "net.no-gateway-fix"),
                    UplinkKind::Bridge => ("net.no-bridge", "net.no-bridge-fix"),
                };
                self.wrong(setting, Message::new(says), fix);
            }
            return;
        };
        let says = |code: &str| Message::new(code).with("gateway", gateway);
        if !is_host4(gateway) {
            return self.wrong(setting, says("net.gateway-host"), "net.gateway-host-fix");
        }
        if let Some(node) = self.owner(gateway.addr().into()) {
            let says = says("net.gateway-node").with("node", node);
            return self.wrong(setting, says, "net.gateway-node-fix");
        }
        // A NIC may well be in the nodes' own network; a bridge is a network of its own.
        if !self.is_nic()
            && let Some((node, other)) = self.neighbour(gateway.trunc().into())
        {
            let says = says("net.bridge-overlaps").with("node", node);
            self.wrong(
                setting,
                says.with("other", other),
                "net.bridge-overlaps-fix",
            );
        }
    }

    fn range4(&mut self) {
        let setting = Setting::Range4;
        if self.found.iter().any(|it| it.setting == Setting::Gateway4) {
            // What follows from a wrong gateway is no mistake of its own.
            return;
        }
        let (gateway, range) = (self.network.gateway4, self.network.range4);
        let (Some(gateway), Some(range)) = (gateway, range) else {
            if let Some(gateway) = gateway {
                let says = Message::new("net.no-range").with("subnet", gateway.trunc());
                self.wrong(setting, says, "net.no-range-fix");
            }
            return;
        };
        let subnet = gateway.trunc();
        let says = |code: &str| {
            let says = Message::new(code).with("range", range);
            says.with("subnet", subnet).with("gateway", gateway.addr())
        };
        if range.first > range.last {
            self.wrong(setting, says("net.range-order"), "net.range-order-fix");
        } else if !(subnet.contains(&range.first) && subnet.contains(&range.last)) {
            self.wrong(setting, says("net.range-outside"), "net.range-outside-fix");
        } else if range.contains(gateway.addr()) {
            self.wrong(setting, says("net.range-gateway"), "net.range-gateway-fix");
        } else if range.contains(subnet.network()) || range.contains(subnet.broadcast()) {
            self.wrong(setting, says("net.range-edge"), "net.range-edge-fix");
        } else {
            self.range_takes(range);
        }
    }

    /// Addresses in the range that are somebody's.
    fn range_takes(&mut self, range: AddressRange) {
        let nodes = self.nodes.iter();
        let mut own = nodes.flat_map(|node| {
            let addresses = node.addresses().into_iter().map(|net| net.addr());
            let all = addresses.chain([node.address]).chain(node.underlay);
            all.map(|address| (node.name, address))
        });
        let taken = own.find_map(|(node, address)| match address {
            IpAddr::V4(v4) if range.contains(v4) => Some((node, v4)),
            _ => None,
        });
        if let Some((node, address)) = taken {
            let says = Message::new("net.range-node").with("range", range);
            let says = says.with("node", node).with("address", address);
            self.wrong(Setting::Range4, says, "net.range-node-fix");
        }
        let dns = self.network.dns.iter().find_map(|server| match server {
            IpAddr::V4(v4) if range.contains(*v4) => Some(*v4),
            _ => None,
        });
        if let Some(server) = dns {
            let says = Message::new("net.range-dns").with("range", range);
            self.wrong(
                Setting::Range4,
                says.with("address", server),
                "net.range-node-fix",
            );
        }
    }

    fn gateway6(&mut self) {
        let setting = Setting::Gateway6;
        let Some(gateway) = self.network.gateway6 else {
            return;
        };
        let says = |code: &str| Message::new(code).with("gateway", gateway);
        if !self.is_nic() {
            self.wrong(setting, says("net.bridge-ipv6"), "net.bridge-ipv6-fix");
        } else if !is_host6(gateway) {
            self.wrong(setting, says("net.gateway-host"), "net.gateway6-host-fix");
        } else if let Some(node) = self.owner(gateway.addr().into()) {
            let says = says("net.gateway-node").with("node", node);
            self.wrong(setting, says, "net.gateway-node-fix");
        }
    }

    fn dns(&mut self) {
        let useless = |server: &&IpAddr| {
            server.is_unspecified() || server.is_multicast() || server.is_loopback()
        };
        if let Some(server) = self.network.dns.iter().find(useless) {
            let says = Message::new("net.dns").with("address", server);
            self.wrong(Setting::Dns, says, "net.dns-fix");
        }
    }

    /// The guests' own subnets: nobody else may be in them.
    pub(super) fn guests(&mut self) {
        let ovn = self.network.kind == NetworkKind::Ovn;
        if let Some(guests) = self.network.guests4 {
            self.guest_subnet(Setting::Guests4, guests.into(), is_host4(guests));
        }
        if let Some(guests) = self.network.guests6 {
            if ovn {
                self.guest_subnet(Setting::Guests6, guests.into(), is_host6(guests));
            } else {
                let says = Message::new("net.guests-ipv6").with("subnet", guests);
                self.wrong(Setting::Guests6, says, "net.guests-ipv6-fix");
            }
        }
    }

    fn guest_subnet(&mut self, setting: Setting, guests: IpNet, is_host: bool) {
        let says = |code: &str| Message::new(code).with("subnet", guests);
        if !is_host {
            let fix = match guests {
                IpNet::V4(_) => "net.guests-host-fix",
                IpNet::V6(_) => "net.guests6-host-fix",
            };
            return self.wrong(setting, says("net.guests-host"), fix);
        }
        let network = self.network;
        let uplinks = [
            network.gateway4.map(IpNet::from),
            network.gateway6.map(IpNet::from),
        ];
        let ovn = network.kind == NetworkKind::Ovn;
        let mut uplinks = uplinks.into_iter().flatten().filter(|_| ovn);
        if let Some(other) = uplinks.find(|other| overlap(*other, guests)) {
            let says = says("net.guests-uplink").with("other", other.trunc());
            return self.wrong(setting, says, "net.guests-overlap-fix");
        }
        if let Some((node, other)) = self.neighbour(guests) {
            let says = says("net.guests-overlap").with("node", node);
            return self.wrong(setting, says.with("other", other), "net.guests-overlap-fix");
        }
        let ceph = self.ceph.iter();
        let mut ceph = ceph.flat_map(|ceph| ceph.public.into_iter().chain(ceph.internal));
        if let Some(other) = ceph.find(|other| overlap(*other, guests)) {
            let says = says("net.guests-ceph").with("other", other);
            self.wrong(setting, says, "net.guests-overlap-fix");
        }
    }

    /// The node that has `address`.
    fn owner(&self, address: IpAddr) -> Option<String> {
        let has = |node: &&super::NodeNics| {
            let all = node.addresses();
            node.address == address || all.iter().any(|net| net.addr() == address)
        };
        self.nodes.iter().find(has).map(|node| node.name.to_owned())
    }

    /// A network that overlaps with `net`, and the node that is in it.
    fn neighbour(&self, net: IpNet) -> Option<(String, IpNet)> {
        let nodes = self.nodes.iter();
        let mut all = nodes.flat_map(|node| {
            let own = node.addresses().into_iter().chain([node.address.into()]);
            own.map(|other| (node.name.to_owned(), other))
        });
        let found = all.find(|(_, other)| overlap(*other, net));
        found.map(|(node, other)| (node, other.trunc()))
    }
}

/// Whether two networks have an address in common.
fn overlap(one: IpNet, other: IpNet) -> bool {
    one.contains(&other.network()) || other.contains(&one.network())
}

/// Whether the address is one that a machine can have, in a subnet with room for others.
fn is_host4(net: Ipv4Net) -> bool {
    let address = net.addr();
    let ordinary = !(address.is_unspecified()
        || address.is_loopback()
        || address.is_multicast()
        || address.is_link_local()
        || address == Ipv4Addr::BROADCAST);
    let edge = address == net.network() || address == net.broadcast();
    ordinary && !edge && (8..=30).contains(&net.prefix_len())
}

/// The same for IPv6.
fn is_host6(net: Ipv6Net) -> bool {
    let address = net.addr();
    let ordinary = !(address.is_unspecified()
        || address == Ipv6Addr::LOCALHOST
        || address.is_multicast()
        || address.is_unicast_link_local());
    ordinary && address != net.network() && (8..=126).contains(&net.prefix_len())
}
