//! The step that connects the plugs which the services need.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::client::Snapd;
use super::failures;
use super::plugs::{LXD, Plug, restarts};
use super::types::{Connection, Connections};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::{Context, Doing, Step};

/// The snaps that the system's slots may belong to.
const SYSTEM: [&str; 3] = ["snapd", "core", "system"];

/// Plugs are connected, as far as the installed snaps have them.
///
/// A service whose plug was connected just now is restarted: it reads its connections when it starts.
#[derive(Debug)]
pub struct PlugsConnected {
    /// The snapd of this node.
    pub snapd: Snapd,
    /// The connections, see [`super::plugs::wanted`].
    pub wanted: Vec<Plug>,
    /// Where LXD's daemon may have been started before its connections were made: whether it was started
    /// anew since.
    pub older: Option<Arc<AtomicBool>>,
}

/// How the wanted plugs stand.
#[derive(Debug, Default)]
struct Found<'a> {
    missing: Vec<&'a Plug>,
    /// Plugs that the installed snap does not have, or whose slot the other snap does not have.
    lacking: Vec<&'a Plug>,
}

fn is_made(connection: &Connection, wanted: &Plug) -> bool {
    let slot = connection.slot.snap.as_str();
    let same = match wanted.slot_snap.as_str() {
        "" => SYSTEM.contains(&slot),
        snap => slot == snap,
    };
    same && connection.plug.snap == wanted.snap
        && connection.plug.plug == wanted.plug
        && connection.slot.slot == wanted.slot
}

impl PlugsConnected {
    async fn found(&self, context: &Context) -> Result<Found<'_>, Failure> {
        let snaps: BTreeSet<&str> = self.wanted.iter().map(|plug| plug.snap.as_str()).collect();
        let mut told: BTreeMap<&str, Connections> = BTreeMap::new();
        for snap in snaps {
            let ask = || self.snapd.connections(snap);
            let connections = self.snapd.patiently(context, ask).await?;
            told.insert(snap, connections.ok_or_else(|| failures::absent(snap))?);
        }
        let mut found = Found::default();
        for plug in &self.wanted {
            let Some(told) = told.get(plug.snap.as_str()) else {
                continue;
            };
            let has = |name: &str| told.plugs.iter().any(|each| each.plug == name);
            if told.established.iter().any(|made| is_made(made, plug)) {
                continue;
            }
            if has(&plug.plug) && self.has_slot(plug, context).await? {
                found.missing.push(plug);
            } else {
                found.lacking.push(plug);
            }
        }
        Ok(found)
    }

    /// Whether the other service's snap has the slot: an older build may lack it. The system has its own.
    async fn has_slot(&self, plug: &Plug, context: &Context) -> Result<bool, Failure> {
        if plug.slot_snap.is_empty() {
            return Ok(true);
        }
        let ask = || self.snapd.connections(&plug.slot_snap);
        let told = self.snapd.patiently(context, ask).await?;
        let slots = told.map_or_else(Vec::new, |told| told.slots);
        Ok(slots.is_empty() || slots.iter().any(|it| it.slot == plug.slot))
    }

    /// What is connected, in sentences.
    fn told(&self, found: &Found<'_>) -> Vec<Message> {
        let count = self.wanted.len().saturating_sub(found.lacking.len());
        let mut told = vec![Message::new("snapd.connected").with("count", count)];
        told.extend(found.lacking.iter().map(|plug| {
            Message::new("snapd.no-such-plug")
                .with("snap", &plug.snap)
                .with("plug", &plug.plug)
        }));
        told
    }

    async fn connect_all(&self, context: &Context) -> Result<(), Failure> {
        let found = self.found(context).await?;
        let mut services = BTreeSet::new();
        for plug in found.missing {
            self.connect(plug, context).await?;
            services.extend(restarts(&plug.snap));
        }
        if self.is_older() {
            services.extend(restarts(LXD));
        }
        for service in services {
            self.restart(service, context).await?;
        }
        if let Some(started) = &self.older {
            started.store(true, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Whether LXD may not have read its connections yet.
    fn is_older(&self) -> bool {
        let started = self.older.as_ref();
        started.is_some_and(|started| !started.load(Ordering::SeqCst))
    }

    async fn connect(&self, plug: &Plug, context: &Context) -> Result<(), Failure> {
        let fill = |message: Message| {
            message
                .with("plug", format!("{}:{}", plug.snap, plug.plug))
                .with("slot", format!("{}:{}", plug.slot_snap, plug.slot))
        };
        context.say(fill(Message::new("snapd.connecting")));
        let what = fill(Message::new("snapd.connect-failed"));
        let ask = || self.snapd.connect(plug);
        self.snapd.through(ask, &plug.snap, (what, context)).await
    }

    async fn restart(&self, service: &'static str, context: &Context) -> Result<(), Failure> {
        let fill = |message: Message| message.with("service", service);
        context.say(fill(Message::new("snapd.restarting")));
        let what = fill(Message::new("snapd.restart-failed"));
        let snap = service.split('.').next().unwrap_or(service);
        let ask = || async move { self.snapd.restart(&[service]).await };
        self.snapd.through(ask, snap, (what, context)).await
    }

    async fn prove(&self, context: &Context) -> Result<Vec<Message>, Failure> {
        let found = self.found(context).await?;
        if found.missing.is_empty() {
            return Ok(self.told(&found));
        }
        let what = Message::new("snapd.not-connected").with("plugs", names(&found.missing));
        Err(Failure::new(what).hint(Message::new("snapd.hint-plug")))
    }
}

fn names(plugs: &[&Plug]) -> String {
    let names: Vec<String> = plugs
        .iter()
        .map(|plug| format!("{}:{}", plug.snap, plug.plug))
        .collect();
    names.join(", ")
}

impl Step for PlugsConnected {
    fn observe<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            let found = self.found(context).await?;
            Ok(if !found.missing.is_empty() {
                Seen::Missing(format!("not connected: {}", names(&found.missing)))
            } else if self.is_older() {
                Seen::Missing("connected, perhaps later than LXD was started".to_owned())
            } else {
                Seen::There(self.told(&found))
            })
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.connect_all(context))
    }

    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(self.prove(context))
    }
}
