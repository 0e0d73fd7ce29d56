//! LXD 6's web interface: its page, and the token of the first browser.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Release;
use super::daemon::{Asked, Done, Job};
use super::state::State;
use crate::rehearsal::envelope::{Answer, Refusal};

/// LXD's name for the identity that a browser may bring in the address.
const FIRST: &str = "Initial UI token bearer";

/// The interface's page; none where this LXD has no interface.
pub(super) fn page(release: Release) -> Option<Response> {
    let page = "<!doctype html><title>LXD UI</title>";
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (release == Release::V6).then(|| (kind, page).into_response())
}

/// `POST /1.0/auth/identities/bearer`: there is one identity of this type at most.
pub(super) fn identity(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    if state.release(&asked.node) != Release::V6 {
        return Err(Refusal::new(404, "not found"));
    }
    if asked.text("type") != FIRST || asked.text("name").is_empty() {
        return Err(Refusal::new(400, "Invalid identity type"));
    }
    if state.database(&asked.node).browser.is_some() {
        return Err(Refusal::new(409, "Identity already exists"));
    }
    let name = asked.text("name").to_owned();
    let node = asked.node.clone();
    Ok(Job::waited(move |state, _| {
        state.database_mut(&node).browser = Some(name.clone());
        let at = format!("/1.0/auth/identities/bearer/{name}");
        Ok(Done::new(0, Answer::created(at)))
    }))
}

/// `POST …/{name}/token`: for a day, which the caller cannot change.
pub(super) fn token(state: &mut State, asked: &Asked, name: &str) -> Result<Job, Refusal> {
    if state.database(&asked.node).browser.as_deref() != Some(name) {
        return Err(Refusal::new(404, "Identity not found"));
    }
    if !asked.text("expiry").is_empty() {
        let text = "The initial UI token expiry cannot be set";
        return Err(Refusal::new(400, text));
    }
    let token = format!("eyJ.{}.sig", state.dice("browser").uuid4());
    Ok(Job::waited(move |_, _| {
        Ok(Done::new(0, Answer::sync(&json!({ "token": token }))))
    }))
}
