//! The step that gives the default profile its root disk and its NIC.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::failures;
use super::reach::{Reach, leaves_open};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::{Compared, Device, NIC, OtherDevice, ProfileWants};
use crate::infra::{Context, Doing, Step};

/// The profile every instance gets unless told otherwise.
pub(super) const PROFILE: &str = "default";

/// The default profile has its root disk and its NIC; what it has already stays, unless the operator
/// wants it replaced.
#[derive(Debug)]
pub(super) struct Default {
    pub(super) reach: Reach,
    pub(super) wanted: ProfileWants,
    /// Whether devices that are there otherwise are replaced.
    pub(super) replace: bool,
    /// Those that were, for whoever wants them back.
    pub(super) replaced: Mutex<Vec<OtherDevice>>,
}

fn say(code: &str) -> Message {
    Message::new(code).with("profile", PROFILE)
}

/// What is right about a profile, and what is somebody's choice.
pub(super) fn done(wanted: &ProfileWants, compared: &Compared) -> Vec<Message> {
    let other = |on: &str| {
        let mut others = compared.others.iter();
        let it = others.find(|it| it.planned.values().any(|value| value == on))?;
        let says = say("lxd.profile-kept").with("device", &it.name);
        Some(says.with("found", OtherDevice::in_words(&it.found)))
    };
    let root = wanted
        .pool
        .as_ref()
        .map(|pool| other(pool).unwrap_or_else(|| say("lxd.profile-right").with("pool", pool)));
    let nic = wanted.network.as_ref().map(|network| {
        let right = || say("lxd.profile-nic").with("device", NIC);
        other(network).unwrap_or_else(|| right().with("network", network))
    });
    root.into_iter().chain(nic).collect()
}

impl Default {
    /// How the profile stands.
    async fn look(&self) -> Result<Compared, Failure> {
        let lxd = self.reach.lxd().await?;
        let profile = lxd.profile(PROFILE).await;
        let profile = profile.map_err(|error| failures::unanswered(&error))?;
        Ok(self.wanted.compare(&profile.devices))
    }

    /// What is to be written in place of what, for the journal: enough to give it back by hand. Nothing else
    /// of the profile, which may hold secrets (`cloud-init.user-data`), and of which the agents are told.
    fn before(&self, compared: &Compared) -> String {
        let lacking: Vec<&String> = compared.lacking.keys().collect();
        let others = compared.others.iter().filter(|_| self.replace);
        let replaced: BTreeMap<&String, &Device> = others.map(|it| (&it.name, &it.found)).collect();
        json!({ "lacking": lacking, "replaced": replaced }).to_string()
    }

    /// Whether nothing is to be written.
    fn is_right(&self, compared: &Compared) -> bool {
        compared.to_write(self.replace).is_empty()
    }

    async fn write(&self, context: &Context) -> Result<(), Failure> {
        let compared = self.look().await?;
        if self.is_right(&compared) {
            return Ok(());
        }
        if self.replace {
            let mut replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
            replaced.clone_from(&compared.others);
        }
        let lxd = self.reach.lxd().await?;
        let devices = compared.to_write(self.replace);
        let patched = lxd
            .patch_profile(PROFILE, &devices, &|_| context.alive())
            .await;
        match patched {
            Ok(()) => Ok(()),
            Err(error) if leaves_open(&error) && self.is_right(&self.look().await?) => Ok(()),
            Err(error) => Err(failures::failed(say("lxd.profile-failed"), &error)),
        }
    }

    /// What was replaced, as it was.
    fn told(&self) -> Vec<Message> {
        let replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
        let says = |it: &OtherDevice| {
            let says = say("lxd.profile-replaced").with("device", &it.name);
            says.with("found", OtherDevice::in_words(&it.found))
        };
        replaced.iter().map(says).collect()
    }
}

/// The profile lacks what was put into it.
pub(super) fn not_kept(hint: &str) -> Failure {
    Failure::new(say("lxd.profile-not-kept")).hint(Message::new(hint))
}

impl Step for Default {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            let compared = self.look().await?;
            if self.is_right(&compared) {
                return Ok(Seen::There(done(&self.wanted, &compared)));
            }
            Ok(Seen::Missing(self.before(&compared)))
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.write(context))
    }

    fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            let compared = self.look().await?;
            if !self.is_right(&compared) {
                return Err(not_kept("lxd.hint-log"));
            }
            let mut told = done(&self.wanted, &compared);
            told.extend(self.told());
            Ok(told)
        })
    }
}
