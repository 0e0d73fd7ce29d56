//! `GET` and `PATCH /1.0`: the server's facts and its configuration.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::daemon::{Asked, Done, Job};
use super::durations::{Chore, usual};
use super::keys::{self, Scope};
use super::state::{Config, State};
use super::{Release, driver, volumes, wording};
use crate::rehearsal::envelope::{Answer, Refusal, etag, field, set};

/// How long LXD tries to listen on an address the host lacks, in milliseconds (recorded).
const CANNOT_LISTEN: u64 = 1_014;

pub(super) fn get(state: &State, asked: &Asked) -> Result<Answer, Refusal> {
    let node = state.target(&asked.node, asked.target.as_deref())?;
    let release = state.release(&node);
    let config = json!(config(state, &node));
    let mut shown = json!({
        "api_extensions": release.extensions().collect::<Vec<_>>(),
        "api_status": "stable", "api_version": "1.0", "auth": "trusted", "public": false,
        "auth_methods": if release == Release::V6 { json!(["tls", "bearer"]) } else { json!(["tls"]) },
        "auth_user_name": "root", "auth_user_method": "unix",
        "config": config,
        "environment": environment(state, &node),
    });
    if release != Release::V5_0 {
        set(&mut shown, "client_certificate", json!(asked.node != node));
    }
    Ok(Answer::sync(&shown).tagged(&config))
}

/// The keys that `node` shows: its own, the cluster's, and from 6.x on the cluster's id.
fn config(state: &State, node: &str) -> Config {
    let database = state.database(node);
    let mut config = database.config.clone();
    config.extend(state.node(node).config.clone());
    if state.release(node) == Release::V6 {
        config.insert("volatile.uuid".to_owned(), database.uuid.clone());
    }
    config
}

/// The architectures whose programs a kernel runs, its own first.
pub(super) fn architectures(own: &str) -> [&str; 2] {
    [own, if own == "x86_64" { "i686" } else { "armv7l" }]
}

fn environment(state: &State, node: &str) -> Value {
    let database = state.database(node);
    let its = state.node(node);
    let release = its.spec.release;
    let certificate = if database.clustered {
        &database.certificate
    } else {
        &its.certificate
    };
    let (os, os_version) = match release {
        Release::V5_0 => ("Debian GNU/Linux", "12"),
        Release::V5_21 | Release::V6 => ("Ubuntu", "24.04"),
    };
    let mut shown = json!({
        "addresses": addresses(state, node),
        "architectures": architectures(&its.spec.architecture),
        "certificate": certificate.pem,
        "certificate_fingerprint": certificate.fingerprint,
        "driver": "lxc", "driver_version": "6.0.4", "firewall": "nftables",
        "kernel": "Linux", "kernel_architecture": its.spec.architecture, "kernel_version": its.spec.kernel,
        "os_name": os, "os_version": os_version, "project": "default",
        "server": "lxd", "server_clustered": database.clustered,
        "server_event_mode": "full-mesh", "server_name": its.member,
        "server_pid": 1234, "server_version": release.version(),
        "storage": driver::in_use(database), "storage_version": "",
        "storage_supported_drivers": driver::supported(&its.spec),
    });
    if release != Release::V5_0 {
        set(&mut shown, "server_lts", json!(release == Release::V5_21));
        set(&mut shown, "instance_types", json!(["container"]));
    }
    shown
}

/// Where `node` listens: a wildcard is all of the host's addresses.
fn addresses(state: &State, node: &str) -> Vec<String> {
    let its = state.node(node);
    let core = its.config.get("core.https_address");
    match core {
        Some(core) if !keys::is_wildcard(core) => vec![core.clone()],
        Some(_) => {
            let all = its.spec.addresses.iter();
            all.map(|address| match address {
                IpAddr::V4(v4) => format!("{v4}:8443"),
                IpAddr::V6(v6) => format!("[{v6}]:8443"),
            })
            .collect()
        }
        None => its
            .config
            .get("cluster.https_address")
            .cloned()
            .into_iter()
            .collect(),
    }
}

pub(super) fn patch(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    let node = state.target(&asked.node, asked.target.as_deref())?;
    let release = state.release(&node);
    asked.matches(release, &etag(&json!(config(state, &node))))?;
    let mut changes = Vec::new();
    for (key, value) in field(&asked.body, "config")
        .as_object()
        .into_iter()
        .flatten()
    {
        let Some(value) = value.as_str() else {
            let text = wording::not_text(release, key, go_kind(value));
            return Err(Refusal::new(400, text));
        };
        let scope = keys::check(release, key, value)?;
        changes.push((scope, key.clone(), value.to_owned()));
    }
    for (_, key, value) in &changes {
        allowed(state, &node, key, value)?;
    }
    let moves = changes
        .iter()
        .any(|(_, key, _)| key.starts_with("storage."));
    let took = usual(
        release,
        if moves {
            Chore::PatchVolumes
        } else {
            Chore::Patch
        },
    );
    Ok(Job::waited(move |state, _| {
        for (scope, key, value) in &changes {
            let config = match scope {
                Scope::Member => &mut state.node_mut(&node).config,
                Scope::Cluster => &mut state.database_mut(&node).config,
            };
            if value.is_empty() {
                config.remove(key);
            } else {
                config.insert(key.clone(), value.clone());
            }
        }
        Ok(Done::new(took, Answer::done()))
    }))
}

/// Refuses what only this node, as it stands, does not allow.
fn allowed(state: &State, node: &str, key: &str, value: &str) -> Result<(), Refusal> {
    let release = state.release(node);
    let its = state.node(node);
    let changed = its.config.get(key).is_none_or(|present| present != value);
    if key == "cluster.https_address" && state.database(node).clustered && changed {
        let code = if release == Release::V5_0 { 500 } else { 400 };
        let text = "Changing cluster.https_address is currently not supported";
        return Err(Refusal::new(code, text));
    }
    let volume = key.ends_with("s_volume") && key.starts_with("storage.") && !value.is_empty();
    if volume && !volumes::is_there(state, node, value) {
        return Err(Refusal::new(404, wording::no_volume(release, key, value)));
    }
    if matches!(key, "core.https_address" | "cluster.https_address") && !value.is_empty() {
        can_listen(state, node, value)?;
    }
    Ok(())
}

/// Refuses an address that `node`'s host does not have.
pub(super) fn can_listen(state: &State, node: &str, address: &str) -> Result<(), Refusal> {
    let its = state.node(node);
    let host: Option<IpAddr> = keys::host(address).parse().ok();
    if keys::is_wildcard(address) || host.is_some_and(|it| its.spec.addresses.contains(&it)) {
        return Ok(());
    }
    let text = wording::cannot_listen(its.spec.release, address);
    Err(Refusal::internal(text).after(CANNOT_LISTEN))
}

/// Go's name for what JSON holds.
fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}
