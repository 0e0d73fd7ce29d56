//! How each release words what all of them mean.

use super::Release;

/// A path that LXD does not serve.
pub(super) const fn not_found(release: Release) -> &'static str {
    match release {
        Release::V5_0 => "not found",
        Release::V5_21 | Release::V6 => "Not Found",
    }
}

/// A method that LXD does not have there.
pub(super) const fn not_implemented(release: Release) -> &'static str {
    match release {
        Release::V5_0 => "not implemented",
        Release::V5_21 | Release::V6 => "Not Implemented",
    }
}

/// An If-Match that is not the present state's.
pub(super) fn stale(release: Release, present: &str, asked: &str) -> String {
    let verb = match release {
        Release::V5_0 | Release::V5_21 => "doesn't",
        Release::V6 => "does not",
    };
    let rest = match release {
        Release::V5_0 => "",
        Release::V5_21 | Release::V6 => {
            ". The configuration has been modified since this change began. \
             Please retrieve the updated configuration before proceeding."
        }
    };
    format!("ETag {verb} match: {present} vs {asked}{rest}")
}

/// A key that LXD does not know, or a value that it does not take.
pub(super) fn cannot_set(release: Release, key: &str, value: &str, why: &str) -> String {
    match release {
        Release::V5_0 => format!("cannot set '{key}' to '{value}': {why}"),
        Release::V5_21 | Release::V6 => format!("Cannot set \"{key}\" to \"{value}\": {why}"),
    }
}

/// A value that is not text; `kind` is Go's name for what it is.
pub(super) fn not_text(release: Release, key: &str, kind: &str) -> String {
    match release {
        Release::V5_0 => format!("cannot set '{key}': invalid type {kind}"),
        Release::V5_21 => format!("Cannot set \"{key}\": Invalid type: \"{kind}\""),
        Release::V6 => format!("Unexpected type for \"{key}\": {kind}"),
    }
}

/// An address that the host does not have.
pub(super) fn cannot_listen(release: Release, address: &str) -> String {
    let why = format!("listen tcp {address}: bind: cannot assign requested address");
    let why = match release {
        Release::V5_0 | Release::V5_21 => why,
        Release::V6 => format!("Failed listening on address \"{address}\": {why}"),
    };
    format!("Cannot listen on network HTTPS socket \"{address}\": {why}")
}

/// A join refused by the cluster because of its token.
pub(super) fn no_trust(release: Release, why: &str) -> String {
    match release {
        Release::V5_0 => {
            format!("Failed to setup cluster trust: Failed to add server cert to cluster: {why}")
        }
        Release::V5_21 => {
            format!("Failed setting up cluster trust: Failed to add server cert to cluster: {why}")
        }
        Release::V6 => {
            format!("Failed setting up cluster trust: Failed adding server cert to cluster: {why}")
        }
    }
}

/// A token that is none.
pub(super) const fn forbidden(release: Release) -> &'static str {
    match release {
        Release::V5_0 => "not authorized",
        Release::V5_21 | Release::V6 => "Forbidden",
    }
}

/// A joiner that cannot make its part of a pool or network.
pub(super) fn cannot_initialise(release: Release, (kind, name): (&str, &str), why: &str) -> String {
    match release {
        Release::V5_0 | Release::V5_21 => format!(
            "Failed to initialize member: Failed to initialize storage pools and networks: \
             Failed to create {kind} \"{name}\": {why}"
        ),
        Release::V6 => format!(
            "Failed initializing member: Failed initializing storage pools and networks: \
             Failed creating {kind} \"{name}\": {why}"
        ),
    }
}

/// A tool that failed.
pub(super) fn failed_to_run(release: Release, command: &str, why: &str) -> String {
    let failed = match release {
        Release::V5_0 | Release::V5_21 => "Failed to run",
        Release::V6 => "Failed running",
    };
    format!("{failed}: {command}: exit status 1 ({why})")
}

/// What a member said to the one that was asked.
pub(super) fn notifying(member: &str, address: &str, why: &str) -> String {
    format!("Failed notifying cluster member \"{member}\" at \"{address}\": {why}")
}

/// A pool that a member has already.
pub(super) fn already_defined(release: Release, pool: &str, member: &str) -> String {
    match release {
        Release::V5_0 | Release::V5_21 => {
            format!("The storage pool already defined on member \"{member}\"")
        }
        Release::V6 => format!("Storage pool \"{pool}\" already defined on member \"{member}\""),
    }
}

/// A pool that members lack.
pub(super) fn not_defined(release: Release, members: &[String]) -> String {
    let whom = match release {
        Release::V5_0 => "nodes",
        Release::V5_21 | Release::V6 => "cluster members",
    };
    format!("Pool not defined on {whom}: {}", members.join(", "))
}

/// A pool that exists.
pub(super) fn pool_exists(release: Release, pool: &str) -> String {
    match release {
        Release::V5_0 => "The storage pool already exists: The record already exists".to_owned(),
        Release::V5_21 | Release::V6 => format!("Storage pool \"{pool}\" already exists"),
    }
}

/// A device whose network does not exist.
pub(super) fn no_network(device: &str, network: &str) -> String {
    format!(
        "Device validation failed for \"{device}\": Failed loading device \"{device}\": \
         Failed loading network \"{network}\" for project \"default\": Network not found"
    )
}

/// A volume that does not exist.
pub(super) fn no_volume(release: Release, key: &str, volume: &str) -> String {
    let prefix = match release {
        Release::V5_0 | Release::V5_21 => "",
        Release::V6 => "Failed validating storage volumes: ",
    };
    format!(
        "{prefix}Failed validation of \"{key}\": Failed loading storage volume \"{volume}\" \
         in \"default\" project: Storage volume not found"
    )
}
