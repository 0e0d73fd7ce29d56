//! The dialog: what is asked, which numbers were printed for what, and what an answer does. Pure: the
//! loop around it prints and sends.

mod hear;
mod tell;

use super::numbers::Numbers;
use super::page::{Choice, Page, Place};
use super::{form, install, leave, review};
use crate::engine::node::Stage;
use crate::engine::picture::Picture;
use crate::engine::{Intent, Millis};
use crate::forms::{self, Form, Known, Part, Step, Typed, Wish, Words, way};

/// How a dialog behaves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// Whether this is the wizard, from its first screen on.
    pub wizard: bool,
    /// Whether this is a rehearsal.
    pub rehearsal: bool,
    /// Whether the run goes on without this face.
    pub can_detach: bool,
}

/// What an answer asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Do {
    /// The engine is to hear these, in this order.
    Intents(Vec<Intent>),
    /// The daemon is to call the initiator with these words.
    Words(Words),
    /// The answers are to be written into this file.
    Save(String),
    /// The wizard is given up before anything was begun.
    GiveUp,
    /// The face goes, the run stays.
    Detach,
    /// The face closes.
    Close,
    /// A rehearsal is to begin instead.
    Rehearse,
}

/// What an answer came to.
#[derive(Debug, Default, PartialEq)]
pub struct Heard {
    /// What is said about it, before anything else is printed.
    pub says: Vec<String>,
    /// What is to be done.
    pub acts: Vec<Do>,
}

/// A dialog with one operator.
#[derive(Debug, Default)]
pub struct Dialog {
    manner: Manner,
    /// The form the operator went to, or answered on.
    gone: Option<Step>,
    typed: Typed,
    words: Option<Words>,
    /// The stage at which it was asked how to leave.
    leaving: Option<Stage>,
    /// The field whose text is asked for.
    typing: Option<String>,
    open: Option<Open>,
    /// Whether the operator answered since the last print.
    answered: bool,
}

/// What was printed.
#[derive(Debug)]
struct Open {
    /// The page, with ages as they were at `at`: only what really changed is told.
    page: Page,
    at: Millis,
    numbers: Numbers,
    /// What an empty line does.
    first: Option<Choice>,
}

impl Dialog {
    /// A dialog in which nothing was said yet.
    pub fn new(manner: Manner) -> Self {
        Self {
            manner,
            answered: true,
            ..Self::default()
        }
    }

    /// Knows the session's words, or forgets them.
    pub fn know(&mut self, words: Option<Words>) {
        self.words = words;
    }

    /// The same page is printed whole next time.
    fn again(&mut self) {
        self.open = None;
    }

    fn go(&mut self, step: Step) {
        self.gone = Some(step);
        self.again();
    }

    /// Which form: the one that was gone to, as long as it fits the picture.
    fn step(&self, picture: &Picture) -> Option<Step> {
        let natural = way::natural(picture)?;
        let gone = self.gone.filter(|step| way::fits(*step, picture));
        Some(gone.unwrap_or(natural))
    }

    fn form(&self, step: Step, picture: &Picture, now: Millis) -> Form {
        forms::form(
            step,
            Known {
                picture,
                typed: &self.typed,
                words: self.words.as_ref().map(|words| words.0.as_str()),
                now,
                rehearsal: self.manner.rehearsal,
            },
        )
    }

    /// What is asked now.
    fn page(&self, picture: &Picture, now: Millis) -> Page {
        let wizard = self.manner.wizard || picture.wizard.part.is_some();
        if self.leaving == Some(picture.stage) {
            return leave::page(picture, self.manner.can_detach, wizard);
        }
        match picture.stage {
            Stage::Ended if picture.end.is_some() => Page::new(Place::Done),
            Stage::Installing | Stage::Stopped if picture.install.is_some() => {
                install::page(picture)
            }
            Stage::Idle | Stage::Ended if !wizard => review::page(picture),
            Stage::Idle | Stage::Ended | Stage::Forming => match self.step(picture) {
                Some(step) => form::page(step, &self.form(step, picture, now)),
                None => review::page(picture),
            },
            _ => review::page(picture),
        }
    }

    /// Does what a form wants; what is not the dialog's own is handed on.
    fn grant(&mut self, wish: Wish, picture: &Picture, acts: &mut Vec<Do>) {
        match wish {
            Wish::Intents(intents) => self.intend(intents, acts),
            Wish::Then(intents, step) => {
                self.go(step);
                self.intend(intents, acts);
            }
            Wish::Go(step) => self.go(step),
            Wish::Words(words) => acts.push(Do::Words(words)),
            Wish::Note(id, Some(text)) => drop(self.typed.0.insert(id, text)),
            Wish::Note(id, None) => drop(self.typed.0.remove(&id)),
            Wish::Leave => self.leaving = Some(picture.stage),
            Wish::Close => acts.push(Do::Close),
            Wish::Rehearse => acts.push(Do::Rehearse),
        }
    }

    fn intend(&mut self, intents: Vec<Intent>, acts: &mut Vec<Do>) {
        // Whoever changes answers begins with the disks.
        if intents.contains(&Intent::Change) {
            self.go(Step::Disks);
        }
        if !intents.is_empty() {
            acts.push(Do::Intents(intents));
        }
    }

    /// The fields of what is asked now.
    fn fields(&self, picture: &Picture, now: Millis) -> Vec<forms::Field> {
        let Place::Form(step) = self.page(picture, now).place else {
            return Vec::new();
        };
        let parts = self.form(step, picture, now).parts.into_iter();
        let field = |part| match part {
            Part::Field(field) => Some(field),
            _ => None,
        };
        parts.filter_map(field).collect()
    }
}
