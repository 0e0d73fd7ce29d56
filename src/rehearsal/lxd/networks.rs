//! `/1.0/networks`: the host's own interfaces, none of them LXD's.

use serde_json::{Value, json};

use super::Release;
use super::daemon::Asked;
use super::state::State;
use crate::rehearsal::envelope::{Answer, Refusal, set};

pub(super) fn list(state: &State, asked: &Asked) -> Answer {
    let spec = &state.node(&asked.node).spec;
    let names = std::iter::once("lo").chain(spec.nics.iter().map(String::as_str));
    let shown: Vec<Value> = names
        .map(|name| {
            if asked.recursion {
                shown(spec.release, name)
            } else {
                json!(format!("/1.0/networks/{name}"))
            }
        })
        .collect();
    Answer::sync(&json!(shown))
}

pub(super) fn get(state: &State, node: &str, name: &str) -> Result<Answer, Refusal> {
    let spec = &state.node(node).spec;
    if name == "lo" || spec.nics.iter().any(|nic| nic == name) {
        return Ok(Answer::sync(&shown(spec.release, name)));
    }
    Err(Refusal::new(404, "Network not found"))
}

fn shown(release: Release, name: &str) -> Value {
    let loopback = name == "lo";
    let mut shown = json!({
        "name": name, "description": "", "config": {},
        "type": if loopback { "loopback" } else { "physical" },
        "managed": false, "status": "", "locations": null, "used_by": [],
    });
    if release == Release::V5_0 {
        if !loopback {
            set(&mut shown, "used_by", Value::Null);
        }
    } else {
        set(&mut shown, "project", json!("default"));
    }
    shown
}
