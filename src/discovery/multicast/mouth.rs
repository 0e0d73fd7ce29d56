//! The task that owns the sockets: opens and closes them, and speaks.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};

use super::{Failed, News, Trouble, Word, listen};
use crate::discovery::beacon::Beacon;
use crate::discovery::links::{Link, MOST_ADDRESSES, MOST_LINKS, Place, places};
use crate::discovery::socket;

/// A NIC that takes no datagram for this long is passed over, so that the others are not held up.
const PATIENCE: Duration = Duration::from_millis(100);
/// So many troubles are remembered as told; with more, each may be told again.
const MOST_TOLD: usize = 1_024;
/// What a trouble names where no NIC can be tried.
const EVERY: &str = "every NIC";

/// One open socket; its ear ends with it.
#[derive(Debug)]
struct Open {
    place: Place,
    socket: Arc<UdpSocket>,
    ear: AbortHandle,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.ear.abort();
    }
}

/// Everything that is open.
#[derive(Debug)]
pub(super) struct Mouth {
    port: u16,
    news: mpsc::Sender<News>,
    open: Vec<Open>,
    ears: JoinSet<()>,
    /// This node's own addresses, for the ears.
    own: watch::Sender<BTreeSet<IpAddr>>,
    /// The only NIC to speak on, if there is one.
    only: Option<String>,
    /// What was told and still fails.
    told: watch::Sender<BTreeSet<Trouble>>,
}

impl Mouth {
    pub(super) fn new(port: u16, news: mpsc::Sender<News>) -> Self {
        Self {
            port,
            news,
            open: Vec::new(),
            ears: JoinSet::new(),
            own: watch::Sender::default(),
            only: None,
            told: watch::Sender::default(),
        }
    }

    /// What does not work, as it is at each moment.
    pub(super) fn troubles(&self) -> watch::Receiver<BTreeSet<Trouble>> {
        self.told.subscribe()
    }

    /// Does what it is told until nobody can tell it anything any more.
    pub(super) async fn run(mut self, links: Vec<Link>, mut words: mpsc::Receiver<Word>) {
        self.links(&links);
        while let Some(word) = words.recv().await {
            while self.ears.try_join_next().is_some() {}
            match word {
                Word::Say(beacon) => self.say(&beacon).await,
                Word::Tell(to, beacon) => self.tell(to, &beacon).await,
                Word::Links(links) => self.links(&links),
                Word::SpeakOn(nic) => self.only = nic,
            }
        }
        self.open.clear();
        self.ears.shutdown().await;
    }

    /// Brings the open sockets in line with the links there are.
    fn links(&mut self, links: &[Link]) {
        let mut troubles = left_out(links, self.port);
        let mut wanted = BTreeSet::new();
        for link in links.iter().take(MOST_LINKS) {
            match socket::index(&link.name) {
                Ok(index) => wanted.extend(places(&whole(link, index), index, self.port)),
                Err(error) => troubles.push(Trouble {
                    nic: link.name.clone(),
                    address: SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), self.port),
                    failed: Failed::Hear,
                    reason: error.to_string(),
                }),
            }
        }
        let own = wanted.iter().filter_map(|place| place.own);
        self.own.send_replace(own.map(|net| net.addr()).collect());
        self.open
            .retain(|open| wanted.contains(&open.place) && !open.ear.is_finished());
        let there: BTreeSet<Place> = self.open.iter().map(|open| open.place.clone()).collect();
        for place in wanted.difference(&there) {
            if let Err(error) = self.open(place) {
                troubles.push(place.trouble(place.bind, Failed::Hear, error.to_string()));
            }
        }
        let names: BTreeSet<&str> = links.iter().map(|link| link.name.as_str()).collect();
        self.mended(|told| match told.failed {
            // What could not be said from a NIC that is gone is nobody's trouble any more.
            Failed::Say => told.nic != EVERY && !names.contains(told.nic.as_str()),
            _ => !troubles.contains(told),
        });
        for trouble in troubles {
            self.complain(trouble);
        }
    }

    fn open(&mut self, place: &Place) -> std::io::Result<()> {
        let socket = Arc::new(socket::open(place)?);
        let ear = listen(
            place.clone(),
            Arc::clone(&socket),
            self.own.subscribe(),
            self.news.clone(),
        );
        self.open.push(Open {
            place: place.clone(),
            socket,
            ear: self.ears.spawn(ear),
        });
        Ok(())
    }

    /// To everybody, from the one NIC or all of them.
    async fn say(&mut self, beacon: &Beacon) {
        let bytes = beacon.encode();
        let speaks = |nic: &str| self.only.as_deref().is_none_or(|only| only == nic);
        let open = self.open.iter().filter(|open| speaks(&open.place.nic));
        let sent: Vec<Sent> = open
            .flat_map(|open| open.place.everybody.iter().map(|to| Sent::from(open, *to)))
            .collect();
        for sent in sent {
            self.send(sent, &bytes).await;
        }
    }

    /// To one node: from the network it is on, or from all that might reach it.
    async fn tell(&mut self, to: SocketAddr, beacon: &Beacon) {
        let bytes = beacon.encode();
        let mut from: Vec<&Open> = self.open.iter().filter(|o| o.place.is_near(to)).collect();
        if from.is_empty() {
            from.extend(self.open.iter().filter(|o| o.place.may_reach(to)));
        }
        let sent: Vec<Sent> = from
            .into_iter()
            .map(|open| Sent::from(open, open.place.route(to)))
            .collect();
        let is_reached = !sent.is_empty();
        for sent in sent {
            if beacon.asks {
                self.send(sent, &bytes).await;
            } else {
                let _ = sent.gone(&bytes).await;
            }
        }
        if !beacon.asks {
            return;
        }
        if is_reached {
            self.mended(|told| told.nic == EVERY && told.address == to);
        } else {
            self.complain(Trouble {
                nic: EVERY.to_owned(),
                address: to,
                failed: Failed::Say,
                reason: "none has an address from which it could be reached".to_owned(),
            });
        }
    }

    async fn send(&mut self, sent: Sent, bytes: &[u8]) {
        let reason = sent.gone(bytes).await;
        let same = |told: &Trouble| {
            told.failed == Failed::Say && told.nic == sent.nic && told.address == sent.to
        };
        self.mended(|told| same(told) && Some(&told.reason) != reason.as_ref());
        if let Some(reason) = reason {
            self.complain(Trouble {
                nic: sent.nic,
                address: sent.to,
                failed: Failed::Say,
                reason,
            });
        }
    }

    /// Tells a trouble once; again if there was no room to tell it.
    fn complain(&mut self, trouble: Trouble) {
        if self.told.borrow().contains(&trouble) {
            return;
        }
        if self.news.try_send(News::Trouble(trouble.clone())).is_ok() {
            self.told.send_modify(|told| {
                if told.len() >= MOST_TOLD {
                    told.clear();
                }
                told.insert(trouble);
            });
        }
    }

    /// Forgets the troubles that `are` no more.
    fn mended(&self, are: impl Fn(&Trouble) -> bool) {
        self.told.send_if_modified(|told| {
            let before = told.len();
            told.retain(|trouble| !are(trouble));
            told.len() != before
        });
    }
}

/// One datagram on its way.
#[derive(Debug)]
struct Sent {
    nic: String,
    socket: Arc<UdpSocket>,
    to: SocketAddr,
}

impl Sent {
    fn from(open: &Open, to: SocketAddr) -> Self {
        Self {
            nic: open.place.nic.clone(),
            socket: Arc::clone(&open.socket),
            to,
        }
    }

    /// Sends it; why it could not go, if so.
    async fn gone(&self, bytes: &[u8]) -> Option<String> {
        match tokio::time::timeout(PATIENCE, self.socket.send_to(bytes, self.to)).await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("it takes no more datagrams".to_owned()),
        }
    }
}

/// The link with the address that every NIC with IPv6 has on it.
fn whole(link: &Link, index: u32) -> Link {
    let mut link = link.clone();
    if let Some(own) = socket::link_local(index).filter(|own| !link.addresses.contains(own)) {
        link.addresses.insert(0, own);
    }
    link
}

/// The NICs and addresses that are too many: nothing is left out in silence.
fn left_out(links: &[Link], port: u16) -> Vec<Trouble> {
    let trouble = |link: &Link, ip: IpAddr, what: &str, most: usize| Trouble {
        nic: link.name.clone(),
        address: SocketAddr::new(ip, port),
        failed: Failed::TooMany,
        reason: format!("at most {most} {what} are used"),
    };
    let mut troubles = Vec::new();
    for (number, link) in links.iter().enumerate() {
        if number >= MOST_LINKS {
            let all = Ipv4Addr::UNSPECIFIED.into();
            troubles.push(trouble(link, all, "NICs", MOST_LINKS));
            continue;
        }
        let over = link.addresses.iter().skip(MOST_ADDRESSES);
        let what = "addresses of a NIC";
        troubles.extend(over.map(|net| trouble(link, net.addr(), what, MOST_ADDRESSES)));
    }
    troubles
}
