//! `/1.0/networks`: the host's own interfaces, and those that LXD manages, by LXD's rules.

use serde_json::{Value, json};

use super::daemon::{Asked, Done, Job};
use super::durations::{Chore, usual};
use super::network::{MEMBER_KEYS, Network, Wanted, users};
use super::pool::Standing;
use super::state::State;
use super::{Release, making, ovn};
use crate::rehearsal::envelope::{Answer, Refusal, field, set};

pub(super) fn list(state: &State, asked: &Asked) -> Answer {
    let managed = state.database(&asked.node).networks.keys().cloned();
    let spec = &state.node(&asked.node).spec;
    let is_own = |nic: &&String| !state.database(&asked.node).networks.contains_key(*nic);
    let nics = spec.nics.iter().filter(is_own).cloned();
    let own = std::iter::once("lo".to_owned()).chain(nics);
    let shown: Vec<Value> = managed
        .chain(own)
        .map(|name| {
            if asked.recursion {
                shown(state, asked, &name)
            } else {
                json!(format!("/1.0/networks/{name}"))
            }
        })
        .collect();
    Answer::sync(&json!(shown))
}

pub(super) fn get(state: &State, asked: &Asked, name: &str) -> Result<Answer, Refusal> {
    state.target(&asked.node, asked.target.as_deref())?;
    let managed = state.database(&asked.node).networks.contains_key(name);
    let nics = &state.node(&asked.node).spec.nics;
    if managed || name == "lo" || nics.iter().any(|nic| nic == name) {
        let shown = shown(state, asked, name);
        return Ok(Answer::sync(&shown).tagged(field(&shown, "config")));
    }
    Err(Refusal::new(404, "Network not found"))
}

fn shown(state: &State, asked: &Asked, name: &str) -> Value {
    let release = state.release(&asked.node);
    let database = state.database(&asked.node);
    let mut shown = match database.networks.get(name) {
        Some(network) => managed(state, asked, (name, network)),
        None => unmanaged(state, asked, name),
    };
    if release != Release::V5_0 {
        set(&mut shown, "project", json!("default"));
    }
    shown
}

/// One of LXD's own; without a target a cluster's network shows no member's keys.
fn managed(state: &State, asked: &Asked, (name, network): (&str, &Network)) -> Value {
    let release = state.release(&asked.node);
    let mut config = network.config.clone();
    if let Some(member) = &asked.target {
        let part = network.parts.get(member);
        config.extend(part.into_iter().flat_map(|part| part.config.clone()));
    }
    let used = users(state, &asked.node, name);
    // 5.0 loses the description that comes with the last phase.
    let described = release != Release::V5_0 || network.kind == "ovn";
    json!({
        "name": name, "type": network.kind, "managed": true,
        "description": if described { network.description.as_str() } else { "" },
        "status": network.standing.word(), "config": config,
        "locations": network.parts.keys().collect::<Vec<_>>(),
        "used_by": if used.is_empty() && release == Release::V5_0 { Value::Null } else { json!(used) },
    })
}

/// One of the host's, which LXD merely sees.
fn unmanaged(state: &State, asked: &Asked, name: &str) -> Value {
    let release = state.release(&asked.node);
    let member = &state.node(&asked.node).member;
    let above = state.database(&asked.node).networks.iter();
    let used: Vec<String> = above
        .filter(|(_, network)| network.parent(member) == Some(name))
        .map(|(network, _)| format!("/1.0/networks/{network}"))
        .collect();
    let loopback = name == "lo";
    let silent = used.is_empty() && release == Release::V5_0 && !loopback;
    json!({
        "name": name, "description": "", "config": {},
        "type": if loopback { "loopback" } else { "physical" },
        "managed": false, "status": "", "locations": null,
        "used_by": if silent { Value::Null } else { json!(used) },
    })
}

/// `POST`: with a target a member's part is defined, without one the network is created.
pub(super) fn post(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    let release = state.release(&asked.node);
    let wanted = Wanted::read(asked)?;
    let mut url = format!("/1.0/networks/{}?project=default", wanted.name);
    if let Some(target) = &wanted.target {
        url = format!("{url}&target={target}");
    }
    let job = Job::waited(move |state, _| {
        let took = match &wanted.target {
            Some(member) => {
                define(state, &wanted, member)?;
                usual(release, Chore::NetworkPending)
            }
            None if wanted.kind == "ovn" => {
                ovn::create(state, &wanted)?;
                usual(release, Chore::NetworkOvn)
            }
            None => {
                making::create(state, &wanted)?;
                usual(release, Chore::Network)
            }
        };
        let location = format!("/1.0/networks/{}", wanted.name);
        Ok(Done::new(took, Answer::created(location)))
    });
    Ok(in_operation(job, release, ("Creating network", &url)))
}

/// From 6.x on networks change in operations.
fn in_operation(job: Job, release: Release, (description, url): (&'static str, &str)) -> Job {
    match release {
        Release::V5_0 | Release::V5_21 => job,
        Release::V6 => job.in_operation(description, json!({"entity_url": url})),
    }
}

fn define(state: &mut State, wanted: &Wanted, member: &str) -> Result<(), Refusal> {
    state.target(&wanted.node, Some(member))?;
    if wanted.kind == "ovn" {
        let text = "OVN networks don't support member specific config";
        return Err(Refusal::new(400, text));
    }
    let global = wanted
        .config
        .keys()
        .find(|key| !MEMBER_KEYS.contains(&key.as_str()));
    if let Some(key) = global {
        let text = format!("Config key \"{key}\" may not be used as member-specific key");
        return Err(Refusal::new(400, text));
    }
    let networks = &mut state.database_mut(&wanted.node).networks;
    if let Some(network) = networks.get(&wanted.name) {
        if network.kind != wanted.kind {
            let text = "Network already exists with a different type";
            return Err(Refusal::internal(text));
        }
        if network.standing != Standing::Pending {
            return Err(Refusal::internal("Network is not in pending state"));
        }
        if network.parts.contains_key(member) {
            let text = format!("The network is already defined on member \"{member}\"");
            return Err(Refusal::new(400, text));
        }
    }
    let network = networks
        .entry(wanted.name.clone())
        .or_insert_with(|| Network::new(&wanted.kind));
    network.add(member, wanted.config.clone(), false);
    Ok(())
}

pub(super) fn missing() -> Refusal {
    Refusal::new(404, "Failed loading network: Network not found")
}

pub(super) fn delete(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    let node = asked.node.clone();
    let release = state.release(&node);
    let name = asked.path.last().cloned().unwrap_or_default();
    if !state.database(&node).networks.contains_key(&name) {
        return Err(missing());
    }
    let url = format!("/1.0/networks/{name}");
    let job = Job::waited(move |state, _| {
        if !users(state, &node, &name).is_empty() {
            return Err(Refusal::new(400, "The network is currently in use"));
        }
        ovn::may_go(state, &node, &name)?;
        let networks = &mut state.database_mut(&node).networks;
        networks.remove(&name).ok_or_else(missing)?;
        let took = usual(release, Chore::NetworkDelete);
        Ok(Done::new(took, Answer::done()))
    });
    Ok(in_operation(job, release, ("Deleting network", &url)))
}
