//! The step that installs a snap, or brings it to the planned channel and revision.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::client::{Build, Snapd};
use super::envelope::SnapdError;
use super::failures;
use super::follow::Ended;
use super::refusals::{Meaning, conflicting, meaning};
use super::types::Snap;
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::{Context, Doing, Step};

/// The name of the input that tells which revision the leader has.
pub const REVISION: &str = "snap-revision";

/// The name of the input that tells for which architecture that revision is.
pub const ARCHITECTURE: &str = "snap-architecture";

/// How often something else of snapd's is waited for before the step gives up.
const MOST_ROUNDS: u32 = 240;

/// The pause before a snap that was busy is looked at again.
const BETWEEN_ROUNDS: Duration = Duration::from_millis(500);

/// A snap is installed, enabled, and follows the planned channel.
///
/// A change that snapd already runs for the snap is followed instead of a second one begun. A failed
/// change snapd takes back itself; one that this attempt began and left running, `undo` aborts.
#[derive(Debug)]
pub struct SnapInstalled {
    snapd: Snapd,
    name: String,
    build: Build,
    refresh: bool,
    /// The change that this attempt began, until it is over.
    begun: Mutex<Option<String>>,
}

/// What an installed snap lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lack {
    /// It is not there.
    Snap,
    /// It is disabled.
    Enabled,
    /// It follows another channel.
    Channel,
    /// It is another revision than the leader's.
    Revision,
}

/// What a refusal means that is none: the snap is as it should be, or snapd is busy with it, or
/// what became of the call must be looked at.
fn standing(error: &SnapdError) -> Option<Meaning> {
    match error.refusal().map(meaning) {
        Some(harmless @ (Meaning::NoUpdate | Meaning::AlreadyInstalled | Meaning::Conflict)) => {
            Some(harmless)
        }
        None if error.passes() => Some(Meaning::Conflict),
        _ => None,
    }
}

impl SnapInstalled {
    /// The snap `name`, of the planned build. A snap that is there and follows another channel is
    /// brought to the planned one if `refresh` says so, and else used as it is. Where `build` names
    /// no revision, the input [`REVISION`] does.
    pub fn new(snapd: Snapd, name: String, build: Build, refresh: bool) -> Self {
        Self {
            snapd,
            name,
            build,
            refresh,
            begun: Mutex::new(None),
        }
    }

    /// The planned build, of the leader's revision where that is one for this machine.
    async fn build(&self, context: &Context) -> Result<Build, Failure> {
        let mut build = self.build.clone();
        if build.revision.is_none() && context.inputs.contains_key(REVISION) {
            let ask = || self.snapd.system_info();
            let own = self.snapd.patiently(context, ask).await?.architecture;
            let other = |told: &String| !told.is_empty() && *told != own;
            let told = context.inputs.get(REVISION);
            let foreign = context.inputs.get(ARCHITECTURE).is_some_and(other);
            build.revision = told.filter(|_| !foreign).cloned();
        }
        Ok(build)
    }

    fn lack(&self, snap: Option<&Snap>, build: &Build) -> Option<Lack> {
        let Some(snap) = snap else {
            return Some(Lack::Snap);
        };
        let other = |revision: &String| *revision != snap.revision;
        if !snap.is_active() {
            Some(Lack::Enabled)
        } else if snap.is_local() {
            None
        } else if !snap.follows(&build.channel) {
            self.refresh.then_some(Lack::Channel)
        } else if build.revision.as_ref().is_some_and(other) {
            Some(Lack::Revision)
        } else {
            None
        }
    }

    async fn snap(&self, context: &Context) -> Result<Option<Snap>, Failure> {
        let ask = || self.snapd.snap(&self.name);
        self.snapd.patiently(context, ask).await
    }

    async fn look(&self, context: &Context) -> Result<Seen, Failure> {
        let snap = self.snap(context).await?;
        let lack = self.lack(snap.as_ref(), &self.build(context).await?);
        let busy = || self.snapd.changes_in_progress(&self.name);
        let busy = self.snapd.patiently(context, busy).await?;
        let there = snap.as_ref().map_or_else(
            || "not installed".to_owned(),
            |snap| {
                format!(
                    "{} {}, revision {}, from {:?}",
                    snap.status, snap.version, snap.revision, snap.tracking
                )
            },
        );
        Ok(match (snap, lack, busy.first()) {
            (Some(snap), None, None) => Seen::There(self.found(&snap)),
            (_, _, None) => Seen::Missing(there),
            (_, _, Some(change)) => Seen::Missing(format!("{there}; {}", change.summary)),
        })
    }

    /// What is there, in sentences.
    fn found(&self, snap: &Snap) -> Vec<Message> {
        let say = |code: &str| {
            Message::new(code)
                .with("snap", &snap.name)
                .with("version", &snap.version)
                .with("revision", &snap.revision)
                .with("channel", &snap.tracking)
        };
        if snap.is_local() {
            return vec![say("snapd.snap-local")];
        }
        let mut found = vec![say("snapd.snap-active")];
        if !snap.follows(&self.build.channel) {
            found.push(say("snapd.other-channel").with("wanted", &self.build.channel));
        }
        found
    }

    /// Brings the snap to what it should be: first what snapd is doing with it comes to its end.
    async fn bring(&self, context: &Context) -> Result<(), Failure> {
        let build = self.build(context).await?;
        let mut busy = self.name.clone();
        for _ in 0..MOST_ROUNDS {
            if self.adopt(&busy, context).await? {
                continue;
            }
            let snap = self.snap(context).await?;
            let Some(lack) = self.lack(snap.as_ref(), &build) else {
                return Ok(());
            };
            self.say(lack, &build, context);
            let begun = self.begin(lack, &build);
            match self.snapd.with_life_signs(context, begun).await {
                Ok(change) => return self.to_the_end(change, (lack, context)).await,
                Err(error) => match standing(&error) {
                    None => return Err(self.refused(lack, &build, &error)),
                    Some(Meaning::NoUpdate) => return Ok(()),
                    Some(_) => {
                        let other = error.refusal().and_then(conflicting);
                        busy = other.unwrap_or(&self.name).to_owned();
                    }
                },
            }
            self.snapd.pause(BETWEEN_ROUNDS, context).await?;
        }
        let what = Message::new("snapd.busy").with("snap", &busy);
        Err(Failure::new(what).hint(Message::new("snapd.hint-conflict")))
    }

    /// Follows what snapd is doing with a snap already; whether there was anything.
    async fn adopt(&self, name: &str, context: &Context) -> Result<bool, Failure> {
        let ask = || self.snapd.changes_in_progress(name);
        let running = self.snapd.patiently(context, ask).await?;
        let Some(change) = running.first() else {
            return Ok(false);
        };
        // However it ends: the next look tells what is still to be done.
        match self.snapd.follow(&change.id, context).await? {
            Ended::AfterReboot => Err(failures::reboot(self.what(Lack::Snap))),
            Ended::Well | Ended::Badly { .. } | Ended::Forgotten => Ok(true),
        }
    }

    async fn begin(&self, lack: Lack, build: &Build) -> Result<String, SnapdError> {
        match lack {
            Lack::Snap => self.snapd.install(&self.name, build).await,
            Lack::Enabled => self.snapd.enable(&self.name).await,
            Lack::Channel | Lack::Revision => self.snapd.refresh(&self.name, build).await,
        }
    }

    async fn to_the_end(
        &self,
        change: String,
        (lack, context): (Lack, &Context),
    ) -> Result<(), Failure> {
        self.remember(Some(change.clone()));
        let ended = self.snapd.follow(&change, context).await?;
        self.remember(None);
        match ended {
            Ended::Well | Ended::Forgotten => Ok(()),
            Ended::Badly { causes } => Err(failures::ended_badly(self.what(lack), &causes)),
            Ended::AfterReboot => Err(failures::reboot(self.what(lack))),
        }
    }

    fn remember(&self, change: Option<String>) -> Option<String> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut begun, change)
    }

    fn say(&self, lack: Lack, build: &Build, context: &Context) {
        let code = match lack {
            Lack::Snap => "snapd.installing",
            Lack::Enabled => "snapd.enabling",
            Lack::Channel | Lack::Revision => "snapd.refreshing",
        };
        let doing = Message::new(code).with("snap", &self.name);
        context.say(doing.with("channel", &build.channel));
    }

    fn what(&self, lack: Lack) -> Message {
        Message::new(match lack {
            Lack::Snap => "snapd.install-failed",
            Lack::Enabled => "snapd.enable-failed",
            Lack::Channel | Lack::Revision => "snapd.refresh-failed",
        })
        .with("snap", &self.name)
        .with("channel", &self.build.channel)
    }

    fn refused(&self, lack: Lack, build: &Build, error: &SnapdError) -> Failure {
        failures::refused(self.what(lack), (&self.name, build), error)
    }

    async fn prove(&self, context: &Context) -> Result<Vec<Message>, Failure> {
        let snap = self.snap(context).await?;
        let lack = self.lack(snap.as_ref(), &self.build(context).await?);
        match (snap, lack) {
            (Some(snap), None) => Ok(self.found(&snap)),
            (None, _) => Err(failures::absent(&self.name)),
            (Some(snap), Some(lack)) => {
                let what = self.what(lack);
                let is = format!("{} revision {}", snap.tracking, snap.revision);
                let hint = Message::new("snapd.hint-change");
                Err(Failure::new(what).because(is).hint(hint))
            }
        }
    }
}

impl Step for SnapInstalled {
    fn observe<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(self.look(context))
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.bring(context))
    }

    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(self.prove(context))
    }

    fn undo<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(async move {
            if let Some(change) = self.remember(None) {
                // A change that is over, or whose snapd is away, leaves nothing to be done here:
                // snapd takes back itself what it could not finish.
                drop(self.snapd.take_back(&change, context).await);
            }
            Ok(())
        })
    }
}
