//! A run of the plan: which step stands how, and which may begin.

mod critical;
mod left;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Millis;
use super::message::{Failure, Message};
use super::plan::{Plan, Step};
pub use critical::CriticalPath;
pub use left::{Left, Needs, permille};

/// One run of a sealed plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its id, in every journal entry.
    pub id: String,
    /// When it began.
    pub started: Millis,
    /// Whether the operator asked it to stop: nothing new begins.
    pub stopping: bool,
    /// How each step stands, by its id.
    pub steps: BTreeMap<String, StepRun>,
    /// What the proof has shown.
    pub proven: Vec<Message>,
}

/// How one step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRun {
    /// Which attempt, from 1; 0 before the first.
    pub attempt: u32,
    /// How it stands.
    pub state: StepState,
    /// When this attempt began.
    pub started: Option<Millis>,
    /// How long the attempt took, in ms, once it ended.
    pub took_ms: u64,
    /// Units done and in all, where the work counts.
    pub units: Option<(u64, u64)>,
    /// What it is doing now.
    pub doing: Option<Message>,
    /// When it last showed a sign of life.
    pub heard: Option<Millis>,
    /// What was there before, in the step's own words.
    pub before: Option<String>,
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// It waits for others.
    Waiting,
    /// Its node looks whether it is there already.
    Observing,
    /// The journal is recording that it will be applied.
    Recording,
    /// It is being applied.
    Applying,
    /// It was done, and it was mcloud that made it.
    Done,
    /// It was there already.
    Already,
    /// It stopped.
    Failed(Failure),
    /// It is left out, because a step it needs stopped.
    Skipped,
}

impl StepState {
    /// Whether the work is there: what needs it may begin.
    pub const fn is_there(&self) -> bool {
        matches!(self, Self::Done | Self::Already)
    }

    /// Whether it is under way.
    pub const fn is_active(&self) -> bool {
        matches!(self, Self::Observing | Self::Recording | Self::Applying)
    }

    /// Whether nothing more happens to it by itself.
    pub const fn is_over(&self) -> bool {
        matches!(
            self,
            Self::Done | Self::Already | Self::Failed(_) | Self::Skipped
        )
    }
}

impl StepRun {
    const fn waiting() -> Self {
        Self {
            attempt: 0,
            state: StepState::Waiting,
            started: None,
            took_ms: 0,
            units: None,
            doing: None,
            heard: None,
            before: None,
        }
    }
}

impl Run {
    /// A run of `plan` in which nothing has begun.
    pub fn new(plan: &Plan, now: Millis) -> Self {
        Self {
            id: format!("run-{now}"),
            started: now,
            stopping: false,
            steps: plan
                .steps
                .iter()
                .map(|step| (step.id.clone(), StepRun::waiting()))
                .collect(),
            proven: Vec::new(),
        }
    }

    /// How the step called `id` stands.
    pub fn state(&self, id: &str) -> Option<&StepState> {
        self.steps.get(id).map(|step| &step.state)
    }

    /// The waiting steps that may begin now. Where nothing else goes on any more, these are the
    /// steps that give back what was changed for a while.
    pub fn startable(&self, plan: &Plan) -> Vec<String> {
        let ready = self.ready(plan);
        if !ready.is_empty() || self.steps.values().any(|step| step.state.is_active()) {
            return ready;
        }
        let gives_back = |step: &&Step| {
            let waits = self.state(&step.id) == Some(&StepState::Waiting);
            let changed = step.needs.first().and_then(|need| self.steps.get(need));
            waits && step.work.gives_back() && changed.is_some_and(|it| it.attempt > 0)
        };
        let steps = plan.steps.iter().filter(gives_back);
        steps.map(|step| step.id.clone()).collect()
    }

    /// The waiting steps of which all they need is there, and whose locks are free, also of each
    /// other's.
    fn ready(&self, plan: &Plan) -> Vec<String> {
        if self.stopping {
            return Vec::new();
        }
        let mut held: Vec<&str> = plan
            .steps
            .iter()
            .filter(|step| self.state(&step.id).is_some_and(StepState::is_active))
            .flat_map(|step| step.locks.iter().map(String::as_str))
            .collect();
        let mut startable = Vec::new();
        for step in &plan.steps {
            let waits = self.state(&step.id) == Some(&StepState::Waiting);
            if waits && self.has_needs(step) && !step.locks.iter().any(|l| held.contains(&&**l)) {
                held.extend(step.locks.iter().map(String::as_str));
                startable.push(step.id.clone());
            }
        }
        startable
    }

    fn has_needs(&self, step: &Step) -> bool {
        step.needs
            .iter()
            .all(|need| self.state(need).is_some_and(StepState::is_there))
    }

    /// Whether nothing runs and nothing can begin.
    pub fn is_over(&self, plan: &Plan) -> bool {
        !self.steps.values().any(|step| step.state.is_active()) && self.startable(plan).is_empty()
    }

    /// Whether every step is there.
    pub fn is_complete(&self) -> bool {
        self.steps.values().all(|step| step.state.is_there())
    }

    /// The failures of the run, each with its step.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &Failure)> {
        self.steps
            .iter()
            .filter_map(|(id, step)| match &step.state {
                StepState::Failed(failure) => Some((id.as_str(), failure)),
                _ => None,
            })
    }
}
