//! A page: what is asked now, as plain text, with what can be done.

use std::collections::BTreeSet;

use super::words::fill;
use crate::engine::Intent;
use crate::engine::node::Stage;
use crate::forms::{Step, Wish};
use crate::text::say;

/// Which page: another place is printed whole, the same place only where it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// One of the forms.
    Form(Step),
    /// Review before there is a plan.
    Waiting,
    /// Review with the plan of this digest; none while it is being sealed.
    Review(Option<String>),
    /// The run.
    Install,
    /// The question how to leave, asked at this stage.
    Leave(Stage),
    /// The end.
    Done,
}

/// One page.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub(super) place: Place,
    /// What there is to read.
    pub(super) body: Vec<Line>,
    /// What can be done.
    pub(super) choices: Vec<Choice>,
    /// The id of what an empty line does.
    pub(super) first: String,
    /// What has to be typed to install: the plan's digest and the number of disks.
    pub(super) consent: Option<(String, usize)>,
}

/// A line to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// What it is about: the same key with another text is a change.
    pub(super) key: String,
    /// The text, without a line end.
    pub(super) text: String,
    /// What it is called when it has gone; empty: nothing is said then.
    pub(super) name: String,
}

/// Something that can be done.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    /// The id of its row, field or button.
    pub(super) id: String,
    /// What it is called.
    pub(super) label: String,
    /// What is worth knowing about it.
    pub(super) about: Vec<String>,
    /// What it does.
    pub(super) act: Act,
}

/// What a choice does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Act {
    /// What the form wants.
    Wish(Wish),
    /// A text is asked for.
    Type,
    /// Nothing: the operator stays.
    Stay,
    /// The face goes, the run stays.
    Detach,
    /// The wizard is given up before anything was begun.
    GiveUp,
}

impl Page {
    pub(super) fn new(place: Place) -> Self {
        Self {
            place,
            body: Vec::new(),
            choices: Vec::new(),
            first: String::new(),
            consent: None,
        }
    }

    /// A sentence of its own.
    pub(super) fn says(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.line(text.clone(), text, String::new());
    }

    /// A line that is about `key`.
    pub(super) fn line(&mut self, key: String, text: String, name: String) {
        if !text.is_empty() {
            self.body.push(Line { key, text, name });
        }
    }

    /// A choice that tells the engine something.
    pub(super) fn intent(&mut self, id: &str, label: String, intent: Intent) {
        self.choose(id, label, Act::Wish(Wish::Intents(vec![intent])));
    }

    /// A choice.
    pub(super) fn choose(&mut self, id: &str, label: String, act: Act) {
        self.add(Choice {
            id: id.to_owned(),
            label,
            about: Vec::new(),
            act,
        });
    }

    /// A choice with all there is to know about it. To leave is listed once.
    pub(super) fn add(&mut self, choice: Choice) {
        let listed = self.choices.iter();
        let same = listed.filter(|other| other.act == choice.act);
        let mut leaves =
            same.filter(|other| matches!(other.act, Act::Wish(Wish::Leave | Wish::Close)));
        if leaves.next().is_none() {
            self.choices.push(choice);
        }
    }

    /// Whether an answer is expected.
    pub(super) const fn asks(&self) -> bool {
        !self.choices.is_empty() || self.consent.is_some()
    }

    /// The choice that an empty line may take. To trust somebody is never one key away.
    pub(super) fn suggestion(&self) -> Option<&Choice> {
        let mut choices = self.choices.iter();
        choices.find(|choice| choice.id == self.first && !trusts(&choice.act))
    }

    /// The title: the screen's name and its place among the ten.
    pub(super) fn title(&self, node: &str) -> String {
        let (name, step) = match self.place {
            Place::Form(Step::Welcome) => ("screen.welcome", Some(1)),
            Place::Form(Step::Preflight) => ("screen.preflight", Some(2)),
            Place::Form(Step::Address) => ("screen.address", Some(3)),
            Place::Form(Step::Peers) => ("screen.peers", Some(4)),
            Place::Form(Step::Trust) => ("screen.trust", Some(5)),
            Place::Form(Step::Disks) => ("screen.disks", Some(6)),
            Place::Form(Step::Network) => ("screen.network", Some(7)),
            Place::Form(Step::Home) => ("screen.home", None),
            Place::Waiting | Place::Review(_) => ("screen.review", Some(8)),
            Place::Install => ("screen.install", Some(9)),
            Place::Leave(_) => ("leave-screen.title", None),
            Place::Done => ("screen.done", Some(10)),
        };
        let name = say(name);
        let Some(step) = step else {
            return fill("ask-lines.title", &[("screen", &name), ("node", node)]);
        };
        let step = fill("screen.step", &[("step", &step.to_string())]);
        let with = [("screen", &*name), ("step", &*step), ("node", node)];
        fill("ask-lines.title-step", &with)
    }

    /// What of `self` is other than it was in `before`: the keys of new and changed lines, and the
    /// names of what has gone.
    pub(super) fn since<'a>(&'a self, before: &'a Self) -> (BTreeSet<&'a str>, Vec<&'a str>) {
        let was = |line: &&Line| !before.body.contains(line);
        let new = self.body.iter().filter(was);
        let new = new.map(|line| line.key.as_str()).collect();
        let is = |line: &&Line| !self.body.iter().any(|other| other.key == line.key);
        let gone = before.body.iter().filter(is);
        let gone = gone.map(|line| line.name.as_str());
        (new, gone.filter(|name| !name.is_empty()).collect())
    }
}

/// Whether somebody is trusted by it.
fn trusts(act: &Act) -> bool {
    let Act::Wish(Wish::Intents(intents) | Wish::Then(intents, _)) = act else {
        return false;
    };
    let mut intents = intents.iter();
    intents.any(|it| matches!(it, Intent::Admit { .. } | Intent::Trust { accept: true }))
}
