//! Answers as a file: read with line and column, written back.

mod check;
mod error;
mod keys;
mod raw;
mod save;
mod size;
mod source;
mod when;
mod write;

use std::net::IpAddr;

use crate::engine::answers::{Answers, NodeAnswers};

pub use crate::engine::answers::is_name;
pub use error::PreseedError;
pub use save::save;
pub use source::Position;
pub use write::write;

use error::say;
use source::Source;

/// The most nodes one preseed may name.
pub const MOST_NODES: usize = 64;

/// A preseed that was read: the answers, and where the ones stand that can still turn out wrong.
#[derive(Debug, Clone)]
pub struct Preseed {
    /// What the operator decided.
    pub answers: Answers,
    /// Where the value of `erase:` stands; the first key where the file has none.
    pub erase_at: Position,
    /// Where `nodes:` stands.
    pub nodes_at: Position,
    source: Source,
}

/// Reads a preseed. `source_name` is how messages call it: a file name, or `-`.
///
/// Fails with the first thing that is wrong, its place and how to mend it.
pub fn read(text: &str, source_name: &str) -> Result<Preseed, PreseedError> {
    let source = Source::new(text, source_name);
    let raw = raw::parse(text, &source)?;
    check::answers(&raw, source)
}

/// The text of a preseed file. Fails where it is not UTF-8, and says where.
pub fn text(bytes: &[u8], source_name: &str) -> Result<String, PreseedError> {
    let broken = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text.to_owned()),
        Err(error) => error.valid_up_to(),
    };
    let before = String::from_utf8_lossy(bytes.get(..broken).unwrap_or_default());
    let line = before.split('\n').count();
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |line| line.chars().count())
        + 1;
    // A file that is not text has no lines worth showing.
    let source = Source::new("", source_name);
    let (what, mend) = (say("preseed.not-utf8"), say("preseed.not-utf8-mend"));
    Err(source.error(Position { line, column }, &what, &mend))
}

impl Preseed {
    /// The node that a machine is: the one with its host name or one of its addresses.
    ///
    /// The host name may be in full and in any case. Fails where no node fits, and where the host
    /// name is one node's and an address another's: on the wrong machine the wrong disks would go.
    pub fn find_self(
        &self,
        hostname: &str,
        addresses: &[IpAddr],
    ) -> Result<&NodeAnswers, PreseedError> {
        let short = hostname.split('.').next().unwrap_or(hostname);
        let nodes = &self.answers.nodes;
        let by_name = nodes
            .iter()
            .find(|node| node.name.eq_ignore_ascii_case(short));
        let by_address: Vec<_> = nodes
            .iter()
            .filter(|node| addresses.contains(&node.address))
            .collect();
        match (by_name, by_address.as_slice()) {
            (Some(node), []) => Ok(node),
            (Some(node), many) if many.contains(&node) => Ok(node),
            (None, [node]) => Ok(node),
            (None, []) => Err(self.not_found(short)),
            (_, [other, ..]) => Err(self.torn(short, other)),
        }
    }

    /// The error for a plan that erases `planned` disks, another number than the preseed's.
    pub fn erase_error(&self, planned: usize) -> PreseedError {
        let what = say("preseed.erase-other")
            .with("agreed", self.answers.erase)
            .with("planned", planned);
        let mend = say("preseed.erase-other-mend").with("planned", planned);
        self.source.error(self.erase_at, &what, &mend)
    }

    fn not_found(&self, hostname: &str) -> PreseedError {
        let nodes = self.answers.nodes.iter();
        let names: Vec<_> = nodes.map(|node| node.name.as_str()).collect();
        let what = say("preseed.self-missing")
            .with("host", hostname)
            .with("names", names.join(", "));
        let mend = say("preseed.self-missing-mend");
        self.source.error(self.nodes_at, &what, &mend)
    }

    fn torn(&self, hostname: &str, other: &NodeAnswers) -> PreseedError {
        let what = say("preseed.self-torn")
            .with("host", hostname)
            .with("other", &other.name)
            .with("address", other.address);
        let mend = say("preseed.self-torn-mend");
        self.source.error(self.nodes_at, &what, &mend)
    }
}
