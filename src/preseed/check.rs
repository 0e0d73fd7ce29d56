//! From the preseed's shape to answers: every word is looked at, and how they fit together.

mod ceph;
mod disks;
mod fit;
mod local;
mod network;
mod nodes;
mod snaps;
mod words;

use std::net::IpAddr;

use serde_saphyr::Spanned;

use super::Preseed;
use super::error::{PreseedError, nearest, quoted, say};
use super::raw::{Field, Raw, position};
use super::source::{Position, Source};
use super::write;
use crate::engine::answers::{Answers, NodeAnswers, ProfileChoice, Purpose};
use fit::Networks;
use words::how;

/// A word of the file and its place.
type Word<'a> = (&'a str, Position);

/// A node, and where in the file its parts stand.
struct Placed {
    node: NodeAnswers,
    name_at: Position,
    address_at: Position,
    uplink_at: Option<Position>,
    underlay_at: Option<Position>,
    /// Its disk for the local pool.
    local_at: Option<Position>,
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
    let ceph = check.ceph(&raw.ceph, &placed)?;
    let network = check.network(&raw.network)?;
    let anew = placed.iter().any(|it| it.gives(Purpose::Ceph)) && !ceph.reuse;
    check.networks(&Networks {
        raw,
        network: &network,
        ceph: anew.then_some(&ceph),
        nodes: &placed,
    })?;
    let snaps = check.snaps(&raw.snaps)?;
    let profile = check.profile(&raw.profile)?;
    let (erase, erase_at) = check.erase(&raw.erase, start)?;
    let answers = Answers {
        cluster: cluster.to_owned(),
        initiator,
        nodes: placed.into_iter().map(|placed| placed.node).collect(),
        local,
        ceph,
        network,
        snaps,
        profile,
        erase,
    };
    Ok(Preseed {
        answers,
        erase_at,
        nodes_at,
        source,
    })
}

impl Check<'_> {
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

    fn profile(&self, field: &Field<String>) -> Result<ProfileChoice, PreseedError> {
        let Some(word) = self.word(field, "profile")? else {
            return Ok(ProfileChoice::default());
        };
        let found = [ProfileChoice::Keep, ProfileChoice::Replace]
            .into_iter()
            .find(|choice| write::profile_name(*choice) == word.0);
        found.ok_or_else(|| self.wrong(word, "preseed.bad-profile", "profile"))
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
