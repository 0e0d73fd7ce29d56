//! The configuration of the cluster, of its clients and of the daemon.

use serde::Deserialize;
use serde_json::{Value, json};

use super::app::Ceph;
use super::monitors;
use crate::rehearsal::envelope::{Answer, Refusal, field};
use crate::rehearsal::microcluster::Errand;

/// Milliseconds that Ceph takes to tell its configuration.
const READ: u64 = 210;

/// Milliseconds that it takes to change it.
const WRITTEN: u64 = 400;

/// Milliseconds that a client's key takes.
const CLIENT: u64 = 35;

/// The client keys that MicroCeph can write; it stores others too, and then no node can join.
const CLIENT_KEYS: [&str; 5] = [
    "rbd_cache",
    "rbd_cache_size",
    "rbd_cache_writethrough_until_flush",
    "rbd_cache_max_dirty",
    "rbd_cache_target_dirty",
];

/// logrus's levels, as MicroCeph counts them.
const LEVELS: [&str; 7] = [
    "panic", "fatal", "error", "warning", "info", "debug", "trace",
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wish {
    key: String,
    value: String,
    host: String,
}

/// Whether MicroCeph can write a client's `key`.
pub(super) fn is_for_clients(key: &str) -> bool {
    CLIENT_KEYS.contains(&key)
}

/// `GET /1.0/cluster/capabilities`.
pub(super) fn capabilities() -> Answer {
    Answer::sync(&json!({
        "supported": ["deferred-ceph-bootstrap", "ceph-only-bootstrap", "declarative-placement"],
    }))
}

/// `GET /1.0/cluster`: keys for another cluster, which no simulated client has.
pub(super) fn export(errand: &Errand<Ceph>) -> Result<Answer, Refusal> {
    let asked: Value = errand.asked.json().map_err(Refusal::internal)?;
    let name = field(&asked, "remote_name").as_str().unwrap_or("");
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if name.is_empty() || !name.chars().all(fits) {
        let text = "cluster names can only have [a-z] or [0-9] characters";
        return Err(Refusal::new(400, text));
    }
    Err(Refusal::new(501, "Not simulated"))
}

fn wish(errand: &Errand<Ceph>) -> Result<Wish, Refusal> {
    errand.asked.json().map_err(Refusal::internal)
}

/// `GET /1.0/configs`: with a body, and a value that is asked for alone ends in a line feed.
pub(super) async fn get(errand: &Errand<Ceph>) -> Result<Answer, Refusal> {
    let wish = wish(errand)?;
    monitors::elected(errand).await;
    errand.pass(READ).await;
    let state = errand.site.state();
    let configs = &state.cluster(&errand.host)?.1.app.configs;
    let end = if wish.key.is_empty() { "" } else { "\n" };
    let asked = |key: &str| wish.key.is_empty() || wish.key == key;
    let shown = configs.iter().filter(|(key, _)| asked(key));
    let shown = shown.map(|(key, value)| {
        let value = format!("{value}{end}");
        json!({"key": key, "value": value, "wait": false, "skip_restart": false})
    });
    Ok(Answer::sync(&shown.collect()))
}

/// `PUT` and `DELETE /1.0/configs`.
pub(super) async fn write(errand: &Errand<Ceph>) -> Result<Answer, Refusal> {
    let wish = wish(errand)?;
    let key = &wish.key;
    let written = [
        "cluster_network",
        "rbd_default_features",
        "osd_pool_default_crush_rule",
    ];
    if key == "public_network" {
        return Err(Refusal::internal(format!(
            "config set({key}) failed: requested key {key} does not support write operation"
        )));
    }
    if !written.contains(&key.as_str()) && !key.starts_with("rgw_") {
        return Err(Refusal::internal(format!(
            "config set({key}) failed: \
             requested key {key} is not a MicroCeph supported cluster config"
        )));
    }
    monitors::elected(errand).await;
    errand.pass(WRITTEN).await;
    let mut state = errand.site.state();
    let configs = &mut state.cluster_mut(&errand.host)?.app.configs;
    if errand.asked.method == "DELETE" {
        configs.remove(key);
    } else {
        configs.insert(wish.key, wish.value);
    }
    Ok(Answer::sync(&json!({})))
}

/// `GET /1.0/client/configs`.
pub(super) fn of_clients(errand: &Errand<Ceph>) -> Result<Answer, Refusal> {
    let wish = wish(errand)?;
    let state = errand.site.state();
    let configs = &state.cluster(&errand.host)?.1.app.client_configs;
    let asked = |key: &str| wish.key.is_empty() || wish.key == key;
    let shown = configs.iter().filter(|((key, _), _)| asked(key));
    let shown = shown.map(
        |((key, host), value)| json!({"key": key, "value": value, "host": host, "wait": false}),
    );
    Ok(Answer::sync(&shown.collect()))
}

/// `PUT` and `DELETE /1.0/client/configs/{key}`: any key is stored.
pub(super) async fn write_of_clients(errand: &Errand<Ceph>, key: &str) -> Result<Answer, Refusal> {
    let wish = wish(errand)?;
    errand.pass(CLIENT).await;
    let mut state = errand.site.state();
    let configs = &mut state.cluster_mut(&errand.host)?.app.client_configs;
    let place = (key.to_owned(), wish.host);
    if errand.asked.method == "DELETE" {
        configs.remove(&place);
    } else {
        configs.insert(place, wish.value);
    }
    Ok(Answer::sync(&json!({})))
}

/// `GET` and `PUT /1.0/microceph/configs/log-level`.
pub(super) fn log_level(errand: &Errand<Ceph>) -> Result<Answer, Refusal> {
    let mut state = errand.site.state();
    let level = &mut state.node_mut(&errand.host).app.log_level;
    if errand.asked.method == "GET" {
        return Ok(Answer::sync(&json!(*level)));
    }
    let asked: Value = errand.asked.json().map_err(Refusal::internal)?;
    let asked = field(&asked, "level").as_str().unwrap_or("");
    let found = LEVELS.iter().position(|name| *name == asked);
    let Some(found) = found.and_then(|at| u64::try_from(at).ok()) else {
        let text = format!("not a valid logrus Level: \"{asked}\"");
        return Err(Refusal::internal(text));
    };
    *level = found;
    Ok(Answer::sync(&json!({})))
}
