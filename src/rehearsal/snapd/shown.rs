//! What snapd shows of itself and of what it keeps, in the shapes that were recorded.

use serde_json::{Value, json};

use super::state::{Connection, Installed, SYSTEM, State};
use super::wording::moment;
use super::{SnapdSpec, store};

/// `GET /v2/system-info`.
pub(super) fn system_info(spec: &SnapdSpec) -> Value {
    json!({
        "architecture": spec.architecture, "build-id": "", "confinement": spec.confinement,
        "features": {}, "kernel-version": "6.8.0-1013-raspi",
        "locations": { "snap-bin-dir": "/snap/bin", "snap-mount-dir": "/snap" },
        "managed": false, "on-classic": true,
        "os-release": { "id": "ubuntu", "version-id": "24.04" },
        "refresh": { "timer": "00:00~24:00/4" },
        "sandbox-features": {}, "series": "16", "system-mode": "run",
        "version": spec.version, "virtualization": "none",
    })
}

/// One snap.
pub(super) fn snap(name: &str, snap: &Installed) -> Value {
    let local = snap.channel.is_empty();
    let mut shown = json!({
        "id": "", "summary": name, "description": name, "installed-size": snap.bytes,
        "install-date": moment(snap.since), "name": name, "developer": "",
        "status": if snap.active { "active" } else { "installed" },
        "type": snap.kind, "version": snap.version, "channel": snap.channel,
        "ignore-validation": false, "revision": snap.revision, "confinement": "strict",
        "private": false, "devmode": false, "jailmode": false,
        "mounted-from": format!("/var/lib/snapd/snaps/{name}_{}.snap", snap.revision),
        "links": null, "contact": "",
    });
    let mut add = |key: &str, value: Value| {
        if let Some(shown) = shown.as_object_mut() {
            shown.insert(key.to_owned(), value);
        }
    };
    if !local {
        add("tracking-channel", json!(snap.channel));
    }
    if !snap.base.is_empty() {
        add("base", json!(snap.base));
    }
    let apps = apps(name, snap);
    if !apps.is_empty() {
        add("apps", json!(apps));
    }
    if let Some(hold) = snap.hold {
        add("hold", json!(moment(hold)));
    }
    shown
}

/// The services of one snap.
pub(super) fn apps(name: &str, snap: &Installed) -> Vec<Value> {
    let services = store::services(name).iter().map(|service| {
        json!({
            "snap": name, "name": service, "daemon": "simple",
            "enabled": snap.active, "active": snap.active,
        })
    });
    services.collect()
}

/// `GET /v2/connections?snap=NAME`; `all` lists what is not connected too.
pub(super) fn connections(state: &State, name: &str, all: bool) -> Value {
    let concerns =
        |made: &&Connection| name.is_empty() || made.plug.0 == name || made.slot.0 == name;
    let made: Vec<&Connection> = state.connections.iter().filter(concerns).collect();
    let established: Vec<Value> = made
        .iter()
        .map(|made| {
            json!({
                "slot": { "snap": made.slot.0, "slot": made.slot.1 },
                "plug": { "snap": made.plug.0, "plug": made.plug.1 },
                "interface": interface(state, made), "manual": made.manual,
            })
        })
        .collect();
    let of = |snap: &String| name.is_empty() || snap == name;
    let plugs = state.snaps.keys().filter(|snap| of(snap)).flat_map(|snap| {
        let plugs = state.plugs(snap).into_iter();
        plugs.filter_map(|plug| {
            let own = made
                .iter()
                .filter(|made| made.plug.0 == plug.snap && made.plug.1 == plug.name);
            let slots: Vec<Value> = own
                .map(|made| json!({ "snap": made.slot.0, "slot": made.slot.1 }))
                .collect();
            (all || !slots.is_empty()).then(|| {
                json!({
                    "snap": plug.snap, "plug": plug.name, "interface": plug.interface,
                    "apps": store::services(plug.snap), "connections": slots,
                })
            })
        })
    });
    let plugs: Vec<Value> = plugs.collect();
    let mut slots: Vec<Value> = made
        .iter()
        .map(|made| {
            json!({
                "snap": made.slot.0, "slot": made.slot.1, "interface": interface(state, made),
                "connections": [{ "snap": made.plug.0, "plug": made.plug.1 }],
            })
        })
        .collect();
    if all {
        slots.extend(loose_slots(state, name, &made));
    }
    json!({ "established": established, "plugs": plugs, "slots": slots })
}

/// The slots of a snap in which nothing is.
fn loose_slots(state: &State, name: &str, made: &[&Connection]) -> Vec<Value> {
    let snaps = state.snaps.iter().filter(|(snap, _)| *snap == name);
    let slots = snaps.flat_map(|(snap, its)| store::slots(snap, &its.channel));
    let loose = slots.filter(|slot| !made.iter().any(|made| made.slot.1 == *slot));
    loose
        .map(|slot| json!({ "snap": name, "slot": slot, "interface": "content" }))
        .collect()
}

fn interface(state: &State, made: &Connection) -> &'static str {
    if made.slot.0 != SYSTEM {
        return "content";
    }
    let plugs = state.plugs(&made.plug.0);
    let plug = plugs.iter().find(|plug| plug.name == made.plug.1);
    plug.map_or("", |plug| plug.interface)
}
