//! snapd's REST API, call by call (snapd `daemon/api_*.go`; recorded from 2.68.3).

use std::path::PathBuf;
use std::time::Duration;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};

use super::envelope::{Answered, Reply, SnapdError, parse};
use super::plugs::Plug;
use super::refusals::{Meaning, meaning};
use super::types::{Change, Connections, Snap, SystemInfo};
use crate::infra::rest::{Answer, Call, Patience, Rest, RestError, segment};
use crate::world::Clock;

/// How long a call may take that asks the store before it answers. Without a network snapd was seen
/// to try for 37 s before it said so.
const ASKS_STORE: Duration = Duration::from_mins(2);

/// The cohort that every node shares: the store gives all of its members one revision, also while a
/// new one is given out step by step. It needs no key made before.
const COHORT: &str = "+";

/// The snapd of this machine.
#[derive(Debug, Clone)]
pub struct Snapd {
    rest: Rest,
    pub(super) clock: Clock,
}

/// Which build of a snap is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The channel it is to follow, `5.21/stable`.
    pub channel: String,
    /// Exactly this revision of it; else the one that the nodes' common cohort has.
    pub revision: Option<String>,
}

impl Build {
    fn body(&self, action: &str) -> Value {
        match &self.revision {
            // snapd takes a revision or a cohort, not both.
            Some(revision) => {
                json!({ "action": action, "channel": self.channel, "revision": revision })
            }
            None => json!({ "action": action, "channel": self.channel, "cohort-key": COHORT }),
        }
    }
}

impl Snapd {
    /// The snapd that listens on `socket`; nothing is asked yet. It is polled by `clock`.
    pub fn new(socket: PathBuf, clock: Clock) -> Self {
        Self {
            rest: Rest::new(socket),
            clock,
        }
    }

    /// `GET /v2/system-info`: what snapd and the machine are.
    pub async fn system_info(&self) -> Result<SystemInfo, SnapdError> {
        self.get("/v2/system-info").await
    }

    /// An installed snap; none where it is not installed.
    pub async fn snap(&self, name: &str) -> Result<Option<Snap>, SnapdError> {
        match self.get(format!("/v2/snaps/{}", segment(name))).await {
            Ok(snap) => Ok(Some(snap)),
            Err(error) if is(&error, Meaning::NoSuchSnap) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Those of `names` that are installed, in one call.
    pub async fn snaps(&self, names: &[&str]) -> Result<Vec<Snap>, SnapdError> {
        let names: Vec<String> = names.iter().map(|name| segment(name)).collect();
        let path = format!("/v2/snaps?snaps={}", names.join(","));
        let found: Option<Vec<Snap>> = self.get(path).await?;
        Ok(found.unwrap_or_default())
    }

    /// The plugs of a snap, connected or not, and what is connected to it; none where it is not
    /// installed.
    pub async fn connections(&self, snap: &str) -> Result<Option<Connections>, SnapdError> {
        let path = format!("/v2/connections?snap={}&select=all", segment(snap));
        match self.get(path).await {
            Ok(connections) => Ok(Some(connections)),
            Err(error) if is(&error, Meaning::NoSuchSnap) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Begins to install a snap; gives the change's id.
    pub async fn install(&self, name: &str, build: &Build) -> Result<String, SnapdError> {
        self.begin(of_snap(name), build.body("install")).await
    }

    /// Begins to bring an installed snap to another channel or revision; gives the change's id.
    pub async fn refresh(&self, name: &str, build: &Build) -> Result<String, SnapdError> {
        self.begin(of_snap(name), build.body("refresh")).await
    }

    /// Begins to enable a snap that was disabled; gives the change's id.
    pub async fn enable(&self, name: &str) -> Result<String, SnapdError> {
        self.begin(of_snap(name), json!({ "action": "enable" }))
            .await
    }

    /// Holds all refreshes of these snaps but those asked for by name, for ever; gives the change's
    /// id, which is done already.
    pub async fn hold(&self, names: &[&str]) -> Result<String, SnapdError> {
        let body = json!({
            "action": "hold", "snaps": names, "time": "forever", "hold-level": "general",
        });
        self.begin("/v2/snaps".to_owned(), body).await
    }

    /// Begins to connect one plug; gives the change's id. Twice is as good as once.
    pub async fn connect(&self, wanted: &Plug) -> Result<String, SnapdError> {
        let body = json!({
            "action": "connect",
            "plugs": [{ "snap": wanted.snap, "plug": wanted.plug }],
            "slots": [{ "snap": wanted.slot_snap, "slot": wanted.slot }],
        });
        self.begin("/v2/interfaces".to_owned(), body).await
    }

    /// Begins to restart services, `lxd.daemon`, or all of a snap, `microovn`; gently where they
    /// know how to reload. Gives the change's id.
    pub async fn restart(&self, services: &[&str]) -> Result<String, SnapdError> {
        let body = json!({ "action": "restart", "names": services, "reload": true });
        self.begin("/v2/apps".to_owned(), body).await
    }

    /// A change; none where snapd has forgotten it, which it does after a day.
    pub async fn change(&self, id: &str) -> Result<Option<Change>, SnapdError> {
        let call = Call::get(format!("/v2/changes/{}", segment(id)));
        match self.ask::<Change>(call).await {
            Ok(answered) => {
                let mut change = sync(answered.reply)?;
                change.maintenance = answered.maintenance;
                Ok(Some(change))
            }
            Err(error) if error.refusal().is_some_and(|no| no.status == 404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What snapd is doing with a snap now.
    pub async fn changes_in_progress(&self, snap: &str) -> Result<Vec<Change>, SnapdError> {
        let path = format!("/v2/changes?select=in-progress&for={}", segment(snap));
        let found: Option<Vec<Change>> = self.get(path).await?;
        Ok(found.unwrap_or_default())
    }

    /// Asks a change to stop and to take back what it did; refused where it is over.
    pub async fn abort(&self, id: &str) -> Result<(), SnapdError> {
        let path = format!("/v2/changes/{}", segment(id));
        let call = Call::post(path, json!({ "action": "abort" }));
        self.ask::<IgnoredAny>(call).await.map(drop)
    }

    async fn get<T: DeserializeOwned>(&self, path: impl Into<String>) -> Result<T, SnapdError> {
        sync(self.ask(Call::get(path)).await?.reply)
    }

    async fn begin(&self, path: String, body: Value) -> Result<String, SnapdError> {
        let call = Call::post(path, body).patience(Patience::Within(ASKS_STORE));
        match self.ask::<IgnoredAny>(call).await?.reply {
            Reply::Change(id) => Ok(id),
            Reply::Sync(_) => Err(RestError::Broken {
                reason: "something was done without a change".to_owned(),
            }
            .into()),
        }
    }

    async fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<Answered<T>, SnapdError> {
        let Answer { status, body } = self.rest.send(&call).await?;
        parse(status, &body)
    }
}

fn of_snap(name: &str) -> String {
    format!("/v2/snaps/{}", segment(name))
}

fn sync<T>(reply: Reply<T>) -> Result<T, SnapdError> {
    match reply {
        Reply::Sync(thing) => Ok(thing),
        Reply::Change(id) => Err(RestError::Broken {
            reason: format!("a change ({id}) instead of an answer"),
        }
        .into()),
    }
}

fn is(error: &SnapdError, meant: Meaning) -> bool {
    error
        .refusal()
        .is_some_and(|refused| meaning(refused) == meant)
}
