//! MicroOVN's configuration, whose refusals are answered with HTTP 200.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::app::Ovn;
use crate::rehearsal::envelope::{Answer, Refusal, field};
use crate::rehearsal::microcluster::Errand;

/// The one key there is: the addresses of the centrals, where they are not MicroOVN's own.
pub(super) const CENTRALS: &str = "ovn.central-ips";

/// Milliseconds that taking a key back takes.
const UNSET: u64 = 163;

/// `GET /1.0/config`.
pub(super) fn get(errand: &Errand<Ovn>) -> Result<Answer, Refusal> {
    let told =
        |value: &str, set: bool, error: &str| json!({"value": value, "isSet": set, "error": error});
    match key(errand) {
        Err(why) => Ok(Answer::failure(&told("", false, &why))),
        Ok(key) => {
            let state = errand.site.state();
            let value = state.cluster(&errand.host)?.1.app.config.get(&key);
            let shown = value.map_or("", String::as_str);
            Ok(Answer::sync(&told(shown, value.is_some(), "")))
        }
    }
}

/// `POST /1.0/config`.
pub(super) fn set(errand: &Errand<Ovn>) -> Result<Answer, Refusal> {
    let value = field(&errand.asked.value(), "value")
        .as_str()
        .unwrap_or("")
        .to_owned();
    match key(errand).and_then(|key| checked(&key, &value).map(|()| key)) {
        Err(why) => Ok(Answer::failure(&json!({"error": why}))),
        Ok(key) => {
            let mut state = errand.site.state();
            let config = &mut state.cluster_mut(&errand.host)?.app.config;
            config.insert(key, value);
            Ok(Answer::sync(&json!({"error": ""})))
        }
    }
}

/// `DELETE /1.0/config`.
pub(super) async fn unset(errand: &Errand<Ovn>) -> Result<Answer, Refusal> {
    match key(errand) {
        Err(why) => Ok(Answer::failure(&json!({"error": why}))),
        Ok(key) => {
            errand.pass(UNSET).await;
            let mut state = errand.site.state();
            state.cluster_mut(&errand.host)?.app.config.remove(&key);
            Ok(Answer::sync(&json!({"error": ""})))
        }
    }
}

/// The key that the body names.
fn key(errand: &Errand<Ovn>) -> Result<String, String> {
    let body: Value = errand
        .asked
        .json()
        .map_err(|why| format!("failed to decode config request: {why}"))?;
    match field(&body, "key").as_str() {
        Some(CENTRALS) => Ok(CENTRALS.to_owned()),
        other => {
            let key = other.unwrap_or("");
            Err(format!(
                "config key '{key}' is not a recognized config option"
            ))
        }
    }
}

fn checked(key: &str, value: &str) -> Result<(), String> {
    let wrong = value
        .split(',')
        .find(|ip| ip.trim().parse::<IpAddr>().is_err());
    wrong.map_or(Ok(()), |ip| {
        Err(format!(
            "configuration for key '{key}' not valid: cannot parse IP address '{ip}'"
        ))
    })
}
