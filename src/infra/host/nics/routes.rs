//! The default routes: which NIC leads to which gateway.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// The route goes through a gateway (`RTF_GATEWAY` in Linux `route.h`).
const GATEWAY: u32 = 2;

/// A default route: its NIC, its gateway and its metric.
type Route = (String, IpAddr, u32);

/// The gateway of each NIC that has a default route, that of IPv4 before that of IPv6, and of the
/// routes of one family that with the lowest metric.
pub(super) fn gateways(proc: &Path) -> BTreeMap<String, IpAddr> {
    let read = |file: &str| {
        let bytes = fs::read(proc.join("net").join(file)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let mut routes: Vec<Route> = read("route").lines().filter_map(route4).collect();
    routes.extend(read("ipv6_route").lines().filter_map(route6));
    routes.sort_by_key(|(_, gateway, metric)| (gateway.is_ipv6(), *metric));
    let mut gateways = BTreeMap::new();
    for (nic, gateway, _) in routes {
        gateways.entry(nic).or_insert(gateway);
    }
    gateways
}

/// `proc_net(5)`: interface, destination, gateway, flags, two counters, metric, mask; addresses are
/// the bytes of the network in the machine's own order.
fn route4(line: &str) -> Option<Route> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [nic, to, gateway, flags, _, _, metric, mask, ..] = fields.as_slice() else {
        return None;
    };
    let hex = |field: &str| u32::from_str_radix(field, 16).ok();
    let default = hex(to)? == 0 && hex(mask)? == 0 && hex(flags)? & GATEWAY != 0;
    let gateway = Ipv4Addr::from(hex(gateway)?.to_ne_bytes());
    default.then_some(((*nic).to_owned(), gateway.into(), metric.parse().ok()?))
}

/// Destination, its length, source, its length, gateway, metric, two counters, flags, interface;
/// all in hexadecimal digits (Linux `net/ipv6/route.c`).
fn route6(line: &str) -> Option<Route> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [_, length, _, _, gateway, metric, _, _, flags, nic] = fields.as_slice() else {
        return None;
    };
    let hex = |field: &str| u32::from_str_radix(field, 16).ok();
    let default = *length == "00" && hex(flags)? & GATEWAY != 0;
    let gateway = Ipv6Addr::from(u128::from_str_radix(gateway, 16).ok()?);
    default.then_some(((*nic).to_owned(), gateway.into(), hex(metric)?))
}
