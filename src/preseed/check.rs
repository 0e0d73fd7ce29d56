//! From the preseed's shape to answers: every word is looked at, and how they fit together.

mod nodes;

use std::net::IpAddr;

use serde_saphyr::Spanned;

use super::error::{PreseedError, nearest, quoted, say};
use super::raw::{Field, Raw, RawLocal, position, takes};
use super::source::{Position, Source};
use super::{Preseed, is_name, size, write};
use crate::engine::answers::{Answers, DriverChoice, LocalPool, NodeAnswers};
use crate::engine::message::Message;

/// The smallest loop file, in bytes: below it stands a size whose unit was forgotten.
const LEAST_FILE: u64 = 1 << 30;

/// A word of the file and its place.
type Word<'a> = (&'a str, Position);

/// A node and the places of its name, its address and its first disk.
struct Placed {
    node: NodeAnswers,
    name_at: Position,
    address_at: Position,
    disk_at: Option<Position>,
}

struct Check<'a> {
    source: &'a Source,
}

/// Looks at every word of the preseed.
pub(super) fn answers(raw: &Spanned<Raw>, source: Source) -> Result<Preseed, PreseedError> {
    let check = Check { source: &source };
    let start = position(raw.referenced);
    let raw = &raw.value;
    let cluster = check.name(check.needed(&raw.cluster, "cluster", start)?)?;
    let initiator = check.needed(&raw.initiator, "initiator", start)?;
    let nodes_at = check.nodes_at(start);
    let placed = check.nodes(&raw.nodes, nodes_at, start)?;
    let initiator = check.initiator(initiator, &placed, nodes_at)?;
    let local = check.local(raw.local.value().map(|(local, _)| local))?;
    check.no_idle_disk(&local, &placed)?;
    let (erase, erase_at) = check.erase(&raw.erase, start)?;
    let answers = Answers {
        cluster: cluster.to_owned(),
        initiator,
        nodes: placed.into_iter().map(|placed| placed.node).collect(),
        local,
        erase,
        ..Answers::default()
    };
    Ok(Preseed {
        answers,
        erase_at,
        nodes_at,
        source,
    })
}

impl Check<'_> {
    fn error(&self, at: Position, what: &Message, mend: &Message) -> PreseedError {
        self.source.error(at, what, mend)
    }

    /// The error for a value that its key does not take.
    fn wrong(&self, (word, at): Word<'_>, code: &str, key: &str) -> PreseedError {
        let what = say(code).with("value", quoted(word));
        self.error(at, &what, &how(key))
    }

    /// A word that must be there; `owner` is where what it belongs to begins.
    fn needed<'a>(
        &self,
        field: &'a Field<String>,
        key: &str,
        owner: Position,
    ) -> Result<Word<'a>, PreseedError> {
        let missing = || self.error(owner, &say("preseed.missing").with("key", key), &how(key));
        self.word(field, key)?.ok_or_else(missing)
    }

    /// A word that may be left out, but is not empty where it stands.
    fn word<'a>(
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

    fn name<'a>(&self, (word, at): Word<'a>) -> Result<&'a str, PreseedError> {
        if is_name(word) {
            return Ok(word);
        }
        let what = say("preseed.bad-name").with("value", quoted(word));
        Err(self.error(at, &what, &say("preseed.bad-name-mend")))
    }

    /// Where the key `nodes` stands; `start` where it cannot be found, as in a flow mapping.
    fn nodes_at(&self, start: Position) -> Position {
        let is_it = |line: &str| {
            let rest = line.trim_start_matches(' ').strip_prefix("nodes");
            rest.is_some_and(|rest| rest.trim_start().starts_with(':'))
        };
        let mut lines = self.source.lines();
        let found = lines.find(|(_, line)| is_it(line));
        found.map_or(start, |(line, _)| Position {
            line,
            column: start.column,
        })
    }

    fn size(&self, (word, at): Word<'_>, key: &str, least: u64) -> Result<u64, PreseedError> {
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

    fn initiator(
        &self,
        (word, at): Word<'_>,
        nodes: &[Placed],
        nodes_at: Position,
    ) -> Result<String, PreseedError> {
        let address = word.parse::<IpAddr>().ok();
        let is_it = |node: &NodeAnswers| node.name == word || Some(node.address) == address;
        if let Some(placed) = nodes.iter().find(|placed| is_it(&placed.node)) {
            return Ok(placed.node.name.clone());
        }
        let names: Vec<_> = nodes
            .iter()
            .map(|placed| placed.node.name.as_str())
            .collect();
        let what = say("preseed.initiator-missing")
            .with("value", quoted(word))
            .with("line", nodes_at.line)
            .with("names", names.join(", "));
        let mend = match nearest(word, &names) {
            Some(near) => say("preseed.initiator-near").with("near", near),
            None => say("preseed.initiator-mend"),
        };
        Err(self.error(at, &what, &mend))
    }

    fn local(&self, raw: Option<&RawLocal>) -> Result<LocalPool, PreseedError> {
        let mut local = LocalPool::default();
        let Some(raw) = raw else {
            return Ok(local);
        };
        if let Some((word, at)) = self.word(&raw.driver, "driver")? {
            let all = [
                DriverChoice::Auto,
                DriverChoice::Zfs,
                DriverChoice::Btrfs,
                DriverChoice::Dir,
                DriverChoice::None,
            ];
            let named = |driver: &DriverChoice| write::driver_name(*driver) == word;
            local.driver = all
                .into_iter()
                .find(named)
                .ok_or_else(|| self.wrong((word, at), "preseed.bad-driver", "driver"))?;
        }
        if let Some(file) = self.word(&raw.file, "file")? {
            local.file = self.size(file, "file", LEAST_FILE)?;
        }
        Ok(local)
    }

    /// A disk given to a pool that is not made would silently stay unused.
    fn no_idle_disk(&self, local: &LocalPool, nodes: &[Placed]) -> Result<(), PreseedError> {
        if local.driver != DriverChoice::None {
            return Ok(());
        }
        match nodes.iter().find_map(|placed| placed.disk_at) {
            Some(at) => {
                let (what, mend) = (say("preseed.idle-disk"), say("preseed.idle-disk-mend"));
                Err(self.error(at, &what, &mend))
            }
            None => Ok(()),
        }
    }

    fn erase(
        &self,
        field: &Field<String>,
        start: Position,
    ) -> Result<(usize, Position), PreseedError> {
        let Some((word, at)) = self.word(field, "erase")? else {
            return Ok((0, start));
        };
        let number = word.parse::<u16>().map(usize::from);
        let number = number.map_err(|_| self.wrong((word, at), "preseed.bad-erase", "erase"))?;
        Ok((number, at))
    }
}

/// How to mend the value of `key`.
fn how(key: &str) -> Message {
    say("preseed.takes").with("takes", crate::text::sentence(&takes(key)))
}
