//! When the next beacon is due: a burst after every change, then about once a second, and less
//! often the more nodes share the link.

use std::time::Duration;

use crate::engine::Millis;

/// After a start or a change a beacon is said at these moments.
pub const BURST: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(700),
];
/// The usual time between two beacons, before jitter.
pub const INTERVAL: Duration = Duration::from_secs(1);
/// The longest time between two beacons, before jitter. More nodes than that allows for (about 500)
/// are a flood, and slowing down further would only be the flood's gain.
pub const LONGEST_INTERVAL: Duration = Duration::from_secs(10);
/// The most datagrams a second on one link, all nodes together.
pub const MOST_DATAGRAMS: u32 = 200;

/// One beacon goes out as three datagrams on a link: two groups and the broadcast address.
const DATAGRAMS: u32 = 3;
/// How far jitter moves an interval, either way, in percent.
const JITTER: u32 = 20;

/// A random number from outside, every value as likely as the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jitter(pub u16);

impl Jitter {
    /// `duration` times this number's place in 0..=1.
    pub(super) fn part(self, duration: Duration) -> Duration {
        duration * u32::from(self.0) / u32::from(u16::MAX)
    }
}

/// The time between two beacons when `nodes` nodes (this one too) share the link, before jitter:
/// even if all jitter one way, the link stays under [`MOST_DATAGRAMS`] up to [`LONGEST_INTERVAL`].
pub fn interval(nodes: usize) -> Duration {
    let nodes = u32::try_from(nodes).unwrap_or(u32::MAX);
    let fair = u64::from(nodes)
        .saturating_mul(u64::from(DATAGRAMS * 1_000 * 100))
        .div_ceil(u64::from(MOST_DATAGRAMS * (100 - JITTER)));
    Duration::from_millis(fair).clamp(INTERVAL, LONGEST_INTERVAL)
}

/// The moments at which a node says its beacon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rhythm {
    began: Millis,
    said: usize,
    next: Millis,
}

impl Rhythm {
    /// Begins now, with a burst.
    pub fn new(now: Millis) -> Self {
        Self {
            began: now,
            said: 0,
            next: now,
        }
    }

    /// What is said has changed: another burst begins, unless one has just begun.
    pub fn changed(&mut self, now: Millis) {
        if self.said != 0 {
            *self = Self::new(now);
        }
    }

    /// When the next beacon is due.
    pub fn next(&self) -> Millis {
        self.next
    }

    /// Whether a beacon is due now; if so it counts as said, and the next one is due later:
    /// `nodes` nodes (this one too) share the link.
    pub fn is_due(&mut self, now: Millis, nodes: usize, jitter: Jitter) -> bool {
        if now < self.next {
            return false;
        }
        self.said = self.said.saturating_add(1);
        self.next = if let Some(after) = BURST.get(self.said) {
            // A burst that was held up is not made up for all at once.
            after_ms(self.began, *after).max(now.saturating_add(1))
        } else {
            let interval = interval(nodes);
            let least = interval * (100 - JITTER) / 100;
            let more = jitter.part(interval * (2 * JITTER) / 100);
            after_ms(now, least + more)
        };
        true
    }
}

/// `duration` after `moment`.
fn after_ms(moment: Millis, duration: Duration) -> Millis {
    moment.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
