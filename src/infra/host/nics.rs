//! This machine's network interfaces: the kernel's list, with the addresses that `if-addrs` tells.

mod leases;
mod routes;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ipnet::IpNet;

use super::{HostError, bus, line, listed, number};
use crate::engine::facts::{Nic, NicKind};
use crate::world::Roots;

/// `ARPHRD_LOOPBACK` (Linux `if_arp.h`).
const LOOPBACK: u16 = 772;

/// Every interface but loopback, those without an address too.
pub fn nics(roots: &Roots) -> Result<Vec<Nic>, HostError> {
    let mut addresses = addresses()?;
    let class = roots.sys.join("class/net");
    let gateways = routes::gateways(&roots.proc);
    let leased = leases::leased(roots);
    let mut nics: Vec<Nic> = listed(&class)?
        .into_iter()
        .filter(|name| class.join(name).is_dir())
        .filter(|name| number::<u16>(&class.join(name).join("type")) != Some(LOOPBACK))
        .map(|name| nic(roots, name))
        .collect();
    for nic in &mut nics {
        nic.addresses = addresses.remove(&nic.name).unwrap_or_default();
        nic.gateway = gateways.get(&nic.name).copied();
        let own = nic.addresses.iter().map(IpNet::addr);
        nic.leased = own.filter(|own| leased.contains(own)).collect();
    }
    Ok(nics)
}

fn nic(roots: &Roots, name: String) -> Nic {
    let dir = roots.sys.join("class/net").join(&name);
    // The kernel refuses this read while the interface is switched off.
    let carrier = number(&dir.join("carrier")).map(|there: u8| there == 1);
    // Bridges and tunnels without a state of their own say "unknown" and have a carrier.
    let up = match line(&dir.join("operstate")).as_deref() {
        Some("up") => true,
        Some("unknown") => carrier == Some(true),
        _ => false,
    };
    let kind = kind(&dir);
    let master = fs::read_link(dir.join("master")).ok();
    Nic {
        mac: line(&dir.join("address")).unwrap_or_default(),
        up,
        carrier,
        // The kernel says -1 where there is none, or refuses the read.
        speed_mbps: number::<u32>(&dir.join("speed")).filter(|speed| *speed > 0),
        kind,
        wireless: kind == NicKind::Wireless,
        mtu: number(&dir.join("mtu")),
        master: master.and_then(|link| Some(link.file_name()?.to_str()?.to_owned())),
        usb_speed_mbps: bus::usb_speed(roots, &dir),
        name,
        ..Nic::default()
    }
}

/// Linux's `sysfs-class-net`: a radio has `wireless` or `phy80211`, a bridge its directory, others
/// say what they are in `uevent`, and a NIC of hardware has a `device`.
fn kind(dir: &Path) -> NicKind {
    let has = |name: &str| dir.join(name).exists();
    let uevent = fs::read_to_string(dir.join("uevent")).unwrap_or_default();
    let said = uevent
        .lines()
        .find_map(|line| line.strip_prefix("DEVTYPE="));
    match said {
        _ if has("wireless") || has("phy80211") => NicKind::Wireless,
        _ if has("bridge") => NicKind::Bridge,
        Some("wlan") => NicKind::Wireless,
        Some("bridge") => NicKind::Bridge,
        Some("bond") => NicKind::Bond,
        Some("vlan") => NicKind::Vlan,
        _ if has("bonding") => NicKind::Bond,
        _ if has("device") => NicKind::Ethernet,
        _ => NicKind::Virtual,
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
