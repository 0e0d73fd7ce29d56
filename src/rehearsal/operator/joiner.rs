//! The operator at a joiner's console.

use super::{Operator, OperatorError, Seat};
use crate::engine::Intent;
use crate::engine::neighbours::Standing;
use crate::engine::node::{Role, Stage};
use crate::engine::picture::Picture;
use crate::engine::trust::JoiningState;
use crate::engine::wizard::Part;
use crate::wire::ToDaemon;
use crate::wire::face::words_of;

/// Joins the session of the rehearsal, gives a disk, and watches to the end.
pub async fn join(seat: Seat) -> Result<(), OperatorError> {
    let mut operator = Operator::sit_down(seat).await?;
    let part = Some(Part::Joiner);
    operator.want(Intent::Open { part }).await?;
    operator.take_address().await?;
    while operator.picture().role != Role::Worker {
        operator.come_in().await?;
    }
    operator.give_disks().await?;
    operator
        .until(|picture| picture.stage == Stage::Ended)
        .await
}

impl Operator {
    /// One attempt: choose the session, type the words, compare, say yes.
    async fn come_in(&mut self) -> Result<(), OperatorError> {
        self.until(|picture| open_session(picture).is_some() || picture.role == Role::Worker)
            .await?;
        let Some(id) = open_session(self.picture()) else {
            return Ok(());
        };
        self.want(Intent::Knock { id }).await?;
        self.until(|picture| picture.wizard.joining.is_some())
            .await?;
        self.look().await;
        let Some(words) = words_of(&self.seat.initiator).await? else {
            return self.want(Intent::Unknock).await;
        };
        self.link.send(&ToDaemon::Words { words }).await?;
        self.until(|picture| !is(picture, JoiningState::Words) || has_failed(picture))
            .await?;
        self.until(|picture| !is(picture, JoiningState::Calling))
            .await?;
        if is(self.picture(), JoiningState::Compare) {
            self.look().await;
            let accept = self.compare().await?;
            self.want(Intent::Trust { accept }).await?;
        }
        self.until(|picture| {
            picture.role == Role::Worker || picture.wizard.joining.is_none() || has_failed(picture)
        })
        .await
    }

    /// Whether the initiator's screen shows the same check words beside this node.
    async fn compare(&self) -> Result<bool, OperatorError> {
        let own = self.picture().wizard.joining.as_ref();
        let own = own.map(|joining| joining.check.clone()).unwrap_or_default();
        let seat = Seat {
            socket: self.seat.initiator.clone(),
            ..self.seat.clone()
        };
        let mut other = Self::sit_down(seat).await?;
        let me = self.picture().me.clone();
        let shown = |picture: &Picture| {
            let session = picture.wizard.session.as_ref()?;
            let knock = session.knocks.iter().find(|knock| knock.name == me)?;
            Some(knock.check.clone())
        };
        other.until(|picture| shown(picture).is_some()).await?;
        Ok(shown(other.picture()).as_ref() == Some(&own))
    }
}

fn is(picture: &Picture, state: JoiningState) -> bool {
    let joining = picture.wizard.joining.as_ref();
    joining.is_some_and(|joining| joining.state == state)
}

fn has_failed(picture: &Picture) -> bool {
    let joining = picture.wizard.joining.as_ref();
    joining.is_some_and(|joining| joining.failure.is_some())
}

/// The first session that is heard: a rehearsal has one.
fn open_session(picture: &Picture) -> Option<String> {
    let peers = picture.wizard.neighbours.peers.iter();
    let mut open = peers.filter(|peer| {
        matches!(peer.standing, Standing::Open { .. })
            && peer.session.is_some()
            && peer.port.is_some()
            && !peer.silent
    });
    open.next().map(|peer| peer.id.clone())
}
