//! This machine's network interfaces: the kernel's list, with the addresses that `if-addrs` tells.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::{HostError, line, listed, number};
use crate::engine::facts::Nic;
use crate::world::Roots;

/// `ARPHRD_LOOPBACK` (Linux `if_arp.h`).
const LOOPBACK: u16 = 772;

/// Every interface but loopback, those without an address too.
pub fn nics(roots: &Roots) -> Result<Vec<Nic>, HostError> {
    let mut addresses = addresses()?;
    let class = roots.sys.join("class/net");
    Ok(listed(&class)?
        .into_iter()
        .filter(|name| class.join(name).is_dir())
        .filter(|name| number::<u16>(&class.join(name).join("type")) != Some(LOOPBACK))
        .map(|name| {
            let addresses = addresses.remove(&name).unwrap_or_default();
            nic(roots, name, addresses)
        })
        .collect())
}

fn nic(roots: &Roots, name: String, addresses: Vec<IpNet>) -> Nic {
    let dir = roots.sys.join("class/net").join(&name);
    // Bridges and tunnels without a state of their own say "unknown" and have a carrier.
    let up = match line(&dir.join("operstate")).as_deref() {
        Some("up") => true,
        Some("unknown") => number(&dir.join("carrier")) == Some(1_u8),
        _ => false,
    };
    Nic {
        mac: line(&dir.join("address")).unwrap_or_default(),
        up,
        // The kernel says -1 where there is none, or refuses the read.
        speed_mbps: number::<u32>(&dir.join("speed")).filter(|speed| *speed > 0),
        addresses,
        name,
        ..Nic::default()
    }
}

/// The addresses of all interfaces, by name: the one place that asks the kernel for them.
fn addresses() -> Result<BTreeMap<String, Vec<IpNet>>, HostError> {
    let found = if_addrs::get_if_addrs().map_err(|error| HostError::Interfaces {
        reason: error.to_string(),
    })?;
    let mut by_name: BTreeMap<String, Vec<IpNet>> = BTreeMap::new();
    for interface in found {
        let (ip, length) = match &interface.addr {
            if_addrs::IfAddr::V4(v4) => (v4.ip.into(), v4.prefixlen),
            if_addrs::IfAddr::V6(v6) => (v6.ip.into(), v6.prefixlen),
        };
        if let Ok(address) = IpNet::new(ip, length) {
            by_name.entry(interface.name).or_default().push(address);
        }
    }
    Ok(by_name)
}
