//! Operators in place of people: at each simulated console that nobody sits at, somebody who does
//! what the screens ask, over the same wire as a face.

mod initiator;
mod joiner;

use std::path::PathBuf;
use std::time::Duration;

use crate::engine::Intent;
use crate::engine::answers::Purpose;
use crate::engine::picture::Picture;
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

    /// Gives the local pool the first disk of this node that is empty.
    async fn give_a_disk(&mut self) -> Result<(), OperatorError> {
        let me = self.picture().me.clone();
        let own = |picture: &Picture| {
            let mut nodes = picture.wizard.disks.iter();
            nodes.find(|node| node.node == me && node.known).cloned()
        };
        self.until(|picture| own(picture).is_some()).await?;
        let disks = own(self.picture()).map(|node| node.disks);
        let mut disks = disks.unwrap_or_default().into_iter();
        let empty = disks.find(|disk| disk.unusable.is_none() && !disk.erases);
        if let Some(disk) = empty {
            self.want(Intent::Use {
                node: me,
                disk: disk.path,
                purpose: Some(Purpose::Local),
            })
            .await?;
        }
        Ok(())
    }
}
