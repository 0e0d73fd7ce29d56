//! `/1.0/cluster/members`: who is in the cluster, in which role, and how a member goes.

use serde_json::{Value, json};

use super::Release;
use super::daemon::{Asked, Done, Job};
use super::durations::{Chore, usual};
use super::state::{Member, State};
use crate::rehearsal::envelope::{Answer, Refusal};

/// LXD's defaults for `cluster.max_voters` and `cluster.max_standby`.
const MAX_VOTERS: usize = 3;
const MAX_STANDBY: usize = 2;

/// The nodes of `node`'s database.
pub(super) fn nodes(state: &State, node: &str) -> Vec<String> {
    let members = state.database(node).members.iter();
    members.map(|member| member.node.clone()).collect()
}

/// The addresses of the members that are online.
pub(super) fn online(state: &State, node: &str) -> Vec<String> {
    let members = state.database(node).members.iter();
    members
        .filter(|member| state.together(node, &member.node))
        .map(|member| member.address.clone())
        .collect()
}

fn clustered(state: &State, node: &str) -> Result<(), Refusal> {
    if state.database(node).clustered {
        Ok(())
    } else {
        Err(Refusal::internal("Server is not clustered"))
    }
}

pub(super) fn list(state: &State, asked: &Asked) -> Result<Answer, Refusal> {
    clustered(state, &asked.node)?;
    let members = state.database(&asked.node).members.iter().enumerate();
    let shown: Vec<Value> = members
        .map(|(rank, member)| {
            if asked.recursion {
                shown(state, &asked.node, rank, member)
            } else {
                json!(format!("/1.0/cluster/members/{}", member.name))
            }
        })
        .collect();
    Ok(Answer::sync(&json!(shown)))
}

pub(super) fn get(state: &State, node: &str, name: &str) -> Result<Answer, Refusal> {
    clustered(state, node)?;
    let mut members = state.database(node).members.iter().enumerate();
    let found = members.find(|(_, member)| member.name == name);
    let (rank, member) = found.ok_or_else(|| Refusal::new(404, "Cluster member not found"))?;
    let shown = shown(state, node, rank, member);
    Ok(Answer::sync(&shown).tagged(&shown))
}

fn shown(state: &State, node: &str, rank: usize, member: &Member) -> Value {
    let roles = roles(state, node, rank);
    let online = state.together(node, &member.node);
    let (status, message) = if online {
        ("Online", "Fully operational")
    } else {
        ("Offline", "No heartbeat since it left its cluster")
    };
    json!({
        "server_name": member.name,
        "url": format!("https://{}", member.address),
        "database": !roles.is_empty(),
        "status": status, "message": message,
        "architecture": state.node(&member.node).spec.architecture,
        "roles": roles,
        "failure_domain": "default", "description": "", "config": {}, "groups": ["default"],
    })
}

/// The database roles of the member that came `rank`th: one voter while there are two members,
/// then three, then two that stand by. 6.x calls voters by their name and the leader by one role.
fn roles(state: &State, node: &str, rank: usize) -> Vec<&'static str> {
    let database = state.database(node);
    let limit = |key: &str, usual: usize| {
        let set = database.config.get(key);
        set.and_then(|it| it.parse().ok()).unwrap_or(usual)
    };
    let count = database.members.len();
    let odd = if count.is_multiple_of(2) {
        count.saturating_sub(1)
    } else {
        count
    };
    let voters = odd.min(limit("cluster.max_voters", MAX_VOTERS));
    let standby = limit("cluster.max_standby", MAX_STANDBY);
    match state.release(node) {
        Release::V6 if rank == 0 => vec!["database-leader"],
        Release::V6 if rank < voters => vec!["database-voter"],
        _ if rank == 0 => vec!["database-leader", "database"],
        _ if rank < voters => vec!["database"],
        _ if rank < voters + standby => vec!["database-standby"],
        _ => vec![],
    }
}

/// `DELETE`: the member's parts of the pools go with it, and it starts anew; by force it is only
/// crossed off, and goes on believing.
pub(super) fn delete(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    clustered(state, &asked.node)?;
    let release = state.release(&asked.node);
    let (node, force) = (asked.node.clone(), asked.force);
    let name = asked.path.last().cloned().unwrap_or_default();
    Ok(Job::waited(move |state, _| {
        let members = &state.database(&node).members;
        let Some(member) = members.iter().find(|member| member.name == name).cloned() else {
            return Err(Refusal::new(404, "Cluster member not found"));
        };
        if members.len() == 1 {
            return Err(Refusal::internal(
                "Member is the only member in the cluster",
            ));
        }
        let database = state.database_mut(&node);
        let own = database.volumes.iter().filter(|it| it.member == name);
        let held: Vec<&str> = own.map(|it| it.name.as_str()).collect();
        if !held.is_empty() && !force {
            let text = format!(
                "Node still has the following custom volumes: {}",
                held.join(", ")
            );
            return Err(Refusal::internal(text));
        }
        database.volumes.retain(|it| it.member != name);
        database.members.retain(|each| each.name != name);
        for pool in database.pools.values_mut() {
            pool.parts.remove(&name);
        }
        for network in database.networks.values_mut() {
            network.parts.remove(&name);
        }
        let chore = if force {
            Chore::RemoveForced
        } else {
            Chore::Remove
        };
        if !force {
            state.fresh_database(&member.node);
        }
        Ok(Done::new(usual(release, chore), Answer::done()))
    }))
}
