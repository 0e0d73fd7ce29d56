//! Bearing that a service is away for a moment: its daemon starts again, or its database elects a leader.

use std::fmt;
use std::time::Duration;

use super::{Context, Doing, Step};
use crate::engine::message::{Failure, Message};
use crate::engine::{Millis, Seen};
use crate::world::Clock;

/// How long a service may be away when it is looked at, in milliseconds.
const MOST_AWAY_MS: Millis = 30_000;

/// How many looks at least find it away before that counts: a look may take long itself.
const LEAST_LOOKS: u32 = 5;

/// The pause before it is asked again.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// How the code ends of a failure that says no more than that a service is away just now.
const AWAY: &str = ".away";

/// A step whose service may be away for a moment. What it looks at is looked at again, and what it does
/// is begun again, which is safe: it asks first what is there.
pub(in crate::infra) struct Patient {
    step: Box<dyn Step>,
    clock: Clock,
}

impl Patient {
    /// The same step, with patience.
    pub(in crate::infra) fn of(step: Box<dyn Step>, clock: &Clock) -> Box<dyn Step> {
        let clock = clock.clone();
        Box::new(Self { step, clock })
    }
}

impl fmt::Debug for Patient {
    /// The step alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.step.fmt(f)
    }
}

/// Asks, and asks again for half a minute while the answer is that a service is away. Stops where the
/// step was asked to.
pub(in crate::infra) async fn patiently<T, F>(
    clock: &Clock,
    context: Option<&Context>,
    ask: impl Fn() -> F,
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut since = None;
    let mut looks = 0_u32;
    loop {
        let away = match ask().await {
            Err(failure) if failure.what.code.ends_with(AWAY) => failure,
            other => return other,
        };
        let since = *since.get_or_insert_with(|| clock.now());
        looks = looks.saturating_add(1);
        if looks >= LEAST_LOOKS && clock.now().saturating_sub(since) > MOST_AWAY_MS {
            return Err(away);
        }
        match context {
            None => clock.sleep(BETWEEN_LOOKS).await,
            Some(context) => {
                tokio::select! {
                    biased;
                    () = context.cancel.cancelled() => return Err(stopped(&away)),
                    () = clock.sleep(BETWEEN_LOOKS) => context.alive(),
                }
            }
        }
    }
}

/// The step was asked to stop while its service was away.
fn stopped(away: &Failure) -> Failure {
    let room = away.what.code.trim_end_matches(AWAY);
    let what = Message {
        code: format!("{room}.stopped-as-asked"),
        with: away.what.with.clone(),
    };
    Failure::new(what)
}

impl Step for Patient {
    fn observe<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(patiently(&self.clock, Some(context), || {
            self.step.observe(context)
        }))
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(patiently(&self.clock, Some(context), || {
            self.step.apply(context)
        }))
    }

    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(patiently(&self.clock, Some(context), || {
            self.step.verify(context)
        }))
    }

    /// At once: what a step noted about its attempt is used up by the first try.
    fn undo<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        self.step.undo(context)
    }
}
