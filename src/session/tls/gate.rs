//! How many handshakes may be under way at once, over all and from one source.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where connections come from: an IPv4 address, or an IPv6 /64, which is one machine's to fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    V4(u32),
    V6(u64),
}

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4.to_bits()),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                Self::V6(
                    [a, b, c, d]
                        .iter()
                        .fold(0, |bits, s| bits << 16 | u64::from(*s)),
                )
            }
        }
    }
}

#[derive(Debug, Default)]
struct Inside {
    total: usize,
    by_source: HashMap<Source, usize>,
}

/// Counts who is inside. Clones share the count.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    inside: Arc<Mutex<Inside>>,
    total: usize,
    per_source: usize,
}

impl Gate {
    pub(super) fn new(total: usize, per_source: usize) -> Self {
        Self {
            inside: Arc::default(),
            total,
            per_source,
        }
    }

    /// Lets one more in, until its pass is dropped; none where it is full.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Pass> {
        let source = Source::from(address);
        let mut inside = lock(&self.inside);
        let here = inside.by_source.get(&source).copied().unwrap_or(0);
        if inside.total >= self.total || here >= self.per_source {
            return None;
        }
        inside.total += 1;
        inside.by_source.insert(source, here + 1);
        Some(Pass {
            inside: Arc::clone(&self.inside),
            source,
        })
    }
}

/// One that is inside.
#[derive(Debug)]
pub(super) struct Pass {
    inside: Arc<Mutex<Inside>>,
    source: Source,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = lock(&self.inside);
        inside.total = inside.total.saturating_sub(1);
        match inside.by_source.get_mut(&self.source) {
            Some(here) if *here > 1 => *here -= 1,
            _ => {
                inside.by_source.remove(&self.source);
            }
        }
    }
}

/// Counts stay right whoever panicked while holding them: each change is one step.
fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_cannot_fill_the_gate() {
        let gate = Gate::new(3, 2);
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
        let gate = Gate::new(9, 1);
        let _v4 = gate.enter("10.0.0.1".parse().unwrap()).unwrap();
        assert!(gate.enter("::ffff:10.0.0.1".parse().unwrap()).is_none());
        let _v6 = gate.enter("fd00:1:2:3::1".parse().unwrap()).unwrap();
        assert!(gate.enter("fd00:1:2:3::2".parse().unwrap()).is_none());
        assert!(gate.enter("fd00:1:2:4::1".parse().unwrap()).is_some());
    }
}
