//! `/1.0/instances`: containers as far as a proof needs them: they run, write, and reach each other.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::daemon::{Asked, Done, Job};
use super::durations::{Chore, usual};
use super::images::{self, nothing};
use super::pool::Standing;
use super::server::architectures;
use super::state::{Config, Database, State};
use super::wording;
use crate::rehearsal::envelope::{Answer, Refusal, field};

/// One guest.
#[derive(Debug, Clone)]
pub(super) struct Guest {
    /// The member it is on.
    member: String,
    running: bool,
    config: Config,
    pool: String,
    network: Option<String>,
    address: Option<IpAddr>,
    /// Whether it wrote to its disk.
    wrote: bool,
    architecture: String,
}

fn missing() -> Refusal {
    Refusal::new(404, "Instance not found")
}

/// The changes of images and guests.
pub(super) fn change(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    match (asked.method.as_str(), path.as_slice()) {
        ("POST", ["1.0", "images"]) => images::post(state, asked),
        ("DELETE", ["1.0", "images", name]) => images::delete(state, asked, name),
        ("POST", ["1.0", "instances"]) => post(state, asked),
        ("POST", ["1.0", "instances", name]) => migrate(state, asked, name),
        ("DELETE", ["1.0", "instances", name]) => delete(state, asked, name),
        ("PUT", ["1.0", "instances", name, "state"]) => switch(state, asked, name),
        ("POST", ["1.0", "instances", name, "exec"]) => exec(state, asked, name),
        _ => {
            let text = wording::not_implemented(state.release(&asked.node));
            Err(Refusal::new(501, text))
        }
    }
}

fn found<'a>(state: &'a State, node: &str, name: &str) -> Result<&'a Guest, Refusal> {
    state.database(node).guests.get(name).ok_or_else(missing)
}

pub(super) fn list(state: &State, asked: &Asked) -> Answer {
    let guests = state.database(&asked.node).guests.iter();
    let shown = guests.map(|(name, guest)| {
        if asked.recursion {
            json!({
                "name": name, "location": guest.member, "type": "container",
                "status": if guest.running { "Running" } else { "Stopped" },
                "config": guest.config, "architecture": guest.architecture, "profiles": [],
            })
        } else {
            json!(format!("/1.0/instances/{name}"))
        }
    });
    Answer::sync(&shown.collect())
}

/// The guests whose root disk is on a pool, as API paths.
pub(super) fn on_pool(database: &Database, pool: &str) -> Vec<String> {
    let on = database
        .guests
        .iter()
        .filter(|(_, guest)| guest.pool == pool);
    on.map(|(name, _)| format!("/1.0/instances/{name}"))
        .collect()
}

/// `GET …/state`.
pub(super) fn state_of(state: &State, node: &str, name: &str) -> Result<Answer, Refusal> {
    let guest = found(state, node, name)?;
    let address = guest.address.filter(|_| guest.running).map(
        |address| json!({"family": "inet", "address": address, "netmask": "24", "scope": "global"}),
    );
    let nic =
        json!({"addresses": address.into_iter().collect::<Vec<_>>(), "state": "up", "mtu": 1442});
    let network = match &guest.network {
        Some(_) if guest.running => json!({"eth0": nic}),
        _ => Value::Null,
    };
    let word = if guest.running { "Running" } else { "Stopped" };
    Ok(Answer::sync(&json!({"status": word, "network": network})))
}

/// `POST /1.0/instances`.
pub(super) fn post(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    let release = state.release(&asked.node);
    let node = state.target(&asked.node, asked.target.as_deref())?;
    let database = state.database(&asked.node);
    let name = asked.text("name").to_owned();
    let image = asked
        .body
        .pointer("/source/fingerprint")
        .and_then(Value::as_str);
    let Some(image) = database.images.get(image.unwrap_or_default()) else {
        return Err(Refusal::new(404, "Image not found"));
    };
    let runs = architectures(&state.node(&node).spec.architecture);
    if !runs.contains(&image.architecture.as_str()) {
        // By LXD's source; not recorded.
        let text = "Requested architecture isn't supported by this host";
        return Err(Refusal::internal(text));
    }
    if database.guests.contains_key(&name) {
        return Err(Refusal::new(
            409,
            format!("Instance \"{name}\" already exists"),
        ));
    }
    let text = |path: &str| asked.body.pointer(path).and_then(Value::as_str);
    let pool = text("/devices/root/pool").unwrap_or_default().to_owned();
    let made = database.pools.get(&pool);
    let made = made.is_some_and(|it| it.standing == Standing::Created);
    if !made {
        return Err(Refusal::new(404, "Storage pool not found"));
    }
    let network = text("/devices/eth0/network").map(str::to_owned);
    let config = field(&asked.body, "config").as_object();
    let pair = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    let guest = Guest {
        member: state.node(&node).member.clone(),
        running: false,
        config: config.into_iter().flatten().filter_map(pair).collect(),
        address: None,
        pool,
        network,
        wrote: false,
        architecture: image.architecture.clone(),
    };
    let own = asked.node.clone();
    let job = Job::waited(move |state, _| {
        let mut guest = guest.clone();
        let network = guest.network.as_deref();
        guest.address = network.and_then(|it| free_address(state, &own, it));
        let guests = &mut state.database_mut(&own).guests;
        guests.insert(name.clone(), guest);
        Ok(Done::new(usual(release, Chore::Guest), Answer::done()))
    });
    Ok(job.in_operation("Creating instance", nothing(release)))
}

/// The next address of a network that no guest has.
fn free_address(state: &State, node: &str, network: &str) -> Option<IpAddr> {
    let database = state.database(node);
    let config = &database.networks.get(network)?.config;
    let router: ipnet::Ipv4Net = config.get("ipv4.address")?.parse().ok()?;
    let taken = |it: &IpAddr| {
        database
            .guests
            .values()
            .any(|guest| guest.address == Some(*it))
    };
    let mut hosts = router
        .hosts()
        .filter(|it| *it != router.addr())
        .map(IpAddr::V4);
    hosts.find(|it| !taken(it))
}

/// `PUT …/state`.
pub(super) fn switch(state: &mut State, asked: &Asked, name: &str) -> Result<Job, Refusal> {
    let release = state.release(&asked.node);
    let running = found(state, &asked.node, name)?.running;
    let starts = asked.text("action") == "start";
    if starts == running {
        let word = if running {
            "already running"
        } else {
            "already stopped"
        };
        return Err(Refusal::new(400, format!("The instance is {word}")));
    }
    let (node, name) = (asked.node.clone(), name.to_owned());
    let job = Job::waited(move |state, _| {
        let guests = &mut state.database_mut(&node).guests;
        guests.get_mut(&name).ok_or_else(missing)?.running = starts;
        Ok(Done::new(usual(release, Chore::Guest), Answer::done()))
    });
    let description = if starts {
        "Starting instance"
    } else {
        "Stopping instance"
    };
    Ok(job.in_operation(description, nothing(release)))
}

/// `POST …/{name}?target=`: the guest moves. One that is on storage of one member is copied.
pub(super) fn migrate(state: &mut State, asked: &Asked, name: &str) -> Result<Job, Refusal> {
    let release = state.release(&asked.node);
    let to = state.target(&asked.node, asked.target.as_deref())?;
    if found(state, &asked.node, name)?.running {
        return Err(Refusal::new(400, "Instance is running"));
    }
    let member = state.node(&to).member.clone();
    let (node, name) = (asked.node.clone(), name.to_owned());
    let job = Job::waited(move |state, _| {
        let guests = &mut state.database_mut(&node).guests;
        let guest = guests.get_mut(&name).ok_or_else(missing)?;
        member.clone_into(&mut guest.member);
        Ok(Done::new(usual(release, Chore::GuestMove), Answer::done()))
    });
    Ok(job.in_operation("Migrating instance", nothing(release)))
}

pub(super) fn delete(state: &mut State, asked: &Asked, name: &str) -> Result<Job, Refusal> {
    let release = state.release(&asked.node);
    if found(state, &asked.node, name)?.running {
        return Err(Refusal::new(400, "Instance is running"));
    }
    let (node, name) = (asked.node.clone(), name.to_owned());
    let job = Job::waited(move |state, _| {
        let guests = &mut state.database_mut(&node).guests;
        guests.remove(&name).ok_or_else(missing)?;
        Ok(Done::new(usual(release, Chore::Guest), Answer::done()))
    });
    Ok(job.in_operation("Deleting instance", nothing(release)))
}

/// `POST …/exec`: the exit code of a shell's script, by what it is after: what was written can be read
/// back, and a ping reaches what is there.
pub(super) fn exec(state: &mut State, asked: &Asked, name: &str) -> Result<Job, Refusal> {
    let release = state.release(&asked.node);
    let guest = found(state, &asked.node, name)?;
    if !guest.running {
        return Err(Refusal::new(400, "Instance is not running"));
    }
    let script = asked.body.pointer("/command/2").and_then(Value::as_str);
    let script = script.unwrap_or_default().to_owned();
    let writes = script.contains("/dev/urandom");
    let mut words = script
        .split([' ', ';'])
        .filter_map(|word| word.parse::<IpAddr>().ok());
    let reached =
        !script.contains("ping") || words.all(|ip| answers(state, &asked.node, (guest, ip)));
    let kept = !script.contains("md5sum -c") || writes || guest.wrote;
    let code = u8::from(!(reached && kept));
    let (node, name) = (asked.node.clone(), name.to_owned());
    let job = Job::waited(move |state, _| {
        let guests = &mut state.database_mut(&node).guests;
        guests.get_mut(&name).ok_or_else(missing)?.wrote |= writes;
        Ok(Done::new(
            usual(release, Chore::GuestCommand),
            Answer::done(),
        ))
    });
    Ok(job.in_operation("Executing command", json!({"return": code})))
}

/// Whether `guest` reaches an address: its router's, or that of a guest that runs on its network. A
/// bridge ends at its member.
fn answers(state: &State, node: &str, (guest, ip): (&Guest, IpAddr)) -> bool {
    let database = state.database(node);
    let Some(network) = guest
        .network
        .as_ref()
        .and_then(|it| database.networks.get(it))
    else {
        return false;
    };
    let router = network.config.get("ipv4.address");
    let router = router.and_then(|it| it.parse::<ipnet::IpNet>().ok());
    let fan = network
        .config
        .get("bridge.mode")
        .is_some_and(|mode| mode == "fan");
    let spans = network.kind == "ovn" || fan;
    router.is_some_and(|it| it.addr() == ip)
        || database.guests.values().any(|other| {
            other.running
                && other.address == Some(ip)
                && other.network == guest.network
                && (spans || other.member == guest.member)
        })
}
