//! The members of a cluster: listed, removed.

use serde_json::{Value, json};

use super::state::Member;
use super::{App, Cluster, Errand, State};
use crate::engine::Millis;
use crate::rehearsal::envelope::{Answer, Refusal, rfc3339};

/// Go's zero time: no heartbeat yet.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// The version of microcluster's own tables, as recorded.
const SCHEMA: u64 = 6;

/// `GET /core/1.0/cluster`.
pub(super) fn list<A: App>(errand: &Errand<A>) -> Result<Answer, Refusal> {
    let now = errand.site.now();
    let state = errand.site.state();
    let (_, cluster) = state.cluster(&errand.host)?;
    let mut members: Vec<&Member> = cluster.members.iter().collect();
    members.sort_by_key(|member| &member.name);
    let shown = members.iter().map(|it| shown(&state, cluster, it, now));
    Ok(Answer::sync(&shown.collect()))
}

fn shown<A: App>(state: &State<A>, cluster: &Cluster<A>, member: &Member, now: Millis) -> Value {
    let up = member.left_behind.is_some() || state.node(&member.host).up;
    json!({
        "name": member.name, "address": member.address, "certificate": member.certificate,
        "role": cluster.role(member, now),
        "schema_internal_version": SCHEMA, "schema_external_version": A::IDENTITY.schema,
        "last_heartbeat": cluster.reached(member, now).map_or(NEVER.to_owned(), rfc3339),
        "status": if up { "ONLINE" } else { "UNREACHABLE" },
        "extensions": A::IDENTITY.extensions, "secret": "",
    })
}

/// `DELETE /core/1.0/cluster/{name}`.
pub(super) async fn delete<A: App>(errand: &Errand<A>) -> Result<Answer, Refusal> {
    let name = errand.asked.path.last().map_or("", String::as_str);
    allowed(errand, name)?;
    errand.pass(A::IDENTITY.removal).await;
    let mut state = errand.site.state();
    let (id, cluster) = state.cluster(&errand.host)?;
    let Some(member) = cluster.member(name).cloned() else {
        return Err(unknown::<A>(name));
    };
    A::leave(&mut state, &member.host, name, id);
    let a_node = state.cluster(&member.host).is_ok_and(|(its, _)| its == id);
    if a_node && member.left_behind.is_none() {
        state.reset(&member.host, None);
    }
    if let Some(cluster) = state.by_id(id) {
        cluster.members.retain(|it| it.name != name);
    }
    Ok(Answer::sync(&json!({})))
}

/// Whether `errand` removes the member that it was asked of: its daemon starts again meanwhile and
/// its caller hears nothing.
pub(super) fn is_own<A: App>(errand: &Errand<A>) -> bool {
    let state = errand.site.state();
    let own = state.cluster(&errand.host);
    let own = own.ok().and_then(|(_, its)| its.name_of(&errand.host));
    own.is_some() && own == errand.asked.path.last().map(String::as_str)
}

fn allowed<A: App>(errand: &Errand<A>, name: &str) -> Result<(), Refusal> {
    let now = errand.site.now();
    let state = errand.site.state();
    let (_, cluster) = state.cluster(&errand.host)?;
    let Some(member) = cluster.member(name) else {
        return Err(unknown::<A>(name));
    };
    let settled = |it: &&Member| cluster.role(it, now) != "PENDING";
    if cluster.members.iter().filter(settled).count() == 0 {
        let text = "Cannot remove cluster members, there are no remaining non-pending members";
        return Err(Refusal::internal(text).after(9));
    }
    if cluster.members.len() < 2 {
        let text = "Cannot leave a cluster with 1 members";
        return Err(Refusal::internal(text));
    }
    if errand.asked.force || member.left_behind.is_some() {
        return Ok(());
    }
    let asked = if state.node(&member.host).up {
        A::may_leave(cluster, name)
    } else {
        let at = &member.address;
        Err(format!(
            "Unable to connect to: {at} ([dial tcp {at}: connect: connection refused])"
        ))
    };
    asked.map_err(|why| {
        let text = format!("Failed to execute pre-remove hook on cluster member \"{name}\": {why}");
        Refusal::internal(text).after(37)
    })
}

fn unknown<A: App>(name: &str) -> Refusal {
    let (before, after) = A::IDENTITY.no_member;
    Refusal::internal(format!("{before}\"{name}\"{after}"))
}
