//! Following a change of snapd to its end: its own words as progress, bytes where it downloads, and
//! patience while snapd itself starts again.

use std::time::Duration;

use super::client::Snapd;
use super::envelope::SnapdError;
use super::failures;
use super::types::{Change, Task};
use crate::engine::message::{Failure, Message};
use crate::engine::{Millis, Progress};
use crate::infra::Context;

/// The pause between two looks at a change.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// The pause before snapd is asked again when it was away (snapd's own client, `client/client.go`).
const AWAY: Duration = Duration::from_millis(250);

/// How long snapd may stay away, in milliseconds: as long as its own client waits.
const MOST_AWAY_MS: Millis = 120_000;

/// How many looks at least find it away before that counts: a look may take long itself.
const LEAST_LOOKS: u32 = 20;

/// How many looks one after the other may show nothing new: half an hour.
const MOST_STILL: u32 = 3600;

/// How often snapd is asked something small while a long call runs: its answer is the sign of life.
const BETWEEN_SIGNS: Duration = Duration::from_secs(2);

/// What a task without bytes counts beside one that downloads.
const TASK_BYTES: u64 = 2 << 20;

/// How a change ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// As it should.
    Well,
    /// Not: what snapd says of it, and of each task that failed.
    Badly { causes: Vec<String> },
    /// It goes on after the machine started again.
    AfterReboot,
    /// snapd has forgotten it: only the state tells how it ended.
    Forgotten,
}

/// How a change stands: none while it runs.
fn ended(change: &Change) -> Option<Ended> {
    match (change.ready, change.status.as_str()) {
        (true, "Done") => Some(Ended::Well),
        (true, _) => Some(Ended::Badly {
            causes: causes(change),
        }),
        (false, "Wait") => Some(Ended::AfterReboot),
        (false, _) => None,
    }
}

/// Why a change failed: the last words of each failed task; the change's own where no task has any.
fn causes(change: &Change) -> Vec<String> {
    let failed = change.tasks.iter().filter(|task| task.status == "Error");
    let told: Vec<String> = failed
        .filter_map(|task| Some(format!("{}: {}", task.summary, words(task.log.last()?))))
        .collect();
    if !told.is_empty() {
        return told;
    }
    if change.err.is_empty() {
        return vec![format!("{}: {}", change.summary, change.status)];
    }
    vec![change.err.clone()]
}

/// A log line without its time and level: `2026-11-21T02:06:14Z ERROR cannot …`.
fn words(line: &str) -> &str {
    line.split_once(" ERROR ").map_or(line, |(_, words)| words)
}

/// How far a change is. Tasks that download count their bytes, others as much as two megabytes.
fn units(tasks: &[Task]) -> Option<(u64, u64)> {
    let (mut done, mut total) = (0_u64, 0_u64);
    for task in tasks {
        let over = matches!(task.status.as_str(), "Done" | "Undone" | "Hold" | "Error");
        let (of, so_far) = match task.progress.total {
            0 | 1 => (TASK_BYTES, 0),
            bytes => (bytes, task.progress.done.min(bytes)),
        };
        done = done.saturating_add(if over { of } else { so_far });
        total = total.saturating_add(of);
    }
    (total > 0).then_some((done, total))
}

/// What a change does now: the task that runs, and how much of it is downloaded.
fn doing(change: &Change) -> Message {
    let running = |status| change.tasks.iter().find(|task| task.status == status);
    let Some(task) = running("Doing").or_else(|| running("Undoing")) else {
        return Message::new("snapd.doing").with("task", &change.summary);
    };
    if task.progress.total <= 1 {
        return Message::new("snapd.doing").with("task", &task.summary);
    }
    Message::new("snapd.downloading")
        .with("task", &task.summary)
        .with("done", task.progress.done / 1_000_000)
        .with("total", task.progress.total.div_ceil(1_000_000))
}

/// What was seen of a change last, and for how long it has not moved.
#[derive(Default)]
struct Movement {
    seen: Option<Change>,
    still: u32,
}

impl Movement {
    /// Whether it has shown something new within the last half hour.
    fn goes_on(&mut self, change: Change) -> bool {
        if self.seen.as_ref() == Some(&change) {
            self.still = self.still.saturating_add(1);
        } else {
            (self.seen, self.still) = (Some(change), 0);
        }
        self.still < MOST_STILL
    }
}

/// Since when snapd is away, and how many looks found it so.
#[derive(Default)]
struct Away(Option<(Millis, u32)>);

impl Away {
    /// Whether one more look may be taken.
    fn passes(&mut self, now: Millis) -> bool {
        let (since, looks) = self.0.unwrap_or((now, 0));
        self.0 = Some((since, looks.saturating_add(1)));
        looks < LEAST_LOOKS || now.saturating_sub(since) < MOST_AWAY_MS
    }
}

impl Snapd {
    /// Follows a change to its end. It stops following where the step was asked to stop, where snapd
    /// stays away for two minutes, and where the change does not move for half an hour.
    pub(super) async fn follow(&self, id: &str, context: &Context) -> Result<Ended, Failure> {
        let mut movement = Movement::default();
        loop {
            let look = self.patiently(context, || self.change(id)).await?;
            let Some(change) = look else {
                return Ok(Ended::Forgotten);
            };
            show(&change, context);
            if let Some(ended) = ended(&change) {
                return Ok(ended);
            }
            let summary = change.summary.clone();
            if !movement.goes_on(change) {
                return Err(failures::stuck(&summary));
            }
            self.pause(BETWEEN_LOOKS, context).await?;
        }
    }

    /// Stops a change and waits until it is taken back, though the step was asked to stop.
    pub(super) async fn take_back(&self, id: &str, context: &Context) -> Result<(), SnapdError> {
        self.abort(id).await?;
        let mut away = Away::default();
        loop {
            match self.change(id).await {
                Ok(None) => return Ok(()),
                Ok(Some(change)) if ended(&change).is_some() => return Ok(()),
                Ok(Some(change)) => {
                    away = Away::default();
                    show(&change, context);
                }
                Err(error) if error.passes() && away.passes(self.clock.now()) => {}
                Err(error) => return Err(error),
            }
            self.clock.sleep(BETWEEN_LOOKS).await;
        }
    }

    /// A question that snapd may be away for: it is asked again as long as that passes.
    pub(super) async fn patiently<T, F>(
        &self,
        context: &Context,
        ask: impl Fn() -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SnapdError>>,
    {
        let mut away = Away::default();
        loop {
            match ask().await {
                Err(error) if error.passes() && away.passes(self.clock.now()) => {
                    context.say(Message::new("snapd.away"));
                    self.pause(AWAY, context).await?;
                }
                other => return other.map_err(|error| failures::unanswered(&error)),
            }
        }
    }

    /// Makes a call that may take long before it answers. Beside it snapd is asked who it is, and
    /// each answer is a sign of life.
    pub(super) async fn with_life_signs<T>(
        &self,
        context: &Context,
        call: impl Future<Output = T>,
    ) -> T {
        let mut call = std::pin::pin!(call);
        loop {
            tokio::select! {
                biased;
                done = &mut call => return done,
                lives = self.sign() => if lives { context.alive() },
            }
        }
    }

    async fn sign(&self) -> bool {
        self.clock.sleep(BETWEEN_SIGNS).await;
        self.system_info().await.is_ok()
    }

    /// Waits until the next look; stops where the step was asked to.
    pub(super) async fn pause(&self, long: Duration, context: &Context) -> Result<(), Failure> {
        tokio::select! {
            biased;
            () = context.cancel.cancelled() => Err(failures::stopped()),
            () = self.clock.sleep(long) => Ok(()),
        }
    }
}

/// The sign of life of a change.
fn show(change: &Change, context: &Context) {
    let doing = match &change.maintenance {
        Some(soon) => Message::new("snapd.maintenance").with("words", &soon.message),
        None => doing(change),
    };
    (context.progress)(Progress {
        doing: Some(doing),
        units: units(&change.tasks),
    });
}
