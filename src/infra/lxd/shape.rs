//! What a network's shape is in LXD's keys, and how a network that is there stands to it.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{Ipv4Net, Ipv6Net};

use super::types::{Network, NewNetwork, Phase};
use crate::engine::answers::AddressRange;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::NetworkShape;

/// LXD's type of a network of this shape.
pub(super) const fn kind(shape: &NetworkShape) -> &'static str {
    match shape {
        NetworkShape::Physical { .. } => "physical",
        NetworkShape::Bridge { .. } | NetworkShape::Fan { .. } => "bridge",
        NetworkShape::Ovn { .. } => "ovn",
    }
}

/// What the last phase sends.
pub(super) fn whole(name: &str, shape: &NetworkShape) -> NewNetwork {
    let (description, config) = match shape {
        NetworkShape::Physical { .. } => ("Uplink for OVN networks", physical(shape)),
        NetworkShape::Bridge { address4, range4 } => bridge(*address4, *range4),
        NetworkShape::Fan { underlay } => {
            let pairs = vec![
                ("bridge.mode", "fan".to_owned()),
                ("fan.underlay_subnet", under_fan(*underlay).to_string()),
            ];
            ("Default Ubuntu fan powered bridge", pairs)
        }
        NetworkShape::Ovn {
            uplink,
            guests4,
            guests6,
        } => ("Default OVN network", ovn(uplink, *guests4, *guests6)),
    };
    let config = config.into_iter();
    NewNetwork {
        name: name.to_owned(),
        kind: kind(shape).to_owned(),
        description: description.to_owned(),
        config: config.map(|(key, value)| (key.to_owned(), value)).collect(),
    }
}

/// A fan lies on a /16 or a /24: any other network is widened or narrowed to a /16, as MicroCloud
/// does.
fn under_fan(underlay: Ipv4Net) -> Ipv4Net {
    match underlay.prefix_len() {
        16 | 24 => underlay.trunc(),
        _ => Ipv4Net::new(underlay.addr(), 16).map_or(underlay, |net| net.trunc()),
    }
}

type Pairs = Vec<(&'static str, String)>;

fn physical(shape: &NetworkShape) -> Pairs {
    let NetworkShape::Physical {
        vlan,
        gateway4,
        range4,
        gateway6,
        dns,
    } = shape
    else {
        return Pairs::new();
    };
    let mut pairs = Pairs::new();
    pairs.extend(vlan.map(|vlan| ("vlan", vlan.to_string())));
    pairs.extend(gateway4.map(|it| ("ipv4.gateway", it.to_string())));
    pairs.extend(range4.map(|it| ("ipv4.ovn.ranges", range(it))));
    pairs.extend(gateway6.map(|it| ("ipv6.gateway", it.to_string())));
    let dns: Vec<String> = dns.iter().map(IpAddr::to_string).collect();
    if !dns.is_empty() {
        pairs.push(("dns.nameservers", dns.join(",")));
    }
    pairs
}

/// A bridge with NAT. Under OVN nobody but OVN's router is on it, with an address of the range. LXD
/// takes that range from the subnet of its own DHCP, so DHCP must be on, and wants that DHCP gives
/// none of it away: it is given one address that nobody asks for.
fn bridge(address4: Option<Ipv4Net>, range4: Option<AddressRange>) -> (&'static str, Pairs) {
    let mut pairs = Pairs::new();
    if let Some(address) = address4 {
        pairs.push(("ipv4.address", address.to_string()));
        pairs.push(("ipv4.nat", "true".to_owned()));
    }
    let Some(given) = range4 else {
        return ("Bridge with NAT on each node", pairs);
    };
    if let Some(spare) = address4.and_then(|address| spare(address, given)) {
        pairs.push(("ipv4.dhcp.ranges", format!("{spare}-{spare}")));
    }
    pairs.push(("ipv4.ovn.ranges", range(given)));
    ("Uplink for OVN networks: a bridge with NAT", pairs)
}

/// The first address of the router's subnet that is neither the router's nor in the range.
fn spare(router: Ipv4Net, range: AddressRange) -> Option<Ipv4Addr> {
    let is_free = |it: &Ipv4Addr| *it != router.addr() && !range.contains(*it);
    router.hosts().find(is_free)
}

fn ovn(uplink: &str, guests4: Option<Ipv4Net>, guests6: Option<Ipv6Net>) -> Pairs {
    let mut pairs = vec![("network", uplink.to_owned())];
    if let Some(guests) = guests4 {
        pairs.push(("ipv4.address", guests.to_string()));
        pairs.push(("ipv4.nat", "true".to_owned()));
    }
    // Without NAT LXD wants a route to the guests on the uplink.
    if let Some(guests) = guests6 {
        pairs.push(("ipv6.address", guests.to_string()));
        pairs.push(("ipv6.nat", "true".to_owned()));
    }
    pairs
}

fn range(range: AddressRange) -> String {
    format!("{}-{}", range.first, range.last)
}

/// How a network stands: made, or what it is instead. What making it again cannot mend is a failure.
pub(super) fn standing(
    network: &Network,
    shape: &NetworkShape,
    members: &[String],
) -> Result<Option<String>, Failure> {
    is_of_kind(network, kind(shape))?;
    is_over(network, members)?;
    if network.status != Phase::Created {
        return Ok(Some(found(network)));
    }
    let planned = whole(&network.name, shape).config;
    if let Some((key, value)) = planned.iter().find(|(key, value)| {
        let has = network.config.get(*key);
        has != Some(*value)
    }) {
        let has = network.config.get(key).map_or("", String::as_str);
        let what = say("lxd.network-other", &network.name)
            .with("key", key)
            .with("found", has)
            .with("planned", value);
        return Err(Failure::new(what).hint(say("lxd.hint-network-other", &network.name)));
    }
    Ok(None)
}

/// Makes sure that a network that is made is made on every member, and that none failed half-made.
pub(super) fn is_over(network: &Network, members: &[String]) -> Result<(), Failure> {
    let name = &network.name;
    match network.status {
        Phase::Created => {
            let lacks = |member: &&String| !network.locations.contains(member);
            let lacking: Vec<&str> = members.iter().filter(lacks).map(String::as_str).collect();
            if lacking.is_empty() {
                return Ok(());
            }
            let what = say("lxd.network-lacks", name).with("members", lacking.join(", "));
            Err(Failure::new(what).hint(say("lxd.hint-network-other", name)))
        }
        Phase::Errored => Err(Failure::new(say("lxd.network-errored", name))
            .hint(say("lxd.hint-network-errored", name))),
        Phase::Unavailable => {
            Err(Failure::new(say("lxd.network-unavailable", name))
                .hint(Message::new("lxd.hint-log")))
        }
        Phase::Pending | Phase::Unknown => Ok(()),
    }
}

/// Makes sure that a network is LXD's own and of this type.
pub(super) fn is_of_kind(network: &Network, kind: &str) -> Result<(), Failure> {
    if network.managed && network.kind == kind {
        return Ok(());
    }
    let what = say("lxd.network-other-kind", &network.name)
        .with("found", &network.kind)
        .with("planned", kind);
    Err(Failure::new(what).hint(say("lxd.hint-network-other", &network.name)))
}

/// What a network is now, for the journal.
pub(super) fn found(network: &Network) -> String {
    let on = network.locations.join(", ");
    format!("{:?} on {on}", network.status)
}

/// A sentence about a network.
pub(super) fn say(code: &str, network: &str) -> Message {
    Message::new(code).with("network", network)
}
