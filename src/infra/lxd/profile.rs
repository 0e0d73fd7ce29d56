//! The step that puts the default profile's root disk on the local pool.

use serde_json::json;

use super::failures;
use super::reach::{Reach, leaves_open};
use super::types::{Config, Devices, Profile};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::LOCAL_POOL;
use crate::infra::{Context, Doing, Step};

/// The profile every instance gets unless told otherwise.
pub(super) const PROFILE: &str = "default";

/// The device's name, as `lxd init` and MicroCloud give it.
const ROOT: &str = "root";

/// The default profile's root disk is on the local pool.
#[derive(Debug)]
pub(super) struct RootDisk {
    pub(super) reach: Reach,
}

/// Whether a profile's root disk is on the local pool. One on another pool is somebody's choice,
/// as is a device of that name which is no root disk.
pub(super) fn is_right(profile: &Profile) -> Result<bool, Failure> {
    let is = |device: &Config, key: &str, value: &str| {
        device.get(key).is_some_and(|found| found == value)
    };
    let roots = |(name, device): &(&String, &Config)| {
        *name == ROOT || (is(device, "type", "disk") && is(device, "path", "/"))
    };
    let Some((name, device)) = profile.devices.iter().find(roots) else {
        return Ok(false);
    };
    if is(device, "type", "disk") && is(device, "path", "/") && is(device, "pool", LOCAL_POOL) {
        return Ok(true);
    }
    let say = |code: &str| {
        Message::new(code)
            .with("profile", &profile.name)
            .with("device", name)
            .with("pool", LOCAL_POOL)
    };
    let found = json!(device);
    Err(Failure::new(say("lxd.profile-other").with("found", found))
        .hint(say("lxd.hint-profile-other")))
}

impl RootDisk {
    async fn look(&self) -> Result<(bool, Profile), Failure> {
        let lxd = self.reach.lxd().await?;
        let profile = lxd.profile(PROFILE).await;
        let profile = profile.map_err(|error| failures::unanswered(&error))?;
        Ok((is_right(&profile)?, profile))
    }

    async fn add(&self, context: &Context) -> Result<(), Failure> {
        if self.look().await?.0 {
            return Ok(());
        }
        let device = [("type", "disk"), ("path", "/"), ("pool", LOCAL_POOL)];
        let device = device.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let devices = Devices::from([(ROOT.to_owned(), Config::from(device))]);
        let lxd = self.reach.lxd().await?;
        let patched = lxd
            .patch_profile(PROFILE, &devices, &|_| context.alive())
            .await;
        match patched {
            Ok(()) => Ok(()),
            Err(error) if leaves_open(&error) && self.look().await?.0 => Ok(()),
            Err(error) => Err(failures::failed(
                Message::new("lxd.profile-failed").with("profile", PROFILE),
                &error,
            )),
        }
    }
}

/// The profile's root disk is on the local pool.
pub(super) fn done() -> Message {
    Message::new("lxd.profile-right")
        .with("profile", PROFILE)
        .with("pool", LOCAL_POOL)
}

impl Step for RootDisk {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            Ok(match self.look().await? {
                (true, _) => Seen::There(vec![done()]),
                (false, profile) => Seen::Missing(json!(profile.devices).to_string()),
            })
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.add(context))
    }

    fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            if self.look().await?.0 {
                return Ok(vec![done()]);
            }
            let what = Message::new("lxd.profile-not-kept").with("profile", PROFILE);
            Err(Failure::new(what).hint(Message::new("lxd.hint-log")))
        })
    }
}
