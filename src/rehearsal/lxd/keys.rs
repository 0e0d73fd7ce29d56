//! The server's configuration keys: which there are, whose they are, what they take.

use std::net::IpAddr;

use super::Release;
use super::wording;
use crate::rehearsal::envelope::Refusal;

/// Where a key's value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// With the member.
    Member,
    /// With the cluster.
    Cluster,
}

/// The keys each member has for itself. LXD's documentation, "Server configuration".
const MEMBER: [&str; 9] = [
    "cluster.https_address",
    "core.bgp_address",
    "core.bgp_routerid",
    "core.debug_address",
    "core.dns_address",
    "core.https_address",
    "core.metrics_address",
    "storage.backups_volume",
    "storage.images_volume",
];

/// The keys a cluster has, and the releases that know them.
const CLUSTER: [(&str, &[Release]); 21] = [
    ("backups.compression_algorithm", ALL),
    ("cluster.healing_threshold", LATER),
    ("cluster.images_minimal_replica", ALL),
    ("cluster.join_token_expiry", ALL),
    ("cluster.max_standby", ALL),
    ("cluster.max_voters", ALL),
    ("cluster.offline_threshold", ALL),
    ("core.https_allowed_origin", ALL),
    ("core.proxy_http", ALL),
    ("core.proxy_https", ALL),
    ("core.proxy_ignore_hosts", ALL),
    ("core.remote_token_expiry", LATER),
    ("core.shutdown_timeout", ALL),
    ("core.trust_password", &[Release::V5_0, Release::V5_21]),
    ("images.auto_update_interval", ALL),
    ("images.remote_cache_expiry", ALL),
    ("instances.migration.stateful", LATER),
    ("network.ovn.ca_cert", LATER),
    ("network.ovn.client_cert", LATER),
    ("network.ovn.client_key", LATER),
    ("network.ovn.integration_bridge", ALL),
];

/// The key that LXD takes unseen; apart, because any text is accepted.
const NORTHBOUND: &str = "network.ovn.northbound_connection";
const ALL: &[Release] = &[Release::V5_0, Release::V5_21, Release::V6];
const LATER: &[Release] = &[Release::V5_21, Release::V6];

/// Whose key this is; none where `release` does not know it.
pub(super) fn scope(release: Release, key: &str) -> Option<Scope> {
    if MEMBER.contains(&key) {
        return Some(Scope::Member);
    }
    let known = key.starts_with("user.")
        || key == NORTHBOUND
        || CLUSTER
            .iter()
            .any(|(name, releases)| *name == key && releases.contains(&release));
    known.then_some(Scope::Cluster)
}

/// Whose key this is, once `value` is found fit for it.
pub(super) fn check(release: Release, key: &str, value: &str) -> Result<Scope, Refusal> {
    let refuse = |why: &str| {
        let text = wording::cannot_set(release, key, value, why);
        Err(Refusal::new(400, text))
    };
    let Some(scope) = scope(release, key) else {
        return refuse(match release {
            Release::V5_0 => "unknown key",
            Release::V5_21 | Release::V6 => "Unknown key",
        });
    };
    if value.is_empty() {
        return Ok(scope);
    }
    let number = value.parse::<u64>().ok();
    match key {
        "cluster.https_address" if is_wildcard(value) => refuse(match release {
            Release::V5_0 | Release::V5_21 => "Wildcard addresses aren't allowed",
            Release::V6 => "Wildcard addresses are not allowed",
        }),
        "cluster.offline_threshold" if number.is_none_or(|it| it <= 10) => refuse(match release {
            Release::V5_0 => "Value must be greater than '10'",
            Release::V5_21 | Release::V6 => "Value must be greater than 10",
        }),
        "cluster.max_voters" if number.is_none_or(|it| it < 3 || it % 2 == 0) => {
            refuse("Value must be an odd number equal to or higher than 3")
        }
        "cluster.max_standby" if number.is_none_or(|it| it > 5) => {
            refuse("Value must be between 0 and 5")
        }
        "cluster.join_token_expiry" if expiry(value).is_none() => {
            refuse("Invalid expiry expression")
        }
        _ => Ok(scope),
    }
}

/// Milliseconds of an expiry such as `3H`, `30M` or `1d 2H`.
pub(super) fn expiry(text: &str) -> Option<u64> {
    let mut total = 0_u64;
    for part in text.split_whitespace() {
        let unit = part.chars().last()?;
        let count: u64 = part.strip_suffix(unit)?.parse().ok()?;
        let seconds: u64 = match unit {
            'S' => 1,
            'M' => 60,
            'H' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            'm' => 2_592_000,
            'y' => 31_536_000,
            _ => return None,
        };
        total = total.checked_add(count.checked_mul(seconds)?.checked_mul(1000)?)?;
    }
    (total > 0).then_some(total)
}

/// Whether `address` means every address of the host.
pub(super) fn is_wildcard(address: &str) -> bool {
    let host = host(address);
    host.is_empty() || host == "*" || host.parse::<IpAddr>().is_ok_and(|it| it.is_unspecified())
}

/// The host of `host:port`, without brackets.
pub(super) fn host(address: &str) -> &str {
    if let Some((host, _)) = address.strip_prefix('[').and_then(|it| it.split_once(']')) {
        return host;
    }
    match address.split_once(':') {
        Some((host, port)) if !port.contains(':') => host,
        _ => address,
    }
}
