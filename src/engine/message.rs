//! What the engine says: codes with parameters, never sentences.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A sentence by its code; the words live in `assets/text/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Message {
    /// The key of the sentence.
    pub code: String,
    /// What is put into the sentence's `{holes}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub with: BTreeMap<String, String>,
}

impl Message {
    /// A sentence without parameters yet.
    pub fn new(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            with: BTreeMap::new(),
        }
    }

    /// The same sentence with one hole filled. Control characters are stripped: the value may have
    /// come from outside.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers give what they have, a value or a reference"
    )]
    pub fn with(mut self, hole: &str, value: impl ToString) -> Self {
        self.with.insert(hole.to_owned(), plain(&value.to_string()));
        self
    }
}

/// `text` without control characters and what steers its neighbours, at most 2 000 characters of it.
pub fn plain(text: &str) -> String {
    shown(text).take(2_000).collect()
}

/// The characters of foreign text that may be shown: line breaks are blanks, control characters go,
/// and so do invisible ones that change how their neighbours are drawn (Unicode's bidi controls,
/// zero-width characters, line separators).
pub fn shown(text: &str) -> impl Iterator<Item = char> {
    let steers = |c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    text.chars()
        .map(|c| {
            if matches!(c, '\n' | '\r' | '\t') {
                ' '
            } else {
                c
            }
        })
        .filter(move |c| !c.is_control() && !steers(*c))
}

/// Why a step, a check or a node stopped, and the ways on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What happened, in one sentence.
    pub what: Message,
    /// The cause chain, outermost first, in the services' own words.
    #[serde(default)]
    pub causes: Vec<String>,
    /// What to do about it.
    pub hint: Option<Message>,
    /// What it means for the data on this node.
    pub data: Message,
    /// What the operator can choose now.
    #[serde(default)]
    pub remedies: Vec<Remedy>,
}

impl Failure {
    /// A failure that harmed nothing and may be tried again.
    pub fn new(what: Message) -> Self {
        Self {
            what,
            causes: Vec::new(),
            hint: None,
            data: Message::new("failure.data-untouched"),
            remedies: vec![Remedy::Retry, Remedy::Leave],
        }
    }

    /// Adds one cause, in the words of whoever said it.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers give what they have, a value or a reference"
    )]
    pub fn because(mut self, cause: impl ToString) -> Self {
        self.causes.push(plain(&cause.to_string()));
        self
    }

    /// Whether a step says so because the operator asked it to stop.
    pub fn was_asked_for(&self) -> bool {
        let code = self.what.code.as_str();
        code == "worker.cancelled" || code.ends_with(".stopped-as-asked")
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: Message) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Says what it means for the data, where that is not "nothing was touched".
    #[must_use]
    pub fn data(mut self, data: Message) -> Self {
        self.data = data;
        self
    }
}

/// A way on from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// Try the same step again.
    Retry,
    /// Change the answers, and go on from what is done.
    Change,
    /// Go on without this node.
    GoOnWithout,
    /// Write down all that is known, for whoever is asked.
    Report,
    /// Stop here; the next `mcloud` begins where this one stopped.
    Leave,
}
