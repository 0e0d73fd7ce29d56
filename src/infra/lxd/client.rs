//! LXD's REST API, call by call; every answer is read by its own `type`, never by version.

mod guests;
mod networks;
mod operations;
mod volumes;
mod web;

pub use guests::{Image, Instance, NewContainer};

use std::path::PathBuf;
use std::time::Duration;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::join::JoinRequest;
use super::types::{Cluster, Config, Devices, Member, NewPool, Pool, Profile, Server};
use crate::infra::rest::envelope::{Progress, Reply, parse};
use crate::infra::rest::{Answer, Call, Patience, Rest, RestError, segment};

/// How long the first request may take: systemd starts the snap's daemon with it, on a Pi in up to
/// half a minute.
const STARTING: Duration = Duration::from_secs(90);

/// The LXD of this machine.
#[derive(Debug, Clone)]
pub struct Lxd {
    rest: Rest,
    /// Once cancelled, operations are not awaited any more.
    leave: CancellationToken,
}

impl Lxd {
    /// The LXD that listens on `socket`.
    pub fn new(socket: PathBuf) -> Self {
        Self {
            rest: Rest::new(socket),
            leave: CancellationToken::new(),
        }
    }

    /// The same LXD, whose operations are left to themselves once `leave` is cancelled: the call then ends
    /// as `Left`.
    #[must_use]
    pub fn left_on(mut self, leave: &CancellationToken) -> Self {
        self.leave = leave.clone();
        self
    }

    /// Whether the daemon is ready; `false` while it starts or stops (503).
    pub async fn ready(&self) -> Result<bool, RestError> {
        let call = Call::get("/internal/ready").patience(Patience::Within(STARTING));
        match self.ask::<IgnoredAny>(call).await {
            Ok(_) => Ok(true),
            Err(RestError::Refused(refusal)) if refusal.code == 503 => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// `GET /1.0`; with a target as that member tells it.
    pub async fn server(&self, target: Option<&str>) -> Result<Server, RestError> {
        self.get(at("/1.0", target)).await
    }

    /// Merges keys into the server's config; an empty value unsets. Member-local keys go to
    /// `target`, or to the asked member.
    pub async fn patch_server(
        &self,
        config: &Config,
        target: Option<&str>,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        let body = json!({ "config": config });
        self.work(Call::patch(at("/1.0", target), body), progress)
            .await
    }

    /// `GET /1.0/cluster`: whether it is enabled, and what a joiner must supply.
    pub async fn cluster(&self) -> Result<Cluster, RestError> {
        self.get("/1.0/cluster").await
    }

    /// Makes this server a cluster of one, named `name` for good. Its address must be set before.
    pub async fn enable_cluster(
        &self,
        name: &str,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        let body = json!({ "server_name": name, "enabled": true });
        self.work(Call::put("/1.0/cluster", body), progress).await
    }

    /// Dissolves a cluster of one: the records of pools and networks go, addresses stay, the daemon
    /// starts anew. LXD doesn't check the number of members: the caller must.
    pub async fn disable_cluster(&self, progress: Progress<'_>) -> Result<(), RestError> {
        let body = json!({ "server_name": "", "enabled": false });
        self.work(Call::put("/1.0/cluster", body), progress).await
    }

    /// All members; refused with `Server is not clustered` outside a cluster.
    pub async fn members(&self) -> Result<Vec<Member>, RestError> {
        self.list("/1.0/cluster/members?recursion=1").await
    }

    /// Joins this server to a cluster; it asks the server first how it wants the token.
    pub async fn join(
        &self,
        request: &JoinRequest,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        let joiner = self.server(None).await?;
        let call = Call::put("/1.0/cluster", request.body(&joiner));
        self.work(call, progress).await
    }

    /// Takes a member out, which resets it; `force` for one that is dead: only its record goes.
    pub async fn delete_member(
        &self,
        name: &str,
        force: bool,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        let force = if force { "?force=1" } else { "" };
        let path = format!("/1.0/cluster/members/{}{force}", segment(name));
        self.work(Call::delete(path), progress).await
    }

    /// All pools.
    pub async fn pools(&self) -> Result<Vec<Pool>, RestError> {
        self.list("/1.0/storage-pools?recursion=1").await
    }

    /// One pool; with a target with that member's own keys.
    pub async fn pool(&self, name: &str, target: Option<&str>) -> Result<Pool, RestError> {
        let path = format!("/1.0/storage-pools/{}", segment(name));
        self.get(at(&path, target)).await
    }

    /// First phase: tells one member of a pool to come. Member-specific keys alone.
    pub async fn create_pool_pending(
        &self,
        target: &str,
        pool: &NewPool,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        let path = at("/1.0/storage-pools", Some(target));
        self.work(Call::post(path, json!(pool)), progress).await
    }

    /// Last phase: makes the pool on every member. Global keys alone.
    pub async fn create_pool(
        &self,
        pool: &NewPool,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        self.work(Call::post("/1.0/storage-pools", json!(pool)), progress)
            .await
    }

    /// Deletes a pool with what is on it; also clears one that is pending or failed.
    pub async fn delete_pool(&self, name: &str, progress: Progress<'_>) -> Result<(), RestError> {
        let path = format!("/1.0/storage-pools/{}", segment(name));
        self.work(Call::delete(path), progress).await
    }

    /// A profile of the default project.
    pub async fn profile(&self, name: &str) -> Result<Profile, RestError> {
        self.get(format!("/1.0/profiles/{}", segment(name))).await
    }

    /// Merges devices, by name, into a profile. LXD takes a pool it doesn't know.
    pub async fn patch_profile(
        &self,
        name: &str,
        devices: &Devices,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        let path = format!("/1.0/profiles/{}", segment(name));
        let body = json!({ "devices": devices });
        self.work(Call::patch(path, body), progress).await
    }

    /// A call that does something: at once, or as an operation that is waited for.
    async fn work(&self, call: Call, progress: Progress<'_>) -> Result<(), RestError> {
        let call = call.patience(Patience::WhileConnected);
        match self.ask::<IgnoredAny>(call).await? {
            Reply::Sync(_) => Ok(()),
            Reply::Async(operation) => {
                progress(&operation.view());
                self.wait_for(&operation, progress).await.map(drop)
            }
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: impl Into<String>) -> Result<T, RestError> {
        match self.ask(Call::get(path)).await? {
            Reply::Sync(thing) => Ok(thing),
            Reply::Async(operation) => Err(RestError::Broken {
                reason: format!(
                    "an operation ({}) instead of an answer",
                    operation.description
                ),
            }),
        }
    }

    async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, RestError> {
        let list: Option<Vec<T>> = self.get(path).await?;
        Ok(list.unwrap_or_default())
    }

    async fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<Reply<T>, RestError> {
        let Answer { status, body } = self.rest.send(&call).await?;
        parse(status, &body)
    }
}

/// `path`, on another member if one is named.
fn at(path: &str, target: Option<&str>) -> String {
    match target {
        None => path.to_owned(),
        Some(member) => format!("{path}?target={}", segment(member)),
    }
}
