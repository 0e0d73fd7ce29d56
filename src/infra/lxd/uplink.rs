//! The step that defines this node's part of a network.

use super::client::Lxd;
use super::failures;
use super::reach::{Reach, leaves_open};
use super::refusals::{Meaning, meaning};
use super::shape::{found, is_of_kind, say};
use super::types::{Config, NewNetwork, Phase};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::NetworkPart;
use crate::infra::rest::RestError;
use crate::infra::{Context, Doing, Step};

/// The NIC under a member's part.
pub(super) const PARENT: &str = "parent";

/// This node's part of a network is defined.
#[derive(Debug)]
pub(super) struct Uplink {
    pub(super) reach: Reach,
    pub(super) name: String,
    pub(super) part: NetworkPart,
}

/// The member-specific keys for a node's part.
pub(super) fn config(part: &NetworkPart) -> Config {
    let parent = part.parent.clone();
    parent
        .map(|nic| (PARENT.to_owned(), nic))
        .into_iter()
        .collect()
}

impl Uplink {
    /// None if the part is defined, else what is there instead.
    async fn lacking(&self, lxd: &Lxd) -> Result<Option<String>, Failure> {
        let name = &self.part.network;
        let network = match lxd.network(name, None).await {
            Err(error) if error.is_not_found() => return Ok(Some("no network".to_owned())),
            found => found.map_err(|error| failures::unanswered(&error))?,
        };
        is_of_kind(&network, &self.part.kind)?;
        if !network.locations.contains(&self.name) {
            if network.status == Phase::Pending {
                return Ok(Some(found(&network)));
            }
            // Only a join brings a member into a network that is made.
            let what = say("lxd.network-lacks", name).with("members", &self.name);
            return Err(Failure::new(what).hint(say("lxd.hint-network-other", name)));
        }
        let own = lxd.network(name, Some(&self.name)).await;
        let own = own.map_err(|error| failures::unanswered(&error))?;
        let (has, planned) = (own.config.get(PARENT), self.part.parent.as_ref());
        if has == planned {
            return Ok(None);
        }
        let text = |nic: Option<&String>| nic.cloned().unwrap_or_default();
        let what = say("lxd.network-other-parent", name)
            .with("name", &self.name)
            .with("found", text(has))
            .with("planned", text(planned));
        Err(Failure::new(what).hint(say("lxd.hint-network-other", name)))
    }

    async fn look(&self) -> Result<Option<String>, Failure> {
        self.lacking(&self.reach.lxd().await?).await
    }

    async fn define(&self, context: &Context) -> Result<(), Failure> {
        let lxd = self.reach.lxd().await?;
        if self.lacking(&lxd).await?.is_none() {
            return Ok(());
        }
        let network = NewNetwork {
            name: self.part.network.clone(),
            kind: self.part.kind.clone(),
            description: String::new(),
            config: config(&self.part),
        };
        let alive = |_: &_| context.alive();
        let first = lxd
            .create_network_pending(&self.name, &network, &alive)
            .await;
        let Err(first) = first else {
            return Ok(());
        };
        if !may_be_there(&first) {
            return Err(self.failed(&first));
        }
        if self.lacking(&lxd).await?.is_none() {
            return Ok(());
        }
        // Another member's first part came between LXD's look and its own entry: now it is there.
        let again = lxd
            .create_network_pending(&self.name, &network, &alive)
            .await;
        again.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &RestError) -> Failure {
        let what = say("lxd.network-pending-failed", &self.part.network).with("name", &self.name);
        failures::failed(what, error)
    }

    fn done(&self) -> Vec<Message> {
        let said = |code: &str| say(code, &self.part.network).with("name", &self.name);
        vec![match &self.part.parent {
            Some(nic) => said("lxd.network-defined-on").with("nic", nic),
            None => said("lxd.network-defined"),
        }]
    }
}

fn may_be_there(error: &RestError) -> bool {
    let known = error.refusal().is_some_and(|refusal| {
        matches!(
            meaning(refusal),
            Meaning::AlreadyPending | Meaning::AlreadyExists
        )
    });
    known || leaves_open(error)
}

impl Step for Uplink {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            Ok(match self.look().await? {
                None => Seen::There(self.done()),
                Some(found) => Seen::Missing(found),
            })
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.define(context))
    }

    fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            let Some(found) = self.look().await? else {
                return Ok(self.done());
            };
            let what = say("lxd.network-not-defined", &self.part.network)
                .with("name", &self.name)
                .with("found", found);
            Err(Failure::new(what).hint(Message::new("lxd.hint-log")))
        })
    }
}
