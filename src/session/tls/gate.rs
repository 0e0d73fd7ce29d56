//! How many strangers may be inside at once: over all, from one source, and beside those invited.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where connections come from: an IPv4 address, or an IPv6 /64, which is one machine's to fill. All
/// link-local addresses are in one /64, so there the machine's own half counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::session) enum Source {
    V4(u32),
    V6(u128),
    Link(u128),
}

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4.to_bits()),
            IpAddr::V6(v6) => {
                let bits = v6.to_bits();
                let (prefix, own) = (bits >> 64, bits & u128::from(u64::MAX));
                if v6.is_unicast_link_local() {
                    Self::Link(own)
                } else {
                    Self::V6(prefix)
                }
            }
        }
    }
}

/// The addresses the operator invited. Clones share the list.
#[derive(Debug, Clone, Default)]
pub(in crate::session) struct Invited(Arc<Mutex<HashSet<Source>>>);

impl Invited {
    /// Replaces the list.
    pub(in crate::session) fn set(&self, addresses: &[IpAddr]) {
        *lock(&self.0) = addresses.iter().copied().map(Source::from).collect();
    }

    /// Whether an address is in the list.
    pub(in crate::session) fn has(&self, source: Source) -> bool {
        lock(&self.0).contains(&source)
    }

    /// How much of `all` a source may use: whole where it or nobody was invited, otherwise half.
    pub(in crate::session) fn share(&self, source: Source, all: usize) -> usize {
        let invited = lock(&self.0);
        if invited.is_empty() || invited.contains(&source) {
            all
        } else {
            all.div_ceil(2)
        }
    }
}

#[derive(Debug, Default)]
struct Inside {
    invited: usize,
    others: usize,
    by_source: HashMap<Source, usize>,
}

/// Counts who is inside. Clones share the count.
#[derive(Debug, Clone)]
pub(in crate::session) struct Gate {
    inside: Arc<Mutex<Inside>>,
    invited: Invited,
    total: usize,
    per_source: usize,
}

impl Gate {
    pub(in crate::session) fn new(total: usize, per_source: usize, invited: Invited) -> Self {
        Self {
            inside: Arc::default(),
            invited,
            total,
            per_source,
        }
    }

    /// Lets one more in, until its pass is dropped; none where it is full.
    pub(in crate::session) fn enter(&self, address: IpAddr) -> Option<Pass> {
        let source = Source::from(address);
        let share = self.invited.share(source, self.total);
        let invited = self.invited.has(source);
        let mut inside = lock(&self.inside);
        let here = inside.by_source.get(&source).copied().unwrap_or(0);
        // Those who were not invited leave the other half free, whoever is in it.
        let others_full = !invited && inside.others >= share;
        let full = inside.invited + inside.others >= self.total;
        if full || others_full || here >= self.per_source {
            return None;
        }
        if invited {
            inside.invited += 1;
        } else {
            inside.others += 1;
        }
        inside.by_source.insert(source, here + 1);
        Some(Pass {
            inside: Arc::clone(&self.inside),
            source,
            invited,
        })
    }
}

/// One that is inside.
#[derive(Debug)]
pub(in crate::session) struct Pass {
    inside: Arc<Mutex<Inside>>,
    source: Source,
    invited: bool,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = lock(&self.inside);
        if self.invited {
            inside.invited = inside.invited.saturating_sub(1);
        } else {
            inside.others = inside.others.saturating_sub(1);
        }
        match inside.by_source.get_mut(&self.source) {
            Some(here) if *here > 1 => *here -= 1,
            _ => {
                inside.by_source.remove(&self.source);
            }
        }
    }
}

/// Counts stay right whoever panicked while holding them: nothing between their changes can.
pub(in crate::session) fn lock<T>(inside: &Mutex<T>) -> MutexGuard<'_, T> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_cannot_fill_the_gate() {
        let gate = Gate::new(3, 2, Invited::default());
        let greedy: IpAddr = "10.0.0.1".parse().unwrap();
        let other: IpAddr = "10.0.0.2".parse().unwrap();
        let _one = gate.enter(greedy).unwrap();
        let _two = gate.enter(greedy).unwrap();
        assert!(gate.enter(greedy).is_none());
        let third = gate.enter(other).unwrap();
        assert!(gate.enter(other).is_none(), "the whole gate is full");
        drop(third);
        assert!(gate.enter(other).is_some());
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_and_a_64_is_one_source() {
        let gate = Gate::new(9, 1, Invited::default());
        let _v4 = gate.enter("10.0.0.1".parse().unwrap()).unwrap();
        assert!(gate.enter("::ffff:10.0.0.1".parse().unwrap()).is_none());
        let _v6 = gate.enter("fd00:1:2:3::1".parse().unwrap()).unwrap();
        assert!(gate.enter("fd00:1:2:3::2".parse().unwrap()).is_none());
        assert!(gate.enter("fd00:1:2:4::1".parse().unwrap()).is_some());
    }

    #[test]
    fn neighbours_on_the_link_are_sources_of_their_own() {
        let gate = Gate::new(9, 1, Invited::default());
        let _one = gate.enter("fe80::1".parse().unwrap()).unwrap();
        assert!(gate.enter("fe80::1".parse().unwrap()).is_none());
        assert!(gate.enter("fe80::2".parse().unwrap()).is_some());
    }

    #[test]
    fn half_of_the_places_are_kept_for_those_who_were_invited() {
        let invited = Invited::default();
        let guest: IpAddr = "10.0.0.9".parse().unwrap();
        invited.set(&[guest]);
        let gate = Gate::new(4, 4, invited);
        let from = |last: u8| gate.enter(IpAddr::from([10, 0, 0, last]));
        let _strangers = (from(1).unwrap(), from(2).unwrap());
        assert!(from(3).is_none(), "the other half is kept");
        let _guests = (from(9).unwrap(), from(9).unwrap());
        assert!(from(9).is_none(), "the whole is full");
    }
}
