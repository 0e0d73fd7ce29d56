//! `/1.0/profiles`: what guests get; PATCH merges, PUT replaces.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::daemon::{Asked, Done, Job};
use super::durations::{Chore, usual};
use super::state::{Database, State};
use super::{Release, wording};
use crate::rehearsal::envelope::{Answer, Refusal, etag, field, set};

/// One profile.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    description: String,
    config: Map<String, Value>,
    devices: BTreeMap<String, Value>,
}

impl Profile {
    /// The `default` profile of a fresh LXD: no devices.
    pub(super) fn first() -> Self {
        Self {
            description: "Default LXD profile".to_owned(),
            config: Map::new(),
            devices: BTreeMap::new(),
        }
    }

    fn shown(&self, release: Release, name: &str) -> Value {
        let mut shown = json!({
            "name": name, "description": self.description,
            "config": self.config, "devices": self.devices, "used_by": [],
        });
        if release != Release::V5_0 {
            set(&mut shown, "project", json!("default"));
        }
        shown
    }

    fn tag(&self) -> Value {
        json!([self.config, self.description, self.devices])
    }
}

/// The profiles that have a device with this under `key`: `pool` or `network`.
pub(super) fn using(database: &Database, key: &str, name: &str) -> Vec<String> {
    let uses = |profile: &Profile| {
        profile
            .devices
            .values()
            .any(|device| field(device, key) == name)
    };
    let profiles = database
        .profiles
        .iter()
        .filter(|(_, profile)| uses(profile));
    profiles
        .map(|(name, _)| format!("/1.0/profiles/{name}"))
        .collect()
}

pub(super) fn list(state: &State, asked: &Asked) -> Answer {
    let release = state.release(&asked.node);
    let profiles = state.database(&asked.node).profiles.iter();
    let shown: Vec<Value> = profiles
        .map(|(name, profile)| {
            if asked.recursion {
                profile.shown(release, name)
            } else {
                json!(format!("/1.0/profiles/{name}"))
            }
        })
        .collect();
    Answer::sync(&json!(shown))
}

pub(super) fn get(state: &State, node: &str, name: &str) -> Result<Answer, Refusal> {
    let profile = found(state, node, name)?;
    let shown = profile.shown(state.release(node), name);
    Ok(Answer::sync(&shown).tagged(&profile.tag()))
}

fn found<'a>(state: &'a State, node: &str, name: &str) -> Result<&'a Profile, Refusal> {
    let profile = state.database(node).profiles.get(name);
    profile.ok_or_else(|| Refusal::new(404, "Fetch profile: Profile not found"))
}

/// `PATCH` and `PUT`; from 6.x on in an operation.
pub(super) fn write(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    let release = state.release(&asked.node);
    let name = asked.path.last().cloned().unwrap_or_default();
    let present = found(state, &asked.node, &name)?;
    asked.matches(release, &etag(&present.tag()))?;
    let url = format!("/1.0/profiles/{name}");
    let asked = asked.clone();
    let job = Job::waited(move |state, _| {
        let merged = merged(
            state.database(&asked.node),
            found(state, &asked.node, &name)?,
            &asked,
        )?;
        let profiles = &mut state.database_mut(&asked.node).profiles;
        profiles.insert(name.clone(), merged);
        Ok(Done::new(usual(release, Chore::Profile), Answer::done()))
    });
    Ok(match release {
        Release::V5_0 | Release::V5_21 => job,
        Release::V6 => job.in_operation("Updating profile", json!({"entity_url": url})),
    })
}

fn merged(database: &Database, present: &Profile, asked: &Asked) -> Result<Profile, Refusal> {
    let objects = |key: &str| {
        field(&asked.body, key)
            .as_object()
            .cloned()
            .unwrap_or_default()
    };
    let mut profile = if asked.method == "PATCH" {
        present.clone()
    } else {
        Profile {
            description: String::new(),
            config: Map::new(),
            devices: BTreeMap::new(),
        }
    };
    if asked.method == "PUT" || !asked.text("description").is_empty() {
        asked
            .text("description")
            .clone_into(&mut profile.description);
    }
    profile.config.extend(objects("config"));
    for (name, device) in objects("devices") {
        check(database, &name, &device)?;
        profile.devices.insert(name, device);
    }
    Ok(profile)
}

/// Refuses a NIC on a network that LXD does not manage. A disk's pool is not looked at, as LXD does
/// not.
fn check(database: &Database, name: &str, device: &Value) -> Result<(), Refusal> {
    match field(device, "network").as_str() {
        Some(network)
            if field(device, "type") == "nic" && !database.networks.contains_key(network) =>
        {
            Err(Refusal::new(404, wording::no_network(name, network)))
        }
        _ => Ok(()),
    }
}
