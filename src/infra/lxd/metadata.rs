//! The step that writes into LXD's cluster what formed it.

use super::failures;
use super::reach::{Reach, leaves_open};
use super::types::Config;
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::{Context, Doing, Step};

/// LXD's cluster says what formed it: `user.mcloud.*`, beside the mark that the first member has.
#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) reach: Reach,
    pub(super) cluster: String,
    pub(super) leader: String,
}

impl Metadata {
    fn wanted(&self) -> Config {
        let pairs = [
            ("user.mcloud.name", self.cluster.as_str()),
            ("user.mcloud.leader", &self.leader),
            ("user.mcloud.version", env!("CARGO_PKG_VERSION")),
        ];
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
        Config::from(pairs)
    }

    /// The keys that are not as they are to be, with what they are.
    async fn lacking(&self) -> Result<Config, Failure> {
        let lxd = self.reach.lxd().await?;
        let server = lxd.server(None).await;
        let found = server.map_err(|error| failures::unanswered(&error))?.config;
        let wanted = self.wanted().into_iter();
        let differs = wanted.filter(|(key, value)| found.get(key) != Some(value));
        let was = |key: String| (key.clone(), found.get(&key).cloned().unwrap_or_default());
        Ok(differs.map(|(key, _)| was(key)).collect())
    }

    async fn write(&self, context: &Context) -> Result<(), Failure> {
        if self.lacking().await?.is_empty() {
            return Ok(());
        }
        let lxd = self.reach.lxd().await?;
        let alive = |_: &_| context.alive();
        match lxd.patch_server(&self.wanted(), None, &alive).await {
            Err(error) if !leaves_open(&error) => Err(failures::failed(
                Message::new("lxd.metadata-failed").with("cluster", &self.cluster),
                &error,
            )),
            _ => Ok(()),
        }
    }

    fn done(&self) -> Vec<Message> {
        let done = Message::new("lxd.metadata-there")
            .with("cluster", &self.cluster)
            .with("leader", &self.leader);
        vec![done]
    }
}

impl Step for Metadata {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            let lacking = self.lacking().await?;
            if lacking.is_empty() {
                return Ok(Seen::There(self.done()));
            }
            let pairs = lacking.iter().map(|(key, value)| format!("{key}={value}"));
            Ok(Seen::Missing(pairs.collect::<Vec<_>>().join(" ")))
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.write(context))
    }

    fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            let lacking = self.lacking().await?;
            let Some(key) = lacking.keys().next() else {
                return Ok(self.done());
            };
            let what = Message::new("lxd.key-not-kept").with("key", key);
            Err(Failure::new(what).hint(Message::new("lxd.hint-log")))
        })
    }
}
