//! The guests' network of a preseed, word by word.

use std::net::{IpAddr, Ipv4Addr};

use super::{Check, Word};
use crate::engine::answers::{AddressRange, GuestNetwork, NetworkKind, UplinkKind};
use crate::preseed::error::PreseedError;
use crate::preseed::raw::{Field, RawNetwork};
use crate::preseed::write;

/// The VLANs there are (IEEE 802.1Q: 0 and 4095 are reserved).
const VLANS: std::ops::RangeInclusive<u16> = 1..=4094;

/// What is said where a router's address should stand.
const ROUTER: &str = "preseed.bad-router";

impl Check<'_> {
    pub(super) fn network(&self, field: &Field<RawNetwork>) -> Result<GuestNetwork, PreseedError> {
        let Some((raw, at)) = field.value() else {
            return Ok(GuestNetwork::default());
        };
        Ok(GuestNetwork {
            kind: self.kind(self.needed(&raw.kind, "kind", at)?)?,
            uplink: self.uplink_kind(&raw.uplink)?,
            vlan: self.vlan(&raw.vlan)?,
            gateway4: self.parsed(&raw.ipv4_gateway, "ipv4-gateway", ROUTER)?,
            range4: self.range(&raw.ipv4_range)?,
            gateway6: self.parsed(&raw.ipv6_gateway, "ipv6-gateway", ROUTER)?,
            dns: self.dns(&raw.dns)?,
            guests4: self.parsed(&raw.ipv4_guests, "ipv4-guests", ROUTER)?,
            guests6: self.parsed(&raw.ipv6_guests, "ipv6-guests", ROUTER)?,
        })
    }

    fn kind(&self, word: Word<'_>) -> Result<NetworkKind, PreseedError> {
        let all = [
            NetworkKind::None,
            NetworkKind::Ovn,
            NetworkKind::Bridge,
            NetworkKind::Fan,
        ];
        let named = |kind: &NetworkKind| write::kind_name(*kind) == word.0;
        let found = all.into_iter().find(named);
        found.ok_or_else(|| self.wrong(word, "preseed.bad-kind", "kind"))
    }

    fn uplink_kind(&self, field: &Field<String>) -> Result<UplinkKind, PreseedError> {
        let Some(word) = self.word(field, "uplink")? else {
            return Ok(UplinkKind::default());
        };
        let all = [UplinkKind::Nic, UplinkKind::Bridge];
        let named = |uplink: &UplinkKind| write::uplink_name(*uplink) == word.0;
        let found = all.into_iter().find(named);
        found.ok_or_else(|| self.wrong(word, "preseed.bad-uplink", "uplink"))
    }

    fn vlan(&self, field: &Field<String>) -> Result<Option<u16>, PreseedError> {
        let Some((word, at)) = self.word(field, "vlan")? else {
            return Ok(None);
        };
        match word.parse().ok().filter(|vlan| VLANS.contains(vlan)) {
            Some(vlan) => Ok(Some(vlan)),
            None => Err(self.wrong((word, at), "preseed.bad-vlan", "vlan")),
        }
    }

    fn range(&self, field: &Field<String>) -> Result<Option<AddressRange>, PreseedError> {
        let Some((word, at)) = self.word(field, "ipv4-range")? else {
            return Ok(None);
        };
        let address = |text: &str| text.trim().parse::<Ipv4Addr>().ok();
        let ends = word.split_once('-');
        let ends = ends.and_then(|(first, last)| Some((address(first)?, address(last)?)));
        match ends {
            Some((first, last)) => Ok(Some(AddressRange { first, last })),
            None => Err(self.wrong((word, at), "preseed.bad-range", "ipv4-range")),
        }
    }

    fn dns(&self, field: &Field<Vec<Field<String>>>) -> Result<Vec<IpAddr>, PreseedError> {
        let all = field.value().map(|(all, _)| all.as_slice());
        let mut dns = Vec::new();
        for field in all.unwrap_or_default() {
            let Some((word, at)) = self.word(field, "dns")? else {
                continue;
            };
            match word.parse() {
                Ok(address) => dns.push(address),
                Err(_) => return Err(self.wrong((word, at), "preseed.bad-address", "dns")),
            }
        }
        Ok(dns)
    }
}
