//! How a line face ends: left by its operator, interrupted, or without anybody who answers.

use std::io::{self, Write};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Face;
use crate::engine::Intent;
use crate::engine::node::{Role, Stage};
use crate::wire::WireError;
use crate::wire::face::{FaceLink, How};

/// What ends a face from outside.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Whether the terminal has gone; else somebody asks the face to end.
    pub(super) async fn next(&mut self) -> bool {
        tokio::select! {
            _ = self.interrupt.recv() => false,
            _ = self.terminate.recv() => false,
            _ = self.hangup.recv() => true,
        }
    }
}

impl<W: Write> Face<W> {
    /// How the face is left if it is closed now.
    pub(super) fn closed(&self, link: &FaceLink) -> How {
        How::closed(&link.picture, self.old.is_some())
    }

    /// Before Install the undertaking is given up, and its end is waited for where it was begun.
    pub(super) async fn leave(&mut self, link: &mut FaceLink) -> Result<Option<How>, WireError> {
        if let how @ (How::Closed | How::Done(_)) = self.closed(link) {
            return Ok(Some(how));
        }
        link.intend([Intent::Leave]).await?;
        self.leaving = true;
        let begun = !matches!(link.picture.stage, Stage::Idle | Stage::Ended);
        Ok((!begun).then_some(How::Left))
    }

    /// Nobody answers any more: before Install that is leaving, after it the run goes on alone.
    pub(super) async fn end_of_input(
        &mut self,
        link: &mut FaceLink,
    ) -> Result<Option<How>, WireError> {
        match (is_begun(link.picture.stage), self.can_detach) {
            (false, _) => self.leave(link).await,
            (true, true) => Ok(Some(How::Detached)),
            (true, false) => Ok(Some(How::Gone)),
        }
    }

    /// Ctrl-C: before Install the undertaking is given up. After that a run of the daemon's goes on
    /// without this face, and one of this process comes to its next safe place.
    pub(super) async fn interrupted(
        &mut self,
        link: &mut FaceLink,
    ) -> Result<Option<How>, WireError> {
        let leads = link.picture.role == Role::Leader;
        match is_begun(link.picture.stage) {
            _ if self.leaving => Ok(Some(How::Gone)),
            false => self.leave(link).await,
            true if self.can_detach || !leads => Ok(Some(How::Gone)),
            true => {
                let intent = match link.picture.stage {
                    Stage::Stopped => Intent::Leave,
                    _ => Intent::Stop,
                };
                self.leaving = true;
                link.intend([intent]).await?;
                Ok(None)
            }
        }
    }
}

const fn is_begun(stage: Stage) -> bool {
    matches!(stage, Stage::Sealing | Stage::Installing | Stage::Stopped)
}
