//! Operators in place of people: at each simulated console that nobody sits at, somebody who does
//! what the screens ask, over the same wire as a face.

mod initiator;
mod joiner;

use std::path::PathBuf;
use std::time::Duration;

use crate::engine::Intent;
use crate::engine::answers::{Given, Purpose};
use crate::engine::picture::Picture;
use crate::engine::picture::wizard::DiskRow;
use crate::wire::face::{FaceError, FaceLink};
use crate::wire::{FromDaemon, ToDaemon, WireError};
use crate::world::Clock;

pub use initiator::initiate;
pub use joiner::join;

/// So long an operator looks at a screen before pressing a key, in the rehearsal's time.
const LOOKS: Duration = Duration::from_secs(2);

/// Why an operator stopped.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// Its daemon is not there.
    #[error(transparent)]
    Face(#[from] FaceError),
    /// Its daemon went away.
    #[error(transparent)]
    Wire(#[from] WireError),
}

/// Where an operator sits, and whose screens it can see.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The socket of its own daemon.
    pub socket: PathBuf,
    /// The socket of the initiator's: whoever sits in one room sees the words on its screen.
    pub initiator: PathBuf,
    /// The rehearsal's clock.
    pub clock: Clock,
    /// How many nodes take part.
    pub nodes: usize,
}

/// An operator at its console.
#[derive(Debug)]
struct Operator {
    link: FaceLink,
    seat: Seat,
}

impl Operator {
    async fn sit_down(seat: Seat) -> Result<Self, OperatorError> {
        Ok(Self {
            link: FaceLink::connect(&seat.socket, true).await?,
            seat,
        })
    }

    fn picture(&self) -> &Picture {
        &self.link.picture
    }

    async fn want(&mut self, intent: Intent) -> Result<(), OperatorError> {
        Ok(self.link.send(&ToDaemon::Intent { intent }).await?)
    }

    /// Waits until the screen shows what is meant.
    async fn until(&mut self, shows: impl Fn(&Picture) -> bool) -> Result<(), OperatorError> {
        while !shows(&self.link.picture) {
            self.hear().await?;
        }
        Ok(())
    }

    /// The next picture.
    async fn hear(&mut self) -> Result<(), OperatorError> {
        loop {
            if let FromDaemon::Picture { picture } = self.link.receive().await? {
                self.link.picture = picture;
                return Ok(());
            }
        }
    }

    /// Looks at the screen for a while.
    async fn look(&self) {
        self.seat.clock.sleep(LOOKS).await;
    }

    /// Takes the only usable address, or the one that is suggested.
    async fn take_address(&mut self) -> Result<(), OperatorError> {
        self.until(|picture| !picture.wizard.addresses.is_empty())
            .await?;
        let rows = self.picture().wizard.addresses.iter();
        let mut usable = rows.filter(|row| row.unusable.is_none());
        let address = usable.find_map(|row| row.address);
        if let Some(address) = address {
            let address = address.addr();
            self.want(Intent::Address { address }).await?;
        }
        Ok(())
    }

    /// Gives away the empty disks of this node: the first one to Ceph where that can be, the next one
    /// to the local pool.
    async fn give_disks(&mut self) -> Result<(), OperatorError> {
        let me = self.picture().me.clone();
        let own = |picture: &Picture| {
            let mut nodes = picture.wizard.disks.iter();
            nodes.find(|node| node.node == me && node.known).cloned()
        };
        self.until(|picture| own(picture).is_some()).await?;
        let disks = own(self.picture()).map(|node| node.disks);
        let (mut ceph, mut local) = (true, true);
        for disk in disks.unwrap_or_default() {
            if disk.unusable.is_some() || disk.erases {
                continue;
            }
            let purpose = if ceph && offers(&disk, Purpose::Ceph) {
                ceph = false;
                Purpose::Ceph
            } else if local && offers(&disk, Purpose::Local) {
                local = false;
                Purpose::Local
            } else {
                continue;
            };
            self.want(Intent::Use {
                node: me.clone(),
                disk: disk.path,
                purpose: Some(purpose),
                encrypt: false,
            })
            .await?;
        }
        Ok(())
    }
}

fn offers(disk: &DiskRow, purpose: Purpose) -> bool {
    let is = |given: &Given| given.purpose == purpose;
    disk.offers.iter().any(is)
}
