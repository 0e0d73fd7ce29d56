//! The peers that were heard, in the order in which they appeared: no socket and no clock.

pub mod findings;
mod limit;
pub mod peer;
pub mod rhythm;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use self::limit::Limit;
use self::peer::{Heard, Peer, is_within};
use self::rhythm::{Jitter, interval};
use super::beacon::PeerId;
use crate::engine::Millis;

/// The most rows.
pub const MOST_PEERS: usize = 4_096;
/// The most ids that one address may use: a machine that was set up again has a new one.
pub const MOST_IDS: usize = 8;
/// A peer that was not heard for this long is silent, where a beacon a second is usual.
pub const SILENT: Duration = Duration::from_secs(5);
/// A peer that was not heard for this long is gone.
pub const GONE: Duration = Duration::from_mins(1);

/// An answer to a newcomer goes out within this time.
const ANSWER: Duration = Duration::from_millis(50);
/// About so many nodes answer a newcomer; where there are more, chance decides who.
const ANSWERS: usize = 16;

/// Whether a peer is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// It is heard.
    Heard,
    /// It was heard.
    Silent,
    /// It was heard a while ago; its row goes, unless it is in session with this node.
    Gone,
}

/// What became of a beacon that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    /// A peer that was not there, or that was silent.
    Newcomer,
    /// A peer that is there.
    Known {
        /// It asks for an answer.
        asks: bool,
    },
    /// This node's own id, used by another machine.
    Mirrored,
    /// Its source says too much.
    TooOften,
    /// Its source uses too many ids.
    TooManyIds,
    /// There is no room, and nobody silent who could give way.
    Full,
}

/// The peers that were heard.
#[derive(Debug, Clone)]
pub struct Roster {
    me: PeerId,
    peers: BTreeMap<PeerId, Peer>,
    limit: Limit,
    /// The next row's place.
    place: u64,
    /// Where this node's own id was heard from, and when.
    mirror: Option<(IpAddr, Millis)>,
    /// Nobody gives way before this moment: a flood is turned away without looking at every row.
    full_until: Millis,
}

impl Roster {
    /// An empty roster of the node `me`.
    pub fn new(me: PeerId) -> Self {
        Self {
            me,
            peers: BTreeMap::new(),
            limit: Limit::default(),
            place: 0,
            mirror: None,
            full_until: 0,
        }
    }

    /// Takes in a beacon. The sockets leave out what this node said itself.
    pub fn hear(&mut self, heard: &Heard, now: Millis) -> Reception {
        let source = heard.source.ip();
        if !self.limit.take(source, now) {
            return Reception::TooOften;
        }
        if heard.beacon.id == self.me {
            self.mirror = Some((source, now));
            return Reception::Mirrored;
        }
        let silence = self.silence();
        if let Some(peer) = self.peers.get_mut(&heard.beacon.id) {
            let was_there = is_within(peer.heard, now, silence);
            peer.hear(heard, now, silence);
            let asks = heard.beacon.asks;
            return if was_there {
                Reception::Known { asks }
            } else {
                Reception::Newcomer
            };
        }
        self.admit(heard, now)
    }

    fn admit(&mut self, heard: &Heard, now: Millis) -> Reception {
        let is_full = self.peers.len() >= MOST_PEERS;
        if is_full && now < self.full_until {
            return Reception::Full;
        }
        let source = heard.source.ip();
        let same = self.peers.values().filter(|p| p.address.ip() == source);
        if same.count() >= MOST_IDS {
            return Reception::TooManyIds;
        }
        if is_full && !self.evict(now) {
            return Reception::Full;
        }
        let peer = Peer::new(heard, self.place, now);
        self.place = self.place.saturating_add(1);
        self.peers.insert(heard.beacon.id.clone(), peer);
        Reception::Newcomer
    }

    /// The peer that has been silent longest gives way; whether there was one.
    fn evict(&mut self, now: Millis) -> bool {
        let may_go = self.peers.values().filter(|peer| !peer.kept);
        let oldest = may_go.min_by_key(|peer| peer.heard);
        let Some((id, heard)) = oldest.map(|peer| (peer.beacon.id.clone(), peer.heard)) else {
            return false;
        };
        let silence = self.silence();
        if is_within(heard, now, silence) {
            let silence = u64::try_from(silence.as_millis()).unwrap_or(u64::MAX);
            self.full_until = heard.saturating_add(silence);
            return false;
        }
        self.peers.remove(&id).is_some()
    }

    /// Marks a peer as in session with this node, or no longer so; false if it isn't there.
    pub fn keep(&mut self, id: &PeerId, kept: bool) -> bool {
        self.full_until = 0;
        self.peers.get_mut(id).is_some_and(|peer| {
            peer.kept = kept;
            true
        })
    }

    /// Takes out the peers that are gone, except those in session.
    pub fn sweep(&mut self, now: Millis) {
        self.peers
            .retain(|_, peer| peer.kept || is_within(peer.heard, now, GONE));
    }

    /// All rows, each where it first appeared: rows never change places.
    pub fn rows(&self) -> Vec<&Peer> {
        let mut rows: Vec<&Peer> = self.peers.values().collect();
        rows.sort_unstable_by_key(|peer| peer.place);
        rows
    }

    /// One peer.
    pub fn peer(&self, id: &PeerId) -> Option<&Peer> {
        self.peers.get(id)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Whether nobody was heard.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// Whether `peer` is still there.
    pub fn presence(&self, peer: &Peer, now: Millis) -> Presence {
        if is_within(peer.heard, now, self.silence()) {
            Presence::Heard
        } else if is_within(peer.heard, now, GONE) {
            Presence::Silent
        } else {
            Presence::Gone
        }
    }

    /// The peers that are heard, in no order that means anything.
    pub fn present(&self, now: Millis) -> impl Iterator<Item = &Peer> {
        let silence = self.silence();
        let peers = self.peers.values();
        peers.filter(move |peer| is_within(peer.heard, now, silence))
    }

    /// How many nodes share the link, this one too: what [`rhythm::Rhythm`] wants to know.
    pub fn nodes(&self) -> usize {
        self.peers.len().saturating_add(1)
    }

    /// After how long a peer counts as silent: [`SILENT`], or three of its intervals if the link
    /// is so full that every node speaks less often.
    pub fn silence(&self) -> Duration {
        SILENT.max(interval(self.nodes()) * 3)
    }

    /// After how long to answer by unicast, if at all: newcomers and those who ask get one, within
    /// 50 ms. Where more than 16 peers would answer too, `jitter` decides who does.
    pub fn answer(&self, to: Reception, jitter: Jitter) -> Option<Duration> {
        let others = match to {
            Reception::Newcomer => self.nodes(),
            // It was asked of this node alone.
            Reception::Known { asks: true } => 1,
            _ => return None,
        };
        let spread = u32::try_from(others.div_ceil(ANSWERS).max(1)).unwrap_or(u32::MAX);
        let after = jitter.part(ANSWER.saturating_mul(spread));
        (after <= ANSWER).then_some(after)
    }

    /// Where this node's own id was last heard from, and when.
    pub(super) fn mirror(&self) -> Option<(IpAddr, Millis)> {
        self.mirror
    }

    /// This node's id.
    pub(super) fn me(&self) -> &PeerId {
        &self.me
    }
}
