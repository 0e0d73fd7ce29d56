//! The nodes of a preseed and their disks.

use std::net::IpAddr;

use serde_saphyr::Spanned;

use super::{Check, Placed, Word, how};
use crate::engine::answers::{DiskChoice, DiskFilter, NodeAnswers, Purpose};
use crate::preseed::MOST_NODES;
use crate::preseed::error::{PreseedError, say};
use crate::preseed::raw::{Field, RawDisk, RawNode, position};
use crate::preseed::source::Position;

/// The smallest disk a filter may ask for, in bytes, for the same reason.
const LEAST_DISK: u64 = 1_000_000;

impl Check<'_> {
    pub(super) fn nodes(
        &self,
        field: &Field<Vec<Spanned<RawNode>>>,
        nodes_at: Position,
        start: Position,
    ) -> Result<Vec<Placed>, PreseedError> {
        if field.at().is_none() {
            let what = say("preseed.missing").with("key", "nodes");
            return Err(self.error(start, &what, &how("nodes")));
        }
        let nodes = field.value().map(|(nodes, _)| nodes.as_slice());
        let nodes = nodes.unwrap_or_default();
        if nodes.is_empty() {
            return Err(self.error(nodes_at, &say("preseed.no-nodes"), &how("nodes")));
        }
        if let Some(node) = nodes.get(MOST_NODES) {
            let what = say("preseed.many-nodes")
                .with("most", MOST_NODES)
                .with("count", nodes.len());
            let mend = say("preseed.many-nodes-mend");
            return Err(self.error(position(node.referenced), &what, &mend));
        }
        let mut placed: Vec<Placed> = Vec::new();
        for node in nodes {
            let node = self.node(node)?;
            self.unique(&node, &placed)?;
            placed.push(node);
        }
        Ok(placed)
    }

    fn node(&self, raw: &Spanned<RawNode>) -> Result<Placed, PreseedError> {
        let owner = position(raw.referenced);
        let raw = &raw.value;
        let (name, name_at) = self.needed(&raw.name, "name", owner)?;
        self.name((name, name_at))?;
        let (address, address_at) = self.needed(&raw.address, "address", owner)?;
        let address = self.address((address, address_at))?;
        let raw_disks = raw.disks.value().map(|(disks, _)| disks.as_slice());
        let raw_disks = raw_disks.unwrap_or_default();
        if let Some(second) = raw_disks.get(1) {
            let what = say("preseed.two-disks").with("node", name);
            let mend = say("preseed.two-disks-mend");
            return Err(self.error(position(second.referenced), &what, &mend));
        }
        let disks: Result<_, _> = raw_disks.iter().map(|disk| self.disk(disk)).collect();
        Ok(Placed {
            node: NodeAnswers {
                disks: disks?,
                ..NodeAnswers::new(name.to_owned(), address)
            },
            name_at,
            address_at,
            disk_at: raw_disks.first().map(|disk| position(disk.referenced)),
        })
    }

    fn unique(&self, new: &Placed, others: &[Placed]) -> Result<(), PreseedError> {
        let mend = say("preseed.same-mend");
        if let Some(other) = others.iter().find(|other| other.node.name == new.node.name) {
            let what = say("preseed.same-name")
                .with("name", &new.node.name)
                .with("line", other.name_at.line);
            return Err(self.error(new.name_at, &what, &mend));
        }
        let same = |other: &&Placed| other.node.address == new.node.address;
        if let Some(other) = others.iter().find(same) {
            let what = say("preseed.same-address")
                .with("address", new.node.address)
                .with("name", &other.node.name)
                .with("line", other.address_at.line);
            return Err(self.error(new.address_at, &what, &mend));
        }
        Ok(())
    }

    fn address(&self, (word, at): Word<'_>) -> Result<IpAddr, PreseedError> {
        let Ok(address) = word.parse::<IpAddr>() else {
            return Err(self.wrong((word, at), "preseed.bad-address", "address"));
        };
        let shared = match address {
            IpAddr::V4(v4) => v4.is_broadcast(),
            IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.to_ipv4_mapped().is_some(),
        };
        if shared || address.is_unspecified() || address.is_multicast() {
            return Err(self.wrong((word, at), "preseed.no-node-address", "address"));
        }
        Ok(address)
    }

    fn disk(&self, raw: &Spanned<RawDisk>) -> Result<DiskChoice, PreseedError> {
        let owner = position(raw.referenced);
        let raw = &raw.value;
        let purpose = self.needed(&raw.purpose, "use", owner)?;
        if purpose.0 != "local" {
            return Err(self.wrong(purpose, "preseed.bad-use", "use"));
        }
        let text = |word: Option<Word<'_>>| word.map(|(word, _)| word.to_owned());
        let size = self.word(&raw.size, "size")?;
        let find = DiskFilter {
            serial: text(self.word(&raw.serial, "serial")?),
            model: text(self.word(&raw.model, "model")?),
            size: size
                .map(|size| self.size(size, "size", LEAST_DISK))
                .transpose()?,
        };
        if find == DiskFilter::default() {
            let (what, mend) = (say("preseed.any-disk"), say("preseed.any-disk-mend"));
            return Err(self.error(owner, &what, &mend));
        }
        Ok(DiskChoice {
            purpose: Purpose::Local,
            find,
            encrypt: false,
        })
    }
}
