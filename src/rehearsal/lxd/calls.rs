//! Which call a request is, as faults name it.

use serde_json::Value;

use super::daemon::Asked;
use crate::rehearsal::envelope::field;
use crate::rehearsal::fault::Call;

/// The call that `asked` is; none for a path that is not served.
pub(super) fn call_of(asked: &Asked) -> Option<Call> {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let reads = asked.method == "GET";
    Some(match (reads, path.as_slice()) {
        (_, [] | ["internal", "ready"]) => Call::Ready,
        (true, ["1.0"]) => Call::Server,
        (false, ["1.0"]) if sets_address(&asked.body) => Call::Address,
        (false, ["1.0"]) => Call::Config,
        (true, ["1.0", "cluster"]) => Call::Cluster,
        (false, ["1.0", "cluster"]) if field(&asked.body, "enabled") == false => Call::Disable,
        (false, ["1.0", "cluster"]) if asked.text("cluster_address").is_empty() => Call::Enable,
        (false, ["1.0", "cluster"]) => Call::Join,
        (false, ["1.0", "cluster", "members"]) => Call::Token,
        (false, ["1.0", "cluster", "members", _]) => Call::Remove,
        (true, ["1.0", "cluster", "members"] | ["1.0", "cluster", "members", _]) => Call::Members,
        (
            _,
            ["1.0", "operations"] | ["1.0", "operations", _] | ["1.0", "operations", _, "wait"],
        ) => Call::Operations,
        (true, ["1.0", "storage-pools"] | ["1.0", "storage-pools", _]) => Call::Pools,
        (false, ["1.0", "storage-pools"]) if asked.target.is_some() => Call::PoolPending,
        (false, ["1.0", "storage-pools"]) => Call::Pool,
        (false, ["1.0", "storage-pools", _]) => Call::PoolDelete,
        (true, ["1.0", "profiles"] | ["1.0", "profiles", _]) => Call::Profiles,
        (false, ["1.0", "profiles", _]) => Call::Profile,
        (true, ["1.0", "networks"] | ["1.0", "networks", _]) => Call::Networks,
        (false, ["1.0", "networks"]) if asked.target.is_some() => Call::NetworkPending,
        (false, ["1.0", "networks"]) => Call::Network,
        (false, ["1.0", "networks", _]) => Call::NetworkDelete,
        (true, ["ui"]) | (false, ["1.0", "auth", "identities", "bearer", ..]) => Call::Web,
        (_, ["1.0", "images", ..]) => Call::Images,
        (_, ["1.0", "instances", _, "exec"]) => Call::GuestCommand,
        (_, ["1.0", "instances", ..]) => Call::Guests,
        (_, ["1.0", "storage-pools", _, "volumes", "custom", ..]) => Call::Volume,
        _ => return None,
    })
}

fn sets_address(body: &Value) -> bool {
    let config = body.get("config").and_then(Value::as_object);
    config.is_some_and(|config| config.keys().any(|key| key.ends_with(".https_address")))
}
