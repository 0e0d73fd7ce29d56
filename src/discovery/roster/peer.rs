//! One row of the roster: what a peer said last, from where, and on which ways it is heard.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::discovery::beacon::Beacon;
use crate::engine::Millis;

/// So many addresses of one peer are kept; the one heard longest ago makes room.
const MOST_ADDRESSES: usize = 4;
/// Datagrams may overtake each other by so many beacons before two counters are two machines'.
const OVERTAKING: u64 = 4;

/// How a datagram came, told by the address of the socket that heard it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// To the IPv4 group.
    Multicast4,
    /// To the IPv6 group.
    Multicast6,
    /// To the subnet's broadcast address.
    Broadcast,
    /// To this node alone.
    Unicast,
}

/// One beacon that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// What it says.
    pub beacon: Beacon,
    /// Where the datagram came from.
    pub source: SocketAddr,
    /// How it came.
    pub by: Way,
}

/// A peer that was heard. Everything in it is a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// What it said last, from `address`.
    pub beacon: Beacon,
    /// Where its datagrams come from. It stays as long as it is heard from there, so that a
    /// stranger who uses its id doesn't move it; of two, IPv4 is taken.
    pub address: SocketAddr,
    /// The ways on which it was heard, each with when that was last.
    pub ways: BTreeMap<Way, Millis>,
    /// When it was heard first.
    pub first: Millis,
    /// When it was heard last.
    pub heard: Millis,
    /// Its clock less this node's, in ms, when it was heard last.
    pub skew: i64,
    /// Whether it is in a session with this node: then nothing crowds it out.
    pub kept: bool,
    pub(super) place: u64,
    sightings: Vec<Sighting>,
}

/// One of a peer's addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sighting {
    source: IpAddr,
    counter: u64,
    heard: Millis,
    /// When its counter last showed that another machine uses this id elsewhere.
    twin: Option<Millis>,
}

impl Peer {
    pub(super) fn new(heard: &Heard, place: u64, now: Millis) -> Self {
        let mut peer = Self {
            beacon: heard.beacon.clone(),
            address: heard.source,
            ways: BTreeMap::new(),
            first: now,
            heard: now,
            skew: 0,
            kept: false,
            place,
            sightings: Vec::new(),
        };
        peer.hear(heard, now, Duration::ZERO);
        peer
    }

    /// Where its daemon listens, if it does.
    pub fn api(&self) -> Option<SocketAddr> {
        let mut api = self.address;
        api.set_port(self.beacon.port?);
        Some(api)
    }

    /// The addresses from which this id is used by more than one machine at once.
    pub(super) fn twins(&self, now: Millis, fresh: Duration) -> Vec<IpAddr> {
        let is_twin = |s: &&Sighting| s.twin.is_some_and(|at| is_within(at, now, fresh));
        let found = self.sightings.iter().filter(is_twin);
        found.map(|s| s.source).collect()
    }

    /// Takes in another beacon of this id; what was not heard for `silence` gives way.
    pub(super) fn hear(&mut self, heard: &Heard, now: Millis, silence: Duration) {
        self.ways.insert(heard.by, now);
        self.heard = now;
        let source = heard.source.ip();
        self.compare(source, heard.beacon.counter, now);
        if self.may_speak(heard.source, now, silence) {
            self.address = heard.source;
            self.beacon = heard.beacon.clone();
            let ahead = i128::from(heard.beacon.clock) - i128::from(now);
            let extreme = if ahead < 0 { i64::MIN } else { i64::MAX };
            self.skew = i64::try_from(ahead).unwrap_or(extreme);
        }
    }

    /// Whether a beacon from `source` may set this row's address and words.
    fn may_speak(&self, source: SocketAddr, now: Millis, silence: Duration) -> bool {
        let own = self.address.ip();
        let mut sightings = self.sightings.iter();
        let heard = sightings.find(|s| s.source == own).map(|s| s.heard);
        let better = own.is_ipv6() && source.is_ipv4();
        source.ip() == own || better || heard.is_none_or(|at| !is_within(at, now, silence))
    }

    /// One machine counts up over all its addresses. If this address counted on without a break
    /// while another one was heard with a number that doesn't lie between, they are two machines.
    fn compare(&mut self, source: IpAddr, counter: u64, now: Millis) {
        let (mut here, mut elsewhere): (Vec<_>, Vec<_>) =
            self.sightings.drain(..).partition(|s| s.source == source);
        let before = here.pop();
        let mut twin = before.as_ref().and_then(|sighting| sighting.twin);
        if let Some(before) = before.filter(|before| before.counter < counter) {
            let least = before.counter.saturating_sub(OVERTAKING);
            let most = counter.saturating_add(OVERTAKING);
            let strange = |s: &&mut Sighting| {
                s.heard > before.heard && s.heard < now && !(least..=most).contains(&s.counter)
            };
            for other in elsewhere.iter_mut().filter(strange) {
                other.twin = Some(now);
                twin = Some(now);
            }
        }
        if elsewhere.len() >= MOST_ADDRESSES {
            let settled = self.address.ip();
            elsewhere.sort_by_key(|s| (s.source != settled, now.saturating_sub(s.heard)));
            elsewhere.truncate(MOST_ADDRESSES - 1);
        }
        elsewhere.push(Sighting {
            source,
            counter,
            heard: now,
            twin,
        });
        self.sightings = elsewhere;
    }
}

/// Whether `moment` lies less than `duration` before `now`.
pub(super) fn is_within(moment: Millis, now: Millis, duration: Duration) -> bool {
    u128::from(now.saturating_sub(moment)) < duration.as_millis()
}
