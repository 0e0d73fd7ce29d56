//! `/1.0/cluster`: this node's half of the cluster, and how it becomes one, joins or leaves.

use serde_json::{Value, json};

use super::daemon::{Asked, Done, Job};
use super::durations::{Chore, usual};
use super::keys::is_wildcard;
use super::state::State;
use super::{Release, join};
use crate::rehearsal::envelope::{Answer, Refusal, field};

/// How long 5.0.2 takes to find out that it is a cluster already, in milliseconds (recorded).
const LEFTOVER_ON_OLD: u64 = 2_998;

pub(super) fn get(state: &State, node: &str) -> Answer {
    let database = state.database(node);
    let shown = json!({
        "server_name": if database.clustered { state.node(node).member.as_str() } else { "" },
        "enabled": database.clustered,
        "member_config": if database.clustered { member_config(state, node) } else { json!([]) },
    });
    Answer::sync(&shown).tagged(&shown)
}

/// What a joiner has to say about each network and pool. From 6.x on with the asked member's own values.
fn member_config(state: &State, node: &str) -> Value {
    let member = &state.node(node).member;
    let tells = state.release(node) == Release::V6;
    let database = state.database(node);
    let of_networks = database
        .networks
        .iter()
        .map(|(name, it)| ("network", name, &it.parts));
    let of_pools = database
        .pools
        .iter()
        .map(|(name, it)| ("storage-pool", name, &it.parts));
    let mut keys = Vec::new();
    for (entity, name, parts) in of_networks.chain(of_pools) {
        let part = parts.get(member).map(|part| &part.config);
        for (key, value) in part.into_iter().flatten() {
            if !key.starts_with("volatile.") {
                let words = entity.replace('-', " ");
                keys.push(json!({
                    "entity": entity, "name": name, "key": key,
                    "value": if tells { value.as_str() } else { "" },
                    "description": format!("\"{key}\" property for {words} \"{name}\""),
                }));
            }
        }
    }
    Value::Array(keys)
}

pub(super) fn put(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    let name = asked.text("server_name");
    let release = state.release(&asked.node);
    if field(&asked.body, "enabled") != true {
        return disable(asked, release);
    }
    if name.is_empty() {
        let text = "ServerName is required when enabling clustering";
        return Err(Refusal::new(400, text));
    }
    if name == "none" && release != Release::V5_0 {
        return Err(Refusal::new(400, "ServerName cannot be \"none\""));
    }
    if asked.text("cluster_address").is_empty() {
        enable(state, asked)
    } else {
        join::join(state, asked)
    }
}

fn enable(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    let node = asked.node.clone();
    let release = state.release(&node);
    let config = &mut state.node_mut(&node).config;
    if !config.contains_key("cluster.https_address") {
        let core = config
            .get("core.https_address")
            .cloned()
            .unwrap_or_default();
        if is_wildcard(&core) {
            return Err(Refusal::internal(format!(
                "Cannot use wildcard core.https_address \"{core}\" for cluster.https_address. \
                 Please specify a new cluster.https_address or core.https_address"
            )));
        }
        config.insert("cluster.https_address".to_owned(), core);
    }
    let name = asked.text("server_name").to_owned();
    let job = Job::waited(move |state, _| found(state, &node, &name));
    Ok(job.in_operation("Creating bootstrap node", metadata(release)))
}

/// Makes `node` the first member of a cluster, under `name`.
fn found(state: &mut State, node: &str, name: &str) -> Result<Done, Refusal> {
    let release = state.release(node);
    if state.database(node).clustered {
        let took = if release == Release::V5_0 {
            LEFTOVER_ON_OLD
        } else {
            10
        };
        let text = "Inconsistent state: found leftover cluster certificate";
        return Err(Refusal::internal(text).after(took));
    }
    let address = state
        .node(node)
        .config
        .get("cluster.https_address")
        .cloned();
    let database = state.database_mut(node);
    database.clustered = true;
    for member in &mut database.members {
        for pool in database.pools.values_mut() {
            if let Some(part) = pool.parts.remove(&member.name) {
                pool.parts.insert(name.to_owned(), part);
            }
        }
        for network in database.networks.values_mut() {
            if let Some(part) = network.parts.remove(&member.name) {
                network.parts.insert(name.to_owned(), part);
            }
        }
        name.clone_into(&mut member.name);
        member.address = address.clone().unwrap_or_default();
    }
    name.clone_into(&mut state.node_mut(node).member);
    Ok(Done::new(usual(release, Chore::Enable), Answer::done()))
}

/// Erases the node's database. LXD does not ask whether others share it.
fn disable(asked: &Asked, release: Release) -> Result<Job, Refusal> {
    if !asked.text("server_name").is_empty() {
        let text = "ServerName must be empty when disabling clustering";
        return Err(Refusal::new(400, text));
    }
    let node = asked.node.clone();
    Ok(Job::waited(move |state, _| {
        state.fresh_database(&node);
        Ok(Done::new(usual(release, Chore::Disable), Answer::done()))
    }))
}

/// What such an operation tells besides: nothing, which 6.x writes as an empty object.
pub(super) fn metadata(release: Release) -> Value {
    match release {
        Release::V5_0 | Release::V5_21 => Value::Null,
        Release::V6 => json!({}),
    }
}
