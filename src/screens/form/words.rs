//! The words of a session while they are typed: the third letter decides, letters can be chosen.

use crate::wordlist::{beginning, complete, is_word};

/// How many words a session has.
const WORDS: usize = 4;
/// So many letters decide which word is meant.
const DECIDE: usize = 3;
/// No word is longer.
const LONGEST: usize = 12;

/// What is remembered between two keys.
#[derive(Clone, Default)]
pub(super) struct Chooser {
    /// The letters of a word that mcloud completed: who types on does no harm.
    rest: Option<Rest>,
    /// The letter that is offered.
    trial: Option<char>,
}

/// What a completed word had yet to come.
#[derive(Clone, Default)]
struct Rest {
    taken: String,
    left: String,
}

impl Chooser {
    /// The letter that is offered behind what is typed.
    pub(super) const fn trial(&self) -> Option<char> {
        self.trial
    }

    /// `text` after the letter `c`.
    pub(super) fn letter(&mut self, text: &str, c: char) -> String {
        self.trial = None;
        let Some(mut rest) = self.rest.take() else {
            return self.put(text, c);
        };
        if rest.left.starts_with(c) {
            rest.left.remove(0);
            rest.taken.push(c);
            self.rest = Some(rest);
            return text.to_owned();
        }
        if rest.left.is_empty() {
            return self.put(text, c);
        }
        // It was the beginning of the next word after all.
        let letters = rest.taken.chars().chain([c]);
        letters.fold(text.to_owned(), |text, c| self.letter(&text, c))
    }

    fn put(&mut self, text: &str, c: char) -> String {
        let (done, part) = split(text);
        if done.len() >= WORDS || part.chars().count() >= LONGEST {
            return text.to_owned();
        }
        let part = format!("{part}{c}");
        let word = complete(&part).filter(|_| part.chars().count() >= DECIDE);
        let Some(word) = word else {
            return with(&done, &part);
        };
        let left = word.strip_prefix(part.as_str()).unwrap_or_default();
        self.rest = Some(Rest {
            taken: String::new(),
            left: left.to_owned(),
        });
        let last = done.len() + 1 == WORDS;
        let blank = if last { "" } else { " " };
        format!("{}{blank}", with(&done, word))
    }

    /// A blank: the end of a word that is there already, else the next letter is offered.
    pub(super) fn blank(&mut self, text: &str) {
        let (done, part) = split(text);
        if self.rest.take().is_some() || done.len() >= WORDS {
            self.trial = None;
            return;
        }
        let letters = letters(part);
        let after = letters
            .iter()
            .copied()
            .find(|c| self.trial.is_some_and(|t| *c > t));
        self.trial = after.or_else(|| letters.first().copied());
    }

    /// `text` with the letter that was offered; none where none was.
    pub(super) fn take(&mut self, text: &str) -> Option<String> {
        let c = self.trial.take()?;
        let text = self.put(text, c);
        // Who chooses letters does not type on.
        self.rest = None;
        Some(text)
    }

    /// `text` without its last letter; a whole word goes at once.
    pub(super) fn erase(&mut self, text: &str) -> String {
        self.rest = None;
        if self.trial.take().is_some() {
            return text.to_owned();
        }
        let (mut done, part) = split(text);
        let mut letters = part.chars();
        if letters.next_back().is_some() {
            return with(&done, letters.as_str());
        }
        done.pop();
        with(&done, "")
    }
}

/// The words that are whole, and the letters of the next one.
fn split(text: &str) -> (Vec<&str>, &str) {
    let mut words: Vec<_> = text.split_whitespace().collect();
    let part = words
        .pop_if(|word| !text.ends_with(' ') && !is_word(word))
        .unwrap_or_default();
    (words, part)
}

fn with(done: &[&str], part: &str) -> String {
    let blank = if done.is_empty() { "" } else { " " };
    format!("{}{blank}{part}", done.join(" "))
}

/// The letters that can come after `part`.
fn letters(part: &str) -> Vec<char> {
    let words = beginning(part);
    let next = words.filter_map(|word| word.strip_prefix(part)?.chars().next());
    let mut letters: Vec<_> = next.collect();
    letters.dedup();
    letters
}
