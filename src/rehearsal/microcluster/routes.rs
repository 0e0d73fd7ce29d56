//! Which path is answered by whom, on which node, and which fault strikes it.

use std::collections::HashMap;

use axum::body::to_bytes;
use axum::extract::{Query, Request};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{App, Asked, Daemon, Errand, Path, control, members, tokens};
use crate::rehearsal::envelope::{Answer, Refusal, field};
use crate::rehearsal::fault::Call;

/// The longest body that is read.
const BODY_LIMIT: usize = 8 << 20;

/// Milliseconds that the daemons take to read what they know.
const READ: u64 = 3;

/// Milliseconds until a call ends that a fault refuses.
const REFUSED: u64 = 1_000;

/// The answer to `request`; none where the connection is closed instead.
pub(super) async fn answer<A: App>(daemon: &Daemon<A>, request: Request) -> Option<Response> {
    let asked = match take_apart(request).await {
        Ok(asked) => asked,
        Err(refusal) => return Some(refusal.answer().into_response()),
    };
    let errand = match errand_of(daemon, asked) {
        Ok(errand) => errand,
        Err(refusal) => {
            tokio::time::sleep(daemon.site.clock().in_life(millis(refusal.took))).await;
            return Some(refusal.answer().into_response());
        }
    };
    if errand.strike.hung_up {
        return None;
    }
    let proxied = (errand.host != daemon.host).then(|| errand.asked.target.clone());
    let cut =
        errand.asked.method == "DELETE" && is_member(&errand.asked) && members::is_own(&errand);
    let outcome = daemon.work(errand).await;
    if cut && outcome.is_ok() {
        return None;
    }
    let answer = outcome.unwrap_or_else(|mut refusal| {
        if let Some(target) = proxied.flatten() {
            let text = &refusal.text;
            refusal.text = format!("Failed to send request to target \"{target}\": {text}");
        }
        refusal.answer()
    });
    Some(answer.into_response())
}

fn millis(count: u64) -> std::time::Duration {
    std::time::Duration::from_millis(count)
}

async fn take_apart(request: Request) -> Result<Asked, Refusal> {
    let bad = |why: String| Refusal::new(400, why);
    let query = Query::<HashMap<String, String>>::try_from_uri(request.uri())
        .map_err(|error| bad(error.to_string()))?;
    let path = request.uri().path().split('/');
    let path = path.filter(|part| !part.is_empty());
    let path = path.map(str::to_owned).collect();
    let method = request.method().as_str().to_owned();
    let target = query.get("target").filter(|target| !target.is_empty());
    let (target, force) = (
        target.cloned(),
        query.get("force").is_some_and(|it| it == "1"),
    );
    let body = to_bytes(request.into_body(), BODY_LIMIT)
        .await
        .map_err(|error| bad(error.to_string()))?;
    Ok(Asked {
        method,
        path,
        target,
        force,
        body: body.to_vec(),
    })
}

/// The errand that `asked` is, on the node that does it.
fn errand_of<A: App>(daemon: &Daemon<A>, asked: Asked) -> Result<Errand<A>, Refusal> {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let served = match path.as_slice() {
        ["1.0", own @ ..] if !own.is_empty() => A::path(own, &asked.method),
        core => core_path::<A>(core, &asked),
    };
    let served = served.ok_or_else(|| Refusal::new(404, "Not Found"))?;
    if !served.methods.contains(&asked.method.as_str()) {
        return Err(Refusal::new(501, "Not Implemented"));
    }
    let host = match (path.first(), &asked.target) {
        (Some(&"1.0"), Some(target)) => host_of(daemon, target)?,
        _ => daemon.host.clone(),
    };
    let strike = served.call.map(|call| daemon.strike(call, &host));
    let strike = strike.unwrap_or_default();
    Ok(Errand::new(daemon.site.clone(), host, asked, strike))
}

/// The node that `?target=` names.
fn host_of<A: App>(daemon: &Daemon<A>, target: &str) -> Result<String, Refusal> {
    let state = daemon.site.state();
    let (_, cluster) = state.cluster(&daemon.host)?;
    let Some(member) = cluster.member(target) else {
        let text = format!(
            "Failed to get cluster member for request target name \"{target}\": \
             CoreClusterMember not found"
        );
        return Err(Refusal::new(400, text));
    };
    if state.node(&member.host).up {
        return Ok(member.host.clone());
    }
    let at = &member.address;
    let text = format!(
        "Failed to send request to target \"{target}\": \
         Unable to connect to: {at} ([dial tcp {at}: connect: connection refused])"
    );
    Err(Refusal::internal(text))
}

/// A path of microcluster itself.
fn core_path<A: App>(path: &[&str], asked: &Asked) -> Option<Path> {
    let (methods, call): (&'static [&'static str], Option<Call>) = match path {
        [] | ["core", "1.0", "daemon", "servers"] => (&["GET"], None),
        ["core", "1.0"] => (&["GET"], Some(Call::Server)),
        ["core", "1.0", "ready"] => (&["GET"], Some(Call::Ready)),
        ["core", "1.0", "cluster"] => (&["GET"], Some(Call::Members)),
        ["core", "1.0", "cluster", _] => (&["DELETE"], Some(Call::Remove)),
        ["core", "control"] if *field(&asked.value(), "bootstrap") == true => {
            (&["POST"], Some(Call::Bootstrap))
        }
        ["core", "control"] => (&["POST"], Some(Call::Join)),
        ["core", "control", "tokens"] => (&["GET", "POST"], Some(Call::Token)),
        [base @ .., _] if base == A::IDENTITY.tokens => (&["DELETE"], Some(Call::Token)),
        _ => return None,
    };
    Some(Path { methods, call })
}

fn is_member(asked: &Asked) -> bool {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    matches!(path.as_slice(), ["core", "1.0", "cluster", _])
}

/// Does `errand`, after what a fault does to it. A disk's refusal is not the call's, so the
/// application tells it.
pub(super) async fn perform<A: App>(errand: &Errand<A>) -> Result<Answer, Refusal> {
    let done = performed(errand).await;
    if let Err(refusal) = &done {
        errand.pass(refusal.took).await;
    }
    done
}

async fn performed<A: App>(errand: &Errand<A>) -> Result<Answer, Refusal> {
    let path: Vec<&str> = errand.asked.path.iter().map(String::as_str).collect();
    let always = matches!(
        path.as_slice(),
        [] | ["core", "1.0" | "control"] | ["core", "1.0", "ready"]
    );
    if !always {
        errand.site.state().cluster(&errand.host)?;
    }
    errand.site.inner.clock.sleep(errand.strike.delay).await;
    let told_by_the_application = path.as_slice() == ["1.0", "disks"];
    if let (Some(text), false) = (&errand.strike.refused, told_by_the_application) {
        let took = if errand.asked.method == "GET" {
            READ
        } else {
            REFUSED
        };
        return Err(Refusal::internal(text.clone()).after(took));
    }
    if errand.asked.method == "GET" {
        errand.pass(READ).await;
    }
    match (errand.asked.method.as_str(), path.as_slice()) {
        (_, ["1.0", ..]) => A::answer(errand).await,
        (_, []) => Ok(Answer::sync(&json!(["/1.0"]))),
        (_, ["core", "1.0"]) => Ok(server(errand)),
        ("POST", ["core", "control"]) => control::post(errand).await,
        ("POST", ["core", "control", "tokens"]) => tokens::post(errand).await,
        ("GET", ["core", "control", "tokens"]) => tokens::list(errand),
        (_, ["core", "1.0", "cluster"]) => members::list(errand),
        (_, ["core", "1.0", "cluster", _]) => members::delete(errand).await,
        ("DELETE", _) => tokens::delete(errand),
        // Ready, and the servers beside the cluster's own, of which there are none.
        _ => Ok(Answer::sync(&json!({}))),
    }
}

/// `GET /core/1.0`.
fn server<A: App>(errand: &Errand<A>) -> Answer {
    let state = errand.site.state();
    let (name, address) = &state.node(&errand.host).told;
    Answer::sync(&json!({
        "name": name, "address": address, "version": A::IDENTITY.version,
        "ready": state.cluster(&errand.host).is_ok(), "extensions": A::IDENTITY.extensions,
    }))
}
