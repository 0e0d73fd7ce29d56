//! Which number means what: a number that was printed never silently means something else.

use super::page::{Act, Choice};

/// The numbers of the choices that were printed.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    bound: Vec<Bound>,
    /// The last number that was given.
    last: usize,
}

/// A number with what it was printed for.
#[derive(Debug, Clone)]
struct Bound {
    number: usize,
    id: String,
    label: String,
    act: Act,
    /// Whether it can still be done.
    there: bool,
}

/// What a typed number means.
#[derive(Debug, PartialEq)]
pub(super) enum Meaning {
    /// This choice, as it was printed.
    Choice(usize),
    /// What was printed under it cannot be done any more, or would do something else now.
    Gone(String),
    /// No such number was printed.
    Nothing,
}

impl Numbers {
    /// Numbers the choices from 1: the operator has just answered, no number is under way.
    pub(super) fn renew(&mut self, choices: &[Choice]) {
        *self = Self::default();
        self.follow(choices);
    }

    /// Numbers what is new with numbers that were not used yet; what does the same as before keeps
    /// its number. Says whether the list is another now.
    pub(super) fn follow(&mut self, choices: &[Choice]) -> bool {
        let mut other = false;
        for bound in &mut self.bound {
            let is = choices.iter().any(|choice| bound.is(choice));
            other |= bound.there != is;
            bound.there = is;
        }
        for choice in choices {
            if self.of(choice).is_none() {
                other = true;
                self.last += 1;
                self.bound.push(Bound {
                    number: self.last,
                    id: choice.id.clone(),
                    label: choice.label.clone(),
                    act: choice.act.clone(),
                    there: true,
                });
            }
        }
        other
    }

    /// The number of a choice.
    pub(super) fn of(&self, choice: &Choice) -> Option<usize> {
        let bound = self.bound.iter().find(|bound| bound.is(choice))?;
        Some(bound.number)
    }

    /// What `number` means where `choices` are what can be done now.
    pub(super) fn meaning(&self, number: usize, choices: &[Choice]) -> Meaning {
        let Some(bound) = self.bound.iter().find(|bound| bound.number == number) else {
            return Meaning::Nothing;
        };
        match choices.iter().position(|choice| bound.is(choice)) {
            Some(at) => Meaning::Choice(at),
            None => Meaning::Gone(bound.label.clone()),
        }
    }
}

impl Bound {
    fn is(&self, choice: &Choice) -> bool {
        self.id == choice.id && self.act == choice.act && self.label == choice.label
    }
}
