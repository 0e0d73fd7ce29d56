//! What each node gives: an uplink NIC, an address for tunnels, addresses in Ceph's networks.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Looked, NodeNics, Setting};
use crate::engine::facts::{Nic, NicKind};
use crate::engine::message::Message;

/// The longest name of an interface (Linux `IFNAMSIZ`, without its end): LXD makes one called after the
/// NIC and the VLAN.
const LONGEST_NAME: usize = 15;

impl Looked<'_> {
    /// Each node gives a NIC that has no address.
    pub(super) fn uplink_nics(&mut self) {
        if !self.is_nic() {
            return;
        }
        for node in self.nodes.iter().filter(|node| !node.nics.is_empty()) {
            let at = (Setting::Uplink, node.name);
            let Some(name) = node.uplink else {
                self.wrong_on(at, Message::new("net.no-uplink"), "net.no-uplink-fix");
                continue;
            };
            let say = |code: &str| Message::new(code).with("nic", name);
            let Some(nic) = node.nics.iter().find(|nic| nic.name == name) else {
                let all: Vec<_> = node.nics.iter().map(|nic| nic.name.as_str()).collect();
                let says = say("net.uplink-missing").with("has", all.join(", "));
                self.wrong_on(at, says, "net.uplink-missing-fix");
                continue;
            };
            if let Some((says, fix)) = unusable_uplink(node, nic, self.network.vlan) {
                self.wrong_on(at, says, fix);
            } else if nic.carrier == Some(false) || !nic.up && nic.carrier.is_none() {
                self.wrong_on(at, say("net.uplink-carrier"), "net.uplink-carrier-fix");
                self.mildly();
            }
        }
    }

    /// Tunnels begin at an address of the node, all in one family.
    pub(super) fn underlays(&mut self) {
        for node in self.nodes {
            let Some(address) = node.underlay else {
                continue;
            };
            let at = (Setting::Underlay, node.name);
            let own = node.addresses();
            let says = Message::new("net.underlay").with("address", address);
            if !own.is_empty() && !own.iter().any(|net| net.addr() == address) {
                let all: Vec<_> = own.iter().map(|net| net.addr().to_string()).collect();
                self.wrong_on(at, says.with("has", all.join(", ")), "net.underlay-fix");
            }
        }
        let tunnels = |node: &NodeNics| node.underlay.unwrap_or(node.address);
        let Some(first) = self.nodes.first() else {
            return;
        };
        let (name, address) = (first.name, tunnels(first));
        let differs = |node: &&NodeNics| tunnels(node).is_ipv4() != address.is_ipv4();
        if let Some(node) = self.nodes.iter().find(differs) {
            let says = Message::new("net.underlay-family").with("address", tunnels(node));
            let says = says.with("other", name).with("others", address);
            self.wrong_on(
                (Setting::Underlay, node.name),
                says,
                "net.underlay-family-fix",
            );
        }
    }

    /// The public network that the plan takes where none was chosen: the first node's own, or its address
    /// alone. None where its addresses are not known, or there is nobody else.
    fn derived(&self) -> Option<IpNet> {
        let first = self.nodes.first().filter(|_| self.nodes.len() > 1)?;
        let own = first.addresses();
        let mut own = own.iter().filter(|net| net.addr() == first.address);
        match own.next() {
            Some(net) => Some(net.trunc()),
            None if first.nics.is_empty() => None,
            None => Some(IpNet::from(first.address)),
        }
    }

    /// Every node has an address in Ceph's networks.
    pub(super) fn ceph_networks(&mut self) {
        let Some(ceph) = self.ceph else { return };
        let public = ceph.public.or_else(|| self.derived());
        let chosen = [
            (Setting::Public, public),
            (Setting::Internal, ceph.internal),
        ];
        for (setting, network) in chosen {
            let Some(network) = network else { continue };
            for node in self.nodes.iter().filter(|node| !node.nics.is_empty()) {
                let own = node.addresses();
                if !own.iter().any(|net| network.contains(&net.addr())) {
                    let says = Message::new("net.ceph-outside").with("network", network);
                    self.wrong_on((setting, node.name), says, "net.ceph-outside-fix");
                }
            }
        }
        let public = public.map(|net| net.addr());
        let public = public.or_else(|| self.nodes.first().map(|node| node.address));
        if let (Some(internal), Some(public)) = (ceph.internal, public)
            && internal.addr().is_ipv4() != public.is_ipv4()
        {
            let says = Message::new("net.ceph-family").with("network", internal);
            self.wrong(Setting::Internal, says, "net.ceph-family-fix");
        }
    }
}

/// Why `nic` cannot be the node's uplink, and the code of how to mend it; none if it can. On a VLAN
/// it may have addresses: OVN takes the VLAN alone.
pub fn unusable_uplink(
    node: &NodeNics,
    nic: &Nic,
    vlan: Option<u16>,
) -> Option<(Message, &'static str)> {
    let say = |code: &str| {
        let says = Message::new(code).with("nic", &nic.name);
        says.with("node", node.name)
    };
    if let Some(master) = &nic.master {
        let says = say("net.uplink-part").with("master", master);
        return Some((says, "net.uplink-part-fix"));
    }
    if nic.wireless || nic.kind == NicKind::Wireless {
        return Some((say("net.uplink-wireless"), "net.uplink-wireless-fix"));
    }
    if let Some(vlan) = vlan {
        let made = format!("{}.{vlan}", nic.name);
        if made.len() > LONGEST_NAME {
            let says = say("net.uplink-long").with("made", made);
            return Some((says, "net.uplink-long-fix"));
        }
    }
    // Open vSwitch can take the addresses of a bridge along, those of a NIC it would cut off.
    if nic.kind == NicKind::Bridge || vlan.is_some() {
        return None;
    }
    if nic.addresses.iter().any(|net| net.addr() == node.address) {
        return Some((say("net.uplink-cluster"), "net.uplink-cluster-fix"));
    }
    let address = nic.addresses.iter().map(IpNet::addr).find(is_global)?;
    let says = say("net.uplink-address").with("address", address);
    Some((says, "net.uplink-address-fix"))
}

/// Whether the address is more than the NIC's own on its link.
const fn is_global(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_link_local() && !v4.is_unspecified(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local() && !v6.is_unspecified(),
    }
}

/// Whether a NIC is there for the taking: it has a cable and a carrier, and nobody uses it.
pub fn is_free_nic(node: &NodeNics, nic: &Nic) -> bool {
    let cable = matches!(nic.kind, NicKind::Ethernet | NicKind::Bond);
    let lit = nic.carrier == Some(true) || nic.up;
    let bare = !nic.addresses.iter().any(|net| is_global(&net.addr()));
    cable
        && lit
        && bare
        && !nic.name.starts_with("lo")
        && unusable_uplink(node, nic, None).is_none()
}
