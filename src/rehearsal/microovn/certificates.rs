//! MicroOVN's CA and the certificates that it issues.

use serde_json::{Value, json};

use super::app::Ovn;
use crate::rehearsal::envelope::{Answer, Refusal};
use crate::rehearsal::microcluster::{Cluster, Errand};

/// Milliseconds that a new CA takes.
const NEW_CA: u64 = 48;

/// `GET /1.0/ca`.
pub(super) fn ca() -> Answer {
    Answer::sync(&json!({"auto_renew": true, "error": ""}))
}

/// `PUT /1.0/ca`: a new CA, and new certificates on all members.
pub(super) async fn new_ca(errand: &Errand<Ovn>) -> Result<Answer, Refusal> {
    errand.pass(NEW_CA).await;
    let state = errand.site.state();
    let (_, cluster) = state.cluster(&errand.host)?;
    let members = cluster.members.iter();
    let each = members.map(|it| (it.name.clone(), issued(&certified(cluster, &it.name))));
    let each: serde_json::Map<String, Value> = each.collect();
    Ok(Answer::sync(
        &json!({"newCa": true, "reissuedCertificates": each, "error": []}),
    ))
}

/// `PUT /1.0/certificates`.
pub(super) fn reissue_all(errand: &Errand<Ovn>) -> Result<Answer, Refusal> {
    Ok(Answer::sync(&issued(&own(errand)?)))
}

/// `PUT /1.0/certificates/{name}`.
pub(super) fn reissue(errand: &Errand<Ovn>, name: &str) -> Result<Answer, Refusal> {
    let own = own(errand)?;
    if own.contains(&name) {
        return Ok(Answer::sync(&issued(&[name])));
    }
    let enabled = own.join(", ");
    let text = format!(
        "can't issue certificate for service '{name}', \
         service is not enabled on this member, enabled services: {enabled}"
    );
    Err(Refusal::new(404, text))
}

fn own(errand: &Errand<Ovn>) -> Result<Vec<&'static str>, Refusal> {
    let state = errand.site.state();
    let (_, cluster) = state.cluster(&errand.host)?;
    let name = cluster.name_of(&errand.host).unwrap_or_default();
    Ok(certified(cluster, name))
}

/// What has a certificate on `member`.
fn certified(cluster: &Cluster<Ovn>, member: &str) -> Vec<&'static str> {
    let mut names = Vec::new();
    if cluster.app.runs(member, "central") {
        names.extend(["ovnnb", "ovnsb", "ovn-northd"]);
    }
    if cluster.app.runs(member, "chassis") {
        names.push("ovn-controller");
    }
    names.push("client");
    names
}

fn issued(names: &[&str]) -> Value {
    json!({"success": names, "failed": null})
}
