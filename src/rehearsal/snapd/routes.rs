//! Which path is answered by whom, and which fault strikes it.

use std::collections::HashMap;

use axum::body::to_bytes;
use axum::extract::{Query, Request};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::answer::{Answer, Refusal};
use super::daemon::{Daemon, refused};
use super::state::State;
use super::{requests, shown, wording};
use crate::rehearsal::fault::{Call, Strike};
use crate::rehearsal::serving::Served;
use crate::world::Clock;

/// The longest body that is read.
const BODY_LIMIT: usize = 1 << 20;

/// One request, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    method: String,
    /// The path's parts.
    pub(super) path: Vec<String>,
    query: HashMap<String, String>,
    body: Value,
}

impl Asked {
    /// A text of the body; empty where there is none.
    pub(super) fn text(&self, key: &str) -> &str {
        self.body.get(key).and_then(Value::as_str).unwrap_or("")
    }

    /// A list of texts of the body.
    pub(super) fn list(&self, key: &str) -> Vec<String> {
        let texts = self.objects(key).iter().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    /// A list of the body.
    pub(super) fn objects(&self, key: &str) -> &[Value] {
        let list = self.body.get(key).and_then(Value::as_array);
        list.map_or(&[], Vec::as_slice)
    }

    fn query(&self, key: &str) -> &str {
        self.query.get(key).map_or("", String::as_str)
    }
}

impl Served for Daemon {
    fn stopping(&self) -> &CancellationToken {
        &self.stop
    }

    fn clock(&self) -> &Clock {
        &self.site.inner.clock
    }

    async fn answer(&self, request: Request) -> Option<Response> {
        answer(self, request).await
    }

    fn listens(&self) {
        let state = self.state();
        let open = state.changes.iter().filter(|change| !change.is_ready());
        let open: Vec<String> = open.map(|change| change.id.clone()).collect();
        drop(state);
        for id in open {
            self.go_on(id);
        }
    }

    fn stopped(&self) {}
}

/// The answer to `request`; none where snapd is away or a fault closes the connection.
async fn answer(daemon: &Daemon, request: Request) -> Option<Response> {
    if daemon.now() < daemon.state().away_until {
        return None;
    }
    let asked = match take_apart(request).await {
        Ok(asked) => asked,
        Err(refusal) => return Some(refusal.answer().into_response()),
    };
    let Some(call) = call_of(&asked) else {
        return Some(wording::not_found().answer().into_response());
    };
    let strike = daemon.strike(call);
    if strike.hung_up {
        return None;
    }
    let answer = match route(daemon, &asked, strike).await {
        Ok(answer) => answer,
        Err(refusal) => {
            daemon.pass(refusal.took).await;
            refusal.answer()
        }
    };
    Some(answer.into_response())
}

async fn take_apart(request: Request) -> Result<Asked, Refusal> {
    let bad = |why: String| Refusal::new(400, why);
    let query = Query::<HashMap<String, String>>::try_from_uri(request.uri())
        .map_err(|error| bad(error.to_string()))?;
    let path = request.uri().path().split('/');
    let path = path.filter(|part| !part.is_empty()).map(str::to_owned);
    let path: Vec<String> = path.collect();
    let method = request.method().as_str().to_owned();
    let bytes = to_bytes(request.into_body(), BODY_LIMIT)
        .await
        .map_err(|error| bad(error.to_string()))?;
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        let words = "cannot decode request body into snap instruction";
        serde_json::from_slice(&bytes).map_err(|error| bad(format!("{words}: {error}")))?
    };
    Ok(Asked {
        method,
        path,
        query: query.0,
        body,
    })
}

/// The call that `asked` is; none for a path that is not served.
fn call_of(asked: &Asked) -> Option<Call> {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let action = asked.text("action");
    Some(match (asked.method.as_str(), path.as_slice()) {
        ("GET", ["v2", "system-info"]) => Call::Server,
        ("GET", ["v2", "snaps" | "connections" | "apps"] | ["v2", "snaps", _]) => Call::Snaps,
        ("GET" | "POST", ["v2", "changes"] | ["v2", "changes", _]) => Call::Operations,
        ("POST", ["v2", "snaps"] | ["v2", "snaps", _]) if action == "hold" => Call::Hold,
        ("POST", ["v2", "snaps", _]) if action == "install" => Call::Install,
        ("POST", ["v2", "snaps", _]) => Call::Refresh,
        ("POST", ["v2", "snaps"]) => Call::Install,
        ("POST", ["v2", "interfaces"]) => Call::Connect,
        ("POST", ["v2", "apps"]) => Call::Restart,
        _ => return None,
    })
}

async fn route(daemon: &Daemon, asked: &Asked, strike: Strike) -> Result<Answer, Refusal> {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    if asked.method == "GET" {
        daemon.pass(2).await;
        daemon.site.inner.clock.sleep(strike.delay).await;
        refused(strike)?;
        return read(daemon, asked);
    }
    match path.as_slice() {
        ["v2", "snaps", _] => requests::snap(daemon, asked, strike).await,
        ["v2", "snaps"] => requests::snaps(daemon, asked, strike),
        ["v2", "interfaces"] => requests::interfaces(daemon, asked, strike),
        ["v2", "apps"] => requests::apps(daemon, asked, strike),
        ["v2", "changes", id] if asked.text("action") == "abort" => requests::abort(daemon, id),
        _ => Err(wording::not_found()),
    }
}

fn read(daemon: &Daemon, asked: &Asked) -> Result<Answer, Refusal> {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let state = daemon.state();
    match path.as_slice() {
        ["v2", "system-info"] => Ok(Answer::sync(&shown::system_info(&daemon.spec))),
        ["v2", "snaps"] => Ok(snaps(&state, asked.query("snaps"))),
        ["v2", "snaps", name] => match state.snaps.get(*name) {
            Some(snap) => Ok(Answer::sync(&shown::snap(name, snap))),
            None => Err(wording::no_snap(name)),
        },
        ["v2", "connections"] => {
            let name = asked.query("snap");
            if !name.is_empty() && !state.snaps.contains_key(name) {
                return Err(wording::no_plugs(name));
            }
            let all = asked.query("select") == "all";
            Ok(Answer::sync(&shown::connections(&state, name, all)))
        }
        ["v2", "apps"] => Ok(apps(&state, asked.query("names"))),
        ["v2", "changes"] => Ok(changes(&state, asked)),
        ["v2", "changes", id] => match state.change(id) {
            Some(change) => Ok(Answer::sync(&change.shown())),
            None => Err(wording::no_change(id)),
        },
        _ => Err(wording::not_found()),
    }
}

/// Whether a list of names in a query, empty for all, has this one.
fn named(names: &str, name: &str) -> bool {
    names.is_empty() || names.split(',').any(|each| each == name)
}

fn snaps(state: &State, names: &str) -> Answer {
    let snaps = state.snaps.iter().filter(|(name, _)| named(names, name));
    let shown: Vec<Value> = snaps.map(|(name, snap)| shown::snap(name, snap)).collect();
    Answer::sync(&json!(shown)).local()
}

fn apps(state: &State, names: &str) -> Answer {
    let snaps = state.snaps.iter().filter(|(name, _)| named(names, name));
    let apps = snaps.flat_map(|(name, snap)| shown::apps(name, snap));
    Answer::sync(&json!(apps.collect::<Vec<_>>()))
}

/// `select` is `in-progress` unless `all` or `ready` are asked for.
fn changes(state: &State, asked: &Asked) -> Answer {
    let (select, snap) = (asked.query("select"), asked.query("for"));
    let chosen = state.changes.iter().filter(|change| match select {
        "all" => true,
        "ready" => change.is_ready(),
        _ => !change.is_ready(),
    });
    let chosen = chosen.filter(|change| snap.is_empty() || change.concerns(snap));
    Answer::sync(&json!(
        chosen
            .map(super::changes::Change::shown)
            .collect::<Vec<_>>()
    ))
}
