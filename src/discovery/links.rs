//! Which NICs discovery is on, and which sockets that makes: one for each way of being heard.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use ipnet::{IpNet, Ipv4Net};

use super::roster::peer::Way;
use crate::engine::facts::Nic;

/// The IPv4 group: in the site's own scope (RFC 2365); `MC` in its last bytes.
pub const GROUP4: Ipv4Addr = Ipv4Addr::new(239, 255, 77, 67);
/// The IPv6 group: transient, on the link (RFC 4291, 2.7); `MCLD` in its last bytes.
pub const GROUP6: Ipv6Addr = Ipv6Addr::new(0xff12, 0, 0, 0, 0, 0, 0x4d43, 0x4c44);

/// The most NICs discovery is on: a host of many containers has hundreds.
pub const MOST_LINKS: usize = 64;
/// The most addresses of one NIC that are used.
pub const MOST_ADDRESSES: usize = 8;

/// A NIC that discovery is on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// Its name, `eth0`.
    pub name: String,
    /// Its addresses, each with its network.
    pub addresses: Vec<IpNet>,
}

/// The links of a node whose World says `discovery`: every NIC that is up, or only the one that
/// has the address named there. A loopback address is on `lo`, whether `nics` tell it or not.
pub fn links(discovery: IpAddr, nics: &[Nic]) -> Vec<Link> {
    if discovery.is_loopback() {
        let length = if discovery.is_ipv4() { 8 } else { 128 };
        let addresses = IpNet::new(discovery, length).into_iter().collect();
        let name = "lo".to_owned();
        return vec![Link { name, addresses }];
    }
    let wanted = |net: &&IpNet| discovery.is_unspecified() || net.addr() == discovery;
    let up = nics.iter().filter(|nic| nic.up);
    let links = up.map(|nic| Link {
        name: nic.name.clone(),
        addresses: nic.addresses.iter().filter(wanted).copied().collect(),
    });
    links
        .filter(|link| discovery.is_unspecified() || !link.addresses.is_empty())
        .collect()
}

/// One socket: where it is bound tells how what it hears came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The NIC's name.
    pub(super) nic: String,
    /// The NIC's index: one that was pulled out and put in again has another.
    pub(super) index: u32,
    /// Where it is bound.
    pub(super) bind: SocketAddr,
    /// What it hears.
    pub(super) way: Way,
    /// This node's address there and its network; only for unicast, whose sockets speak as well.
    pub(super) own: Option<IpNet>,
    /// Where a beacon for everybody goes from here.
    pub(super) everybody: Vec<SocketAddr>,
}

/// All sockets of a link whose NIC has `index`. Multicast is heard without an address of one's own.
pub(super) fn places(link: &Link, index: u32, port: u16) -> Vec<Place> {
    let used = || link.addresses.iter().take(MOST_ADDRESSES);
    let ear = |ip: IpAddr, way| Place {
        nic: link.name.clone(),
        index,
        bind: at(ip, index, port),
        way,
        own: None,
        everybody: Vec::new(),
    };
    let mut places = vec![ear(GROUP4.into(), Way::Multicast4)];
    if used().any(|net| net.addr().is_ipv6()) {
        places.push(ear(GROUP6.into(), Way::Multicast6));
    }
    let first4 = used().find(|net| net.addr().is_ipv4());
    let first6 = used()
        .find(|net| is_link_local(net.addr()))
        .or_else(|| used().find(|net| net.addr().is_ipv6()));
    for net in used() {
        let mut own = ear(net.addr(), Way::Unicast);
        own.own = Some(*net);
        if Some(net) == first4 {
            own.everybody.push(at(GROUP4.into(), index, port));
        }
        if Some(net) == first6 {
            own.everybody.push(at(GROUP6.into(), index, port));
        }
        if let Some(broadcast) = broadcast(net) {
            own.everybody.push(at(broadcast, index, port));
            places.push(ear(broadcast, Way::Broadcast));
        }
        places.push(own);
    }
    // Two addresses of one subnet have one broadcast address.
    places.sort();
    places.dedup();
    places
}

impl Place {
    /// Where a datagram for `to` goes from here: with this NIC's scope, if it is on this link.
    pub(super) fn route(&self, to: SocketAddr) -> SocketAddr {
        match to {
            SocketAddr::V6(v6) if v6.scope_id() == 0 => at(to.ip(), self.index, to.port()),
            _ => to,
        }
    }

    /// Whether `to` is on this socket's own network.
    pub(super) fn is_near(&self, to: SocketAddr) -> bool {
        let Some(own) = self.own else {
            return false;
        };
        match to {
            SocketAddr::V6(v6) if is_link_local(to.ip()) => {
                is_link_local(own.addr()) && [0, self.index].contains(&v6.scope_id())
            }
            _ => own.contains(&to.ip()),
        }
    }

    /// Whether `to` might be reached from here through a gateway.
    pub(super) fn may_reach(&self, to: SocketAddr) -> bool {
        let own = self.own.map(|net| net.addr());
        let family = own.is_some_and(|own| own.is_ipv4() == to.is_ipv4());
        family && !own.is_some_and(is_link_local) && !is_link_local(to.ip())
    }
}

/// A socket address; those that mean something only on a link say which link.
fn at(ip: IpAddr, index: u32, port: u16) -> SocketAddr {
    match ip {
        IpAddr::V6(v6) if is_link_local(ip) || v6.is_multicast() => {
            SocketAddr::V6(SocketAddrV6::new(v6, port, 0, index))
        }
        _ => SocketAddr::new(ip, port),
    }
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(_) => false,
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// A subnet's broadcast address; networks of one or two addresses have none (RFC 3021).
fn broadcast(net: &IpNet) -> Option<IpAddr> {
    match net {
        IpNet::V4(v4) if v4.prefix_len() < 31 => Some(Ipv4Net::broadcast(v4).into()),
        _ => None,
    }
}
