//! The snaps of a preseed.

use super::{Check, Word};
use crate::engine::answers::SnapChannels;
use crate::preseed::error::PreseedError;
use crate::preseed::raw::{Field, RawSnaps};

/// How sure a snap's publisher is of it, the surest first (snapd's `channel.go`).
const RISKS: [&str; 4] = ["stable", "candidate", "beta", "edge"];

impl Check<'_> {
    pub(super) fn snaps(&self, field: &Field<RawSnaps>) -> Result<SnapChannels, PreseedError> {
        let usual = SnapChannels::default();
        let Some((raw, _)) = field.value() else {
            return Ok(usual);
        };
        Ok(SnapChannels {
            install: self.flag(&raw.install, "install")?.unwrap_or(usual.install),
            lxd: self.channel((&raw.lxd, "lxd"), usual.lxd)?,
            microceph: self.channel((&raw.microceph, "microceph"), usual.microceph)?,
            microovn: self.channel((&raw.microovn, "microovn"), usual.microovn)?,
        })
    }

    fn channel(
        &self,
        (field, key): (&Field<String>, &str),
        usual: String,
    ) -> Result<String, PreseedError> {
        let Some(word) = self.word(field, key)? else {
            return Ok(usual);
        };
        if !is_channel(word) {
            return Err(self.wrong(word, "preseed.bad-channel", key));
        }
        Ok(word.0.to_owned())
    }
}

/// Whether snapd takes it as a channel: `TRACK`, `RISK`, `TRACK/RISK`, `RISK/BRANCH` or
/// `TRACK/RISK/BRANCH`.
fn is_channel((word, _): Word<'_>) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    let parts: Vec<_> = word.split('/').collect();
    let named = parts
        .iter()
        .all(|part| !part.is_empty() && part.chars().all(plain));
    let is_risk = |part: &str| RISKS.contains(&part);
    named
        && match parts.as_slice() {
            [_] => true,
            [first, second] => is_risk(second) || is_risk(first),
            [_, second, _] => is_risk(second),
            _ => false,
        }
}
