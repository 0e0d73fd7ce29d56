//! The operator at the initiator's console, where a person plays a joiner.

use std::time::Duration;

use super::{Operator, OperatorError, Seat};
use crate::engine::Intent;
use crate::engine::message::Remedy;
use crate::engine::node::Stage;
use crate::engine::picture::Picture;
use crate::engine::trust::KnockState;
use crate::engine::wizard::Part;

/// So long the choices must stand before the initiator goes on, in the rehearsal's time.
const SETTLES: Duration = Duration::from_secs(20);

/// So often a step that failed is tried again.
const TRIES: u32 = 3;

/// Starts the cluster called `cluster`, lets every node in, and installs once nobody changes anything
/// any more.
pub async fn initiate(seat: Seat, cluster: String) -> Result<(), OperatorError> {
    let nodes = seat.nodes;
    let mut operator = Operator::sit_down(seat).await?;
    let part = Some(Part::Initiator);
    operator.want(Intent::Open { part }).await?;
    operator.take_address().await?;
    operator.want(Intent::Found { cluster }).await?;
    while !all_in(operator.picture(), nodes) {
        if has_closed(operator.picture()) {
            // A rehearsal's hour may be over in seconds.
            operator.want(Intent::Extend).await?;
        }
        for (id, check) in asking(operator.picture()) {
            operator.look().await;
            operator.want(Intent::Admit { id, check }).await?;
        }
        operator.hear().await?;
    }
    operator.give_disks().await?;
    operator.settle().await?;
    operator.want(Intent::Review).await?;
    operator.install().await
}

impl Operator {
    /// Waits until nobody changed what a disk is for during a while.
    async fn settle(&mut self) -> Result<(), OperatorError> {
        loop {
            let choices = choices(self.picture());
            let clock = self.seat.clock.clone();
            let rest = clock.sleep(SETTLES);
            let mut rest = std::pin::pin!(rest);
            loop {
                tokio::select! {
                    () = &mut rest => return Ok(()),
                    heard = self.hear() => heard?,
                }
                if self::choices(self.picture()) != choices {
                    break;
                }
            }
        }
    }

    /// Presses Install whenever a plan is sealed, and tries again what failed.
    async fn install(&mut self) -> Result<(), OperatorError> {
        let mut tries = 0;
        loop {
            let picture = self.picture();
            match picture.stage {
                Stage::Ended => return Ok(()),
                Stage::Review => {
                    let sealed = picture
                        .review
                        .as_ref()
                        .and_then(|review| Some((review.digest.clone()?, review.erasures.len())));
                    if let Some((digest, erase)) = sealed {
                        self.look().await;
                        self.want(Intent::Install { digest, erase }).await?;
                    }
                }
                Stage::Stopped => {
                    tries += 1;
                    self.look().await;
                    let step = failed(self.picture()).filter(|_| tries <= TRIES);
                    let intent = step.map_or(Intent::Leave, |step| Intent::Retry { step });
                    self.want(intent).await?;
                }
                _ => {}
            }
            self.hear().await?;
        }
    }
}

fn all_in(picture: &Picture, nodes: usize) -> bool {
    let disks = &picture.wizard.disks;
    disks.len() >= nodes && disks.iter().all(|node| node.known)
}

fn has_closed(picture: &Picture) -> bool {
    let session = picture.wizard.session.as_ref();
    session.is_some_and(|session| session.id.is_empty())
}

/// Who asks, by node id, and its check words.
fn asking(picture: &Picture) -> Vec<(String, Vec<String>)> {
    let session = picture.wizard.session.iter();
    let knocks = session.flat_map(|session| &session.knocks);
    let asks = knocks.filter(|knock| knock.state == KnockState::Asking);
    asks.map(|knock| (knock.id.clone(), knock.check.clone()))
        .collect()
}

fn choices(picture: &Picture) -> Vec<(String, bool)> {
    let nodes = picture.wizard.disks.iter();
    let disks = nodes.flat_map(|node| &node.disks);
    disks
        .map(|disk| (disk.path.clone(), disk.purpose.is_some()))
        .collect()
}

fn failed(picture: &Picture) -> Option<String> {
    let run = picture.install.as_ref()?;
    let retries = |remedies: &[Remedy]| remedies.contains(&Remedy::Retry);
    let mut failures = run.failures.iter();
    let failed = failures.find(|row| retries(&row.failure.remedies))?;
    Some(failed.step.clone())
}
