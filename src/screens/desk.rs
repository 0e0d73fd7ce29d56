//! What lies before the operator until Review: which form, what was typed, what is remembered.

use std::cell::Cell;

use super::form::Sheet;
use super::{Act, Now, Options, Reply};
use crate::engine::Intent;
use crate::engine::node;
use crate::engine::picture::Picture;
use crate::engine::wizard::Part as Role;
use crate::forms::{self, Form, Known, Step, Typed, WORDS, Wish, Words, way};

/// Where the forms come from, and which of them follows which.
#[derive(Debug, Clone, Copy)]
pub struct Forms {
    /// What a screen asks and offers.
    pub form: for<'a> fn(Step, Known<'a>) -> Form,
    /// The form a picture calls for; none from Review on.
    pub natural: fn(&Picture) -> Option<Step>,
    /// Whether a form can be shown with a picture.
    pub fits: fn(Step, &Picture) -> bool,
    /// The form before another.
    pub back: fn(Step, &Picture) -> Option<Step>,
}

impl Default for Forms {
    fn default() -> Self {
        Self {
            form: forms::form,
            natural: way::natural,
            fits: way::fits,
            back: way::back,
        }
    }
}

/// All forms of a face.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    forms: Forms,
    /// Whether the face was opened as the wizard.
    wizard: bool,
    rehearsal: bool,
    /// The form the operator went to, or pressed a key on.
    gone: Option<Step>,
    /// The part that was chosen and that no picture shows yet.
    part: Option<Role>,
    typed: Typed,
    /// How often words were wrong when the typed ones were sent; none where none were sent.
    sent: Option<u32>,
    /// Whether Preflight was gone to only because this node had not been looked at.
    early: bool,
    /// The session's words.
    words: Option<Words>,
    sheets: [(Step, Sheet); 8],
    /// When was drawn last.
    drawn: Cell<Now>,
}

impl Desk {
    pub(super) fn new(options: Options, forms: Forms) -> Self {
        let steps = [
            Step::Welcome,
            Step::Preflight,
            Step::Address,
            Step::Peers,
            Step::Trust,
            Step::Disks,
            Step::Network,
            Step::Home,
        ];
        Self {
            forms,
            wizard: options.wizard,
            rehearsal: options.rehearsal,
            gone: None,
            part: None,
            typed: Typed::default(),
            sent: None,
            early: false,
            words: None,
            sheets: steps.map(|step| (step, Sheet::default())),
            drawn: Cell::default(),
        }
    }

    /// The words of the session that is open here; none where none is.
    pub(super) fn know(&mut self, words: Option<Words>) {
        self.words = words;
    }

    /// Whether this console was opened as the wizard, or its node has a part in one.
    pub(super) fn is_wizard(&self, picture: &Picture) -> bool {
        self.wizard || picture.wizard.part.is_some()
    }

    /// Which form: the one that was gone to, as long as it fits the picture.
    pub(super) fn step(&self, picture: &Picture) -> Option<Step> {
        let natural = (self.forms.natural)(picture)?;
        let passed = |step| self.early && step == Step::Preflight && way::passes(picture);
        let gone = self.gone.filter(|step| !passed(*step));
        let gone = gone.filter(|step| (self.forms.fits)(*step, picture));
        Some(gone.unwrap_or(natural))
    }

    /// What is asked now.
    pub(super) fn form(&self, step: Step, picture: &Picture) -> Form {
        // Who is quick sees the next form before the engine has said anything to the choice: what
        // it asks goes by the choice already.
        let mut ahead = None;
        if self.is_ahead(picture) {
            let mut picture = picture.clone();
            picture.wizard.part = self.part;
            ahead = Some(picture);
        }
        let mut cleared = None;
        if self.are_wrong(picture) {
            let mut typed = self.typed.clone();
            clear_words(&mut typed);
            cleared = Some(typed);
        }
        let known = Known {
            picture: ahead.as_ref().unwrap_or(picture),
            typed: cleared.as_ref().unwrap_or(&self.typed),
            words: self.words.as_ref().map(|words| words.0.as_str()),
            now: self.drawn.get(),
            rehearsal: self.rehearsal,
        };
        (self.forms.form)(step, known)
    }

    /// Whether a part was chosen that the picture does not show yet.
    fn is_ahead(&self, picture: &Picture) -> bool {
        let open = picture.role == node::Role::Undecided;
        open && self.part.is_some() && self.part != picture.wizard.part
    }

    /// Whether the words that were sent were wrong: they are to be typed anew.
    fn are_wrong(&self, picture: &Picture) -> bool {
        let joining = picture.wizard.joining.as_ref();
        self.sent
            .zip(joining)
            .is_some_and(|(before, joining)| joining.wrong > before)
    }

    /// The same, to be drawn now.
    pub(super) fn form_now(&self, step: Step, picture: &Picture, now: Now) -> Form {
        self.drawn.set(now);
        let others = self.sheets.iter().filter(|(of, _)| *of != step);
        others.for_each(|(_, sheet)| sheet.hide());
        self.form(step, picture)
    }

    /// No form is in sight: another thing was drawn, or lies on top.
    pub(super) fn hide(&self) {
        self.sheets.iter().for_each(|(_, sheet)| sheet.hide());
    }

    /// What is remembered of a form.
    pub(super) fn sheet(&self, step: Step) -> &Sheet {
        let mut sheets = self.sheets.iter();
        let sheet = sheets.find(|(of, _)| *of == step);
        let (_, sheet) = sheet.expect("every step has its sheet since the desk was made");
        sheet
    }

    /// Whether there is a form before this one.
    pub(super) fn has_back(&self, step: Step, picture: &Picture) -> bool {
        (self.forms.back)(step, picture).is_some()
    }

    /// Does what a key asks for on a form.
    pub(super) fn press(
        &mut self,
        (step, picture): (Step, &Picture),
        command: super::Command,
    ) -> Option<Reply> {
        self.gone = Some(step);
        self.early &= step == Step::Preflight;
        if self.are_wrong(picture) {
            self.sent = None;
            clear_words(&mut self.typed);
            let sheets = self.sheets.iter_mut();
            sheets.for_each(|(_, sheet)| sheet.clear());
        }
        if !self.is_ahead(picture) {
            self.part = None;
        }
        match command {
            super::Command::Again => {
                return Some(Reply::Act(Act::Intents(vec![Intent::LookAgain])));
            }
            super::Command::Back => {
                if let Some(to) = (self.forms.back)(step, picture) {
                    self.gone = Some(to);
                }
                return None;
            }
            _ => {}
        }
        let form = self.form(step, picture);
        let mut sheets = self.sheets.iter_mut();
        let (_, sheet) = sheets.find(|(of, _)| *of == step)?;
        let wish = sheet.press(&form, command)?;
        self.grant(wish, picture)
    }

    fn grant(&mut self, wish: Wish, picture: &Picture) -> Option<Reply> {
        if let Wish::Intents(intents) | Wish::Then(intents, _) = &wish {
            self.part = intents.iter().fold(self.part, |part, intent| match intent {
                Intent::Part { part } => Some(*part),
                _ => part,
            });
        }
        match wish {
            Wish::Intents(intents) => Some(Reply::Act(Act::Intents(intents))),
            Wish::Then(intents, step) => {
                self.gone = Some(step);
                self.early = step == Step::Preflight && picture.wizard.host.is_none();
                // Words that were typed are not kept longer than they are needed.
                clear_words(&mut self.typed);
                (!intents.is_empty()).then_some(Reply::Act(Act::Intents(intents)))
            }
            Wish::Go(step) => {
                self.gone = Some(step);
                None
            }
            Wish::Words(words) => {
                let joining = picture.wizard.joining.as_ref();
                self.sent = joining.map(|joining| joining.wrong);
                Some(Reply::Act(Act::Words(words)))
            }
            Wish::Note(id, text) => {
                match text {
                    Some(text) => self.typed.0.insert(id, text),
                    None => self.typed.0.remove(&id),
                };
                None
            }
            Wish::Leave => Some(Reply::Leave),
            Wish::Close => Some(Reply::Act(Act::Close)),
            Wish::Rehearse => Some(Reply::Act(Act::Rehearse)),
        }
    }

    /// Goes to a form; it is shown as soon as the picture calls for forms.
    pub(super) fn go(&mut self, to: Step) {
        self.gone = Some(to);
    }
}

/// Forgets the words that were typed.
fn clear_words(typed: &mut Typed) {
    typed.0.remove(WORDS);
}
