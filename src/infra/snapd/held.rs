//! The step that holds the services' snaps, so that no refresh comes at an hour of its own.

use super::client::Snapd;
use super::failures;
use super::types::Snap;
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::{Context, Doing, Step};
use crate::world::Clock;

/// A year in milliseconds.
const YEAR_MS: u64 = 31_556_952_000;

/// How many years ahead a hold counts as one for ever. snapd writes "forever" as a time almost 300
/// years away.
const FOR_EVER: u64 = 100;

/// Refreshes of these snaps are held, all but those asked for by name.
///
/// snapd refreshes on its own several times a day, also in the middle of a join. A hold lasts until
/// somebody ends it, so `undo` leaves it.
#[derive(Debug)]
pub struct SnapsHeld {
    /// The snapd of this node.
    pub snapd: Snapd,
    /// The snaps by name; each must be installed.
    pub names: Vec<String>,
}

/// Whether a snap's refreshes are held for ever.
pub(super) fn is_held(snap: &Snap, clock: &Clock) -> bool {
    let year = snap
        .hold
        .split_once('-')
        .map(|(year, _)| year.parse::<u64>());
    let now = 1970_u64.saturating_add(clock.now() / YEAR_MS);
    matches!(year, Some(Ok(year)) if year >= now.saturating_add(FOR_EVER))
}

impl SnapsHeld {
    /// The snaps that are not held.
    async fn loose(&self, context: &Context) -> Result<Vec<&str>, Failure> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let snaps = self
            .snapd
            .patiently(context, || self.snapd.snaps(&names))
            .await?;
        let mut loose = Vec::new();
        for name in names {
            let snap = snaps.iter().find(|snap| snap.name == name);
            let snap = snap.ok_or_else(|| failures::absent(name))?;
            if !is_held(snap, &self.snapd.clock) {
                loose.push(name);
            }
        }
        Ok(loose)
    }

    async fn hold(&self, context: &Context) -> Result<(), Failure> {
        let loose = self.loose(context).await?;
        if loose.is_empty() {
            return Ok(());
        }
        context.say(Message::new("snapd.holding"));
        let what = Message::new("snapd.hold-failed").with("snaps", loose.join(", "));
        let begin = || self.snapd.hold(&loose);
        let first = loose.first().copied().unwrap_or_default();
        self.snapd.through(begin, first, (what, context)).await
    }

    fn held(&self) -> Vec<Message> {
        vec![Message::new("snapd.held").with("snaps", self.names.join(", "))]
    }
}

impl Step for SnapsHeld {
    fn observe<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            let loose = self.loose(context).await?;
            Ok(if loose.is_empty() {
                Seen::There(self.held())
            } else {
                Seen::Missing(format!("not held: {}", loose.join(", ")))
            })
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.hold(context))
    }

    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            let loose = self.loose(context).await?;
            if loose.is_empty() {
                return Ok(self.held());
            }
            let what = Message::new("snapd.hold-failed").with("snaps", loose.join(", "));
            Err(Failure::new(what).hint(Message::new("snapd.hint-again")))
        })
    }
}
