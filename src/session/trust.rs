//! The session: words on one screen, typed at another, make two machines believe each other.
//!
//! The joiner calls over TLS in which nobody is believed, both run SPAKE2 with a key made of the
//! words, and each proves to the other that it came to the same key *and* saw the same connection:
//! the joiner first. Wrong words, a relay, a swapped certificate, a replay and a reflection all end
//! there, and all look the same. Then both persons are asked, and the leader's authority signs.

mod guards;
pub mod initiator;
pub mod joiner;
mod link;
mod transcript;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::zeroize::Zeroizing;

pub use guards::Guards;
pub use initiator::{Joiner, JoinerSays, Visit, confirm_joiner, turn_away};
pub use joiner::{Admission, Caller, Initiator, InitiatorSays, call, confirm_initiator};

use super::identity::{IdentityError, NodeId};
use super::pake::{NotAMessage, Side};
use super::tls::TlsError;
use super::words::Words;
use crate::wire::WireError;

/// How long each answer may take until both have confirmed.
pub const ANSWER: Duration = Duration::from_secs(5);

/// How often each side says that it is still there while it waits for a person.
pub const BEAT: Duration = Duration::from_secs(1);

/// After how long without a word the other side counts as gone.
pub const SILENCE: Duration = Duration::from_secs(5);

/// Argon2id's memory in KiB, passes and lanes: OWASP's least (Password Storage Cheat Sheet, 2023),
/// about 0.2 s on a Pi 3. It is a hedge: what protects the words is that each guess needs a call.
const ARGON2: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Why two machines do not believe each other, or no longer speak.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// No connection came about; no words were tried.
    #[error("it cannot be reached: {0}")]
    Unreachable(#[source] TlsError),
    /// The other side speaks another version of the session.
    #[error("it speaks another version of the session: use the same mcloud on both")]
    OtherVersion,
    /// The other side has no such session open.
    #[error("it has no such session open: look at the initiator's screen, then choose it again")]
    NoSession,
    /// The other side has too much to do, or hung up before it looked at the words. The same words
    /// may be tried again after a second.
    #[error("it is busy: try again in a moment")]
    Busy,
    /// The two did not come to the same key over the same connection. Nothing tells the cases apart.
    #[error("the words are wrong, or somebody stands between")]
    Unconfirmed,
    /// The other side did not answer in time.
    #[error("the other side did not answer in time")]
    Late,
    /// The other side went away after it had confirmed.
    #[error("the other side has gone")]
    Gone,
    /// The other side confirmed, and then said what it must not say there.
    #[error("the other side said something wrong: {0}")]
    Nonsense(&'static str),
    /// The joiner was to be let in before it said yes.
    #[error("the joiner has not said yes yet")]
    NotAccepted,
    /// This node itself: no randomness, no memory, no usable key.
    #[error("this node cannot hold a session: {0}")]
    Own(String),
}

impl From<IdentityError> for TrustError {
    fn from(error: IdentityError) -> Self {
        Self::Own(error.to_string())
    }
}

/// What names a session in beacons and hellos: 16 to 32 of `a-z` and `0-9`. It is no secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionId(String);

/// A text that is no session id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a session id has 16 to 32 characters from a-z and 0-9")]
pub struct NotASessionId;

impl SessionId {
    /// A new one: 128 random bits, 26 characters.
    pub fn draw() -> Result<Self, TrustError> {
        let bytes = random::<16>()?;
        Ok(Self(BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SessionId {
    type Err = NotASessionId;

    fn from_str(text: &str) -> Result<Self, NotASessionId> {
        let fits = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if fits && (16..=32).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotASessionId)
        }
    }
}

/// Both ends of one TLS connection, as one of them sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct Channel {
    /// This node.
    pub me: NodeId,
    /// Whose key the other side has shown.
    pub peer: NodeId,
    /// The connection's own value (RFC 8446, 7.5): no other connection has it.
    pub exporter: [u8; 32],
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("me", &self.me)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

impl Channel {
    /// The initiator, then the joiner, where this node is `side`.
    fn nodes(&self, side: Side) -> (&NodeId, &NodeId) {
        match side {
            Side::Initiator => (&self.me, &self.peer),
            Side::Joiner => (&self.peer, &self.me),
        }
    }
}

/// A session and the key of its words, made once and wiped when dropped. The words are not kept.
pub struct OpenSession {
    id: SessionId,
    key: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for OpenSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenSession")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl OpenSession {
    /// Makes the key: Argon2id over the words, with the session's id as salt. It takes a processor for
    /// some tenths of a second and 19 MiB, so it belongs on a thread that may block.
    pub fn new(words: &Words, id: SessionId) -> Result<Self, TrustError> {
        let (memory, passes, lanes) = ARGON2;
        let own = |error: argon2::Error| TrustError::Own(error.to_string());
        let params = Params::new(memory, passes, lanes, Some(32)).map_err(own)?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(
                words.expose().as_bytes(),
                id.as_str().as_bytes(),
                key.as_mut(),
            )
            .map_err(own)?;
        Ok(Self { id, key })
    }

    /// What the session is called.
    pub fn id(&self) -> &SessionId {
        &self.id
    }
}

/// What a message that must not come before the confirmation means: always the same.
impl From<NotAMessage> for TrustError {
    fn from(_: NotAMessage) -> Self {
        Self::Unconfirmed
    }
}

/// Bytes of a line.
fn bytes(text: &str) -> Result<Vec<u8>, NotAMessage> {
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .map_err(|_| NotAMessage)
}

/// Exactly 32 bytes of a line.
fn number(text: &str) -> Result<[u8; 32], NotAMessage> {
    bytes(text)?.try_into().map_err(|_| NotAMessage)
}

/// Bytes as a line carries them.
fn text(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn random<const N: usize>() -> Result<[u8; N], TrustError> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| TrustError::Own("the system gives no randomness".to_owned()))?;
    Ok(bytes)
}

/// One answer before the confirmation: late, or none that counts.
async fn within<R>(
    answer: impl Future<Output = Result<R, WireError>>,
    missing: TrustError,
) -> Result<R, TrustError> {
    match tokio::time::timeout(ANSWER, answer).await {
        Err(_) => Err(TrustError::Late),
        Ok(Err(_)) => Err(missing),
        Ok(Ok(answer)) => Ok(answer),
    }
}
