//! A node without a console: it comes and goes, knocks, and joins, by facts alone.

use mcloud::engine::neighbours::{Announcement, Neighbours, Peer, Standing, announcement};
use mcloud::engine::{Fact, State};
use mcloud::wordlist::word;

use crate::between::knock;
use crate::house::{Due, House};
use crate::machine::{NAMES, address, facts, id};

/// Its number.
const GUEST: usize = 2;

/// How it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Guest {
    /// It is switched off.
    #[default]
    Away,
    /// It is heard.
    Looking,
    /// It typed the words of this node's session.
    Knocking(usize),
    /// It is a member of what this node leads; whether its link is up.
    In(usize, bool),
}

impl Guest {
    /// Its initiator will not have it.
    pub(crate) fn turned_away(&mut self, leader: usize) {
        if matches!(self, Self::Knocking(at) | Self::In(at, _) if *at == leader) {
            *self = Self::Looking;
        }
    }
}

impl House {
    /// The guest is switched on or off; a link that it had breaks.
    pub(crate) fn guest_comes_or_goes(&mut self) {
        let name = NAMES[GUEST].to_owned();
        match self.guest {
            Guest::Away => self.guest = Guest::Looking,
            Guest::Looking => self.guest = Guest::Away,
            Guest::Knocking(leader) => {
                self.guest = Guest::Away;
                self.fact(leader, Fact::JoinerSaid(id(GUEST), None));
            }
            Guest::In(leader, up) => {
                self.guest = Guest::In(leader, !up);
                let fact = if up {
                    Fact::LinkDown(name)
                } else {
                    Fact::LinkUp(name)
                };
                self.fact(leader, fact);
            }
        }
    }

    /// The guest knocks wherever a session is open.
    pub(crate) fn guest_knocks(&mut self) {
        let open = (0..self.nodes.len()).find(|number| self.nodes[*number].open.is_some());
        if let (Guest::Looking, Some(leader)) = (self.guest, open) {
            self.guest = Guest::Knocking(leader);
            let check = (40..44).map(|index| word(index).unwrap().to_owned());
            let knock = knock(GUEST, address(GUEST), check.collect());
            self.fact(leader, Fact::Knocked(knock));
        }
    }

    /// The operator of `leader` said yes or no to the guest, whose own operator says yes.
    pub(crate) fn guest_is_decided(&mut self, leader: usize, admitted: bool) {
        if self.guest != Guest::Knocking(leader) {
            return;
        }
        if !admitted {
            self.guest = Guest::Looking;
            return;
        }
        self.guest = Guest::In(leader, true);
        let node = NAMES[GUEST].to_owned();
        let joined = Fact::Joined {
            node: node.clone(),
            id: id(GUEST),
            session: true,
        };
        let said = Fact::JoinerSaid(id(GUEST), Some(true));
        let found = Fact::Facts {
            node: Some(node.clone()),
            facts: Box::new(facts(GUEST)),
        };
        for fact in [said, joined, Fact::LinkUp(node), found] {
            self.due.push_back(Due::Fact(leader, fact));
        }
    }

    /// Everybody hears what the others announce; rows keep their place, and who is not heard any
    /// more falls silent.
    pub(crate) fn hear(&mut self) {
        let said: Vec<_> = (0..3)
            .filter_map(|number| Some((number, self.said_by(number)?)))
            .collect();
        for who in 0..self.nodes.len() {
            let known = &self.nodes[who].state.local.neighbours;
            let mut peers = known.peers.clone();
            for peer in &mut peers {
                peer.silent = !said.iter().any(|(number, _)| id(*number) == peer.id);
            }
            for (number, says) in said.iter().filter(|(number, _)| *number != who) {
                let new = peer(*number, says, self.now);
                match peers.iter_mut().find(|peer| peer.id == new.id) {
                    Some(old) => {
                        let heard = if old.silent { new.heard } else { old.heard };
                        *old = Peer { heard, ..new };
                    }
                    None => peers.push(new),
                }
            }
            if peers != known.peers {
                let heard = Neighbours {
                    peers,
                    ..Neighbours::default()
                };
                self.fact(who, Fact::Neighbours(heard));
            }
        }
    }

    fn said_by(&self, number: usize) -> Option<Announcement> {
        if number == GUEST {
            let (standing, session) = self.guest_stands()?;
            return Some(Announcement {
                on: Some(address(GUEST)),
                name: NAMES[GUEST].to_owned(),
                standing,
                session,
                ..Announcement::default()
            });
        }
        let says = announcement(&self.nodes[number].state);
        says.on.is_some().then_some(says)
    }

    fn guest_stands(&self) -> Option<(Standing, Option<String>)> {
        let state = |leader: usize| -> &State { &self.nodes[leader].state };
        match self.guest {
            Guest::Away | Guest::In(_, false) => None,
            Guest::Looking => Some((Standing::Looking, None)),
            Guest::Knocking(leader) => {
                let session = state(leader).cluster.session.as_ref();
                let session = session.map(|session| session.id.clone());
                Some((Standing::Joining, session))
            }
            Guest::In(leader, true) => {
                let answers = state(leader).cluster.answers.as_ref();
                let cluster = answers.map_or_else(String::new, |it| it.cluster.clone());
                Some((Standing::Member { cluster }, None))
            }
        }
    }
}

fn peer(number: usize, says: &Announcement, now: u64) -> Peer {
    let opens = matches!(says.standing, Standing::Open { .. });
    Peer {
        id: id(number),
        name: says.name.clone(),
        model: says.model.clone(),
        address: says.on.unwrap_or_else(|| address(number)),
        port: opens.then_some(9445),
        mcloud: "0.1.0".to_owned(),
        compatible: true,
        standing: says.standing.clone(),
        session: says.session.clone(),
        heard: now,
        ways: vec!["multicast".to_owned()],
        silent: false,
        findings: Vec::new(),
    }
}
