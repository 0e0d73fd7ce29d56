//! The preseed as YAML gives it: its shape is right, its words are not looked at yet.

use serde::{Deserialize, Deserializer};
use serde_saphyr::{Error, Location, Spanned};

use super::error::{PreseedError, nearest, quoted, say};
use super::keys::takes;
use super::source::{Position, Source};
use crate::engine::message::Message;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raw {
    pub(super) cluster: Field<String>,
    pub(super) initiator: Field<String>,
    pub(super) nodes: Field<Vec<Spanned<RawNode>>>,
    pub(super) local: Field<RawLocal>,
    pub(super) ceph: Field<RawCeph>,
    pub(super) network: Field<RawNetwork>,
    pub(super) snaps: Field<RawSnaps>,
    pub(super) profile: Field<String>,
    pub(super) erase: Field<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawNode {
    pub(super) name: Field<String>,
    pub(super) address: Field<String>,
    pub(super) uplink: Field<String>,
    pub(super) underlay: Field<String>,
    pub(super) disks: Field<Vec<Spanned<RawDisk>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawDisk {
    #[serde(rename = "use")]
    pub(super) purpose: Field<String>,
    pub(super) serial: Field<String>,
    pub(super) model: Field<String>,
    pub(super) size: Field<String>,
    pub(super) encrypt: Field<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawLocal {
    pub(super) driver: Field<String>,
    pub(super) file: Field<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct RawCeph {
    pub(super) public_network: Field<String>,
    pub(super) internal_network: Field<String>,
    pub(super) filesystem: Field<String>,
    pub(super) tune: Field<String>,
    pub(super) existing: Field<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct RawNetwork {
    pub(super) kind: Field<String>,
    pub(super) uplink: Field<String>,
    pub(super) vlan: Field<String>,
    pub(super) ipv4_gateway: Field<String>,
    pub(super) ipv4_range: Field<String>,
    pub(super) ipv6_gateway: Field<String>,
    pub(super) dns: Field<Vec<Field<String>>>,
    pub(super) ipv4_guests: Field<String>,
    pub(super) ipv6_guests: Field<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSnaps {
    pub(super) install: Field<String>,
    pub(super) lxd: Field<String>,
    pub(super) microceph: Field<String>,
    pub(super) microovn: Field<String>,
}

/// A key's value: absent, there and empty, or there.
#[derive(Debug)]
pub(super) struct Field<T>(pub(super) Option<Spanned<Option<T>>>);

impl<T> Field<T> {
    /// Where the value stands, or would stand.
    pub(super) fn at(&self) -> Option<Position> {
        self.0.as_ref().map(|field| position(field.referenced))
    }

    /// The value and its place; none where it is absent or empty.
    pub(super) fn value(&self) -> Option<(&T, Position)> {
        let field = self.0.as_ref()?;
        Some((field.value.as_ref()?, position(field.referenced)))
    }
}

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(|field| Self(Some(field)))
    }
}

/// Our place for YAML's.
pub(super) fn position(location: Location) -> Position {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).max(1);
    Position {
        line: number(location.line()),
        column: number(location.column()),
    }
}

/// Reads the YAML.
pub(super) fn parse(text: &str, source: &Source) -> Result<Spanned<Raw>, PreseedError> {
    let says = |line: &str| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#') && line != "---" && line != "..."
    };
    if !source.lines().any(|(_, line)| says(line)) {
        let start = Position { line: 1, column: 1 };
        let (what, mend) = (say("preseed.empty"), say("preseed.empty-mend"));
        return Err(source.error(start, &what, &mend));
    }
    for (number, line) in source.lines().filter(|(_, line)| says(line)) {
        let indent = line.chars().take_while(|c| c.is_whitespace());
        if let Some(tab) = indent.collect::<Vec<_>>().iter().position(|c| *c == '\t') {
            let at = Position {
                line: number,
                column: tab + 1,
            };
            let (what, mend) = (say("preseed.tab"), say("preseed.tab-mend"));
            return Err(source.error(at, &what, &mend));
        }
    }
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| translate(&error, source))
}

/// YAML's error in our words.
fn translate(error: &Error, source: &Source) -> PreseedError {
    let error = error.without_snippet();
    let at = error
        .location()
        .map_or(Position { line: 1, column: 1 }, position);
    let (what, mend) = match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => unknown_key(field, expected),
        Error::DuplicateMappingKey { key, .. } => (
            say("preseed.twice").with("key", quoted(key.as_deref().unwrap_or("?"))),
            say("preseed.twice-mend"),
        ),
        Error::MultipleDocuments { .. } => (say("preseed.many"), say("preseed.many-mend")),
        Error::Unexpected { .. } => wrong_shape(source, at),
        Error::TaggedScalarCannotDeserializeIntoString { .. } => {
            (say("preseed.tag"), say("preseed.tag-mend"))
        }
        Error::ExternalMessage { msg, .. } => (
            say("preseed.not-yaml").with("words", msg),
            say("preseed.not-yaml-mend"),
        ),
        other => (
            say("preseed.not-yaml").with("words", words(other)),
            say("preseed.not-yaml-mend"),
        ),
    };
    source.error(at, &what, &mend)
}

/// The parser's own words without the place, which is told already.
fn words(error: &Error) -> String {
    let words = error.to_string();
    let end = words.rfind(" at line ").unwrap_or(words.len());
    words.chars().take(end).collect()
}

fn unknown_key(field: &str, expected: &[&'static str]) -> (Message, Message) {
    let what = say("preseed.unknown-key").with("key", quoted(field));
    let mend = match nearest(field, expected) {
        Some(key) => say("preseed.unknown-key-near").with("near", key),
        None => say("preseed.unknown-key-mend").with("keys", expected.join(", ")),
    };
    (what, mend)
}

fn wrong_shape(source: &Source, at: Position) -> (Message, Message) {
    match source.key_before(at) {
        None => (say("preseed.no-keys"), say("preseed.empty-mend")),
        Some(key) => (
            say("preseed.shape").with("key", key),
            say("preseed.takes").with("takes", crate::text::sentence(&takes(key))),
        ),
    }
}
