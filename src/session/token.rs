//! The join token: what a machine needs to join without a session, in one line of text.

use std::net::SocketAddr;

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::zeroize::{Zeroize, Zeroizing};
use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::peer::{self, Fingerprint};
use crate::engine::Millis;

/// The version of the token that this mcloud writes and reads.
pub const VERSION: u64 = 1;

/// No token is longer as text, in bytes.
const LARGEST: usize = 4096;

/// A token names at most so many addresses of the leader.
const MOST_ADDRESSES: usize = 16;

/// Why a text is no join token. No message repeats any of the text: it may hold the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Nothing was given.
    #[error("the token is empty")]
    Empty,
    /// Far more text than a token has.
    #[error("the token is longer than {LARGEST} characters: give the token alone")]
    TooLong,
    /// A character that base64url has not.
    #[error("the token has a character at position {0} that does not belong in it: copy it again")]
    NotBase64(usize),
    /// It ends too early.
    #[error("the token is cut short: copy it whole")]
    Truncated,
    /// Base64url of something else.
    #[error("the token is not one of mcloud's (no JSON object inside)")]
    NotJson,
    /// Made by an mcloud that writes tokens differently.
    #[error(
        "the token has version {0}, this mcloud reads version {VERSION}: use the same mcloud on both nodes"
    )]
    Version(u64),
    /// A field that a token needs is not there.
    #[error("the token lacks its field \"{0}\": make a new one")]
    Missing(&'static str),
    /// A field is there and makes no sense.
    #[error("the token's field \"{field}\" is not {expected}: make a new one")]
    Field {
        /// The field.
        field: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
    /// The system gave no randomness for a new token.
    #[error("the system gave no randomness")]
    Random,
}

/// Where a token leads, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The cluster's id.
    pub cluster: String,
    /// Where its leader listens, the best first; 1 to 16.
    pub addresses: Vec<SocketAddr>,
    /// SHA-256 of its authority's certificate.
    pub ca_sha256: Fingerprint,
    /// When the token ends, by the leader's clock.
    pub expires: Millis,
}

/// A join token: an invitation, and the secret that proves it.
#[derive(Debug)]
pub struct JoinToken {
    /// Where it leads.
    pub invitation: Invitation,
    /// The token's name in the leader's database and lists: 13 characters, no secret.
    pub id: String,
    secret: SecretBox<[u8; 32]>,
}

/// The JSON of a token, in the order it is written.
#[derive(Serialize)]
struct Written<'a> {
    v: u64,
    cluster: &'a str,
    addresses: &'a [SocketAddr],
    ca_sha256: String,
    id: &'a str,
    secret: &'a str,
    expires: Millis,
}

impl JoinToken {
    /// A new token with a secret of its own, 256 random bits.
    pub fn create(invitation: Invitation) -> Result<Self, TokenError> {
        let random = SystemRandom::new();
        let mut id = [0; 8];
        random.fill(&mut id).map_err(|_| TokenError::Random)?;
        let mut secret = Box::new([0; 32]);
        random
            .fill(secret.as_mut_slice())
            .map_err(|_| TokenError::Random)?;
        Ok(Self {
            invitation,
            id: BASE32_NOPAD.encode(&id).to_ascii_lowercase(),
            secret: SecretBox::new(secret),
        })
    }

    /// The token as text: base64url, without padding, of one JSON object.
    ///
    /// # Panics
    /// Never: a token's fields all have a JSON form.
    pub fn encode(&self) -> SecretString {
        let secret = Zeroizing::new(BASE64URL_NOPAD.encode(self.secret.expose_secret()));
        let written = Written {
            v: VERSION,
            cluster: &self.invitation.cluster,
            addresses: &self.invitation.addresses,
            ca_sha256: self.invitation.ca_sha256.to_string(),
            id: &self.id,
            secret: &secret,
            expires: self.invitation.expires,
        };
        let json = serde_json::to_vec(&written)
            .expect("strings, numbers and addresses always have a JSON form");
        SecretString::from(BASE64URL_NOPAD.encode(&Zeroizing::new(json)))
    }

    /// Reads a token. White space in it is forgiven (terminals break long lines), fields that this
    /// version does not know are passed over.
    pub fn decode(text: &str) -> Result<Self, TokenError> {
        let json = unwrap(text)?;
        let mut fields = parse(&json)?;
        let version = take(&mut fields, "v", "a number")?;
        if version != VERSION {
            return Err(TokenError::Version(version));
        }
        let secret: Zeroizing<String> =
            Zeroizing::new(take(&mut fields, "secret", "32 bytes in base64url")?);
        Ok(Self {
            secret: secret_bytes(&secret)?,
            invitation: Invitation {
                cluster: cluster(&mut fields)?,
                addresses: addresses(&mut fields)?,
                ca_sha256: take(&mut fields, "ca_sha256", "64 hex digits")?,
                expires: take(&mut fields, "expires", "milliseconds since 1970")?,
            },
            id: id(&mut fields)?,
        })
    }

    /// The secret as the joiner sends it to the leader: base64url of its 32 bytes.
    pub fn secret(&self) -> SecretString {
        SecretString::from(BASE64URL_NOPAD.encode(self.secret.expose_secret()))
    }

    /// SHA-256 of the secret: all that the leader keeps of it.
    pub fn secret_hash(&self) -> [u8; 32] {
        sha256(self.secret.expose_secret())
    }
}

/// SHA-256 of a secret as a joiner sent it ([`JoinToken::secret`]), for the leader's database to
/// compare.
pub fn hash_of_sent(secret: &SecretString) -> Result<[u8; 32], TokenError> {
    secret_bytes(secret.expose_secret()).map(|secret| sha256(secret.expose_secret()))
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

fn secret_bytes(text: &str) -> Result<SecretBox<[u8; 32]>, TokenError> {
    let wrong = TokenError::Field {
        field: "secret",
        expected: "32 bytes in base64url",
    };
    let Ok(mut bytes) = BASE64URL_NOPAD.decode(text.as_bytes()) else {
        return Err(wrong);
    };
    let mut secret = SecretBox::new(Box::new([0; 32]));
    let fits = bytes.len() == 32;
    if fits {
        secret.expose_secret_mut().copy_from_slice(&bytes);
    }
    bytes.zeroize();
    if fits { Ok(secret) } else { Err(wrong) }
}

/// The JSON inside the base64url.
fn unwrap(text: &str) -> Result<Zeroizing<Vec<u8>>, TokenError> {
    if text.len() > LARGEST {
        return Err(TokenError::TooLong);
    }
    let kept: String = text.split_ascii_whitespace().collect();
    let kept = Zeroizing::new(kept);
    let bare = kept.trim_end_matches('=');
    if bare.is_empty() {
        return Err(TokenError::Empty);
    }
    match BASE64URL_NOPAD.decode(bare.as_bytes()) {
        Ok(json) => Ok(Zeroizing::new(json)),
        Err(error) => Err(match error.kind {
            data_encoding::DecodeKind::Symbol => TokenError::NotBase64(error.position + 1),
            // A group of characters that is not whole, or whose last bits are another's.
            _ => TokenError::Truncated,
        }),
    }
}

fn parse(json: &[u8]) -> Result<Map<String, Value>, TokenError> {
    match serde_json::from_slice(json) {
        Ok(Value::Object(fields)) => Ok(fields),
        Err(error) if error.is_eof() && json.starts_with(b"{") => Err(TokenError::Truncated),
        // The parser's own message may quote the text, so it is not kept.
        Ok(_) | Err(_) => Err(TokenError::NotJson),
    }
}

fn take<T: DeserializeOwned>(
    fields: &mut Map<String, Value>,
    field: &'static str,
    expected: &'static str,
) -> Result<T, TokenError> {
    let value = fields.remove(field).ok_or(TokenError::Missing(field))?;
    serde_json::from_value(value).map_err(|_| TokenError::Field { field, expected })
}

fn cluster(fields: &mut Map<String, Value>) -> Result<String, TokenError> {
    let expected = "26 characters from a-z and 2-7";
    let cluster: String = take(fields, "cluster", expected)?;
    if peer::is_cluster_id(&cluster) {
        return Ok(cluster);
    }
    Err(TokenError::Field {
        field: "cluster",
        expected,
    })
}

fn addresses(fields: &mut Map<String, Value>) -> Result<Vec<SocketAddr>, TokenError> {
    let expected = "a list of 1 to 16 addresses with ports";
    let addresses: Vec<SocketAddr> = take(fields, "addresses", expected)?;
    if (1..=MOST_ADDRESSES).contains(&addresses.len()) {
        return Ok(addresses);
    }
    Err(TokenError::Field {
        field: "addresses",
        expected,
    })
}

fn id(fields: &mut Map<String, Value>) -> Result<String, TokenError> {
    let expected = "13 characters from a-z and 2-7";
    let id: String = take(fields, "id", expected)?;
    if id.len() == 13 && id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7')) {
        return Ok(id);
    }
    Err(TokenError::Field {
        field: "id",
        expected,
    })
}
