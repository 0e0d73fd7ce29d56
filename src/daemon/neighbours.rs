//! Discovery as the daemon does it: a task that hears who else is there, and speaks for this node.

mod rows;
mod says;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use self::rows::Rows;
use self::says::Speaker;
use super::Daemon;
use crate::discovery::{
    Beacon, Discovery, Ended, Heard, Link, Mark, News, PeerId, Reception, Roster, links,
};
use crate::engine::message::Message;
use crate::engine::neighbours::{Announcement, Neighbours, Standing, announcement};
use crate::engine::{Event, Fact, Millis, State};
use crate::world::{Clock, World};

/// The NICs are read this often.
const NICS_MS: Millis = 5_000;
/// Who fell silent, who is gone and who is alike is looked for this often, and a peer that is only
/// heard again is told no more often.
const SWEEP_MS: Millis = 1_000;
/// Everything else that was heard is told at most this often.
const LOOK_MS: Millis = 50;
/// Discovery's clock runs at most so many times as fast as life: in a rehearsal that is faster, a
/// node would count as silent because the machine was busy for some milliseconds.
const FASTEST: f64 = 5.0;

impl Daemon {
    /// Gives discovery what this node is to announce, if it changed.
    pub(super) fn announce(&self, state: &State) {
        let new = announcement(state);
        self.hub.announcement.send_if_modified(|known| {
            let differs = known.as_ref() != Some(&new);
            if differs {
                *known = Some(new);
            }
            differs
        });
    }

    /// Listens until the daemon ends, and says what the engine announces. Its sockets are closed when
    /// this has ended.
    pub(super) async fn discover(self: Arc<Self>) {
        let stopping = self.tasks.clone();
        let mut announced = self.hub.announcement.subscribe();
        // What was announced before this began is news, too.
        announced.mark_changed();
        let mut watch = Watch::start(self).await;
        let clock = watch.clock.clone();
        while watch.turn().await.is_ok() {
            let rest = watch.rest();
            tokio::select! {
                () = stopping.stopped() => return watch.end().await,
                news = watch.discovery.next() => match news {
                    Some(news) => watch.hear(news),
                    None => break,
                },
                Ok(()) = announced.changed() => {
                    let now = announced.borrow_and_update().clone();
                    if watch.follow(now.unwrap_or_default()).await.is_err() {
                        break;
                    }
                }
                () = clock.sleep(rest) => {}
            }
        }
        tracing::error!("discovery has ended before its daemon");
    }
}

/// What the task holds.
struct Watch {
    daemon: Arc<Daemon>,
    /// World's clock, at most [`FASTEST`]: every moment in here is its.
    clock: Clock,
    discovery: Discovery,
    links: Vec<Link>,
    /// Why the NICs could not be read.
    unread: Option<Message>,
    roster: Roster,
    /// The peers in session with this node.
    kept: BTreeSet<PeerId>,
    speaker: Speaker,
    rows: Rows,
    told: Neighbours,
    /// Whether something was heard that nobody was told yet.
    owes: bool,
    next: Next,
}

/// The moments at which something is due.
#[derive(Default)]
struct Next {
    nics: Millis,
    sweep: Millis,
    look: Millis,
    /// When a peer that is only heard again may be told.
    heard: Millis,
}

impl Watch {
    async fn start(daemon: Arc<Daemon>) -> Self {
        let world = &daemon.world;
        let clock = world.clock.at_most(FASTEST);
        let (links, unread) = match read_links(world).await {
            Ok(links) => (links, None),
            Err(unread) => (links(world.discovery.ip(), &[]), Some(unread)),
        };
        let discovery = Discovery::start(world.discovery.port(), links.clone());
        let own = silent(&daemon);
        Self {
            roster: Roster::new(own.id.clone()),
            speaker: Speaker::new(discovery.voice(), world.discovery.port(), own),
            next: Next {
                nics: clock.now().saturating_add(NICS_MS),
                ..Next::default()
            },
            clock,
            discovery,
            links,
            unread,
            kept: BTreeSet::new(),
            rows: Rows::default(),
            told: Neighbours::default(),
            owes: false,
            daemon,
        }
    }

    async fn end(self) {
        drop(self.speaker);
        self.discovery.end().await;
    }

    /// Does what is due.
    async fn turn(&mut self) -> Result<(), Ended> {
        let now = self.clock.now();
        if now >= self.next.nics {
            self.next.nics = now.saturating_add(NICS_MS);
            self.read_nics(now).await?;
        }
        let port = self.daemon.leader.open().map(|open| open.port());
        self.speaker.has_port(port, now);
        self.speaker.speak(&self.roster, now).await?;
        let sweeps = now >= self.next.sweep;
        if sweeps {
            self.next.sweep = now.saturating_add(SWEEP_MS);
            self.roster.sweep(now);
            self.rows.sweep(now);
            self.keep();
        }
        if sweeps || (self.owes && now >= self.next.look) {
            self.owes = false;
            self.next.look = now.saturating_add(LOOK_MS);
            self.look(sweeps, now);
        }
        Ok(())
    }

    /// How long nothing is due.
    fn rest(&self) -> Duration {
        let mut next = self.next.nics.min(self.next.sweep);
        if self.owes {
            next = next.min(self.next.look);
        }
        if let Some(due) = self.speaker.next(&self.roster) {
            next = next.min(due);
        }
        Duration::from_millis(next.saturating_sub(self.clock.now()).max(1))
    }

    fn hear(&mut self, news: News) {
        let now = self.clock.now();
        match news {
            News::Heard(heard) => self.take_in(&heard, now),
            News::Incompatible { source, version } => {
                self.owes |= self.rows.stranger((source.ip(), version), now);
            }
            News::Trouble(trouble) => {
                tracing::warn!(%trouble, "discovery");
                self.owes = true;
            }
        }
    }

    fn take_in(&mut self, heard: &Heard, now: Millis) {
        let is_new = rows::is_new(self.roster.peer(&heard.beacon.id), heard);
        let reception = self.roster.hear(heard, now);
        self.owes |= match reception {
            Reception::Newcomer | Reception::Mirrored => true,
            // That it is still there is told with the next sweep.
            Reception::Known { .. } => is_new,
            Reception::TooOften | Reception::TooManyIds | Reception::Full => false,
        };
        self.speaker
            .owe_answer(&self.roster, (reception, heard.source), now);
    }

    /// Follows what the engine announces.
    async fn follow(&mut self, new: Announcement) -> Result<(), Ended> {
        let now = self.clock.now();
        let ids = new.keep.iter().filter_map(|id| id.parse().ok());
        let before = std::mem::replace(&mut self.kept, ids.collect());
        for id in before.difference(&self.kept) {
            self.roster.keep(id, false);
        }
        self.keep();
        self.owes = true;
        self.speaker.follow(new, now);
        self.speaker.settle(&self.links, now).await
    }

    /// Marks the peers in session, as far as they were heard: no flood crowds them out.
    fn keep(&mut self) {
        for id in &self.kept {
            if self.roster.peer(id).is_some_and(|peer| !peer.kept) {
                self.roster.keep(id, true);
            }
        }
    }

    async fn read_nics(&mut self, now: Millis) -> Result<(), Ended> {
        match read_links(&self.daemon.world).await {
            Ok(links) => (self.links, self.unread) = (links, None),
            Err(unread) => self.unread = Some(unread),
        }
        // Also where they are the same: what failed is tried again.
        self.speaker.links(self.links.clone()).await?;
        self.speaker.settle(&self.links, now).await
    }

    /// Looks at who is there and tells the engine, if that is worth it.
    fn look(&mut self, sweeps: bool, now: Millis) {
        if sweeps || self.roster.len() <= rows::MOST_ROWS {
            let findings = self.roster.findings(self.speaker.own(), now);
            self.rows.find(&findings, &self.roster, self.speaker.own());
        }
        let typed = &self.speaker.announcement().typed;
        let mut new = self.rows.neighbours(&self.roster, typed, now);
        for peer in &mut new.peers {
            peer.heard = self.daemon.world.clock.when(&self.clock, peer.heard);
        }
        let here = self.unread.iter().cloned().chain(self.speaker.trouble());
        let troubles = self.discovery.troubles();
        new.troubles
            .splice(0..0, here.chain(rows::troubles(&troubles)));
        let is_news = !rows::differ_in_heard_alone(&self.told, &new);
        if new != self.told && (is_news || now >= self.next.heard) {
            self.next.heard = now.saturating_add(SWEEP_MS);
            self.told.clone_from(&new);
            self.daemon.push(Event::Fact(Fact::Neighbours(new)));
        }
    }
}

/// The links of this node; a sentence if its NICs could not be read.
async fn read_links(world: &World) -> Result<Vec<Link>, Message> {
    let ip = world.discovery.ip();
    let world = world.clone();
    let read = tokio::task::spawn_blocking(move || crate::infra::host::nics(&world));
    let why = match read.await {
        Ok(Ok(nics)) => return Ok(links(ip, &nics)),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    Err(Message::new("neighbour.nics").with("why", why))
}

/// What stays the same in this node's beacons, before anything was announced.
fn silent(daemon: &Daemon) -> Beacon {
    let machine = daemon.world.roots.etc.join("machine-id");
    let machine = std::fs::read_to_string(machine).unwrap_or_default();
    Beacon {
        protocol: rows::PROTOCOL,
        id: daemon
            .identity
            .id()
            .as_str()
            .parse()
            .expect("a node id is a hash in base32, in beacons as in certificates"),
        name: String::new(),
        model: String::new(),
        serial: None,
        machine: Mark::of_machine_id(&machine),
        standing: Standing::Looking,
        session: None,
        port: None,
        mcloud: daemon.mcloud.clone(),
        clock: 0,
        counter: says::first_counter(),
        peers: 0,
        asks: false,
    }
}
