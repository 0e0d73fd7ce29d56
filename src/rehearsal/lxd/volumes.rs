//! `/1.0/storage-pools/{pool}/volumes/custom`: volumes that belong to no guest, each on its member.

use serde_json::{Value, json};

use super::Release;
use super::daemon::{Asked, Done, Job};
use super::durations::{Chore, usual};
use super::state::State;
use crate::rehearsal::envelope::{Answer, Refusal};

/// One volume: where it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Volume {
    pub(super) pool: String,
    pub(super) member: String,
    pub(super) name: String,
}

/// The volume that a request is about, on its target or the asked member.
fn named(state: &State, asked: &Asked, name: &str) -> Result<Volume, Refusal> {
    let node = state.target(&asked.node, asked.target.as_deref())?;
    let pool = asked.path.get(2).cloned().unwrap_or_default();
    if !state.database(&node).pools.contains_key(&pool) {
        return Err(Refusal::new(404, "Storage pool not found"));
    }
    Ok(Volume {
        pool,
        member: state.node(&node).member.clone(),
        name: name.to_owned(),
    })
}

pub(super) fn get(state: &State, asked: &Asked, name: &str) -> Result<Answer, Refusal> {
    let volume = named(state, asked, name)?;
    if !state.database(&asked.node).volumes.contains(&volume) {
        return Err(Refusal::new(404, "Storage volume not found"));
    }
    Ok(Answer::sync(&json!({
        "name": name, "type": "custom", "content_type": "filesystem", "pool": volume.pool,
        "location": volume.member, "description": "", "config": {}, "used_by": [],
    })))
}

pub(super) fn post(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    let release = state.release(&asked.node);
    let name = asked.text("name").to_owned();
    if name.is_empty() {
        return Err(Refusal::new(400, "No name provided"));
    }
    let volume = named(state, asked, &name)?;
    if state.database(&asked.node).volumes.contains(&volume) {
        return Err(Refusal::new(409, "Volume by that name already exists"));
    }
    let url = format!("/1.0/storage-pools/{}/volumes/custom/{name}", volume.pool);
    let node = asked.node.clone();
    let job = Job::waited(move |state, _| {
        state.database_mut(&node).volumes.insert(volume.clone());
        Ok(Done::new(usual(release, Chore::Volume), Answer::done()))
    });
    Ok(in_operation(
        job,
        release,
        ("Creating storage volume", json!({"entity_url": url})),
    ))
}

pub(super) fn delete(state: &mut State, asked: &Asked, name: &str) -> Result<Job, Refusal> {
    let release = state.release(&asked.node);
    let volume = named(state, asked, name)?;
    if !state.database(&asked.node).volumes.contains(&volume) {
        return Err(Refusal::new(404, "Storage volume not found"));
    }
    let at = format!("{}/{name}", volume.pool);
    let owner = state.target(&asked.node, asked.target.as_deref())?;
    if state.node(&owner).config.values().any(|value| *value == at) {
        return Err(Refusal::new(400, "The storage volume is still in use"));
    }
    let url = format!("/1.0/storage-pools/{}/volumes/custom/{name}", volume.pool);
    let node = asked.node.clone();
    let job = Job::waited(move |state, _| {
        state.database_mut(&node).volumes.remove(&volume);
        Ok(Done::new(usual(release, Chore::Volume), Answer::done()))
    });
    Ok(in_operation(
        job,
        release,
        ("Deleting storage volume", json!({"entity_url": url})),
    ))
}

/// From 6.x on volumes change in operations.
fn in_operation(job: Job, release: Release, about: (&'static str, Value)) -> Job {
    match release {
        Release::V5_0 | Release::V5_21 => job,
        Release::V6 => job.in_operation(about.0, about.1),
    }
}

/// Whether `member` has the volume that is written `pool/name`.
pub(super) fn is_there(state: &State, node: &str, written: &str) -> bool {
    let member = &state.node(node).member;
    let Some((pool, name)) = written.split_once('/') else {
        return false;
    };
    let mut volumes = state.database(node).volumes.iter();
    volumes.any(|it| it.pool == pool && it.name == name && it.member == *member)
}
