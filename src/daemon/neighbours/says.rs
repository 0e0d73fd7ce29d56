//! What this node says: beacons by the rhythm, answers to newcomers, questions at typed addresses.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use ring::rand::{SecureRandom, SystemRandom};

use crate::discovery::roster::rhythm::interval;
use crate::discovery::{Beacon, Ended, Jitter, Link, Mark, Reception, Rhythm, Roster, Voice};
use crate::engine::Millis;
use crate::engine::message::Message;
use crate::engine::neighbours::Announcement;

/// A typed address at which nobody was heard is asked again after this time.
const ASK_AGAIN_MS: Millis = 3_000;
/// So many answers wait to be given: more newcomers within 50 ms are a flood.
const MOST_ANSWERS: usize = 64;

/// This node's voice.
pub(super) struct Speaker {
    voice: Voice,
    /// The UDP port of discovery.
    port: u16,
    /// What is said next, but for counter, clock and peers.
    own: Beacon,
    announced: Announcement,
    /// The NIC that has the announced address.
    nic: Option<String>,
    /// This node's addresses: a typed one among them is not asked.
    here: Vec<IpAddr>,
    /// None while nothing is said.
    rhythm: Option<Rhythm>,
    /// When the typed addresses were asked last.
    asked: BTreeMap<IpAddr, Millis>,
    /// When an answer is due, and to whom.
    answers: Vec<(Millis, SocketAddr)>,
}

impl Speaker {
    pub(super) fn new(voice: Voice, port: u16, own: Beacon) -> Self {
        Self {
            voice,
            port,
            own,
            announced: Announcement::default(),
            nic: None,
            here: Vec::new(),
            rhythm: None,
            asked: BTreeMap::new(),
            answers: Vec::new(),
        }
    }

    /// What this node says about itself, or would say.
    pub(super) const fn own(&self) -> &Beacon {
        &self.own
    }

    pub(super) const fn announcement(&self) -> &Announcement {
        &self.announced
    }

    /// Why nothing is said though something is to be said.
    pub(super) fn trouble(&self) -> Option<Message> {
        let address = self.announced.on.filter(|_| self.nic.is_none())?;
        Some(Message::new("neighbour.no-nic").with("address", address))
    }

    /// Takes what is to be announced from now on; what is said differently is said at once.
    pub(super) fn follow(&mut self, new: Announcement, now: Millis) {
        let own = Beacon {
            name: new.name.clone(),
            model: new.model.clone(),
            serial: new.serial.as_deref().and_then(Mark::of_serial),
            standing: new.standing.clone(),
            session: new.session.clone(),
            ..self.own.clone()
        };
        if own != self.own {
            self.own = own;
            self.changed(now);
        }
        self.asked.retain(|address, _| new.typed.contains(address));
        self.announced = new;
    }

    /// The port at which this node's daemon is found now.
    pub(super) fn has_port(&mut self, port: Option<u16>, now: Millis) {
        if self.own.port != port {
            self.own.port = port;
            self.changed(now);
        }
    }

    fn changed(&mut self, now: Millis) {
        if let Some(rhythm) = &mut self.rhythm {
            rhythm.changed(now);
        }
    }

    /// The links as they are now.
    pub(super) async fn links(&self, links: Vec<Link>) -> Result<(), Ended> {
        self.voice.links(links).await
    }

    /// Speaks on the NIC that has the announced address; where none has it, nothing is said.
    pub(super) async fn settle(&mut self, links: &[Link], now: Millis) -> Result<(), Ended> {
        let addresses = |link: &Link| link.addresses.clone().into_iter().map(|net| net.addr());
        self.here = links.iter().flat_map(addresses).collect();
        // A rehearsal's nodes hear each other on loopback, whichever address was chosen.
        let loopback = !self.here.is_empty() && self.here.iter().all(IpAddr::is_loopback);
        let on = self.announced.on;
        let is = |address| on.is_some_and(|on| loopback || on == address);
        let has = |link: &&Link| addresses(link).any(is);
        let nic = links.iter().find(has).map(|link| link.name.clone());
        if nic == self.nic {
            return Ok(());
        }
        self.rhythm = nic.as_ref().map(|_| Rhythm::new(now));
        self.nic.clone_from(&nic);
        self.asked.clear();
        self.answers.clear();
        match nic {
            Some(nic) => self.voice.speak_on(Some(nic)).await,
            None => Ok(()),
        }
    }

    /// Notes an answer to a beacon that came from `source`, if it gets one.
    pub(super) fn owe_answer(
        &mut self,
        roster: &Roster,
        (reception, source): (Reception, SocketAddr),
        now: Millis,
    ) {
        if self.rhythm.is_none() || self.answers.len() >= MOST_ANSWERS {
            return;
        }
        let Some(after) = roster.answer(reception, jitter()) else {
            return;
        };
        if self.answers.iter().all(|(_, to)| *to != source) {
            let after = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            self.answers.push((now.saturating_add(after), source));
        }
    }

    /// When something is to be said next; none while nothing is.
    pub(super) fn next(&self, roster: &Roster) -> Option<Millis> {
        let mut next = self.rhythm.as_ref()?.next();
        if let Some(due) = self.answers.iter().map(|(due, _)| *due).min() {
            next = next.min(due);
        }
        if let Some(due) = self.typed().map(|at| self.asks_at(at, roster)).min() {
            next = next.min(due);
        }
        Some(next)
    }

    /// The typed addresses but this node's own.
    fn typed(&self) -> impl Iterator<Item = IpAddr> {
        let typed = self.announced.typed.iter().copied();
        typed.filter(|address| !self.here.contains(address))
    }

    /// When a typed address is to be asked: at once, again and again, and where somebody is heard
    /// as often as beacons are said.
    fn asks_at(&self, address: IpAddr, roster: &Roster) -> Millis {
        let Some(asked) = self.asked.get(&address) else {
            return 0;
        };
        let is_heard = roster
            .present(*asked)
            .any(|peer| peer.address.ip() == address);
        asked.saturating_add(if is_heard {
            u64::try_from(interval(roster.nodes()).as_millis()).unwrap_or(u64::MAX)
        } else {
            ASK_AGAIN_MS
        })
    }

    /// Says what is due.
    pub(super) async fn speak(&mut self, roster: &Roster, now: Millis) -> Result<(), Ended> {
        let Some(rhythm) = &mut self.rhythm else {
            return Ok(());
        };
        if rhythm.is_due(now, roster.nodes(), jitter()) {
            let beacon = self.beacon(roster, now);
            self.voice.say(beacon).await?;
        }
        let (due, later) = self.answers.drain(..).partition(|(due, _)| *due <= now);
        self.answers = later;
        let due: Vec<(Millis, SocketAddr)> = due;
        for (_, to) in due {
            let beacon = self.beacon(roster, now);
            self.voice.answer(to, beacon).await?;
        }
        let asks = self.typed().filter(|at| self.asks_at(*at, roster) <= now);
        for address in asks.collect::<Vec<_>>() {
            self.asked.insert(address, now);
            let beacon = self.beacon(roster, now);
            let to = SocketAddr::new(address, self.port);
            self.voice.ask(to, beacon).await?;
        }
        Ok(())
    }

    /// The next beacon.
    fn beacon(&mut self, roster: &Roster, now: Millis) -> Beacon {
        self.own.counter = self.own.counter.saturating_add(1);
        Beacon {
            clock: now,
            peers: u16::try_from(roster.present(now).count()).unwrap_or(u16::MAX),
            ..self.own.clone()
        }
    }
}

/// A random number of the system; none while it has none.
fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0_u8; N];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes)
}

/// Chance; without randomness the middle, which only makes nodes speak in step.
fn jitter() -> Jitter {
    Jitter(random().map_or(u16::MAX / 2, u16::from_be_bytes))
}

/// Where a daemon's counter begins: a random number with room to grow. Without randomness two
/// machines with one key may be told apart later, or not at all.
pub(super) fn first_counter() -> u64 {
    random().map_or(0, u64::from_be_bytes) >> 1
}
