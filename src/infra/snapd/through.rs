//! Beginning a change of snapd and following it to its end, also where snapd starts again or is busy.

use std::time::Duration;

use super::client::Snapd;
use super::envelope::SnapdError;
use super::failures;
use super::follow::Ended;
use super::refusals::{Meaning, conflicting, meaning};
use crate::engine::message::{Failure, Message};
use crate::infra::Context;

/// How often another change of a snap is waited for before the step gives up.
const MOST_ROUNDS: u32 = 240;

/// The pause before what snapd was too busy for is tried again.
const BETWEEN_ROUNDS: Duration = Duration::from_millis(500);

impl Snapd {
    /// Begins a change and follows it; first what snapd is doing with the snap comes to its end.
    pub(super) async fn through<F>(
        &self,
        begin: impl Fn() -> F,
        snap: &str,
        (what, context): (Message, &Context),
    ) -> Result<(), Failure>
    where
        F: Future<Output = Result<String, SnapdError>>,
    {
        for _ in 0..MOST_ROUNDS {
            let error = match begin().await {
                Ok(change) => return self.to_the_end(&change, (what, context)).await,
                Err(error) => error,
            };
            let busy = error.refusal().map(meaning) == Some(Meaning::Conflict);
            if !busy && !error.passes() {
                return Err(failures::failed(what, &error));
            }
            let other = error.refusal().and_then(conflicting).unwrap_or(snap);
            let ask = || self.changes_in_progress(other);
            for change in self.patiently(context, ask).await? {
                self.follow(&change.id, context).await?;
            }
            self.pause(BETWEEN_ROUNDS, context).await?;
        }
        let what = Message::new("snapd.busy").with("snap", snap);
        Err(Failure::new(what).hint(Message::new("snapd.hint-conflict")))
    }

    async fn to_the_end(
        &self,
        change: &str,
        (what, context): (Message, &Context),
    ) -> Result<(), Failure> {
        match self.follow(change, context).await? {
            Ended::Well | Ended::Forgotten => Ok(()),
            Ended::Badly { causes } => Err(failures::ended_badly(what, &causes)),
            Ended::AfterReboot => Err(failures::reboot(what)),
        }
    }
}
