//! Which addresses a DHCP server lent, as the files of the DHCP clients tell.

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::path::Path;

use super::super::names;
use crate::world::Roots;

/// Every address that a lease file on this machine names.
///
/// systemd-networkd and `NetworkManager` write `ADDRESS=192.0.2.7` (the latter with a prefix in some
/// releases), dhclient `fixed-address 192.0.2.7;`. What dhcpcd keeps is the server's packet, whose
/// bytes 16 to 19 are the address (RFC 2131, `yiaddr`).
pub(super) fn leased(roots: &Roots) -> BTreeSet<IpAddr> {
    let mut found = BTreeSet::new();
    for dir in [
        roots.run.join("systemd/netif/leases"),
        roots.var_lib.join("NetworkManager"),
        roots.var_lib.join("dhcp"),
    ] {
        for text in texts(&dir) {
            found.extend(text.lines().filter_map(address));
        }
    }
    let kept = roots.var_lib.join("dhcpcd");
    let packets = names(&kept).unwrap_or_default().into_iter();
    for name in packets.filter(|name| ends_in_lease(name)) {
        let packet = fs::read(kept.join(name)).unwrap_or_default();
        let yours = packet.get(16..20).and_then(|b| <[u8; 4]>::try_from(b).ok());
        found.extend(yours.map(IpAddr::from));
    }
    found
}

fn ends_in_lease(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|end| end == "lease")
}

fn texts(dir: &Path) -> impl Iterator<Item = String> {
    let files = names(dir).unwrap_or_default().into_iter();
    files.filter_map(move |name| {
        let bytes = fs::read(dir.join(name)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    })
}

fn address(line: &str) -> Option<IpAddr> {
    let line = line.trim();
    let said = line
        .strip_prefix("ADDRESS=")
        .or_else(|| line.strip_prefix("fixed-address "))?;
    let alone = said.trim_end_matches(';').split('/').next()?;
    alone.trim().parse().ok()
}
