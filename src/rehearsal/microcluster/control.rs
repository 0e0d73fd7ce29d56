//! `POST /core/control`: making a cluster of one, or joining one.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::{App, Errand, join, names};
use crate::rehearsal::envelope::{Answer, Refusal};

/// Milliseconds that a call blocks which neither bootstraps nor joins, as recorded.
const NEITHER: u64 = 121_289;

/// Milliseconds into a bootstrap at which its member is listed.
const LISTED: u64 = 200;

/// What `POST /core/control` asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::rehearsal) struct Control {
    pub(in crate::rehearsal) bootstrap: bool,
    pub(in crate::rehearsal) name: String,
    pub(in crate::rehearsal) address: String,
    pub(in crate::rehearsal) join_token: String,
    /// The application's keys.
    pub(in crate::rehearsal) config: BTreeMap<String, String>,
}

impl Control {
    /// The value of a key that is set and not empty.
    pub(in crate::rehearsal) fn key(&self, key: &str) -> Option<&str> {
        let value = self.config.get(key).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// The name and the address of the member that is to be.
    pub(super) fn member(&self) -> (&str, &str) {
        (&self.name, &self.address)
    }
}

pub(super) async fn post<A: App>(errand: &Errand<A>) -> Result<Answer, Refusal> {
    let control: Control = errand
        .asked
        .json()
        .map_err(|text| Refusal::new(400, text))?;
    names::check_name("Cluster member", &control.name)?;
    names::check_address(&control.address)?;
    if control.bootstrap && !control.join_token.is_empty() {
        let text = "Invalid options - received join token and bootstrap flag";
        return Err(Refusal::internal(text));
    }
    unused(errand)?;
    if control.address.is_empty() {
        let text = "Cannot start network API without valid daemon configuration";
        return Err(Refusal::internal(text));
    }
    let neither = !control.bootstrap && control.join_token.is_empty();
    if neither {
        errand.pass_while_asked(NEITHER).await?;
        errand.site.state().reset(&errand.host, None);
        let text = "Failed to re-establish cluster connection: \
                    Ready dqlite: context deadline exceeded";
        return Err(Refusal::internal(text));
    }
    told(errand, &control)?;
    if control.bootstrap {
        bootstrap(errand, &control).await?;
    } else {
        join::join(errand, &control).await?;
    }
    Ok(Answer::sync(&json!({})))
}

/// Refuses where the daemon is a member already.
fn unused<A: App>(errand: &Errand<A>) -> Result<(), Refusal> {
    match errand.site.state().cluster(&errand.host) {
        Ok(_) => Err(Refusal::internal(
            "Unable to initialize cluster: Database is online",
        )),
        Err(_) => Ok(()),
    }
}

/// Remembers name and address, which a refusal of the application's check leaves there.
fn told<A: App>(errand: &Errand<A>, control: &Control) -> Result<(), Refusal> {
    let mut state = errand.site.state();
    state.node_mut(&errand.host).told = (control.name.clone(), control.address.clone());
    A::precheck(&state, &errand.host, control).map_err(|refusal| {
        let why = &refusal.text;
        let text = format!("Failed to run pre-init hook before starting the API: {why}");
        Refusal::internal(text)
    })
}

async fn bootstrap<A: App>(errand: &Errand<A>, control: &Control) -> Result<(), Refusal> {
    let host = &errand.host;
    if let Err(gone) = errand.pass_while_asked(LISTED).await {
        errand.site.state().reset(host, None);
        return Err(gone);
    }
    unused(errand)?;
    {
        let now = errand.site.now();
        let mut state = errand.site.state();
        state.found(host, control.member(), now);
        A::enrol(&mut state, host, control);
    }
    let started = A::start(errand, control).await;
    if started.is_err() {
        undo(errand, control);
    }
    started
}

/// Takes the application's part of a member back, and the member with it.
fn undo<A: App>(errand: &Errand<A>, control: &Control) {
    let mut state = errand.site.state();
    if let Ok(id) = state.cluster(&errand.host).map(|(id, _)| id) {
        A::leave(&mut state, &errand.host, &control.name, id);
    }
    state.reset(&errand.host, None);
}
