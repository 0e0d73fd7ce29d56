//! Single words of a preseed, each as what it stands for, and what is said of a wrong one.

use std::str::FromStr;

use super::{Check, Word};
use crate::engine::message::Message;
use crate::preseed::error::{PreseedError, quoted, say};
use crate::preseed::keys::takes;
use crate::preseed::raw::Field;
use crate::preseed::source::Position;
use crate::preseed::{is_name, size};

impl Check<'_> {
    pub(super) fn error(&self, at: Position, what: &Message, mend: &Message) -> PreseedError {
        self.source.error(at, what, mend)
    }

    /// The error for a value that its key does not take.
    pub(super) fn wrong(&self, (word, at): Word<'_>, code: &str, key: &str) -> PreseedError {
        let what = say(code).with("value", quoted(word));
        self.error(at, &what, &how(key))
    }

    /// A word that must be there; `owner` is where what it belongs to begins.
    pub(super) fn needed<'a>(
        &self,
        field: &'a Field<String>,
        key: &str,
        owner: Position,
    ) -> Result<Word<'a>, PreseedError> {
        let missing = || self.error(owner, &say("preseed.missing").with("key", key), &how(key));
        self.word(field, key)?.ok_or_else(missing)
    }

    /// A word that may be left out, but is not empty where it stands.
    pub(super) fn word<'a>(
        &self,
        field: &'a Field<String>,
        key: &str,
    ) -> Result<Option<Word<'a>>, PreseedError> {
        let Some(at) = field.at() else {
            return Ok(None);
        };
        match field.value() {
            Some((word, at)) if word.chars().any(char::is_control) => {
                Err(self.wrong((word, at), "preseed.control", key))
            }
            Some((word, at)) if !word.trim().is_empty() => Ok(Some((word, at))),
            _ => Err(self.error(at, &say("preseed.no-value").with("key", key), &how(key))),
        }
    }

    pub(super) fn name<'a>(&self, (word, at): Word<'a>) -> Result<&'a str, PreseedError> {
        if is_name(word) {
            return Ok(word);
        }
        let what = say("preseed.bad-name").with("value", quoted(word));
        Err(self.error(at, &what, &say("preseed.bad-name-mend")))
    }

    pub(super) fn size(
        &self,
        (word, at): Word<'_>,
        key: &str,
        least: u64,
    ) -> Result<u64, PreseedError> {
        let Some(bytes) = size::parse(word) else {
            return Err(self.wrong((word, at), "preseed.bad-size", key));
        };
        if bytes < least {
            let what = say("preseed.small")
                .with("value", quoted(word))
                .with("least", size::write(least));
            return Err(self.error(at, &what, &how(key)));
        }
        Ok(bytes)
    }

    /// A word that stands for a `T`, where it is there.
    pub(super) fn parsed<T: FromStr>(
        &self,
        field: &Field<String>,
        key: &str,
        code: &str,
    ) -> Result<Option<T>, PreseedError> {
        let Some((word, at)) = self.word(field, key)? else {
            return Ok(None);
        };
        let parsed = word.parse().map(Some);
        parsed.map_err(|_| self.wrong((word, at), code, key))
    }

    /// A decision, where it is there.
    pub(super) fn flag(
        &self,
        field: &Field<String>,
        key: &str,
    ) -> Result<Option<bool>, PreseedError> {
        self.parsed(field, key, "preseed.bad-flag")
    }
}

/// How to mend the value of `key`.
pub(super) fn how(key: &str) -> Message {
    say("preseed.takes").with("takes", crate::text::sentence(&takes(key)))
}
