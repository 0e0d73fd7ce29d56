//! Whether what a preseed says of the guests' network fits together, and fits the nodes. LXD checks
//! none of the addresses: with a wrong range it makes a network that does not work.

use std::net::IpAddr;

use ipnet::IpNet;

use super::words::how;
use super::{Check, Placed};
use crate::engine::answers::{AddressRange, GuestNetwork};
use crate::engine::message::Message;
use crate::preseed::error::{PreseedError, say};
use crate::preseed::raw::{Field, RawNetwork};
use crate::preseed::source::Position;
use crate::preseed::when::When;
use crate::preseed::write::{kind_name, uplink_name};

/// The guests' network as it was read, with the places of its words.
struct Read<'a> {
    raw: &'a RawNetwork,
    at: Position,
    network: &'a GuestNetwork,
    nodes: &'a [Placed],
}

impl Check<'_> {
    pub(super) fn network_fits(
        &self,
        field: &Field<RawNetwork>,
        network: &GuestNetwork,
        nodes: &[Placed],
    ) -> Result<(), PreseedError> {
        if let Some((raw, at)) = field.value() {
            let read = Read {
                raw,
                at,
                network,
                nodes,
            };
            self.no_idle_key(&read)?;
            self.whole(&read)?;
            self.subnets(&read)?;
            self.range_fits(&read)?;
        }
        nodes
            .iter()
            .try_for_each(|placed| self.node_fits(placed, network))
    }

    /// A node says what the network needs of it, and nothing else.
    fn node_fits(&self, placed: &Placed, network: &GuestNetwork) -> Result<(), PreseedError> {
        let keys = [
            ("uplink", placed.uplink_at, When::OverNics),
            ("underlay", placed.underlay_at, When::Ovn),
        ];
        self.none_idle(&keys, network)?;
        if When::OverNics.holds(network) && placed.node.uplink.is_none() {
            let what = say("preseed.no-uplink").with("node", &placed.node.name);
            return Err(self.error(placed.name_at, &what, &say("preseed.no-uplink-mend")));
        }
        Ok(())
    }

    fn no_idle_key(&self, read: &Read<'_>) -> Result<(), PreseedError> {
        let raw = read.raw;
        let keys = [
            ("uplink", raw.uplink.at(), When::Ovn),
            ("vlan", raw.vlan.at(), When::OverNics),
            ("ipv4-gateway", raw.ipv4_gateway.at(), When::Ovn),
            ("ipv4-range", raw.ipv4_range.at(), When::Ovn),
            ("ipv6-gateway", raw.ipv6_gateway.at(), When::OverNics),
            ("dns", raw.dns.at(), When::OverNics),
            ("ipv4-guests", raw.ipv4_guests.at(), When::OwnSubnet),
            ("ipv6-guests", raw.ipv6_guests.at(), When::Ovn),
        ];
        self.none_idle(&keys, read.network)
    }

    /// What means nothing here would silently be without effect.
    fn none_idle(
        &self,
        keys: &[(&str, Option<Position>, When)],
        network: &GuestNetwork,
    ) -> Result<(), PreseedError> {
        let mut idle = keys.iter().filter(|(_, _, when)| !when.holds(network));
        let Some((key, at, when)) = idle.find_map(|(key, at, when)| Some((key, (*at)?, when)))
        else {
            return Ok(());
        };
        let chosen = if When::Ovn.holds(network) {
            format!("uplink: {}", uplink_name(network.uplink))
        } else {
            format!("kind: {}", kind_name(network.kind))
        };
        let what = say("preseed.idle-key")
            .with("key", key)
            .with("chosen", chosen);
        Err(self.error(at, &what, &say(when.mend())))
    }

    /// OVN has a way out: a gateway, and with an IPv4 one the addresses it may take (LXD:
    /// `Missing required "ipv4.ovn.ranges" config key on uplink network`).
    fn whole(&self, read: &Read<'_>) -> Result<(), PreseedError> {
        let network = read.network;
        if !When::Ovn.holds(network) {
            return Ok(());
        }
        let missing = |key: &str, at| {
            let what = say("preseed.missing").with("key", key);
            Err(self.error(at, &what, &how(key)))
        };
        match (network.gateway4, network.range4, network.gateway6) {
            (Some(_), None, _) => {
                missing("ipv4-range", read.raw.ipv4_gateway.at().unwrap_or(read.at))
            }
            (None, Some(_), _) => {
                missing("ipv4-gateway", read.raw.ipv4_range.at().unwrap_or(read.at))
            }
            (None, None, None) => missing("ipv4-gateway", read.at),
            _ => Ok(()),
        }
    }

    /// Every subnet leaves the others and the nodes their addresses.
    fn subnets(&self, read: &Read<'_>) -> Result<(), PreseedError> {
        let (raw, network) = (read.raw, read.network);
        let bridged = !When::OverNics.holds(network);
        let outer = [
            (
                "ipv4-gateway",
                network.gateway4.map(IpNet::V4),
                raw.ipv4_gateway.at(),
            ),
            (
                "ipv6-gateway",
                network.gateway6.map(IpNet::V6),
                raw.ipv6_gateway.at(),
            ),
        ];
        let guests = [
            (
                "ipv4-guests",
                network.guests4.map(IpNet::V4),
                raw.ipv4_guests.at(),
            ),
            (
                "ipv6-guests",
                network.guests6.map(IpNet::V6),
                raw.ipv6_guests.at(),
            ),
        ];
        for (key, net, at) in outer.iter().filter_map(there) {
            // Over NICs the nodes may be in the subnet of their router; a bridge's subnet is its own.
            let taken = |address: &IpAddr| {
                if bridged {
                    net.contains(address)
                } else {
                    net.addr() == *address
                }
            };
            self.leaves_nodes((key, at), read, taken)?;
        }
        for (key, net, at) in guests.iter().filter_map(there) {
            self.leaves_nodes((key, at), read, |address| net.contains(address))?;
            let overlaps = |(_, outer, _): &(&str, IpNet, Position)| {
                outer.contains(&net.addr()) || net.contains(&outer.addr())
            };
            if let Some((other, outer, _)) = outer.iter().filter_map(there).find(overlaps) {
                let what = say("preseed.overlap")
                    .with("net", net.trunc())
                    .with("key", other)
                    .with("other", outer.trunc());
                return Err(self.error(at, &what, &say("preseed.overlap-mend")));
            }
        }
        Ok(())
    }

    fn leaves_nodes(
        &self,
        (key, at): (&str, Position),
        read: &Read<'_>,
        taken: impl Fn(&IpAddr) -> bool,
    ) -> Result<(), PreseedError> {
        for placed in read.nodes {
            if let Some((address, _)) = placed.addresses().find(|(address, _)| taken(address)) {
                let what = say("preseed.node-taken")
                    .with("key", key)
                    .with("address", address)
                    .with("node", &placed.node.name);
                return Err(self.error(at, &what, &say("preseed.node-taken-mend")));
            }
        }
        Ok(())
    }

    /// The range is of the gateway's subnet, and every address in it is free for OVN.
    fn range_fits(&self, read: &Read<'_>) -> Result<(), PreseedError> {
        let (Some(range), Some(net)) = (read.network.range4, read.network.gateway4) else {
            return Ok(());
        };
        let at = read.raw.ipv4_range.at().unwrap_or(read.at);
        let fails = |what: Message| {
            let what = what.with("range", range).with("net", net.trunc());
            let mend = say("preseed.range-mend").with("net", net.trunc());
            Err(self.error(at, &what, &mend))
        };
        if !net.contains(&range.first) || !net.contains(&range.last) {
            return fails(say("preseed.range-outside"));
        }
        if let Some((address, whose)) = taken(read).find(|(address, _)| holds(range, *address)) {
            return fails(whose.with("address", address));
        }
        Ok(())
    }
}

/// A subnet that was named, with its key and its place.
fn there<'a>(
    (key, net, at): &(&'a str, Option<IpNet>, Option<Position>),
) -> Option<(&'a str, IpNet, Position)> {
    Some((*key, (*net)?, (*at)?))
}

/// The addresses that OVN must not take, each with the sentence that says whose it is.
fn taken<'a>(read: &Read<'a>) -> impl Iterator<Item = (IpAddr, Message)> + 'a {
    let gateway = read.network.gateway4.into_iter().flat_map(|net| {
        [
            (net.network(), say("preseed.range-network")),
            (net.addr(), say("preseed.range-gateway")),
            (net.broadcast(), say("preseed.range-broadcast")),
        ]
    });
    let gateway = gateway.map(|(address, whose)| (IpAddr::V4(address), whose));
    let nodes = read.nodes.iter().flat_map(|placed| {
        let node = move || say("preseed.range-node").with("node", &placed.node.name);
        placed
            .addresses()
            .map(move |(address, _)| (address, node()))
    });
    let dns = read.network.dns.iter();
    let dns = dns.map(|address| (*address, say("preseed.range-dns")));
    gateway.chain(nodes).chain(dns)
}

fn holds(range: AddressRange, address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => range.contains(address),
        IpAddr::V6(_) => false,
    }
}
