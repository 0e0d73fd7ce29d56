//! Discovery's sockets, held by one task: what they hear, and what is said with them.

mod mouth;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use thiserror::Error;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use self::mouth::Mouth;
use super::beacon::{Beacon, BeaconError, LONGEST};
use super::links::{Link, Place};
use super::roster::peer::Heard;

/// So much is held that nobody took yet; what comes then is dropped, as a network may do.
const NEWS: usize = 256;
/// So many words wait to be said; whoever says more waits.
const WORDS: usize = 32;

/// What discovery tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A beacon came in.
    Heard(Heard),
    /// Another mcloud's beacon, whose version this one doesn't read: to be shown with both.
    Incompatible {
        /// Where it came from.
        source: SocketAddr,
        /// Its version; this node's is [`super::beacon::VERSION`].
        version: u8,
    },
    /// Something does not work. It is told once, until it works again or fails otherwise.
    Trouble(Trouble),
}

/// What does not work: the other sockets go on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Error)]
#[error("discovery on {nic}: {address} {failed}: {reason}")]
pub struct Trouble {
    /// On which NIC.
    pub nic: String,
    /// Where it was to be heard, or spoken to.
    pub address: SocketAddr,
    /// What failed.
    pub failed: Failed,
    /// What the system says.
    pub reason: String,
}

/// What a socket could not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum Failed {
    /// Hear there.
    #[error("can't be heard on")]
    Hear,
    /// Send there.
    #[error("can't be reached")]
    Say,
    /// Be used at all: there are too many NICs or addresses.
    #[error("is left out")]
    TooMany,
}

/// Discovery has ended: nothing can be said any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("discovery has ended")]
pub struct Ended;

/// What is to be done with the sockets.
#[derive(Debug)]
enum Word {
    Say(Box<Beacon>),
    Tell(SocketAddr, Box<Beacon>),
    Links(Vec<Link>),
    SpeakOn(Option<String>),
}

/// Discovery on this node, until it is dropped.
#[derive(Debug)]
pub struct Discovery {
    news: mpsc::Receiver<News>,
    voice: Voice,
    troubles: watch::Receiver<BTreeSet<Trouble>>,
    /// Ended with this.
    mouth: JoinSet<()>,
}

impl Discovery {
    /// Opens the sockets of `links` at UDP `port` (World's `discovery`). Must be called in a
    /// runtime. What can't be opened is told as [`News::Trouble`]; the rest goes on.
    pub fn start(port: u16, links: Vec<Link>) -> Self {
        let (news_in, news) = mpsc::channel(NEWS);
        let (words, said) = mpsc::channel(WORDS);
        let mut tasks = JoinSet::new();
        let mouth = Mouth::new(port, news_in);
        let troubles = mouth.troubles();
        tasks.spawn(mouth.run(links, said));
        Self {
            news,
            voice: Voice { words },
            troubles,
            mouth: tasks,
        }
    }

    /// What was heard next. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<News> {
        self.news.recv().await
    }

    /// What was told as a trouble and still is one, sorted.
    pub fn troubles(&self) -> Vec<Trouble> {
        self.troubles.borrow().iter().cloned().collect()
    }

    /// Ends discovery and waits until its sockets are closed; for that no [`Voice`] may be left.
    pub async fn end(self) {
        let Self {
            voice, mut mouth, ..
        } = self;
        drop(voice);
        while mouth.join_next().await.is_some() {}
    }

    /// The voice with which things are said.
    pub fn voice(&self) -> Voice {
        self.voice.clone()
    }
}

/// Says things on discovery's sockets. Each call waits only until it has its turn.
#[derive(Debug, Clone)]
pub struct Voice {
    words: mpsc::Sender<Word>,
}

impl Voice {
    /// Says a beacon to everybody: to the groups and the broadcast addresses.
    pub async fn say(&self, beacon: Beacon) -> Result<(), Ended> {
        self.word(Word::Say(Box::new(beacon))).await
    }

    /// Says a beacon to one node and asks for its own: for addresses the operator typed.
    pub async fn ask(&self, to: SocketAddr, mut beacon: Beacon) -> Result<(), Ended> {
        beacon.asks = true;
        self.word(Word::Tell(to, Box::new(beacon))).await
    }

    /// Says a beacon to one node that asked, or that is new: to the source it was heard from. That
    /// it could not be sent is no trouble: whoever forged the source knew it.
    pub async fn answer(&self, to: SocketAddr, mut beacon: Beacon) -> Result<(), Ended> {
        beacon.asks = false;
        self.word(Word::Tell(to, Box::new(beacon))).await
    }

    /// The links as they are now: sockets of new ones are opened, those of gone ones closed, those
    /// that failed tried again. To be called every few seconds; nothing happens where all is well.
    pub async fn links(&self, links: Vec<Link>) -> Result<(), Ended> {
        self.word(Word::Links(links)).await
    }

    /// Says beacons for everybody on this NIC alone, or on all again; all are listened to.
    pub async fn speak_on(&self, nic: Option<String>) -> Result<(), Ended> {
        self.word(Word::SpeakOn(nic)).await
    }

    async fn word(&self, word: Word) -> Result<(), Ended> {
        self.words.send(word).await.map_err(|_| Ended)
    }
}

/// Hears on one socket until it fails; what this node said itself is left out.
async fn listen(
    place: Place,
    socket: Arc<UdpSocket>,
    own: watch::Receiver<BTreeSet<IpAddr>>,
    news: mpsc::Sender<News>,
) {
    // One byte more than a beacon has, so that what is too long shows.
    let mut room = [0_u8; LONGEST + 1];
    loop {
        let told = match socket.recv_from(&mut room).await {
            Ok((_, source)) if own.borrow().contains(&source.ip()) => None,
            Ok((length, source)) => read(room.get(..length).unwrap_or_default(), source, &place),
            Err(error) => {
                let trouble = place.trouble(place.bind, Failed::Hear, error.to_string());
                let _ = news.try_send(News::Trouble(trouble));
                return;
            }
        };
        if let Some(told) = told {
            // Full: whoever floods this port loses its own datagrams like everybody's.
            let _ = news.try_send(told);
        }
    }
}

/// What a datagram says; nothing if it is no mcloud's.
fn read(bytes: &[u8], source: SocketAddr, place: &Place) -> Option<News> {
    match Beacon::decode(bytes) {
        Ok(beacon) => Some(News::Heard(Heard {
            beacon,
            source,
            by: place.way,
        })),
        Err(BeaconError::Version(version)) => Some(News::Incompatible { source, version }),
        Err(_) => None,
    }
}

impl Place {
    fn trouble(&self, address: SocketAddr, failed: Failed, reason: String) -> Trouble {
        Trouble {
            nic: self.nic.clone(),
            address,
            failed,
            reason,
        }
    }
}
