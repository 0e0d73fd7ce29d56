//! The roster as the engine learns it: a bounded number of rows, what is odd, what does not work.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::discovery::roster::GONE;
use crate::discovery::{
    self, Beacon, Failed, Finding, Heard, Likeness, PeerId, Presence, Roster, Trouble, Way,
};
use crate::engine::Millis;
use crate::engine::message::Message;
use crate::engine::neighbours::{Neighbours, Peer};

/// The version of the session's protocol that this mcloud speaks: the wire's.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the wire's version is a small number"
)]
pub(super) const PROTOCOL: u16 = crate::wire::VERSION as u16;
/// The most rows that go to the engine, and with every picture to every face.
pub(super) const MOST_ROWS: usize = 64;
/// The most strangers that are kept.
const MOST_STRANGERS: usize = 64;
/// The most troubles that are shown.
const MOST_TROUBLES: usize = 16;
/// The most nodes that one finding names.
const MOST_NAMED: usize = 3;
/// A clock that is off by more is told.
const SKEW_MS: u64 = 5_000;

/// What is remembered from one look at the roster to the next.
#[derive(Default)]
pub(super) struct Rows {
    /// The peers that have a row in the picture.
    shown: BTreeSet<PeerId>,
    findings: BTreeMap<PeerId, Vec<Message>>,
    /// What concerns this node itself.
    mirrored: Option<Message>,
    /// Other mclouds, the version of their datagram, and when each was heard last.
    strangers: Vec<((IpAddr, u8), Millis)>,
}

impl Rows {
    /// Takes in a datagram of another version; whether that is news.
    pub(super) fn stranger(&mut self, who: (IpAddr, u8), now: Millis) -> bool {
        if let Some((_, heard)) = self.strangers.iter_mut().find(|(known, _)| *known == who) {
            *heard = now;
            return false;
        }
        let has_room = self.strangers.len() < MOST_STRANGERS;
        if has_room {
            self.strangers.push((who, now));
        }
        has_room
    }

    /// Forgets the strangers that are gone.
    pub(super) fn sweep(&mut self, now: Millis) {
        self.strangers
            .retain(|(_, heard)| u128::from(now.saturating_sub(*heard)) < GONE.as_millis());
    }

    /// Takes in who is alike, of the peers that are shown.
    pub(super) fn find(&mut self, findings: &[Finding], roster: &Roster, own: &Beacon) {
        self.findings.clear();
        self.mirrored = None;
        let may_be_shown = roster.len() <= MOST_ROWS;
        for finding in findings {
            for id in &finding.nodes {
                if *id == own.id {
                    if finding.likeness == Likeness::Id {
                        let says = Message::new("neighbour.own-id");
                        self.mirrored = Some(says.with("addresses", named(&finding.addresses)));
                    }
                } else if may_be_shown || self.shown.contains(id) {
                    let says = says(finding, id, (roster, own));
                    self.findings.entry(id.clone()).or_default().push(says);
                }
            }
        }
    }

    /// The roster as it is at `now`; `heard` is in its own clock's time.
    pub(super) fn neighbours(
        &mut self,
        roster: &Roster,
        typed: &[IpAddr],
        now: Millis,
    ) -> Neighbours {
        let mut chosen = roster.rows();
        if chosen.len() > MOST_ROWS {
            // Rows are in the order of their places, and sorting keeps that within a class.
            chosen.sort_by_key(|peer| {
                let is_heard = roster.presence(peer, now) == Presence::Heard;
                let is_shown = self.shown.contains(&peer.beacon.id);
                match () {
                    () if peer.kept || typed.contains(&peer.address.ip()) => 0,
                    () if is_heard && is_shown => 1,
                    () if is_heard => 2,
                    () => 3,
                }
            });
            let best: BTreeSet<_> = chosen
                .iter()
                .take(MOST_ROWS)
                .map(|p| &p.beacon.id)
                .collect();
            chosen = roster.rows();
            chosen.retain(|peer| best.contains(&peer.beacon.id));
        }
        self.shown = chosen.iter().map(|peer| peer.beacon.id.clone()).collect();
        let row = |peer: &&discovery::Peer| {
            let mut findings = self.findings.get(&peer.beacon.id).cloned();
            findings.get_or_insert_default().extend(skew(peer.skew));
            row(peer, roster, (findings.unwrap_or_default(), now))
        };
        Neighbours {
            peers: chosen.iter().map(row).collect(),
            strangers: self.strangers.iter().map(|(who, _)| *who).collect(),
            troubles: self.mirrored.iter().cloned().collect(),
        }
    }
}

fn row(peer: &discovery::Peer, roster: &Roster, (findings, now): (Vec<Message>, Millis)) -> Peer {
    let beacon = &peer.beacon;
    Peer {
        id: beacon.id.to_string(),
        name: beacon.name.clone(),
        model: beacon.model.clone(),
        address: peer.address.ip(),
        port: beacon.port,
        mcloud: beacon.mcloud.clone(),
        // What a newer one still speaks is not known: there is only one version so far.
        compatible: beacon.protocol == PROTOCOL,
        standing: beacon.standing.clone(),
        session: beacon.session.clone(),
        heard: peer.heard,
        ways: ways(peer, now),
        silent: roster.presence(peer, now) != Presence::Heard,
        findings,
    }
}

/// Whether a beacon says more than that the peer of this row is still there.
pub(super) fn is_new(known: Option<&discovery::Peer>, heard: &Heard) -> bool {
    let Some(peer) = known else {
        return true;
    };
    let passing = Beacon {
        clock: heard.beacon.clock,
        counter: heard.beacon.counter,
        peers: heard.beacon.peers,
        asks: heard.beacon.asks,
        ..peer.beacon.clone()
    };
    passing != heard.beacon || peer.address != heard.source || !peer.ways.contains_key(&heard.by)
}

/// The ways on which a peer was heard of late, in words.
fn ways(peer: &discovery::Peer, now: Millis) -> Vec<String> {
    let of_late = |at: Millis| u128::from(now.saturating_sub(at)) < GONE.as_millis();
    let word = |way: &Way| match way {
        Way::Multicast4 => "multicast",
        Way::Multicast6 => "IPv6 multicast",
        Way::Broadcast => "broadcast",
        Way::Unicast => "unicast",
    };
    let ways = peer.ways.iter().filter(|(_, at)| of_late(**at));
    ways.map(|(way, _)| word(way).to_owned()).collect()
}

/// What a finding says on the row of `id`.
fn says(finding: &Finding, id: &PeerId, (roster, own): (&Roster, &Beacon)) -> Message {
    let code = match finding.likeness {
        Likeness::Serial => "neighbour.same-serial",
        Likeness::MachineId => "neighbour.same-machine-id",
        Likeness::Name => "neighbour.same-name",
        Likeness::Address => "neighbour.same-address",
        Likeness::Id => {
            return Message::new("neighbour.same-id").with("addresses", named(&finding.addresses));
        }
    };
    let others = finding.nodes.iter().filter(|other| *other != id);
    let called = others.map(|other| {
        let peer = roster.peer(other).filter(|_| *other != own.id);
        match (finding.likeness, peer) {
            // Their names are what they have in common.
            (Likeness::Name, Some(peer)) => peer.address.ip().to_string(),
            (_, Some(peer)) => peer.beacon.name.clone(),
            (_, None) => own.name.clone(),
        }
    });
    Message::new(code).with("others", named(&called.collect::<Vec<_>>()))
}

/// Some of `all`, and how many more there are.
fn named<T: ToString>(all: &[T]) -> String {
    let mut words: Vec<String> = all.iter().take(MOST_NAMED).map(T::to_string).collect();
    if let Some(more) = all.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        words.push(format!("+{more}"));
    }
    words.join(", ")
}

/// What is said of a clock that is `ahead` ms before this node's.
fn skew(ahead: i64) -> Option<Message> {
    let off = ahead.unsigned_abs();
    let code = if ahead > 0 {
        "neighbour.clock-ahead"
    } else {
        "neighbour.clock-behind"
    };
    (off > SKEW_MS).then(|| Message::new(code).with("by", duration(off)))
}

/// A duration in one unit: it changes as seldom as it can.
fn duration(ms: u64) -> String {
    match ms / 1_000 {
        s @ 0..=119 => format!("{s} s"),
        s @ 120..=7_199 => format!("{} min", s / 60),
        s @ 7_200..=172_799 => format!("{} h", s / 3_600),
        s => format!("{} days", s / 86_400),
    }
}

/// What does not work, in sentences.
pub(super) fn troubles(troubles: &[Trouble]) -> impl Iterator<Item = Message> {
    troubles.iter().take(MOST_TROUBLES).map(|trouble| {
        let code = match trouble.failed {
            Failed::Hear => "neighbour.deaf",
            Failed::Say => "neighbour.mute",
            Failed::TooMany => "neighbour.left-out",
        };
        Message::new(code)
            .with("nic", &trouble.nic)
            .with("address", trouble.address)
            .with("why", &trouble.reason)
    })
}

/// Whether two looks tell the same but for when peers were heard.
pub(super) fn differ_in_heard_alone(one: &Neighbours, other: &Neighbours) -> bool {
    let same = |(a, b): (&Peer, &Peer)| {
        let a = Peer {
            heard: b.heard,
            ..a.clone()
        };
        a == *b
    };
    one.peers.len() == other.peers.len()
        && one.peers.iter().zip(&other.peers).all(same)
        && (&one.strangers, &one.troubles) == (&other.strangers, &other.troubles)
}
