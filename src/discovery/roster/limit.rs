//! How often one source is listened to: a bucket of tokens for each, in bounded room.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::engine::Millis;

/// So many datagrams of one source are taken at once: two bursts on every way.
const AT_ONCE: u64 = 40;
/// So many more with every second.
const A_SECOND: u64 = 10;
/// So many sources are remembered. When they are more, all are forgotten: who can forge that many
/// sources isn't held back by counting them, and everybody else only gets fresh tokens.
const SOURCES: usize = 4_096;

/// What each source may still say; a token is a thousand parts, so that they come back by the ms.
#[derive(Debug, Clone, Default)]
pub(super) struct Limit {
    left: HashMap<IpAddr, (u64, Millis)>,
}

impl Limit {
    /// Whether a datagram of `source` is taken; if so it is counted.
    pub(super) fn take(&mut self, source: IpAddr, now: Millis) -> bool {
        if self.left.len() >= SOURCES && !self.left.contains_key(&source) {
            self.left.clear();
        }
        let full = AT_ONCE * 1_000;
        let (left, at) = self.left.entry(source).or_insert((full, now));
        let gone = now.saturating_sub(*at).saturating_mul(A_SECOND);
        *left = left.saturating_add(gone).min(full);
        *at = now;
        let taken = left.checked_sub(1_000);
        *left = taken.unwrap_or(*left);
        taken.is_some()
    }
}
