//! Join tokens, and joining with one.

use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};

use super::cluster::metadata;
use super::daemon::{Asked, Done, Job};
use super::durations::{Chore, usual};
use super::operations::{Begun, Class, Status};
use super::parts::Parts;
use super::state::{Member, State};
use super::{Release, keys, members, server, wording};
use crate::engine::Millis;
use crate::rehearsal::envelope::{Answer, Refusal, field, rfc3339};

/// How long a token lives where `cluster.join_token_expiry` is not set: LXD's default, 3 hours.
const TOKEN_LIFE: Millis = 3 * 3_600 * 1_000;

/// `POST /1.0/cluster/members`: a token. A former one for the same name is cancelled.
pub(super) fn token(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    if !state.database(&asked.node).clustered {
        return Err(Refusal::new(400, "This server is not clustered"));
    }
    let name = asked.text("server_name").to_owned();
    if name.is_empty() {
        return Err(Refusal::new(400, "ServerName is required"));
    }
    if name == "none" {
        return Err(Refusal::new(400, "Join token name cannot be \"none\""));
    }
    let node = asked.node.clone();
    Ok(Job::waited(move |state, now| {
        Ok(issue(state, &node, &name, now))
    }))
}

fn issue(state: &mut State, node: &str, name: &str, now: Millis) -> Done {
    let release = state.release(node);
    let cluster: Vec<String> = members::nodes(state, node);
    state.operations.cancel(now, |operation| {
        operation.class == Class::Token
            && cluster.contains(&operation.node)
            && field(&operation.metadata, "serverName") == name
    });
    let secret = HEXLOWER.encode(&state.dice("secret").bytes(32));
    let database = state.database(node);
    let life = database.config.get("cluster.join_token_expiry");
    let life = life
        .and_then(|text| keys::expiry(text))
        .unwrap_or(TOKEN_LIFE);
    let begun = Begun {
        class: Class::Token,
        description: match release {
            Release::V5_0 | Release::V5_21 => "Executing operation",
            Release::V6 => "Cluster join token",
        },
        metadata: json!({
            "serverName": name,
            "secret": secret,
            "fingerprint": database.certificate.fingerprint,
            "addresses": members::online(state, node),
            "expiresAt": rfc3339(now.saturating_add(life)),
        }),
        cluster_wide: true,
        expires: Some(now.saturating_add(life)),
    };
    let id = state.begin(node, begun, now);
    let shown = state.operations.get(&id).map(|it| it.shown(release));
    let answer = Answer::accepted(&id, &shown.unwrap_or_default());
    Done::new(usual(release, Chore::Token), answer)
}

/// A join as it was asked for.
#[derive(Debug, Clone)]
struct Joining {
    node: String,
    name: String,
    address: String,
    cluster: String,
    certificate: String,
    token: String,
    member_config: Vec<Value>,
}

/// `PUT /1.0/cluster` with a `cluster_address`. The node's addresses are set at once, and stay.
pub(super) fn join(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    let release = state.release(&asked.node);
    let bad = |text: &str| Err(Refusal::new(400, text));
    if asked.text("cluster_certificate").is_empty() {
        return bad("No target cluster member certificate provided");
    }
    if asked.text("server_address").is_empty() {
        return bad("No server address provided for this member");
    }
    if state.database(&asked.node).clustered {
        return bad("This server is already clustered");
    }
    let address = asked.text("server_address").to_owned();
    server::can_listen(state, &asked.node, &address)?;
    let config = &mut state.node_mut(&asked.node).config;
    config
        .entry("core.https_address".to_owned())
        .or_insert_with(|| address.clone());
    config.insert("cluster.https_address".to_owned(), address.clone());
    let text = |key: &str| asked.text(key).to_owned();
    let token = match release {
        Release::V5_0 => text("cluster_password"),
        Release::V5_21 if asked.text("cluster_token").is_empty() => text("cluster_password"),
        Release::V5_21 | Release::V6 => text("cluster_token"),
    };
    let joining = Joining {
        node: asked.node.clone(),
        name: text("server_name"),
        address,
        cluster: text("cluster_address"),
        certificate: text("cluster_certificate"),
        token,
        member_config: field(&asked.body, "member_config")
            .as_array()
            .cloned()
            .unwrap_or_default(),
    };
    let job = Job::waited(move |state, now| enter(state, &joining, now));
    Ok(job.in_operation("Joining cluster", metadata(release)))
}

fn enter(state: &mut State, joining: &Joining, now: Millis) -> Result<Done, Refusal> {
    let release = state.release(&joining.node);
    let (id, through) = trusted(state, joining, now)?;
    let before = state.database(&through).members.len();
    accepted(state, joining, &through)?;
    let whom = (joining.node.as_str(), through.as_str());
    let parts = Parts::make(state, whom, &joining.member_config)?;
    let looped = parts.looped();
    let database = state.database_mut(&through);
    database.members.push(Member {
        name: joining.name.clone(),
        node: joining.node.clone(),
        address: joining.address.clone(),
    });
    parts.give(state, &through, &joining.name);
    state.adopt(&joining.node, id, &joining.name);
    let chore = match before {
        _ if looped => Chore::JoinLoop,
        0 | 1 => Chore::JoinSecond,
        _ => Chore::JoinLater,
    };
    Ok(Done::new(usual(release, chore), Answer::done()))
}

/// The cluster whose token this is, and a node in it. The token is used up by this.
fn trusted(state: &mut State, joining: &Joining, now: Millis) -> Result<(u64, String), Refusal> {
    let release = state.release(&joining.node);
    let refuse =
        |code: u16, why: &str| Refusal::new(code, wording::no_trust(release, why)).after(10);
    let address = &joining.cluster;
    let Some((id, through)) = state.cluster_at(address) else {
        let why = format!("dial tcp {address}: connect: connection refused");
        return Err(refuse(500, &why));
    };
    let through = through.to_owned();
    if state.database(&through).certificate.pem.trim() != joining.certificate.trim() {
        let why =
            "tls: failed to verify certificate: x509: certificate signed by unknown authority";
        return Err(refuse(500, why));
    }
    let Some(token) = decoded(&joining.token) else {
        return Err(refuse(403, wording::forbidden(release)));
    };
    let cluster = members::nodes(state, &through);
    let fits = |operation: &super::operations::Operation| {
        operation.class == Class::Token
            && cluster.contains(&operation.node)
            && field(&operation.metadata, "serverName") == field(&token, "server_name")
            && field(&operation.metadata, "secret") == field(&token, "secret")
    };
    let expires = state
        .operations
        .iter()
        .find(|operation| operation.status == Status::Running && fits(operation))
        .and_then(|operation| operation.expires);
    if state.operations.cancel(now, fits) == 0 {
        return Err(refuse(403, "No matching cluster join operation found"));
    }
    if expires.is_some_and(|expires| expires <= now) {
        return Err(refuse(403, "Token has expired"));
    }
    Ok((id, through))
}

fn decoded(token: &str) -> Option<Value> {
    let bytes = BASE64.decode(token.as_bytes()).ok()?;
    let token: Value = serde_json::from_slice(&bytes).ok()?;
    let whole = ["server_name", "secret", "fingerprint"];
    whole
        .iter()
        .all(|key| field(&token, key).is_string())
        .then_some(token)
}

/// Refuses a joiner that the cluster cannot take as a member.
fn accepted(state: &State, joining: &Joining, through: &str) -> Result<(), Refusal> {
    let refuse = |why: String| {
        let text = format!("Failed request to add member: {why}");
        Err(Refusal::new(400, text).after(60))
    };
    let database = state.database(through);
    let theirs = state.release(through);
    if database.member(&joining.name).is_some() {
        let name = &joining.name;
        return refuse(format!(
            "The cluster already has a member with name: {name}"
        ));
    }
    if database
        .members
        .iter()
        .any(|it| it.address == joining.address)
    {
        let address = &joining.address;
        return refuse(format!(
            "The cluster already has a member with address: {address}"
        ));
    }
    if theirs != state.release(&joining.node) {
        let count = theirs.extensions().count();
        return refuse(format!(
            "The joining server version doesn't match (expected {theirs} with API count {count})"
        ));
    }
    Ok(())
}
