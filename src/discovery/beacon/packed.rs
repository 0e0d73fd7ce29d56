//! A beacon as it travels: short keys, and nothing said that is empty.

use serde::{Deserialize, Serialize};

use super::{
    Beacon, BeaconError, LONGEST_MODEL, LONGEST_NAME, LONGEST_SESSION, LONGEST_VERSION, Mark,
    Standing, bounded,
};
use crate::engine::Millis;

/// The model is cut to this many bytes before any name is: `Raspberry Pi 5 M`.
const SHORT_MODEL: usize = 16;

/// The JSON of version 1.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Packed {
    /// Protocol.
    p: u16,
    /// Id.
    i: String,
    /// Name.
    n: String,
    /// Model.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    m: String,
    /// Serial's mark, 16 hex digits.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    s: String,
    /// Machine-id's mark, 16 hex digits.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    h: String,
    /// Standing: `looking`, `open`, `joining`, `member`; other words are a newer mcloud's.
    e: String,
    /// Cluster of a member, or that is to be.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    c: String,
    /// Session.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    x: String,
    /// API port; 0 is none.
    #[serde(default, skip_serializing_if = "is_default")]
    a: u16,
    /// mcloud's version.
    v: String,
    /// Clock in ms.
    t: Millis,
    /// Counter.
    k: u64,
    /// Peers heard.
    #[serde(default, skip_serializing_if = "is_default")]
    w: u16,
    /// Asks for an answer.
    #[serde(default, skip_serializing_if = "is_default")]
    q: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl From<&Beacon> for Packed {
    fn from(beacon: &Beacon) -> Self {
        let mark = |mark: Option<Mark>| mark.map(|m| m.to_string()).unwrap_or_default();
        let (standing, cluster) = match &beacon.standing {
            Standing::Looking => ("looking", ""),
            Standing::Open { cluster } => ("open", cluster.as_str()),
            Standing::Joining => ("joining", ""),
            Standing::Member { cluster } => ("member", cluster.as_str()),
            Standing::Unknown => ("unknown", ""),
        };
        let session = beacon.session.as_deref().unwrap_or_default();
        let session: String = session.chars().filter(|c| in_session(*c)).collect();
        Self {
            p: beacon.protocol,
            i: beacon.id.as_str().to_owned(),
            n: bounded(&beacon.name, LONGEST_NAME),
            m: bounded(&beacon.model, LONGEST_MODEL),
            s: mark(beacon.serial),
            h: mark(beacon.machine),
            e: standing.to_owned(),
            c: bounded(cluster, LONGEST_NAME),
            x: bounded(&session, LONGEST_SESSION),
            a: beacon.port.unwrap_or_default(),
            v: bounded(&beacon.mcloud, LONGEST_VERSION),
            t: beacon.clock,
            k: beacon.counter,
            w: beacon.peers,
            q: beacon.asks,
        }
    }
}

impl Packed {
    /// Takes one character from what can be missed most; false when nothing is left to cut.
    pub(super) fn cut(&mut self) -> bool {
        if self.m.len() > SHORT_MODEL {
            return self.m.pop().is_some();
        }
        let texts = [&mut self.m, &mut self.n, &mut self.c];
        texts
            .into_iter()
            .max_by_key(|text| text.len())
            .is_some_and(|longest| longest.pop().is_some())
    }

    /// The beacon this is, if every field is what it must be.
    pub(super) fn unpack(self) -> Result<Beacon, BeaconError> {
        let cluster = bounded(&self.c, LONGEST_NAME);
        let standing = match self.e.as_str() {
            "looking" => Standing::Looking,
            "open" => Standing::Open { cluster },
            "joining" => Standing::Joining,
            "member" => Standing::Member { cluster },
            _ => Standing::Unknown,
        };
        Ok(Beacon {
            protocol: self.p,
            id: self.i.parse().map_err(|_| BeaconError::Field("i"))?,
            name: bounded(&self.n, LONGEST_NAME),
            model: bounded(&self.m, LONGEST_MODEL),
            serial: mark(&self.s).ok_or(BeaconError::Field("s"))?,
            machine: mark(&self.h).ok_or(BeaconError::Field("h"))?,
            standing,
            session: session(self.x)?,
            port: (self.a != 0).then_some(self.a),
            mcloud: bounded(&self.v, LONGEST_VERSION),
            clock: self.t,
            counter: self.k,
            peers: self.w,
            asks: self.q,
        })
    }
}

/// The mark in 16 lowercase hex digits, none of nothing; `None` of anything else.
#[expect(clippy::option_option, reason = "absent and wrong differ here")]
fn mark(text: &str) -> Option<Option<Mark>> {
    if text.is_empty() {
        return Some(None);
    }
    let digits = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if text.len() != 16 || !text.bytes().all(digits) {
        return None;
    }
    u64::from_str_radix(text, 16).ok().map(|m| Some(Mark(m)))
}

fn session(text: String) -> Result<Option<String>, BeaconError> {
    if text.len() > LONGEST_SESSION || !text.chars().all(in_session) {
        return Err(BeaconError::Field("x"));
    }
    Ok((!text.is_empty()).then_some(text))
}

/// What a session's id is made of.
fn in_session(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}
