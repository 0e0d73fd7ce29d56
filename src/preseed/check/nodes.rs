//! The nodes of a preseed and their disks.

use std::net::IpAddr;

use serde_saphyr::Spanned;

use super::{Check, Placed, Word, how};
use crate::engine::answers::{NodeAnswers, Purpose};
use crate::preseed::MOST_NODES;
use crate::preseed::error::{PreseedError, say};
use crate::preseed::raw::{Field, RawNode, position};
use crate::preseed::source::Position;

/// The longest name that the kernel gives a NIC, in bytes (`IFNAMSIZ` without the end).
const LONGEST_NIC: usize = 15;

impl Placed {
    /// Whether the node gives a disk away for `purpose`.
    pub(super) fn gives(&self, purpose: Purpose) -> bool {
        self.node.disks_for(purpose).next().is_some()
    }

    /// The node's addresses, each with its place.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (IpAddr, Position)> {
        let underlay = self.node.underlay.zip(self.underlay_at);
        std::iter::once((self.node.address, self.address_at)).chain(underlay)
    }
}

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
        let address = self.address((address, address_at), "address")?;
        let uplink = self.word(&raw.uplink, "uplink")?;
        let uplink = uplink.map(|word| self.nic(word)).transpose()?;
        let underlay = self.word(&raw.underlay, "underlay")?;
        let underlay = underlay.map(|word| self.address(word, "underlay"));
        let (disks, local_at) = self.disks(name, &raw.disks)?;
        Ok(Placed {
            node: NodeAnswers {
                disks,
                uplink: uplink.map(ToOwned::to_owned),
                underlay: underlay.transpose()?,
                ..NodeAnswers::new(name.to_owned(), address)
            },
            name_at,
            address_at,
            uplink_at: raw.uplink.at(),
            underlay_at: raw.underlay.at(),
            local_at,
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
        for (address, at) in new.addresses() {
            for other in others {
                let Some((_, there)) = other.addresses().find(|(taken, _)| *taken == address)
                else {
                    continue;
                };
                let what = say("preseed.same-address")
                    .with("address", address)
                    .with("name", &other.node.name)
                    .with("line", there.line);
                return Err(self.error(at, &what, &mend));
            }
        }
        Ok(())
    }

    /// The name of a NIC as the kernel takes it (`dev_valid_name`).
    fn nic<'a>(&self, (word, at): Word<'a>) -> Result<&'a str, PreseedError> {
        let strange = |c: char| c.is_whitespace() || c == '/' || c == ':';
        if word.len() > LONGEST_NIC || word.contains(strange) || word == "." || word == ".." {
            return Err(self.wrong((word, at), "preseed.bad-nic", "uplink"));
        }
        Ok(word)
    }

    fn address(&self, (word, at): Word<'_>, key: &str) -> Result<IpAddr, PreseedError> {
        let Ok(address) = word.parse::<IpAddr>() else {
            return Err(self.wrong((word, at), "preseed.bad-address", key));
        };
        let shared = match address {
            IpAddr::V4(v4) => v4.is_broadcast(),
            IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.to_ipv4_mapped().is_some(),
        };
        if shared || address.is_unspecified() || address.is_multicast() {
            return Err(self.wrong((word, at), "preseed.no-node-address", key));
        }
        Ok(address)
    }
}
