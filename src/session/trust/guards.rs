//! What strangers may cost a session: places, tries, and a second's worth of work.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use crate::engine::Millis;
use crate::session::tls::gate::{Gate, Invited, Pass, Source, lock};
use crate::session::tls::server::{Bounds, Place};

/// Confirmations looked at in a second, over all: 36 000 an hour, against 41 bits.
const OVERALL: u32 = 10;

/// Calls that one source may make at once: a small cloud may stand behind one router.
const CALLS: u32 = 12;

/// Calls that it may make each second after that.
const CALLS_LATER: u32 = 2;

/// Wrong confirmations of one source that cost it no waiting: people mistype.
const FREE: u32 = 3;

/// The longest wait after wrong confirmations.
const LONGEST: Millis = 60_000;

/// Sources that are remembered; the one seen longest ago is forgotten first.
const SOURCES: usize = 4096;

/// The bounds of one listener, shared by its clones: how many strangers are inside, how often each
/// source may try, and who was invited. All times are World's.
#[derive(Debug, Clone)]
pub struct Guards {
    shaking: Gate,
    unknown: Gate,
    invited: Invited,
    tries: Arc<Mutex<Tries>>,
}

#[derive(Debug, Default)]
struct Tries {
    overall: Bucket,
    sources: HashMap<Source, Seen>,
    wrong: u64,
}

#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    calls: Bucket,
    wrong: u32,
    /// When it was wrong last.
    at: Millis,
    /// When it was seen last.
    last: Millis,
}

impl Guards {
    /// Guards with these bounds, and nobody invited.
    pub fn new(bounds: Bounds) -> Self {
        let invited = Invited::default();
        Self {
            shaking: Gate::new(bounds.at_once, bounds.per_source, invited.clone()),
            unknown: Gate::new(bounds.at_once, bounds.per_source, invited.clone()),
            invited,
            tries: Arc::default(),
        }
    }

    /// Keeps half of the places and of the tries for these addresses, instead of those before. Without
    /// any, strangers share the whole. Nodes that are in the cluster belong in here as well.
    pub fn invite(&self, addresses: &[IpAddr]) {
        self.invited.set(addresses);
    }

    /// How many confirmations were wrong so far, from everywhere.
    pub fn wrong(&self) -> u64 {
        lock(&self.tries).wrong
    }

    /// A place for a handshake.
    pub(in crate::session) fn shake(&self, source: IpAddr) -> Option<Pass> {
        self.shaking.enter(source)
    }

    /// A place for a caller that has not proven anything yet, to be held until it has. None where as
    /// many as the bounds say are waiting, over all or from this address.
    pub fn place(&self, source: IpAddr) -> Option<Place> {
        self.unknown.enter(source).map(Place::new)
    }

    /// Whether a source may call now, before anything is computed for it.
    pub(in crate::session) fn knock(&self, source: IpAddr, now: Millis) -> bool {
        let source = Source::from(source);
        let mut tries = lock(&self.tries);
        let seen = tries.seen(source, now);
        seen.calls.take((CALLS, CALLS_LATER), 1, now)
    }

    /// A try of a source, one of the ten a second that are looked at; none where it has to wait. It
    /// counts as wrong unless it is said to be right before it is dropped.
    pub(super) fn attempt(&self, source: IpAddr, now: Millis) -> Option<Attempt> {
        let source = Source::from(source);
        let all = usize::try_from(OVERALL).unwrap_or(usize::MAX);
        let kept = all.saturating_sub(self.invited.share(source, all));
        let kept = u32::try_from(kept).unwrap_or(0);
        let mut tries = lock(&self.tries);
        if tries.seen(source, now).waits(now) {
            return None;
        }
        let granted = tries.overall.take((OVERALL, OVERALL), 1 + kept, now);
        granted.then(|| Attempt {
            guards: self.clone(),
            source,
            now,
            right: false,
        })
    }
}

impl Tries {
    fn seen(&mut self, source: Source, now: Millis) -> &mut Seen {
        if self.sources.len() >= SOURCES && !self.sources.contains_key(&source) {
            let oldest = self.sources.iter().min_by_key(|(_, seen)| seen.last);
            if let Some(oldest) = oldest.map(|(source, _)| *source) {
                self.sources.remove(&oldest);
            }
        }
        let seen = self.sources.entry(source).or_default();
        // A clock that was set back must not make anybody wait until the old time comes again.
        seen.at = seen.at.min(now);
        seen.last = now;
        seen
    }
}

impl Seen {
    /// Whether its wrong tries make it wait: 1 s after the fourth, then twice as long each time.
    fn waits(&self, now: Millis) -> bool {
        let Some(over) = self.wrong.checked_sub(FREE + 1) else {
            return false;
        };
        let wait = 1_000_u64.saturating_mul(1 << over.min(16)).min(LONGEST);
        now.saturating_sub(self.at) < wait
    }
}

/// A bucket of tokens that is full at first.
#[derive(Debug, Default, Clone, Copy)]
struct Bucket {
    spent: u64,
    at: Millis,
}

impl Bucket {
    /// Takes one token if `least` are there, of a bucket that holds `size` and gets `rate` a second.
    fn take(&mut self, (size, rate): (u32, u32), least: u32, now: Millis) -> bool {
        // In thousandths of a token, so that each millisecond counts.
        let back = now.saturating_sub(self.at).saturating_mul(rate.into());
        self.spent = self.spent.saturating_sub(back);
        self.at = now;
        let left = (u64::from(size) * 1000).saturating_sub(self.spent);
        if left < u64::from(least) * 1000 {
            return false;
        }
        self.spent = self.spent.saturating_add(1000);
        true
    }
}

/// One try of the words.
#[derive(Debug)]
pub(super) struct Attempt {
    guards: Guards,
    source: Source,
    now: Millis,
    right: bool,
}

impl Attempt {
    /// The words were right: what the source did wrong before is forgotten.
    pub(super) fn right(mut self) {
        self.right = true;
        let mut tries = lock(&self.guards.tries);
        tries.seen(self.source, self.now).wrong = 0;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if self.right {
            return;
        }
        let mut tries = lock(&self.guards.tries);
        tries.wrong = tries.wrong.saturating_add(1);
        let seen = tries.seen(self.source, self.now);
        seen.wrong = seen.wrong.saturating_add(1);
        seen.at = self.now;
    }
}
