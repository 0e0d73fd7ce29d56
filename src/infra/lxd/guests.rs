//! The step that proves that guests work: a throw-away one on each member, all removed at the end.

mod fit;
mod image;
mod moving;
mod reaching;
mod script;
mod tar;

use std::sync::{Mutex, PoisonError};

use futures_util::future::join_all;

use super::client::{Instance, Lxd, NewContainer};
use super::failures;
use super::reach::Reach;
use super::types::Config;
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::Guests;
use crate::infra::rest::RestError;
use crate::infra::{Context, Doing, Step};

/// The key by which a guest is known as mcloud's, so that one that a stopped run left is removed.
const MARK: &str = "user.mcloud.proof";

/// The guests' NIC.
const NIC: &str = "eth0";

/// A throw-away guest on each member runs, writes, and reaches the others; then all are removed.
#[derive(Debug)]
pub(super) struct GuestProof {
    reach: Reach,
    guests: Guests,
    /// What was proven, and what could not be.
    found: Mutex<Vec<Message>>,
}

/// One guest.
#[derive(Debug, Clone)]
struct Guest {
    name: String,
    member: String,
}

impl GuestProof {
    /// The proof on what `guests` says.
    pub(super) fn new(reach: Reach, guests: Guests) -> Self {
        Self {
            reach,
            guests,
            found: Mutex::default(),
        }
    }

    /// A guest for each of these members.
    fn on(members: &[String]) -> Vec<Guest> {
        let members = members.iter().zip(1_u32..);
        let guest = |(member, number): (&String, u32)| Guest {
            name: format!("mcloud-proof-{number}"),
            member: member.clone(),
        };
        members.map(guest).collect()
    }

    fn note(&self, message: Message) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.push(message);
    }

    async fn run(&self, context: &Context) -> Result<(), Failure> {
        self.found
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        let lxd = self.reach.lxd().await?;
        self.clear(context, &lxd).await?;
        let server = lxd.server(None).await;
        let server = server.map_err(|error| failures::unanswered(&error))?;
        let world = &self.reach.world;
        let architecture = &server.environment.kernel_architecture;
        let Some(archive) = image::build(world, architecture, world.clock.now()) else {
            self.note(Message::new("lxd.guests-no-image"));
            return Ok(());
        };
        let found = lxd.members().await;
        let found = found.map_err(|error| failures::unanswered(&error))?;
        let (members, left_out) = fit::fitting(&found, &self.guests.members, architecture);
        let guests = Self::on(&members);
        let proven = self.prove(context, &lxd, (archive, &guests)).await;
        if let Some(says) = left_out {
            self.note(says);
        }
        if proven.is_ok() && world.roots.dev.join("kvm").exists() {
            self.note(Message::new("lxd.guests-no-vm"));
        }
        // Whatever came of it, nothing stays.
        context.say(Message::new("lxd.guests-removing"));
        let cleared = self.clear(context, &lxd).await;
        proven.and(cleared)
    }

    async fn prove(
        &self,
        context: &Context,
        lxd: &Lxd,
        (archive, guests): (Vec<u8>, &[Guest]),
    ) -> Result<(), Failure> {
        let alive = |_: &_| context.alive();
        context.say(Message::new("lxd.guests-image"));
        let image = lxd.upload_image(archive, &alive).await;
        let image = image
            .map_err(|error| failures::failed(Message::new("lxd.guests-image-failed"), &error))?;
        context.say(Message::new("lxd.guests-starting").with("count", guests.len()));
        // On a pool that spans the members the first guest unpacks the image for all: LXD on two
        // members at once would make the same volume twice, and one of them fails.
        let (first, others) = guests.split_at(guests.len().min(1));
        for some in [first, others] {
            let starting = some.iter();
            let starting = starting.map(|guest| self.start(context, lxd, (guest, &image)));
            let starting = self.reach.with_life_signs(context, lxd, every(starting));
            starting.await?;
        }
        self.note(said("lxd.guests-run", guests).with("pool", &self.guests.pool));
        context.say(Message::new("lxd.guests-writing").with("pool", &self.guests.pool));
        let write = |guest| self.must(context, lxd, (guest, script::WRITE, "lxd.guest-disk"));
        every(guests.iter().map(write)).await?;
        self.note(said("lxd.guests-wrote", guests).with("pool", &self.guests.pool));
        if let Some(network) = &self.guests.network {
            self.prove_network(context, lxd, (network, guests)).await?;
        }
        self.prove_move(context, lxd, guests).await
    }

    async fn start(
        &self,
        context: &Context,
        lxd: &Lxd,
        (guest, image): (&Guest, &str),
    ) -> Result<(), Failure> {
        stops(context)?;
        let alive = |_: &_| context.alive();
        let new = NewContainer {
            name: guest.name.clone(),
            image: image.to_owned(),
            config: Config::from([(MARK.to_owned(), "true".to_owned())]),
            devices: self.devices(),
        };
        let made = lxd.create_container(&guest.member, &new, &alive).await;
        made.map_err(|error| refused("lxd.guest-not-made", guest, &error))?;
        let started = lxd.start_instance(&guest.name, &alive).await;
        started.map_err(|error| refused("lxd.guest-not-started", guest, &error))
    }

    fn devices(&self) -> super::types::Devices {
        let device = |pairs: &[(&str, &str)]| -> Config {
            let pairs = pairs.iter();
            pairs
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect()
        };
        let root = device(&[("type", "disk"), ("path", "/"), ("pool", &self.guests.pool)]);
        let nic = self.guests.network.as_ref();
        let nic = nic.map(|it| device(&[("type", "nic"), ("name", NIC), ("network", it)]));
        let root = ("root".to_owned(), root);
        let nic = nic.map(|nic| (NIC.to_owned(), nic));
        std::iter::once(root).chain(nic).collect()
    }

    /// Runs a script that must succeed; `code` says what it means that it did not.
    async fn must(
        &self,
        context: &Context,
        lxd: &Lxd,
        (guest, script, code): (&Guest, &str, &str),
    ) -> Result<(), Failure> {
        match self.code(context, lxd, (guest, script)).await? {
            0 => Ok(()),
            number => Err(Failure::new(about(code, guest))
                .because(format!("exit code {number}: {script}"))
                .hint(Message::new(if code == "lxd.guest-disk" {
                    "lxd.hint-log"
                } else {
                    "lxd.hint-guest-network"
                }))),
        }
    }

    async fn code(
        &self,
        context: &Context,
        lxd: &Lxd,
        (guest, script): (&Guest, &str),
    ) -> Result<i64, Failure> {
        stops(context)?;
        let alive = |_: &_| context.alive();
        let running = lxd.run(&guest.name, script, &alive);
        let ended = self.reach.with_life_signs(context, lxd, running).await;
        ended.map_err(|error| refused("lxd.guest-no-command", guest, &error))
    }

    /// Removes every guest and image of a proof, also those of a run that was stopped.
    async fn clear(&self, context: &Context, lxd: &Lxd) -> Result<(), Failure> {
        let alive = |_: &_| context.alive();
        let not_removed =
            |error: RestError| failures::failed(Message::new("lxd.guests-not-removed"), &error);
        let instances = lxd.instances().await.map_err(not_removed)?;
        let ours = |it: &&Instance| it.config.contains_key(MARK);
        let removing = instances.iter().filter(ours).map(async |guest| {
            if guest.status != "Stopped" {
                lxd.stop_instance(&guest.name, &alive).await?;
            }
            lxd.delete_instance(&guest.name, &alive).await
        });
        every(removing).await.map_err(not_removed)?;
        for image in lxd.images().await.map_err(not_removed)? {
            let property = image.properties.get(image::PROPERTY);
            if property.is_some_and(|it| it == image::PROOF) {
                let deleted = lxd.delete_image(&image.fingerprint, &alive).await;
                deleted.map_err(not_removed)?;
            }
        }
        Ok(())
    }
}

/// Does it with all guests at once, to the end of each; the first failure in their order.
async fn every<T, E>(guests: impl Iterator<Item = T>) -> Result<(), E>
where
    T: Future<Output = Result<(), E>>,
{
    join_all(guests).await.into_iter().collect()
}

fn stops(context: &Context) -> Result<(), Failure> {
    if context.cancel.is_cancelled() {
        return Err(failures::stopped());
    }
    Ok(())
}

fn about(code: &str, guest: &Guest) -> Message {
    Message::new(code).with("name", &guest.member)
}

fn refused(code: &str, guest: &Guest, error: &RestError) -> Failure {
    failures::failed(about(code, guest), error)
}

fn said(code: &str, guests: &[Guest]) -> Message {
    let members: Vec<&str> = guests.iter().map(|guest| guest.member.as_str()).collect();
    Message::new(code).with("members", members.join(", "))
}

impl Step for GuestProof {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        // What was proven yesterday is not proven today.
        Box::pin(async { Ok(Seen::Missing("not proven".to_owned())) })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.run(context))
    }

    fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async {
            let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(found.clone())
        })
    }

    fn undo<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(async {
            let lxd = self.reach.lxd().await?;
            self.clear(context, &lxd).await
        })
    }
}
