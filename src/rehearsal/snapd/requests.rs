//! What is asked of snapd: to install, hold, connect, restart, abort.

use serde_json::Value;

use super::answer::{Answer, Refusal};
use super::changes::{Status, Wish};
use super::daemon::{Daemon, refused};
use super::routes::Asked;
use super::state::{Connection, SYSTEM, State};
use super::store::{self, Release};
use super::{tasks, wording};
use crate::rehearsal::fault::Strike;

/// How far away "forever" is: as many milliseconds as nanoseconds in 64 bits hold, as recorded.
const FOR_EVER: u64 = 9_223_372_036_854;

/// `POST /v2/snaps/{name}`.
pub(super) async fn snap(
    daemon: &Daemon,
    asked: &Asked,
    strike: Strike,
) -> Result<Answer, Refusal> {
    let name = asked.path.get(2).map_or("", String::as_str);
    match asked.text("action") {
        action @ ("install" | "refresh") => {
            exclusive(asked)?;
            stands_in_the_way(&daemon.state(), action, name)?;
            daemon.asks_store(action, name, strike).await?;
            let wish = from_store(daemon, asked, (action, name))?;
            Ok(daemon.begin(wish))
        }
        action @ ("enable" | "disable" | "remove") => {
            refused(strike)?;
            stands_in_the_way(&daemon.state(), action, name)?;
            Ok(daemon.begin(match action {
                "enable" => tasks::enable(name),
                "disable" => tasks::disable(name),
                _ => tasks::remove(name),
            }))
        }
        "hold" => hold(daemon, asked, &[name.to_owned()]),
        "unhold" => {
            if let Some(snap) = daemon.state().snaps.get_mut(name) {
                snap.hold = None;
            }
            Ok(daemon.begin(tasks::hold(&[name.to_owned()])))
        }
        other => Err(Refusal::new(400, format!("unknown action {other}"))),
    }
}

/// `POST /v2/snaps`: several at once, which takes neither channel nor cohort.
pub(super) fn snaps(daemon: &Daemon, asked: &Asked, strike: Strike) -> Result<Answer, Refusal> {
    refused(strike)?;
    let names: Vec<String> = asked.list("snaps");
    let one_alone = ["channel", "revision", "cohort-key"];
    if one_alone.iter().any(|key| !asked.text(key).is_empty()) {
        let words = "unsupported option provided for multi-snap operation";
        return Err(Refusal::new(400, words));
    }
    match asked.text("action") {
        "hold" => hold(daemon, asked, &names),
        other => Err(Refusal::new(
            400,
            format!("unsupported multi-snap operation \"{other}\""),
        )),
    }
}

fn hold(daemon: &Daemon, asked: &Asked, names: &[String]) -> Result<Answer, Refusal> {
    if names.is_empty() {
        let words = "cannot hold: holding general refreshes for all snaps is not supported";
        return Err(Refusal::new(400, words));
    }
    if asked.text("time") != "forever" || asked.text("hold-level") != "general" {
        let words = "hold action requires a non-empty time and hold-level value";
        return Err(Refusal::new(400, words));
    }
    let until = daemon.now().saturating_add(FOR_EVER);
    let mut state = daemon.state();
    if let Some(missing) = names.iter().find(|name| !state.snaps.contains_key(*name)) {
        return Err(wording::not_installed("hold", missing));
    }
    for name in names {
        if let Some(snap) = state.snaps.get_mut(name) {
            snap.hold = Some(until);
        }
    }
    drop(state);
    Ok(daemon.begin(tasks::hold(names)))
}

/// snapd takes a revision or a cohort.
fn exclusive(asked: &Asked) -> Result<(), Refusal> {
    if asked.text("revision").is_empty() || asked.text("cohort-key").is_empty() {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "cannot specify both cohort-key and revision",
    ))
}

/// What a snap is besides what is asked for it. A snap whose first install still runs is not
/// installed for most actions, as recorded.
fn stands_in_the_way(state: &State, action: &str, name: &str) -> Result<(), Refusal> {
    let there = state.snaps.contains_key(name);
    if action == "install" && there {
        return Err(wording::already_installed(name));
    }
    if action != "install" && !there {
        return Err(wording::not_installed(action, name));
    }
    match state.busy(name) {
        Some(change) => Err(wording::conflict(change, name)),
        None => Ok(()),
    }
}

fn from_store(
    daemon: &Daemon,
    asked: &Asked,
    (action, name): (&str, &str),
) -> Result<Wish, Refusal> {
    let state = daemon.state();
    // The store took its time: somebody else may have been faster.
    stands_in_the_way(&state, action, name)?;
    let own = state.snaps.get(name);
    let channel = match asked.text("channel") {
        "" => own.map_or("", |snap| snap.channel.as_str()),
        channel => channel,
    };
    let arch = daemon.spec.architecture.as_str();
    let release = store::find(name, channel, asked.text("revision"))
        .map_err(|lacks| wording::lacks(lacks, (action, name), (channel, arch)))?;
    let Some(own) = own else {
        return Ok(tasks::install(&release));
    };
    match (
        own.revision == release.revision,
        own.channel == release.channel,
    ) {
        (true, true) => Err(wording::no_update(name)),
        (true, false) => Ok(tasks::switch(&release)),
        (false, _) => Ok(tasks::refresh(&Release { ..release })),
    }
}

/// `POST /v2/interfaces`.
pub(super) fn interfaces(
    daemon: &Daemon,
    asked: &Asked,
    strike: Strike,
) -> Result<Answer, Refusal> {
    refused(strike)?;
    let connection = connection(asked)?;
    let state = daemon.state();
    for (snap, _) in [&connection.plug, &connection.slot] {
        if snap != SYSTEM && !state.snaps.contains_key(snap) {
            return Err(Refusal::new(
                400,
                format!("snap \"{snap}\" is not installed"),
            ));
        }
        if let Some(change) = state.busy(snap) {
            return Err(wording::conflict(change, snap));
        }
    }
    let (plug, slot) = (&connection.plug, &connection.slot);
    let has_plug = state.plugs(&plug.0).iter().any(|each| each.name == plug.1);
    let owner = if slot.0 == SYSTEM { "" } else { &slot.0 };
    let lacks = |(snap, name): &(String, String), kind: &str| {
        Refusal::new(
            400,
            format!("snap \"{snap}\" has no {kind} named \"{name}\""),
        )
    };
    if !has_plug {
        return Err(lacks(plug, "plug"));
    }
    let installed = state.snaps.get(owner);
    let channel = installed.map_or("", |snap| snap.channel.as_str());
    if !store::has_slot((owner, channel), &slot.1) {
        return Err(lacks(slot, "slot"));
    }
    let made = state
        .connections
        .iter()
        .find(|made| (&made.plug, &made.slot) == (plug, slot));
    let made = made.cloned();
    drop(state);
    match (asked.text("action"), made) {
        ("connect", made) => Ok(daemon.begin(tasks::connect(&connection, made.is_some()))),
        ("disconnect", Some(made)) => Ok(daemon.begin(tasks::disconnect(&made))),
        ("disconnect", None) => {
            Err(Refusal::new(400, "nothing to do").kind("interfaces-unchanged", Value::Null))
        }
        (other, _) => Err(Refusal::new(
            400,
            format!("unsupported interface action: \"{other}\""),
        )),
    }
}

/// The one plug and the one slot that are named.
fn connection(asked: &Asked) -> Result<Connection, Refusal> {
    let (plugs, slots) = (asked.objects("plugs"), asked.objects("slots"));
    let ([plug], [slot]) = (plugs, slots) else {
        return Err(Refusal::new(
            501,
            "many-to-many operations are not implemented",
        ));
    };
    let text = |object: &Value, key: &str| {
        let text = object.get(key).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let owner = match text(slot, "snap") {
        system if system.is_empty() || system == "core" || system == "system" => SYSTEM.to_owned(),
        snap => snap,
    };
    Ok(Connection {
        plug: (text(plug, "snap"), text(plug, "plug")),
        slot: (owner, text(slot, "slot")),
        manual: true,
    })
}

/// `POST /v2/apps`.
pub(super) fn apps(daemon: &Daemon, asked: &Asked, strike: Strike) -> Result<Answer, Refusal> {
    refused(strike)?;
    let names: Vec<String> = asked.list("names");
    if asked.text("action") != "restart" {
        return Err(Refusal::new(
            400,
            format!("unknown action \"{}\"", asked.text("action")),
        ));
    }
    for name in &names {
        let (snap, service) = name.split_once('.').unwrap_or((name, ""));
        let state = daemon.state();
        let there = state.snaps.contains_key(snap);
        let known = service.is_empty() || store::services(snap).contains(&service);
        if !there || !known {
            let words = format!("cannot find services matching \"{name}\"");
            return Err(Refusal::new(404, words).kind("app-not-found", Value::Null));
        }
        if let Some(change) = state.busy(snap) {
            return Err(wording::conflict(change, snap));
        }
    }
    Ok(daemon.begin(tasks::restart(&names)))
}

/// `POST /v2/changes/{id}`: it is asked to stop, and takes back what it did.
pub(super) fn abort(daemon: &Daemon, id: &str) -> Result<Answer, Refusal> {
    let mut state = daemon.state();
    let change = state.change_mut(id).ok_or_else(|| wording::no_change(id))?;
    if change.is_ready() {
        let words = format!("cannot abort change {id} with nothing pending");
        return Err(Refusal::new(400, words));
    }
    change.aborted = true;
    change.status = Status::Undo;
    Ok(Answer::sync(&change.shown()))
}
