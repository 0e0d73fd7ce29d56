//! One secret of few bits on both sides becomes a key, and each try costs an attacker a connection.
//!
//! Behind a trait of ours, so that the crate can be replaced; `spake2` was never audited, and
//! `docs/security.md` says what that means.

use ring::digest::{SHA256, digest};
use secrecy::zeroize::Zeroizing;
use spake2::{Ed25519Group, Group, Identity, Password, Spake2};

/// Whose part one plays: the two are not interchangeable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It opened the session and shows the words.
    Initiator,
    /// It was given the words.
    Joiner,
}

/// What the other side sent is no message of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the other side's message is none of the key exchange")]
pub struct NotAMessage;

/// A balanced password-authenticated key exchange of one message each way.
pub trait Pake: Sized {
    /// The length of each message in bytes.
    const MESSAGE: usize;

    /// Begins as `side` with the password's key and the names of both (initiator first); gives the
    /// message for the other side.
    fn start(side: Side, key: &[u8; 32], names: [&[u8]; 2]) -> (Self, Vec<u8>);

    /// The key of 32 bytes that both have if both began with the same. Whether they do is not known
    /// before it was confirmed.
    fn finish(self, theirs: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotAMessage>;
}

/// SPAKE2 on Edwards25519 as the crate `spake2` 0.4 (and `python-spake2`) computes it.
pub type Spake = Spake2Of<Ed25519Group>;

/// SPAKE2 over a group; tests give one whose chance is known.
#[derive(Debug)]
pub struct Spake2Of<G: Group>(Spake2<G>);

impl<G: Group> Pake for Spake2Of<G> {
    const MESSAGE: usize = 33;

    fn start(side: Side, key: &[u8; 32], [initiator, joiner]: [&[u8]; 2]) -> (Self, Vec<u8>) {
        let (state, message) = begin::<G>(side, key, [initiator, joiner]);
        (Self(state), message)
    }

    fn finish(self, theirs: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotAMessage> {
        check(theirs)?;
        let key = self.0.finish(theirs).map_err(|_| NotAMessage)?;
        Ok(Zeroizing::new(key))
    }
}

fn begin<G: Group>(
    side: Side,
    password: &[u8],
    [initiator, joiner]: [&[u8]; 2],
) -> (Spake2<G>, Vec<u8>) {
    let password = Password::new(password);
    let (a, b) = (Identity::new(initiator), Identity::new(joiner));
    match side {
        Side::Initiator => Spake2::start_a(&password, &a, &b),
        Side::Joiner => Spake2::start_b(&password, &a, &b),
    }
}

/// What the crate lets pass: points of small order, the neutral one among them, and points with a part
/// of small order, which all second spellings of a point have (RFC 8032, 5.1.3, decodes them).
fn check(message: &[u8]) -> Result<(), NotAMessage> {
    let (_, spelled) = message.split_first().ok_or(NotAMessage)?;
    let point = Ed25519Group::bytes_to_element(spelled).ok_or(NotAMessage)?;
    if !point.is_small_order() && point.is_torsion_free() {
        Ok(())
    } else {
        Err(NotAMessage)
    }
}

/// The name of a side in the exchange: its role, then its node id.
pub(super) fn name_of(side: Side, node: &str) -> Vec<u8> {
    let role: &[u8] = match side {
        Side::Initiator => b"mcloud-session/1 initiator ",
        Side::Joiner => b"mcloud-session/1 joiner ",
    };
    [role, node.as_bytes()].concat()
}

/// SHA-256, as an array.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
