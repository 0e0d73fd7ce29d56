//! What is run in a guest, in busybox's shell: the exit code says whether it worked.

use std::net::IpAddr;

/// Writes a megabyte to the root disk, and reads it back.
pub(super) const WRITE: &str = "head -c 1048576 /dev/urandom > /proof && sync \
    && md5sum /proof > /proof.md5 && md5sum -c /proof.md5";

/// Reads it back once more.
pub(super) const READ: &str = "md5sum -c /proof.md5";

/// Reaches each of these addresses.
pub(super) fn reach(addresses: &[IpAddr]) -> String {
    format!(
        "for ip in {}; do ping -c 2 -W 3 $ip || exit 1; done",
        listed(addresses)
    )
}

/// Reaches each of these addresses with packets as long as the NIC says they may be: the headers of
/// IPv4 and ICMP take 28 bytes.
pub(super) fn reach_whole(addresses: &[IpAddr]) -> String {
    format!(
        "m=$(cat /sys/class/net/eth0/mtu) && for ip in {}; do \
         ping -c 2 -W 3 -s $((m - 28)) $ip || exit 1; done",
        listed(addresses)
    )
}

/// Asks the name server for a guest's own name.
pub(super) fn resolve(name: &str) -> String {
    format!("nslookup {name}.lxd || nslookup {name}")
}

fn listed(addresses: &[IpAddr]) -> String {
    let addresses: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    addresses.join(" ")
}
