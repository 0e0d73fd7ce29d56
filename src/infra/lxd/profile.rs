//! The step that gives the default profile its root disk and its NIC.

use serde_json::json;

use super::failures;
use super::reach::{Reach, leaves_open};
use super::types::{Config, Devices, Profile};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::{Context, Doing, Step};

/// The profile every instance gets unless told otherwise.
pub(super) const PROFILE: &str = "default";

/// The devices' names, as `lxd init` and MicroCloud give them.
const ROOT: &str = "root";
const NIC: &str = "eth0";

/// What the profile is to have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The pool of its root disk; none: no root disk.
    pub(super) pool: Option<String>,
    /// The network of its NIC; none: no NIC.
    pub(super) network: Option<String>,
}

/// The default profile has its root disk and its NIC; what it has already stays.
#[derive(Debug)]
pub(super) struct Default {
    pub(super) reach: Reach,
    pub(super) wanted: Wanted,
}

fn is(device: &Config, key: &str, value: &str) -> bool {
    device.get(key).is_some_and(|found| found == value)
}

impl Wanted {
    /// The devices that a profile lacks. One that is there otherwise is somebody's choice, as is a
    /// device of that name which is something else.
    pub(super) fn lacks(&self, profile: &Profile) -> Result<Devices, Failure> {
        let mut lacking = Devices::new();
        if let Some(pool) = &self.pool {
            let root = |name: &str, it: &Config| {
                name == ROOT || (is(it, "type", "disk") && is(it, "path", "/"))
            };
            let pairs = [("type", "disk"), ("path", "/"), ("pool", pool.as_str())];
            lacking.extend(lacking_one(profile, (ROOT, &root), &pairs)?);
        }
        if let Some(network) = &self.network {
            let nic = |name: &str, _: &Config| name == NIC;
            let pairs = [
                ("type", "nic"),
                ("name", NIC),
                ("network", network.as_str()),
            ];
            lacking.extend(lacking_one(profile, (NIC, &nic), &pairs)?);
        }
        Ok(lacking)
    }

    /// The profile has what it is to have.
    pub(super) fn done(&self) -> Vec<Message> {
        let say = |code: &str| Message::new(code).with("profile", PROFILE);
        let root = self.pool.as_ref();
        let root = root.map(|pool| say("lxd.profile-right").with("pool", pool));
        let nic = self.network.as_ref();
        let nic = nic.map(|it| {
            say("lxd.profile-nic")
                .with("device", NIC)
                .with("network", it)
        });
        root.into_iter().chain(nic).collect()
    }
}

/// Whether a device of a profile, by its name, stands where one is wanted.
type Stands<'a> = &'a dyn Fn(&str, &Config) -> bool;

/// The device a profile lacks: `stands` finds the one in its place, `pairs` are what it must have.
fn lacking_one(
    profile: &Profile,
    (name, stands): (&str, Stands<'_>),
    pairs: &[(&str, &str)],
) -> Result<Option<(String, Config)>, Failure> {
    let mut devices = profile.devices.iter();
    let Some((found, device)) = devices.find(|(found, it)| stands(found, it)) else {
        let pairs = pairs.iter();
        let device = pairs.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        return Ok(Some((name.to_owned(), device.collect())));
    };
    // The name inside the guest is LXD's choice where it is not set.
    let right = |(key, value): &(&str, &str)| {
        is(device, key, value) || (*key == "name" && !device.contains_key(*key))
    };
    if pairs.iter().all(right) {
        return Ok(None);
    }
    let planned = pairs.last().map_or("", |(_, value)| value);
    let say = |code: &str| {
        Message::new(code)
            .with("profile", &profile.name)
            .with("device", found)
            .with("planned", planned)
    };
    let what = say("lxd.profile-other").with("found", json!(device));
    Err(Failure::new(what).hint(say("lxd.hint-profile-other")))
}

impl Default {
    /// The devices that are lacking, and the profile as it is.
    async fn look(&self) -> Result<(Devices, Profile), Failure> {
        let lxd = self.reach.lxd().await?;
        let profile = lxd.profile(PROFILE).await;
        let profile = profile.map_err(|error| failures::unanswered(&error))?;
        Ok((self.wanted.lacks(&profile)?, profile))
    }

    async fn add(&self, context: &Context) -> Result<(), Failure> {
        let (lacking, _) = self.look().await?;
        if lacking.is_empty() {
            return Ok(());
        }
        let lxd = self.reach.lxd().await?;
        let patched = lxd
            .patch_profile(PROFILE, &lacking, &|_| context.alive())
            .await;
        match patched {
            Ok(()) => Ok(()),
            Err(error) if leaves_open(&error) && self.look().await?.0.is_empty() => Ok(()),
            Err(error) => Err(failures::failed(
                Message::new("lxd.profile-failed").with("profile", PROFILE),
                &error,
            )),
        }
    }
}

/// The profile lacks what was put into it.
pub(super) fn not_kept(hint: &str) -> Failure {
    let what = Message::new("lxd.profile-not-kept").with("profile", PROFILE);
    Failure::new(what).hint(Message::new(hint))
}

impl Step for Default {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            let (lacking, profile) = self.look().await?;
            if lacking.is_empty() {
                return Ok(Seen::There(self.wanted.done()));
            }
            // The whole of it goes into the journal, so that it can be given back by hand.
            let whole = json!({ "config": profile.config, "devices": profile.devices });
            Ok(Seen::Missing(whole.to_string()))
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.add(context))
    }

    fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            if self.look().await?.0.is_empty() {
                return Ok(self.wanted.done());
            }
            Err(not_kept("lxd.hint-log"))
        })
    }
}
