//! `/1.0/storage-pools`: defined on each member, then created, by LXD's rules.

use serde_json::{Value, json};

use super::daemon::{Asked, Done, Job};
use super::durations::{Chore, usual};
use super::pool::{MEMBER_KEYS, Pool, Standing, Wanted};
use super::state::{Config, Database, State};
use super::{Release, ceph, driver, guests, profiles, wording};
use crate::rehearsal::envelope::{Answer, Refusal, field};

/// Milliseconds until a driver says no (recorded).
const DRIVER_REFUSES: u64 = 12;

pub(super) fn list(state: &State, asked: &Asked) -> Answer {
    let pools = state.database(&asked.node).pools.iter();
    let shown: Vec<Value> = pools
        .map(|(name, pool)| {
            if asked.recursion {
                shown(state, asked, name, pool)
            } else {
                json!(format!("/1.0/storage-pools/{name}"))
            }
        })
        .collect();
    Answer::sync(&json!(shown))
}

pub(super) fn get(state: &State, asked: &Asked, name: &str) -> Result<Answer, Refusal> {
    state.target(&asked.node, asked.target.as_deref())?;
    let pool = state
        .database(&asked.node)
        .pools
        .get(name)
        .ok_or_else(missing)?;
    let shown = shown(state, asked, name, pool);
    Ok(Answer::sync(&shown).tagged(field(&shown, "config")))
}

/// What uses a pool, as API paths.
fn users(database: &Database, pool: &str) -> Vec<String> {
    let mut users = guests::on_pool(database, pool);
    users.extend(profiles::using(database, "pool", pool));
    users
}

fn missing() -> Refusal {
    Refusal::new(404, "Storage pool not found")
}

/// The pool as a member shows it; without a target a cluster's pool shows no member's keys.
fn shown(state: &State, asked: &Asked, name: &str, pool: &Pool) -> Value {
    let database = state.database(&asked.node);
    let release = state.release(&asked.node);
    let member = asked
        .target
        .as_ref()
        .unwrap_or(&state.node(&asked.node).member);
    let part = pool.parts.get(member);
    let mut config = pool.config.clone();
    let mut status = pool.standing.word();
    if !database.clustered || asked.target.is_some() {
        config.extend(part.into_iter().flat_map(|part| part.config.clone()));
        if part.is_some_and(|part| part.made) {
            status = Standing::Created.word();
        }
    }
    let locations: Vec<&str> = if database.clustered {
        pool.parts.keys().map(String::as_str).collect()
    } else {
        vec!["none"]
    };
    let used = users(database, name);
    json!({
        "name": name, "driver": pool.driver, "description": pool.description,
        "status": status, "config": config, "locations": locations,
        "used_by": if used.is_empty() && release == Release::V5_0 { Value::Null } else { json!(used) },
    })
}

/// `POST`: with a target a member's part is defined, without one the pool is created.
pub(super) fn post(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    let release = state.release(&asked.node);
    let wanted = Wanted::read(asked)?;
    if asked.target.is_some() {
        let global = wanted
            .config
            .keys()
            .find(|key| !MEMBER_KEYS.contains(&key.as_str()));
        if let Some(key) = global {
            let text = format!("Config key \"{key}\" may not be used as member-specific key");
            return Err(Refusal::internal(text));
        }
    }
    driver::check(&state.node(&asked.node).spec, &wanted.driver)?;
    let name = wanted.name.clone();
    let target = asked.target.clone();
    let job = Job::waited(move |state, _| {
        match &target {
            Some(member) => define(state, &wanted, member)?,
            None => create(state, &wanted)?,
        }
        let took = if target.is_some() {
            usual(release, Chore::Pending)
        } else {
            driver::took(release, &wanted.driver)
        };
        let location = format!("/1.0/storage-pools/{}", wanted.name);
        Ok(Done::new(took, Answer::created(location)))
    });
    Ok(in_operation(job, release, "Creating storage pool", &name))
}

/// From 6.x on pools change in operations.
fn in_operation(job: Job, release: Release, description: &'static str, name: &str) -> Job {
    match release {
        Release::V5_0 | Release::V5_21 => job,
        Release::V6 => {
            let metadata = json!({"entity_url": format!("/1.0/storage-pools/{name}")});
            job.in_operation(description, metadata)
        }
    }
}

fn define(state: &mut State, wanted: &Wanted, member: &str) -> Result<(), Refusal> {
    let release = state.release(&wanted.node);
    state.target(&wanted.node, Some(member))?;
    let pools = &mut state.database_mut(&wanted.node).pools;
    if let Some(pool) = pools.get(&wanted.name) {
        if pool.driver != wanted.driver {
            let text = "Storage pool already exists with a different driver";
            return Err(Refusal::internal(text));
        }
        if pool.standing != Standing::Pending {
            return Err(Refusal::internal("Storage pool is not in pending state"));
        }
        if pool.parts.contains_key(member) {
            let text = wording::already_defined(release, &wanted.name, member);
            return Err(Refusal::new(400, text));
        }
    }
    let pool = pools
        .entry(wanted.name.clone())
        .or_insert_with(|| Pool::new(&wanted.driver, Standing::Pending));
    pool.add(member, wanted.config.clone(), false);
    Ok(())
}

fn create(state: &mut State, wanted: &Wanted) -> Result<(), Refusal> {
    let database = state.database(&wanted.node);
    let pool = database.pools.get(&wanted.name);
    let unfinished = pool.is_some_and(|pool| pool.standing != Standing::Created);
    if database.members.len() > 1 || unfinished {
        return finalise(state, wanted);
    }
    if pool.is_some() {
        let text = wording::pool_exists(state.release(&wanted.node), &wanted.name);
        return Err(Refusal::new(409, text));
    }
    let (own, global): (Config, Config) = wanted
        .config
        .clone()
        .into_iter()
        .partition(|(key, _)| MEMBER_KEYS.contains(&key.as_str()));
    let its = state.node(&wanted.node);
    let member = its.member.clone();
    let part = driver::make(&its.spec, &wanted.name, &wanted.driver, &own)
        .map_err(|why| Refusal::internal(why).after(DRIVER_REFUSES))?;
    let mut pool = Pool::new(&wanted.driver, Standing::Created);
    pool.config = global;
    pool.description.clone_from(&wanted.description);
    pool.add(&member, part, true);
    let pools = &mut state.database_mut(&wanted.node).pools;
    pools.insert(wanted.name.clone(), pool);
    Ok(())
}

/// Creates a pool whose parts are defined. It is `Errored` unless every member makes its part,
/// and keeps the configuration of the first attempt.
fn finalise(state: &mut State, wanted: &Wanted) -> Result<(), Refusal> {
    ready(state, wanted)?;
    let release = state.release(&wanted.node);
    let own = state.node(&wanted.node).member.clone();
    let mut members = state.database(&wanted.node).members.clone();
    members.sort_by_key(|member| member.name != own);
    if let Some(pool) = state.database_mut(&wanted.node).pools.get_mut(&wanted.name) {
        pool.standing = Standing::Errored;
        pool.config.extend(wanted.config.clone());
        pool.description.clone_from(&wanted.description);
    }
    let whole = state.database(&wanted.node).pools.get(&wanted.name);
    if let Some(pool) = whole.filter(|pool| ceph::is_remote(&pool.driver)) {
        let made = ceph::make(state, &wanted.node, (&wanted.name, pool))?;
        if let Some(pool) = state.database_mut(&wanted.node).pools.get_mut(&wanted.name) {
            pool.config.extend(made);
        }
    }
    for member in members {
        let spec = state.node(&member.node).spec.clone();
        let pools = &mut state.database_mut(&wanted.node).pools;
        let pool = pools.get_mut(&wanted.name).ok_or_else(missing)?;
        let Some(part) = pool.parts.get_mut(&member.name).filter(|part| !part.made) else {
            continue;
        };
        let made = driver::make(&spec, &wanted.name, &wanted.driver, &part.config);
        part.config = made.map_err(|why| {
            let text = if member.name == own || release != Release::V6 {
                why
            } else {
                wording::notifying(&member.name, &member.address, &why)
            };
            Refusal::internal(text).after(DRIVER_REFUSES)
        })?;
        part.made = true;
    }
    if let Some(pool) = state.database_mut(&wanted.node).pools.get_mut(&wanted.name) {
        pool.standing = Standing::Created;
    }
    Ok(())
}

/// Refuses to create a pool that is not ready for it. The pool stays as it is.
fn ready(state: &State, wanted: &Wanted) -> Result<(), Refusal> {
    let refuse = |text: String| Err(Refusal::internal(text));
    let own = wanted
        .config
        .keys()
        .find(|key| MEMBER_KEYS.contains(&key.as_str()));
    if let Some(key) = own {
        return refuse(format!("Config key \"{key}\" is cluster member specific"));
    }
    let database = state.database(&wanted.node);
    let Some(pool) = database.pools.get(&wanted.name) else {
        return refuse("Pool not pending on any node (use --target <node> first)".to_owned());
    };
    if pool.standing == Standing::Created {
        return refuse("The storage pool is already created".to_owned());
    }
    if pool.driver != wanted.driver {
        return refuse(format!(
            "Requested storage pool driver \"{}\" doesn't match driver in existing database record \"{}\"",
            wanted.driver, pool.driver
        ));
    }
    if pool.standing == Standing::Errored {
        if wanted.config.is_empty() {
            return Ok(());
        }
        return refuse(
            "Storage pool already partially created. \
             Please do not specify any global config when re-running create"
                .to_owned(),
        );
    }
    let names = database.members.iter().map(|member| member.name.clone());
    let lacking: Vec<String> = names
        .filter(|name| !pool.parts.contains_key(name))
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    refuse(wording::not_defined(state.release(&wanted.node), &lacking))
}

pub(super) fn delete(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    state.target(&asked.node, asked.target.as_deref())?;
    let node = asked.node.clone();
    let release = state.release(&node);
    let name = asked.path.last().cloned().unwrap_or_default();
    let database = state.database(&node);
    if !database.pools.contains_key(&name) {
        return Err(missing());
    }
    if !users(database, &name).is_empty() {
        return Err(Refusal::new(400, "The storage pool is currently in use"));
    }
    let job = {
        let name = name.clone();
        Job::waited(move |state, _| {
            let pools = &mut state.database_mut(&node).pools;
            pools.remove(&name).ok_or_else(missing)?;
            Ok(Done::new(usual(release, Chore::PoolDelete), Answer::done()))
        })
    };
    Ok(in_operation(job, release, "Deleting storage pool", &name))
}
