//! The step that has LXD listen on the cluster address, and gives the first what is the whole cluster's:
//! mcloud's mark, and that running virtual machines can move.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::client::Lxd;
use super::failures;
use super::fresh;
use super::reach::{Reach, leaves_open};
use super::status::{MARK, mark};
use super::types::{Config, Member, Server};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::rest::RestError;
use crate::infra::{Context, Doing, Step};

/// Where LXD's API listens; may be a wildcard. A member's own.
const CORE: &str = "core.https_address";

/// Where the members reach this one; concrete, and fixed once there is a cluster.
const CLUSTER: &str = "cluster.https_address";

/// Whether instances can move while they run. The cluster's own.
const MOVES: &str = "instances.migration.stateful";

/// The extension that came with it.
const MOVES_EXTENSION: &str = "instances_migration_stateful";

/// LXD listens on the cluster address.
#[derive(Debug)]
pub(super) struct Address {
    reach: Reach,
    at: SocketAddr,
    mark: Option<String>,
    planned: BTreeMap<String, SocketAddr>,
    set: Mutex<Vec<Change>>,
}

/// One key that this attempt sets.
#[derive(Debug, Clone)]
struct Change {
    key: String,
    old: String,
    new: String,
}

impl Address {
    pub(super) fn new(
        reach: Reach,
        at: SocketAddr,
        (mark, planned): (Option<String>, BTreeMap<String, SocketAddr>),
    ) -> Self {
        Self {
            reach,
            at,
            mark,
            planned,
            set: Mutex::default(),
        }
    }

    async fn look(&self, lxd: &Lxd) -> Result<(Server, Vec<Change>), Failure> {
        let server = lxd.server(None).await;
        let server = server.map_err(|error| failures::unanswered(&error))?;
        if server.environment.server_clustered {
            self.is_ours(lxd, &server).await?;
        } else {
            fresh::is_fresh(lxd, &server.environment.server_name).await?;
        }
        let changes = self.changes(&server);
        Ok((server, changes))
    }

    /// A cluster is the planned one by the same rule as before Install, which could not ask an LXD
    /// that was stopped: nobody is in it who is not planned, and everybody planned is, or mcloud's
    /// own mark. A joiner does not know the mark.
    async fn is_ours(&self, lxd: &Lxd, server: &Server) -> Result<(), Failure> {
        let members = lxd.members().await;
        let members = members.map_err(|error| failures::unanswered(&error))?;
        let planned = |it: &Member| {
            let at = self.planned.get(&it.server_name);
            at.is_some_and(|at| it.address() == at.to_string())
        };
        let whole = members.len() == self.planned.len();
        let marked = match (&self.mark, mark(server)) {
            (Some(mine), Some(found)) => mine == found,
            (Some(_), None) => whole,
            (None, found) => whole || found.is_some(),
        };
        let here = value(server, CLUSTER) == self.at.to_string();
        if here && marked && members.iter().all(planned) {
            return Ok(());
        }
        Err(failures::other_cluster(
            &server.environment.server_name,
            &members,
        ))
    }

    /// What must be set. What somebody chose for the API and for moving stays, and in a cluster what is unset.
    fn changes(&self, server: &Server) -> Vec<Change> {
        let address = self.at.to_string();
        let open = |key| value(server, key).is_empty() && !server.environment.server_clustered;
        let mut wanted = vec![(CLUSTER, address.clone())];
        if open(CORE) {
            wanted.push((CORE, address));
        }
        if self.mark.is_some() && server.has(MOVES_EXTENSION) && open(MOVES) {
            wanted.push((MOVES, "true".to_owned()));
        }
        wanted.extend(self.mark.clone().map(|mark| (MARK, mark)));
        wanted
            .into_iter()
            .filter(|(key, new)| value(server, key) != new)
            .map(|(key, new)| Change {
                key: key.to_owned(),
                old: value(server, key).to_owned(),
                new,
            })
            .collect()
    }

    async fn set(&self, context: &Context) -> Result<(), Failure> {
        let lxd = self.reach.lxd().await?;
        let (_, changes) = self.look(&lxd).await?;
        if changes.is_empty() {
            return Ok(());
        }
        let config = changes.iter().map(|it| (it.key.clone(), it.new.clone()));
        let config: Config = config.collect();
        *self.set.lock().unwrap_or_else(PoisonError::into_inner) = changes;
        match lxd.patch_server(&config, None, &|_| context.alive()).await {
            Ok(()) => Ok(()),
            Err(error) if leaves_open(&error) => match self.look(&lxd).await?.1.as_slice() {
                [] => Ok(()),
                _ => Err(self.failed(&error)),
            },
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn failed(&self, error: &RestError) -> Failure {
        let what = Message::new("lxd.address-failed").with("address", self.at);
        failures::failed(what, error)
    }

    /// Gives back what this attempt set and nobody changed since. A cluster's addresses are fixed.
    async fn unset(&self, context: &Context) -> Result<(), Failure> {
        let set = std::mem::take(&mut *self.set.lock().unwrap_or_else(PoisonError::into_inner));
        if set.is_empty() {
            return Ok(());
        }
        let lxd = self.reach.lxd().await?;
        let server = lxd.server(None).await;
        let server = server.map_err(|error| failures::unanswered(&error))?;
        let config: Config = set
            .into_iter()
            .filter(|it| value(&server, &it.key) == it.new)
            .map(|it| (it.key, it.old))
            .collect();
        if config.is_empty() || server.environment.server_clustered {
            return Ok(());
        }
        lxd.patch_server(&config, None, &|_| context.alive())
            .await
            .map_err(|error| failures::failed(Message::new("lxd.address-not-unset"), &error))
    }

    fn listens(&self) -> Message {
        Message::new("lxd.listens").with("address", self.at)
    }
}

fn value<'a>(server: &'a Server, key: &str) -> &'a str {
    server.config.get(key).map_or("", String::as_str)
}

impl Step for Address {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            let lxd = self.reach.lxd().await?;
            let (server, changes) = self.look(&lxd).await?;
            if changes.is_empty() {
                return Ok(Seen::There(vec![self.listens()]));
            }
            let before = [CORE, CLUSTER, MARK, MOVES].map(|key| (key, value(&server, key)));
            let before: Config = before
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect();
            Ok(Seen::Missing(json!(before).to_string()))
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.set(context))
    }

    fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            let lxd = self.reach.lxd().await?;
            let (_, lacking) = self.look(&lxd).await?;
            match lacking.first() {
                None => Ok(vec![self.listens()]),
                Some(change) => Err(Failure::new(
                    Message::new("lxd.key-not-kept").with("key", &change.key),
                )
                .hint(Message::new("lxd.hint-log"))),
            }
        })
    }

    fn undo<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.unset(context))
    }
}
