//! The one datagram of discovery: what a node says about itself, readable in a capture.
//!
//! `MCLD`, one version byte, then JSON with short keys; 500 bytes at most, so that it fits the
//! smallest datagram that every IPv4 host takes (576 bytes, RFC 791) with its headers. Nothing in it
//! is secret and nothing is signed: it says "try me", and the session decides.

mod packed;

use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};
use thiserror::Error;

use self::packed::Packed;
use crate::engine::Millis;
use crate::engine::message::plain;
use crate::engine::neighbours::Standing;

/// The longest beacon in bytes, magic and version included.
pub const LONGEST: usize = 500;
/// How every beacon begins.
pub const MAGIC: [u8; 4] = *b"MCLD";
/// The version of the datagram. Keys that are added don't raise it: unknown ones are ignored.
pub const VERSION: u8 = 1;

/// The longest name of a node or a cluster in bytes (a DNS label's, RFC 1035).
pub const LONGEST_NAME: usize = 63;
/// The longest board model in bytes.
pub const LONGEST_MODEL: usize = 48;
/// The longest session id in bytes.
pub const LONGEST_SESSION: usize = 32;
/// The longest version in bytes.
pub const LONGEST_VERSION: usize = 24;

/// A node's id as a beacon claims it: 52 characters of lowercase base32, the same text as the
/// session's node id. Here it is only a name to tell rows apart; nothing was proven.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId(String);

/// A text that is no node id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a node id has 52 characters from a-z and 2-7")]
pub struct NotAPeerId;

impl PeerId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PeerId {
    type Err = NotAPeerId;

    fn from_str(text: &str) -> Result<Self, NotAPeerId> {
        let alphabet = |b: u8| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b);
        // 256 bits leave one bit for the last character: it has two shapes.
        let whole = text.len() == 52 && text.ends_with(['a', 'q']);
        if whole && text.bytes().all(alphabet) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAPeerId)
        }
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A short hash by which clones are told apart without their serials being called out: the first
/// 64 bits of a SHA-256. A serial can be guessed from it by trying all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark(u64);

impl Mark {
    /// The mark of a board's serial number; none where the board tells none.
    pub fn of_serial(serial: &str) -> Option<Self> {
        Self::of("mcloud serial", serial)
    }

    /// The mark of `/etc/machine-id`; none where it is empty.
    pub fn of_machine_id(id: &str) -> Option<Self> {
        Self::of("mcloud machine-id", id)
    }

    fn of(label: &str, text: &str) -> Option<Self> {
        let text = text.trim();
        let hash = digest(&SHA256, format!("{label}\0{text}").as_bytes());
        let first = hash.as_ref().first_chunk::<8>()?;
        (!text.is_empty()).then(|| Self(u64::from_be_bytes(*first)))
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What a node says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beacon {
    /// The highest version of the session's protocol it speaks.
    pub protocol: u16,
    /// Its node id.
    pub id: PeerId,
    /// Its name, at most 63 bytes.
    pub name: String,
    /// Its board's model, at most 48 bytes; empty where it tells none.
    pub model: String,
    /// The mark of its board's serial.
    pub serial: Option<Mark>,
    /// The mark of its machine-id.
    pub machine: Option<Mark>,
    /// What it is doing.
    pub standing: Standing,
    /// The session it has open or is in: at most 32 letters, digits, `-` and `_`.
    pub session: Option<String>,
    /// The TCP port of its daemon; none while it does not listen.
    pub port: Option<u16>,
    /// Its mcloud's version, at most 24 bytes.
    pub mcloud: String,
    /// Its clock when it said this.
    pub clock: Millis,
    /// Grows by one with everything it says, on all ways at once. It begins at a random number at
    /// each start, so that two machines with one key are told apart.
    pub counter: u64,
    /// How many peers it hears.
    pub peers: u16,
    /// Whether it asks for an answer by unicast. Answers never ask.
    pub asks: bool,
}

/// Why bytes are no beacon of this version.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BeaconError {
    /// It is longer than any beacon.
    #[error("a beacon has at most {LONGEST} bytes")]
    TooLong,
    /// It does not begin like one: something else uses the port.
    #[error("it does not begin with MCLD")]
    Foreign,
    /// Another mcloud's: to be shown, not dropped in silence.
    #[error("its version is {0}, this mcloud reads {VERSION}")]
    Version(u8),
    /// It is not the JSON it should be.
    #[error("it is no beacon: {0}")]
    Json(String),
    /// A field is not what it must be.
    #[error("its field {0:?} is not valid")]
    Field(&'static str),
}

impl Beacon {
    /// The datagram: never longer than [`LONGEST`]. Texts are cleaned and held to their bounds; if
    /// it is still too long the model is cut first, then the longest name.
    pub fn encode(&self) -> Vec<u8> {
        let mut packed = Packed::from(self);
        loop {
            let mut bytes = MAGIC.to_vec();
            bytes.push(VERSION);
            // Serialising plain strings and numbers into memory has no way to fail.
            bytes.extend(serde_json::to_vec(&packed).unwrap_or_default());
            if bytes.len() <= LONGEST || !packed.cut() {
                return bytes;
            }
        }
    }

    /// Reads a datagram. Texts lose their control characters and what is over their bounds; keys
    /// nobody knows are ignored; everything else that is wrong is an error.
    pub fn decode(bytes: &[u8]) -> Result<Self, BeaconError> {
        if bytes.len() > LONGEST {
            return Err(BeaconError::TooLong);
        }
        let rest = bytes.strip_prefix(&MAGIC).ok_or(BeaconError::Foreign)?;
        let (version, json) = rest.split_first().ok_or(BeaconError::Foreign)?;
        if *version != VERSION {
            return Err(BeaconError::Version(*version));
        }
        let packed: Packed = serde_json::from_slice(json)
            .map_err(|error| BeaconError::Json(plain(&error.to_string())))?;
        packed.unpack()
    }
}

/// `text` cleaned and cut to `most` bytes, at the end of a character.
fn bounded(text: &str, most: usize) -> String {
    let mut clean = plain(text);
    while clean.len() > most {
        clean.pop();
    }
    clean
}
