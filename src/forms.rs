//! The forms: what each screen before Review asks and offers, without saying how it is drawn.
//!
//! The full screen draws a form, the line face asks it question by question: both show the same
//! sentences, the same choices and the same reasons. A form is made from the picture and from what
//! was typed so far; what is chosen comes out as a [`Wish`].

mod address;
mod disks;
mod home;
mod network;
mod parts;
mod peers;
mod preflight;
mod trust;
pub mod way;
mod welcome;

use std::collections::BTreeMap;

use crate::engine::picture::Picture;
use crate::engine::{Intent, Millis};

/// The id of the field that the session's words are typed into.
pub const WORDS: &str = "words";

/// Which form: the product's screens 1 to 7, and the home of a node that is in a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// What this node is to do.
    Welcome,
    /// The checks of this node.
    Preflight,
    /// NIC and address for cluster traffic; the cluster's name.
    Address,
    /// Who is there: whom to invite, or which cluster to join.
    Peers,
    /// The words and the check words.
    Trust,
    /// What each disk is for.
    Disks,
    /// The networks.
    Network,
    /// A node that is in a cluster.
    Home,
}

/// What a form is made from.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What there is to see.
    pub picture: &'a Picture,
    /// What was typed and acknowledged so far.
    pub typed: &'a Typed,
    /// The session's words, where this console may show them.
    pub words: Option<&'a str>,
    /// The face's clock.
    pub now: Millis,
    /// Whether this is a rehearsal.
    pub rehearsal: bool,
}

/// What was typed and acknowledged at one console, by the id of the field or row. It may hold the
/// session's words: it is never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Typed(pub BTreeMap<String, String>);

impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// One form.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Form {
    /// One or two sentences: what this is about.
    pub says: Vec<String>,
    /// What there is to read and to choose, from top to bottom.
    pub parts: Vec<Part>,
    /// What follows from the choices so far, such as how much storage there is.
    pub sums: Vec<Note>,
    /// The buttons, the last one goes on.
    pub buttons: Vec<Button>,
    /// The id of the row, field or button that is meant where the operator went nowhere yet.
    pub first: String,
}

/// A part of a form.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// A line of its own.
    Note(Note),
    /// Something that is named: `Words    copper  lantern  otter  violet`.
    Named {
        /// Its name.
        name: String,
        /// What it is.
        value: Note,
    },
    /// A table.
    Table {
        /// The columns' heads; none: the table has no head.
        head: Vec<String>,
        /// The rows.
        rows: Vec<Row>,
        /// What is said instead where there are no rows: never an empty list without its reason.
        empty: String,
    },
    /// Something to type.
    Field(Field),
}

/// A sentence with its weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How grave it is.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
}

/// How grave something is: a glyph and a word carry it, colour repeats it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// It is so.
    #[default]
    Plain,
    /// Less important.
    Dim,
    /// What the operator must read, such as the words.
    Strong,
    /// It is well.
    Good,
    /// Something is going on.
    Busy,
    /// Worth a thought.
    Warning,
    /// It is wrong.
    Bad,
}

/// A row of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Its id, unique in the form; empty: the focus passes over it (a heading within the table).
    pub id: String,
    /// Whether it is ticked; none where there is nothing to tick.
    pub ticked: Option<bool>,
    /// Its cells, one for each head.
    pub cells: Vec<String>,
    /// The weight of the whole row.
    pub tone: Tone,
    /// What is wrong or worth knowing about it, shown while it has the focus.
    pub about: Vec<Note>,
    /// What Enter does here.
    pub press: Option<Deed>,
    /// What Space does here; where none is given, what Enter does.
    pub toggle: Option<Deed>,
}

/// Something to type.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its id: under it the typed text is in [`Typed`].
    pub id: String,
    /// What is asked.
    pub label: String,
    /// What is in it: what was typed, or what mcloud suggests.
    pub value: String,
    /// What may be typed.
    pub kind: FieldKind,
    /// What is wrong or worth knowing about it.
    pub about: Vec<Note>,
    /// What Enter does here; none: the focus goes on.
    pub press: Option<Deed>,
}

/// What may be typed into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A cluster's name: small letters, digits, hyphens.
    Name,
    /// An IP address.
    Address,
    /// Addresses with what stands between them: a subnet, a range, a list, a number.
    Network,
    /// The four words of the session; each completes at its third letter.
    Words,
}

/// A button.
#[derive(Debug, Clone, PartialEq)]
pub struct Button {
    /// Its id.
    pub id: String,
    /// What stands on it.
    pub label: String,
    /// What it does; none: it cannot be pressed now.
    pub wish: Option<Wish>,
    /// What it will do, or why it cannot be pressed.
    pub about: Vec<Note>,
}

/// What a key does on a row or field.
#[derive(Debug, Clone, PartialEq)]
pub struct Deed {
    /// The code of the label in the key bar, such as `key.select`.
    pub label: &'static str,
    /// What is done.
    pub wish: Wish,
}

/// What the operator wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// The engine is to hear these, in this order.
    Intents(Vec<Intent>),
    /// The engine is to hear these, and the next form is to be shown.
    Then(Vec<Intent>, Step),
    /// Another form is to be shown.
    Go(Step),
    /// The typed words go to the daemon, which calls the initiator with them.
    Words(Words),
    /// Something is remembered in [`Typed`] (`Some`) or forgotten (`None`).
    Note(String, Option<String>),
    /// It is to be asked how to leave.
    Leave,
    /// The face closes.
    Close,
    /// A rehearsal is to begin instead.
    Rehearse,
}

/// The typed words; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Words(pub String);

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words(…)")
    }
}

/// The form of a step, made from what is known.
pub fn form(step: Step, known: Known<'_>) -> Form {
    match step {
        Step::Welcome => welcome::form(known),
        Step::Preflight => preflight::form(known),
        Step::Address => address::form(known),
        Step::Peers => peers::form(known),
        Step::Trust => trust::form(known),
        Step::Disks => disks::form(known),
        Step::Network => network::form(known),
        Step::Home => home::form(known),
    }
}
