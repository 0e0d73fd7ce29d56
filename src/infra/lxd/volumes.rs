//! The step that puts a member's images and backups on the local pool.

use super::client::Lxd;
use super::failures;
use super::reach::{Reach, leaves_open};
use super::refusals::{Meaning, meaning};
use super::types::Config;
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::LOCAL_POOL;
use crate::infra::rest::RestError;
use crate::infra::{Context, Doing, Step};

/// The volumes, by the key that says where LXD keeps what is in them.
const VOLUMES: [(&str, &str); 2] = [
    ("storage.images_volume", "images"),
    ("storage.backups_volume", "backups"),
];

/// Images and backups of this member are on the local pool, unless they have a place already.
#[derive(Debug)]
pub(super) struct Volumes {
    pub(super) reach: Reach,
    pub(super) name: String,
}

impl Volumes {
    /// Where images and backups are, by key; nothing for what is where the system is.
    async fn look(&self, lxd: &Lxd) -> Result<Config, Failure> {
        let server = lxd.server(Some(&self.name)).await;
        let mut config = server.map_err(|error| failures::unanswered(&error))?.config;
        config.retain(|key, value| VOLUMES.iter().any(|(it, _)| it == key) && !value.is_empty());
        Ok(config)
    }

    async fn put(&self, context: &Context) -> Result<(), Failure> {
        let lxd = self.reach.lxd().await?;
        let there = self.look(&lxd).await?;
        let alive = |_: &_| context.alive();
        let mut keys = Config::new();
        for (key, volume) in VOLUMES {
            if there.contains_key(key) {
                continue;
            }
            let place = (LOCAL_POOL, volume);
            let has = lxd.has_volume(LOCAL_POOL, volume, &self.name).await;
            if !has.map_err(|error| failures::unanswered(&error))?
                && let Err(error) = lxd.create_volume(place, &self.name, &alive).await
                && !may_be_there(&error)
            {
                return Err(self.failed(&error));
            }
            keys.insert(key.to_owned(), format!("{LOCAL_POOL}/{volume}"));
        }
        if keys.is_empty() {
            return Ok(());
        }
        let patched = lxd.patch_server(&keys, Some(&self.name), &alive).await;
        match patched {
            Err(error) if !leaves_open(&error) => Err(self.failed(&error)),
            _ => Ok(()),
        }
    }

    fn failed(&self, error: &RestError) -> Failure {
        let what = Message::new("lxd.volumes-failed").with("name", &self.name);
        failures::failed(what, error)
    }

    fn done(&self, places: &Config) -> Vec<Message> {
        let places: Vec<&str> = places.values().map(String::as_str).collect();
        let done = Message::new("lxd.volumes-there")
            .with("name", &self.name)
            .with("places", places.join(", "));
        vec![done]
    }
}

fn may_be_there(error: &RestError) -> bool {
    let exists = |refusal| meaning(refusal) == Meaning::AlreadyExists;
    error.refusal().is_some_and(exists) || leaves_open(error)
}

impl Step for Volumes {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            let places = self.look(&self.reach.lxd().await?).await?;
            if places.len() == VOLUMES.len() {
                return Ok(Seen::There(self.done(&places)));
            }
            Ok(Seen::Missing("where the system is".to_owned()))
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.put(context))
    }

    fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            let places = self.look(&self.reach.lxd().await?).await?;
            if places.len() == VOLUMES.len() {
                return Ok(self.done(&places));
            }
            let what = Message::new("lxd.volumes-not-kept").with("name", &self.name);
            Err(Failure::new(what).hint(Message::new("lxd.hint-log")))
        })
    }
}
