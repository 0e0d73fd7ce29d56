//! What is left of a run: the longest chain of usual times.

use std::collections::BTreeMap;

use super::{Run, StepRun, StepState};
use crate::engine::Millis;
use crate::engine::plan::{Plan, Step};

/// Which steps each step of a plan needs, by their places in it.
#[derive(Debug)]
pub struct Needs(Vec<Vec<usize>>);

/// What is left of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// So many ms, whatever the time is.
    Always(u64),
    /// So many ms from when it began.
    From(Millis, u64),
}

impl Needs {
    /// Those of `plan`, in which every step stands after all it needs.
    pub fn of(plan: &Plan) -> Self {
        let places = plan.steps.iter().enumerate();
        let places: BTreeMap<&str, usize> = places.map(|(at, it)| (it.id.as_str(), at)).collect();
        let of = |step: &Step| {
            let needs = step.needs.iter();
            needs
                .filter_map(|need| places.get(need.as_str()).copied())
                .collect()
        };
        Self(plan.steps.iter().map(of).collect())
    }

    /// How long the rest usually takes at `now`, in ms: the longest chain that is left; `left` stands in
    /// the plan's order.
    pub fn remaining_ms(&self, left: &[Left], now: Millis) -> u64 {
        let mut ends: Vec<u64> = Vec::with_capacity(left.len());
        for (left, needs) in left.iter().zip(&self.0) {
            let own = match *left {
                Left::Always(own) => own,
                Left::From(began, usual) => usual.saturating_sub(now.saturating_sub(began)),
            };
            let before = needs.iter().filter_map(|at| ends.get(*at)).max();
            ends.push(own.saturating_add(before.copied().unwrap_or(0)));
        }
        ends.into_iter().max().unwrap_or(0)
    }
}

impl Left {
    /// What is left of a step that stands like that.
    pub const fn of(step: &Step, run: &StepRun) -> Self {
        match (&run.state, run.started) {
            (StepState::Waiting, _) | (_, None) if !run.state.is_over() => {
                Self::Always(step.usual_ms)
            }
            (state, Some(began)) if state.is_active() => Self::From(began, step.usual_ms),
            _ => Self::Always(0),
        }
    }
}

impl Run {
    /// Every step of the plan with how it stands, in the plan's order.
    pub fn standing<'a>(&'a self, plan: &'a Plan) -> Vec<(&'a Step, &'a StepRun)> {
        let steps = plan.steps.iter();
        steps
            .filter_map(|step| Some((step, self.steps.get(&step.id)?)))
            .collect()
    }
}

/// The sum of usual times of what is there, in thousandths of the sum of all; `standing` is
/// [`Run::standing`].
pub fn permille(standing: &[(&Step, &StepRun)]) -> u16 {
    let (mut there, mut all) = (0_u64, 0_u64);
    for (step, run) in standing {
        let usual = step.usual_ms.max(1);
        all = all.saturating_add(usual);
        if run.state.is_there() {
            there = there.saturating_add(usual);
        }
    }
    let parts = there.saturating_mul(1_000).checked_div(all);
    u16::try_from(parts.unwrap_or(1_000)).unwrap_or(1_000)
}
