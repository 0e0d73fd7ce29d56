//! Which path is answered by whom, and which fault strikes it.

use std::collections::HashMap;

use axum::body::{Body, to_bytes};
use axum::extract::{Query, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::calls::call_of;
use super::daemon::{Asked, Daemon, Upload};
use super::operations::{self, Class, Operation, Status};
use super::state::State;
use super::{
    Release, cluster, guests, images, join, members, networks, pools, profiles, server, volumes,
    web, wording,
};
use crate::rehearsal::certificate::sha256;
use crate::rehearsal::envelope::{Answer, Refusal};
use crate::rehearsal::fault::Strike;
use crate::rehearsal::serving::Served;
use crate::world::Clock;

/// The longest body that is read: LXD takes values of 4 MB.
const BODY_LIMIT: usize = 8 << 20;

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

    fn stopped(&self) {
        self.state().operations.forget_node(&self.node);
    }
}

/// The answer to `request`; none where a fault closes the connection.
async fn answer(daemon: &Daemon, request: Request) -> Option<Response> {
    let asked = match take_apart(&daemon.node, request).await {
        Ok(asked) => asked,
        Err(refusal) => return Some(refusal.answer().into_response()),
    };
    let Some(call) = call_of(&asked) else {
        let release = daemon.state().release(&daemon.node);
        let refusal = Refusal::new(404, wording::not_found(release));
        return Some(refusal.answer().into_response());
    };
    let strike = daemon.strike(call, asked.target.as_deref());
    if strike.hung_up {
        return None;
    }
    Some(route(daemon, &asked, strike).await)
}

async fn take_apart(node: &str, request: Request) -> Result<Asked, Refusal> {
    let bad = |why: String| Refusal::new(400, why);
    let query = Query::<HashMap<String, String>>::try_from_uri(request.uri())
        .map_err(|error| bad(error.to_string()))?;
    let field = |key: &str| query.get(key).filter(|value| !value.is_empty()).cloned();
    let path = request
        .uri()
        .path()
        .split('/')
        .filter(|part| !part.is_empty());
    let path = path.map(str::to_owned).collect();
    let method = request.method().as_str().to_owned();
    let tag = request.headers().get(header::IF_MATCH);
    let if_match = tag.and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    let kind = request.headers().get(header::CONTENT_TYPE).cloned();
    let bytes = to_bytes(request.into_body(), BODY_LIMIT)
        .await
        .map_err(|error| bad(error.to_string()))?;
    let raw = kind.is_some_and(|kind| kind == "application/octet-stream");
    let upload = raw.then(|| Upload {
        fingerprint: sha256(&bytes),
        size: bytes.len(),
        image: images::read(&bytes),
    });
    let body = if raw || bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?
    };
    Ok(Asked {
        node: node.to_owned(),
        method,
        path,
        target: field("target"),
        recursion: field("recursion").is_some_and(|depth| depth != "0"),
        force: field("force").is_some_and(|force| force == "1"),
        // A negative number means for ever, as a missing one does.
        timeout: field("timeout").and_then(|seconds| seconds.parse().ok()),
        if_match,
        body,
        upload,
    })
}

async fn route(daemon: &Daemon, asked: &Asked, strike: Strike) -> Response {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    if let ("GET", ["ui"]) = (asked.method.as_str(), path.as_slice()) {
        let release = daemon.state().release(&daemon.node);
        if let Some(page) = web::page(release).filter(|_| strike.refused.is_none()) {
            return page;
        }
    }
    let answer = match (asked.method.as_str(), path.as_slice()) {
        ("GET", ["1.0", "operations", id, "wait"]) => return wait(daemon, asked, id, strike).await,
        ("GET", _) => daemon.look(asked, strike, read).await,
        ("DELETE", ["1.0", "operations", _]) => daemon.cancel(asked),
        ("PATCH", ["1.0"]) => daemon.change(asked, strike, server::patch).await,
        ("PUT", ["1.0", "cluster"]) => daemon.change(asked, strike, cluster::put).await,
        ("POST", ["1.0", "cluster", "members"]) => daemon.change(asked, strike, join::token).await,
        ("DELETE", ["1.0", "cluster", "members", _]) => {
            daemon.change(asked, strike, members::delete).await
        }
        ("POST", ["1.0", "storage-pools"]) => daemon.change(asked, strike, pools::post).await,
        ("DELETE", ["1.0", "storage-pools", _]) => {
            daemon.change(asked, strike, pools::delete).await
        }
        ("POST", ["1.0", "networks"]) => daemon.change(asked, strike, networks::post).await,
        ("DELETE", ["1.0", "networks", _]) => daemon.change(asked, strike, networks::delete).await,
        ("POST", ["1.0", "storage-pools", _, "volumes", "custom"]) => {
            daemon.change(asked, strike, volumes::post).await
        }
        ("DELETE", ["1.0", "storage-pools", _, "volumes", "custom", name]) => {
            let delete = |state: &mut State, asked: &Asked| volumes::delete(state, asked, name);
            daemon.change(asked, strike, delete).await
        }
        ("POST", ["1.0", "auth", "identities", "bearer"]) => {
            daemon.change(asked, strike, web::identity).await
        }
        ("POST", ["1.0", "auth", "identities", "bearer", name, "token"]) => {
            let token = |state: &mut State, asked: &Asked| web::token(state, asked, name);
            daemon.change(asked, strike, token).await
        }
        (_, ["1.0", "images" | "instances", ..]) => {
            daemon.change(asked, strike, guests::change).await
        }
        ("PATCH" | "PUT", ["1.0", "profiles", _]) => {
            daemon.change(asked, strike, profiles::write).await
        }
        _ => {
            let release = daemon.state().release(&daemon.node);
            Refusal::new(501, wording::not_implemented(release)).answer()
        }
    };
    answer.into_response()
}

fn read(state: &State, asked: &Asked) -> Result<Answer, Refusal> {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let node = asked.node.as_str();
    match path.as_slice() {
        [] => Ok(Answer::sync(&json!(["/1.0"]))),
        ["internal", "ready"] => Ok(Answer::done()),
        ["1.0"] => server::get(state, asked),
        ["1.0", "cluster"] => Ok(cluster::get(state, node)),
        ["1.0", "cluster", "members"] => members::list(state, asked),
        ["1.0", "cluster", "members", name] => members::get(state, node, name),
        ["1.0", "storage-pools"] => Ok(pools::list(state, asked)),
        ["1.0", "storage-pools", name] => pools::get(state, asked, name),
        ["1.0", "profiles"] => Ok(profiles::list(state, asked)),
        ["1.0", "profiles", name] => profiles::get(state, node, name),
        ["1.0", "images"] => Ok(images::list(state, asked)),
        ["1.0", "instances"] => Ok(guests::list(state, asked)),
        ["1.0", "instances", name, "state"] => guests::state_of(state, node, name),
        ["1.0", "networks"] => Ok(networks::list(state, asked)),
        ["1.0", "networks", name] => networks::get(state, asked, name),
        ["1.0", "storage-pools", _, "volumes", "custom", name] => volumes::get(state, asked, name),
        ["1.0", "operations"] => Ok(Answer::sync(&operations::list(
            state,
            node,
            asked.recursion,
        ))),
        ["1.0", "operations", id] => {
            let operation = known(state, node, id)?;
            Ok(Answer::sync(&operation.shown(state.release(node))))
        }
        _ => Err(Refusal::new(404, wording::not_found(state.release(node)))),
    }
}

fn known<'a>(state: &'a State, node: &str, id: &str) -> Result<&'a Operation, Refusal> {
    let operation = state.operations.get(id);
    operation
        .filter(|operation| state.together(node, &operation.node))
        .ok_or_else(|| Refusal::new(404, "Operation not found"))
}

impl Daemon {
    /// `DELETE /1.0/operations/{id}`: tokens can be cancelled, the tasks here cannot.
    fn cancel(&self, asked: &Asked) -> Answer {
        let mut state = self.state();
        let id = asked.path.last().map_or("", String::as_str);
        let (class, status) = match known(&state, &self.node, id) {
            Ok(operation) => (operation.class, operation.status),
            Err(refusal) => return refusal.answer(),
        };
        if status != Status::Running {
            return Refusal::new(400, "Only running operations can be cancelled").answer();
        }
        if class != Class::Token {
            return Refusal::new(400, "This operation can't be cancelled").answer();
        }
        state.operations.cancel(self.now(), |it| it.id == id);
        self.site.inner.ended.notify_waiters();
        Answer::done()
    }

    /// How the operation stands when it has ended or `asked`'s time is over.
    async fn awaited(&self, asked: &Asked, id: &str) -> Answer {
        let deadline = asked
            .timeout
            .map(|seconds| self.now().saturating_add(seconds.saturating_mul(1000)));
        loop {
            let ended = self.site.inner.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            if let Some(answer) = self.stands(id, deadline) {
                return answer;
            }
            let left = deadline.map_or(u64::MAX, |at| at.saturating_sub(self.now()).max(1));
            let over = async {
                match deadline {
                    Some(_) => {
                        let left = std::time::Duration::from_millis(left);
                        self.site.inner.clock.sleep(left).await;
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = ended => {}
                () = over => {}
            }
        }
    }

    /// What a wait answers now; none while the operation runs and there is time left.
    fn stands(&self, id: &str, deadline: Option<u64>) -> Option<Answer> {
        let state = self.state();
        let operation = match known(&state, &self.node, id) {
            Ok(operation) => operation,
            Err(refusal) => return Some(refusal.answer()),
        };
        if let Some(refusal) = &operation.refusal {
            return Some(refusal.answer());
        }
        let over = deadline.is_some_and(|at| self.now() >= at);
        let release = state.release(&self.node);
        (operation.status != Status::Running || over)
            .then(|| Answer::sync(&operation.shown(release)))
    }
}

/// `GET /1.0/operations/{id}/wait`. From 5.21 on the head is sent at once, 200 whatever comes.
async fn wait(daemon: &Daemon, asked: &Asked, id: &str, strike: Strike) -> Response {
    daemon.site.inner.clock.sleep(strike.delay).await;
    if let Some(text) = strike.refused {
        return Refusal::internal(text).answer().into_response();
    }
    let found = known(&daemon.state(), &daemon.node, id).map(|_| ());
    if let Err(refusal) = found {
        return refusal.answer().into_response();
    }
    let release = daemon.state().release(&daemon.node);
    if release == Release::V5_0 {
        return daemon.awaited(asked, id).await.into_response();
    }
    let (daemon, asked, id) = (daemon.clone(), asked.clone(), id.to_owned());
    let body = stream::once(async move {
        let answer = daemon.awaited(&asked, &id).await;
        Ok::<_, std::convert::Infallible>(answer.bytes())
    });
    Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from_stream(body))
        .unwrap_or_else(|error| {
            Refusal::internal(error.to_string())
                .answer()
                .into_response()
        })
}
