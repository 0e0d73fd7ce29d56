//! Where the monitors, managers and metadata servers run.

use serde_json::{Value, json};

use super::app::Ceph;
use super::{monitors, networks};
use crate::rehearsal::envelope::{Answer, Refusal};
use crate::rehearsal::microcluster::Errand;

/// Milliseconds that starting or stopping a service takes; estimated.
const CHANGED: u64 = 1_500;

/// `GET /1.0/services`: OSDs are never among them.
pub(super) fn list(errand: &Errand<Ceph>) -> Result<Answer, Refusal> {
    let state = errand.site.state();
    let (_, cluster) = state.cluster(&errand.host)?;
    let mut shown = Vec::new();
    for member in &cluster.members {
        let its = cluster.app.services.get(&member.name);
        for service in its.into_iter().flatten() {
            shown.push(json!({
                "service": service, "location": member.name, "group_id": "", "info": "",
            }));
        }
    }
    Ok(Answer::sync(&Value::from(shown)))
}

/// `GET /1.0/services/mon`: where the monitors listen.
pub(super) fn monitors(errand: &Errand<Ceph>) -> Result<Answer, Refusal> {
    let state = errand.site.state();
    let (_, cluster) = state.cluster(&errand.host)?;
    let public = cluster.app.configs.get("public_network");
    let public = public.map_or("", String::as_str);
    let members = cluster.members.iter();
    let addresses: Vec<String> = members
        .filter(|member| cluster.app.runs(&member.name, "mon"))
        .filter_map(|member| {
            let spec = &state.node(&member.host).app.spec;
            networks::first_address(spec, public).ok()
        })
        .map(|ip| ip.to_string())
        .collect();
    Ok(Answer::sync(&json!({"addresses": addresses})))
}

/// `PUT /1.0/services/{name}`; a service that runs already is refused with HTTP 200.
pub(super) async fn enable(errand: &Errand<Ceph>, name: &str) -> Result<Answer, Refusal> {
    let (service, member, runs) = asked(errand, name)?;
    if runs {
        let text = format!(
            "host failed hospitality check for {name} enablement: \
             {name} service already active on host"
        );
        return Ok(Answer {
            status: 200,
            ..Refusal::internal(text).answer()
        });
    }
    monitors::elected(errand).await;
    errand.pass(CHANGED).await;
    {
        let mut state = errand.site.state();
        let services = &mut state.cluster_mut(&errand.host)?.app.services;
        services.entry(member.clone()).or_default().insert(service);
    }
    if service == "mon" {
        monitors::start_later(&errand.site, &errand.host, &member);
    }
    Ok(Answer::sync(&json!({})))
}

/// `DELETE /1.0/services/{name}`.
pub(super) async fn disable(errand: &Errand<Ceph>, name: &str) -> Result<Answer, Refusal> {
    let (service, member, runs) = asked(errand, name)?;
    if !runs {
        let text = format!("{name} service not active on host");
        return Err(Refusal::internal(text));
    }
    monitors::elected(errand).await;
    errand.pass(CHANGED).await;
    let mut state = errand.site.state();
    if service == "mon" {
        state.node_mut(&errand.host).app.monitor = None;
    }
    let services = &mut state.cluster_mut(&errand.host)?.app.services;
    services.entry(member).or_default().remove(service);
    Ok(Answer::sync(&json!({})))
}

/// The service, the member that is asked, and whether it runs there.
fn asked(errand: &Errand<Ceph>, name: &str) -> Result<(&'static str, String, bool), Refusal> {
    let known = ["mds", "mgr", "mon"].into_iter().find(|it| *it == name);
    let service = known.ok_or_else(|| Refusal::new(404, "Not Found"))?;
    let state = errand.site.state();
    let (_, cluster) = state.cluster(&errand.host)?;
    let member = cluster.name_of(&errand.host).unwrap_or_default();
    Ok((
        service,
        member.to_owned(),
        cluster.app.runs(member, service),
    ))
}

/// `POST /1.0/services/restart`.
pub(super) fn restart(errand: &Errand<Ceph>) -> Result<Answer, Refusal> {
    let asked = errand.asked.value();
    for one in asked.as_array().into_iter().flatten() {
        let name = one["service"].as_str().unwrap_or("");
        if !["mon", "osd", "rgw"].contains(&name) {
            let text = format!("{name} is not a valid ceph service");
            return Err(Refusal::internal(text));
        }
        if name == "mon" {
            let mut state = errand.site.state();
            let member = state.cluster(&errand.host)?.1.name_of(&errand.host);
            let member = member.unwrap_or_default().to_owned();
            if state.node(&errand.host).app.monitor.is_some() {
                monitors::start(&mut state, &errand.host, &member);
            }
        }
    }
    Ok(Answer::sync(&json!({})))
}
