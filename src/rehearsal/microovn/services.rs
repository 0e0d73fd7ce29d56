//! MicroOVN's services, its schemas and its environment.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde_json::{Value, json};

use super::app::Ovn;
use super::config;
use crate::rehearsal::envelope::{Answer, Refusal, field};
use crate::rehearsal::microcluster::{Cluster, Control, Errand};

/// What runs on a member that is not told otherwise, if a central is wanted.
pub(super) const ALL: [&str; 3] = ["central", "chassis", "switch"];

/// What it says where nobody would be left to keep the databases.
pub(super) const LAST_CENTRAL: &str =
    "cannot disable last central node without explicit confirmation";

/// Milliseconds that it takes to regenerate the environment.
const ENVIRONMENT: u64 = 61;

/// Whether `control` leaves it to MicroOVN what runs.
pub(super) fn is_automatic(control: &Control) -> bool {
    control.key("ovn-services").is_none_or(|it| it == "auto")
}

/// The services that `control` asks for; none where it leaves that to MicroOVN.
pub(super) fn asked(control: &Control) -> Result<Option<BTreeSet<&'static str>>, String> {
    if is_automatic(control) {
        return Ok(None);
    }
    let known = |word: &str| {
        let found = ALL.into_iter().find(|it| *it == word);
        found.ok_or_else(|| {
            format!("failed to parse requested services: invalid service requested: {word}")
        })
    };
    let words = control.key("ovn-services").unwrap_or_default().split(',');
    words
        .map(|word| known(word.trim()))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// The address without its port.
pub(super) fn ip(address: &str) -> String {
    let parsed = address.parse::<SocketAddr>();
    parsed.map_or_else(|_| address.to_owned(), |it| it.ip().to_string())
}

/// Where the databases are, as they stand in a connection: IPv6 in brackets.
pub(super) fn central_addresses(cluster: &Cluster<Ovn>) -> Vec<String> {
    let bracketed = |ip: String| {
        if ip.contains(':') {
            format!("[{ip}]")
        } else {
            ip
        }
    };
    if let Some(set) = cluster.app.config.get(config::CENTRALS) {
        let each = set.split(',');
        return each.map(|ip| bracketed(ip.trim().to_owned())).collect();
    }
    let members = cluster.members.iter();
    members
        .filter(|member| cluster.app.runs(&member.name, "central"))
        .map(|member| bracketed(ip(&member.address)))
        .collect()
}

/// `GET /1.0/services`.
pub(super) fn list(errand: &Errand<Ovn>) -> Result<Answer, Refusal> {
    let state = errand.site.state();
    let (_, cluster) = state.cluster(&errand.host)?;
    let mut shown = Vec::new();
    for member in &cluster.members {
        let its = cluster.app.services.get(&member.name);
        for service in its.into_iter().flatten() {
            shown.push(json!({"service": service, "location": member.name}));
        }
    }
    Ok(Answer::sync(&Value::from(shown)))
}

/// `PUT /1.0/service/{name}`.
pub(super) async fn enable(errand: &Errand<Ovn>, name: &str) -> Result<Answer, Refusal> {
    if errand.asked.body.is_empty() {
        return Err(Refusal::new(400, "failed to decode request"));
    }
    let service = known(name)?;
    let took = if service == "central" { 2_006 } else { 187 };
    switch(errand, service, true)?;
    errand.pass(took).await;
    warned(errand, &format!("{name} enabled"))
}

/// `DELETE /1.0/service/{name}`.
pub(super) async fn disable(errand: &Errand<Ovn>, name: &str) -> Result<Answer, Refusal> {
    if errand.asked.body.is_empty() {
        return Err(Refusal::internal("failed to decode request: EOF"));
    }
    let service = known(name)?;
    let sure = *field(&errand.asked.value(), "allowDisableLastCentral") == true;
    let last = {
        let state = errand.site.state();
        let (_, cluster) = state.cluster(&errand.host)?;
        let own = cluster.name_of(&errand.host).unwrap_or_default();
        service == "central" && cluster.app.centrals() == 1 && cluster.app.runs(own, service)
    };
    if last && !sure {
        return Err(Refusal::internal(LAST_CENTRAL));
    }
    let took = if service == "central" { 809 } else { 255 };
    switch(errand, service, false)?;
    errand.pass(took).await;
    warned(errand, &format!("{name} disabled"))
}

fn known(name: &str) -> Result<&'static str, Refusal> {
    let found = ALL.into_iter().find(|service| *service == name);
    found.ok_or_else(|| Refusal::internal("service does not exist"))
}

/// Starts or stops a service of the errand's member; refused where that changes nothing.
fn switch(errand: &Errand<Ovn>, service: &'static str, on: bool) -> Result<(), Refusal> {
    let mut state = errand.site.state();
    let cluster = state.cluster_mut(&errand.host)?;
    let own = cluster.name_of(&errand.host).unwrap_or_default().to_owned();
    let its = cluster.app.services.entry(own).or_default();
    let changed = if on {
        its.insert(service)
    } else {
        its.remove(service)
    };
    let already = if on { "already" } else { "not" };
    if changed {
        return Ok(());
    }
    let text = format!("this service is {already} enabled");
    Err(Refusal::internal(text))
}

fn warned(errand: &Errand<Ovn>, message: &str) -> Result<Answer, Refusal> {
    let state = errand.site.state();
    let centrals = state.cluster(&errand.host)?.1.app.centrals();
    Ok(Answer::sync(&json!({
        "message": message,
        "warnings": {"EvenCentral": centrals.is_multiple_of(2), "FewCentral": centrals < 3},
    })))
}

/// `GET /1.0/ovsdb/schema/…`; `all` for every member's.
pub(super) fn schema(errand: &Errand<Ovn>, database: &str, all: bool) -> Result<Answer, Refusal> {
    let version = match database {
        "nb" => "7.11.0",
        "sb" => "20.41.0",
        "switch" => "8.8.0",
        _ => return Err(Refusal::new(400, format!("DB '{database}' not supported"))),
    };
    let state = errand.site.state();
    let (_, cluster) = state.cluster(&errand.host)?;
    let own = cluster.name_of(&errand.host).unwrap_or_default();
    if !cluster.app.ready.contains(own) {
        // What it says then was not recorded.
        let text = format!("failed to get the schema version of '{database}': not running");
        return Err(Refusal::internal(text));
    }
    if !all {
        return Ok(Answer::sync(&json!(version)));
    }
    let members = state.cluster(&errand.host)?.1.members.iter();
    let each =
        members.map(|it| json!({"host": ip(&it.address), "schemaVersion": version, "error": 0}));
    Ok(Answer::sync(&each.collect()))
}

/// `POST /1.0/env`.
pub(super) async fn environment(errand: &Errand<Ovn>) -> Answer {
    errand.pass(ENVIRONMENT).await;
    Answer::sync(&json!({"success": true, "error": []}))
}
