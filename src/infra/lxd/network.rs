//! The step that makes a network on every member.

use std::sync::atomic::{AtomicBool, Ordering};

use super::client::Lxd;
use super::failures;
use super::reach::{Reach, Silence, leaves_open};
use super::refusals::{Meaning, meaning};
use super::shape::{is_over, kind, say, standing, whole};
use super::types::{Network, Phase};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::NetworkShape;
use crate::infra::rest::RestError;
use crate::infra::{Context, Doing, Step};

/// What LXD calls it, where it is an operation.
const MAKING: &str = "Creating network";

/// A network is made on every member.
///
/// A failed attempt leaves it `Errored`, and LXD then takes neither the call again nor a change: what
/// this attempt made is deleted, with the members' parts.
#[derive(Debug)]
pub(super) struct MadeNetwork {
    reach: Reach,
    name: String,
    shape: NetworkShape,
    members: Vec<String>,
    /// Whether this attempt made what is there.
    making: AtomicBool,
}

impl MadeNetwork {
    /// The step for the network `name` of this shape on these members.
    pub(super) fn new(
        reach: Reach,
        (name, shape): (String, NetworkShape),
        members: Vec<String>,
    ) -> Self {
        Self {
            reach,
            name,
            shape,
            members,
            making: AtomicBool::new(false),
        }
    }

    async fn look(&self, lxd: &Lxd) -> Result<Option<Network>, Failure> {
        match lxd.network(&self.name, None).await {
            Err(error) if error.is_not_found() => Ok(None),
            found => found
                .map(Some)
                .map_err(|error| failures::unanswered(&error)),
        }
    }

    async fn lacking(&self, lxd: &Lxd) -> Result<Option<String>, Failure> {
        match self.look(lxd).await? {
            None => Ok(Some("no network".to_owned())),
            Some(network) => standing(&network, &self.shape, &self.members),
        }
    }

    /// Waits for LXD where it makes the network already.
    async fn settle(&self, context: &Context) -> Result<(), Failure> {
        let path = format!("/1.0/networks/{}", self.name);
        self.reach.settle(context, (MAKING, &path)).await
    }

    async fn create(&self, context: &Context) -> Result<(), Failure> {
        self.settle(context).await?;
        let lxd = self.reach.lxd().await?.left_on(&context.cancel);
        if self.lacking(&lxd).await?.is_none() {
            return Ok(());
        }
        context.say(say("lxd.creating-network", &self.name));
        self.making.store(true, Ordering::SeqCst);
        let network = whole(&self.name, &self.shape);
        let alive = |_: &_| context.alive();
        let creating = lxd.create_network(&network, &alive);
        let Err(error) = self.reach.with_life_signs(context, &lxd, creating).await else {
            return Ok(());
        };
        if let RestError::Left { .. } = error {
            // LXD goes on: what it makes is not to be taken back.
            self.making.store(false, Ordering::SeqCst);
        }
        let exists = error
            .refusal()
            .is_some_and(|refusal| meaning(refusal) == Meaning::AlreadyExists);
        if (exists || leaves_open(&error)) && matches!(self.lacking(&lxd).await, Ok(None)) {
            return Ok(());
        }
        Err(self.failed(&error))
    }

    fn failed(&self, error: &RestError) -> Failure {
        if let RestError::Left { .. } = error {
            return failures::left(error);
        }
        let failure = failures::failed(say("lxd.network-failed", &self.name), error);
        let meant = error.refusal().map(meaning);
        failure.hint(match meant {
            Some(Meaning::NoNorthbound) => say("lxd.hint-northbound", &self.name),
            Some(Meaning::NicHasAddress) => say("lxd.hint-nic-address", &self.name),
            _ => say("lxd.hint-network-failed", &self.name),
        })
    }

    /// Asks every member: a network that is made has all of them in one list.
    async fn everywhere(&self, context: &Context) -> Result<Vec<Message>, Failure> {
        let lxd = self.reach.lxd().await?;
        let mut silence = Silence::default();
        loop {
            let looked = lxd.network(&self.name, None).await;
            if let Some(network) = silence.seen(context, looked)? {
                if standing(&network, &self.shape, &self.members)?.is_none() {
                    return Ok(vec![made(&network, &self.members)]);
                }
                let members = self.members.join(", ");
                let what = say("lxd.network-lacks", &self.name).with("members", members);
                return Err(Failure::new(what).hint(Message::new("lxd.hint-again")));
            }
            self.reach.pause(context).await?;
        }
    }

    /// Deletes what this attempt left half-made.
    async fn start_over(&self, context: &Context) -> Result<(), Failure> {
        if !self.making.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let lxd = self.reach.lxd().await?;
        match self.look(&lxd).await? {
            Some(network)
                if network.kind == kind(&self.shape)
                    && network.status != Phase::Created
                    && network.used_by.is_empty() => {}
            _ => return Ok(()),
        }
        let alive = |_: &_| context.alive();
        let deleting = lxd.delete_network(&self.name, &alive);
        match self.reach.with_life_signs(context, &lxd, deleting).await {
            Err(error) if !error.is_not_found() => {
                Err(Failure::new(say("lxd.network-not-removed", &self.name))
                    .because(&error)
                    .hint(say("lxd.hint-network-errored", &self.name)))
            }
            _ => Ok(()),
        }
    }
}

/// The network is made on these members.
pub(super) fn made(network: &Network, members: &[String]) -> Message {
    let said = say("lxd.network-made", &network.name)
        .with("kind", &network.kind)
        .with("members", members.join(", "));
    let told = |key: &str| network.config.get(key).filter(|it| *it != "none");
    let addresses = [
        "ipv4.address",
        "ipv6.address",
        "ipv4.gateway",
        "ipv6.gateway",
    ];
    let mut addresses: Vec<String> = addresses.into_iter().filter_map(told).cloned().collect();
    addresses.extend(told("vlan").map(|vlan| format!("VLAN {vlan}")));
    if addresses.is_empty() {
        return said;
    }
    Message {
        code: "lxd.network-made-with".to_owned(),
        ..said
    }
    .with("addresses", addresses.join(", "))
}

/// How a network that was made stands on the way to the proof.
pub(super) fn proven(network: &Network, members: &[String]) -> Result<Option<Message>, Failure> {
    is_over(network, members)?;
    let is_made = network.managed && network.status == Phase::Created;
    Ok(is_made.then(|| made(network, members)))
}

impl Step for MadeNetwork {
    fn observe<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            self.settle(context).await?;
            let lxd = self.reach.lxd().await?;
            let Some(network) = self.look(&lxd).await? else {
                return Ok(Seen::Missing("no network".to_owned()));
            };
            Ok(match standing(&network, &self.shape, &self.members)? {
                None => Seen::There(vec![made(&network, &self.members)]),
                Some(found) => Seen::Missing(found),
            })
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.create(context))
    }

    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(self.everywhere(context))
    }

    fn undo<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.start_over(context))
    }
}
