//! Join tokens: made, listed, taken back, and used up together with the certificate they give.

use std::error::Error;

use ring::hmac;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::certs::{self, Certificate, NewCertificate};
use super::nodes::{self, Node};
use super::{Store, StoreError, from_sql, to_sql};
use crate::engine::Millis;

/// A token to be recorded. Of its secret the database has only the hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Its name, no secret.
    pub id: String,
    /// The name that its node gets; none lets the node bring its own.
    pub node: Option<String>,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// When it was made.
    pub created: Millis,
    /// When it ends.
    pub expires: Millis,
}

/// A token as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its name, no secret.
    pub id: String,
    /// The name that its node gets, if it was made for one.
    pub node: Option<String>,
    /// When it was made.
    pub created: Millis,
    /// When it ends.
    pub expires: Millis,
    /// The node that used it, and when.
    pub used: Option<(String, Millis)>,
    /// Since when it is revoked, if it is.
    pub revoked_at: Option<Millis>,
}

/// Somebody who wants to use a token.
#[derive(Debug, Clone)]
pub struct Redemption {
    /// The token's name.
    pub token: String,
    /// SHA-256 of the secret that was sent.
    pub secret_hash: [u8; 32],
    /// The node, as it will be recorded. The id must be that of the key which gets the certificate;
    /// a token made for a name overrides `name`.
    pub node: Node,
}

/// What a used token gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeemed {
    /// The node's name in the cluster.
    pub name: String,
    /// Its certificate.
    pub certificate: Certificate,
    /// Whether this key had used the token before: then the certificate is the one it got then.
    pub again: bool,
}

/// Why a token does not let somebody in. The first two are one answer for a stranger; the others
/// are only found out with the right secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    /// No token has that name.
    #[error("the token is not known")]
    Unknown,
    /// Its secret is another.
    #[error("the token's secret is wrong")]
    WrongSecret,
    /// Its time is over.
    #[error("the token has expired: make a new one")]
    Expired,
    /// It, or what it gave, was taken back.
    #[error("the token was revoked: make a new one")]
    Revoked,
    /// It let another node in.
    #[error("the token was used by another node: make one for each node")]
    UsedByAnother,
}

/// Why nothing was redeemed. In every case the token is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// The token.
    #[error(transparent)]
    Refused(#[from] TokenRefused),
    /// The certificate could not be made.
    #[error("no certificate could be issued: {0}")]
    Issue(Box<dyn Error + Send + Sync>),
    /// The database, or the node's name is taken.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for RedeemError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(StoreError::Sqlite(error))
    }
}

impl Store {
    /// Records a token.
    pub async fn add_token(&self, token: NewToken) -> Result<(), StoreError> {
        self.run(move |db| {
            let made = db.execute(
                "INSERT OR IGNORE INTO join_tokens (id, node, secret_hash, created, expires)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    token.id,
                    token.node,
                    token.secret_hash,
                    to_sql(token.created),
                    to_sql(token.expires)
                ],
            )?;
            match made {
                0 => Err(StoreError::Exists("a token of that name")),
                _ => Ok(()),
            }
        })
        .await
    }

    /// All tokens, the newest first.
    pub async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.run(|db| {
            let sql = "SELECT id, node, created, expires, used_by, used_at, revoked_at
                       FROM join_tokens ORDER BY created DESC, id";
            let mut query = db.prepare(sql)?;
            let tokens = query.query_map([], listed)?.collect::<Result<_, _>>()?;
            Ok(tokens)
        })
        .await
    }

    /// Takes a token back. Again is no error; one that was used is, since the node is in already.
    pub async fn revoke_token(&self, id: &str, now: Millis) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.run(move |db| {
            let sql = "UPDATE join_tokens SET revoked_at = coalesce(revoked_at, ?2)
                       WHERE id = ?1 AND used_by IS NULL";
            if db.execute(sql, params![id, to_sql(now)])? > 0 {
                return Ok(());
            }
            let sql = "SELECT used_by FROM join_tokens WHERE id = ?1";
            let used: Option<String> = db.query_row(sql, [&id], |row| row.get(0)).optional()?;
            Err(used.map_or(StoreError::Unknown("token"), StoreError::Used))
        })
        .await
    }

    /// Uses a token up: in one transaction the token is checked, `issue` makes the certificate, and
    /// node, certificate and use are recorded. The key that used it before gets the same
    /// certificate and `issue` is not called. Whatever fails leaves the token unused.
    pub async fn redeem<F>(
        &self,
        redemption: Redemption,
        now: Millis,
        issue: F,
    ) -> Result<Redeemed, RedeemError>
    where
        F: FnOnce() -> Result<NewCertificate, Box<dyn Error + Send + Sync>> + Send + 'static,
    {
        self.run(move |db| {
            let transaction = db.transaction()?;
            let token = known(&transaction, &redemption)?;
            if let Some((user, certificate)) = &token.used {
                return again(&transaction, &redemption.node.id, (user, certificate));
            }
            if token.revoked {
                return Err(TokenRefused::Revoked.into());
            }
            if now >= token.expires {
                return Err(TokenRefused::Expired.into());
            }
            let certificate = issue().map_err(RedeemError::Issue)?;
            let name = record(&transaction, redemption, &certificate, (token.node, now))?;
            let certificate = certs::cert(&transaction, &certificate.fingerprint)?;
            transaction.commit()?;
            Ok(Redeemed {
                name,
                certificate,
                again: false,
            })
        })
        .await
    }
}

/// What decides about a token once its secret was right.
struct Kept {
    node: Option<String>,
    expires: Millis,
    used: Option<(String, String)>,
    revoked: bool,
}

fn known(db: &Connection, redemption: &Redemption) -> Result<Kept, RedeemError> {
    let sql = "SELECT secret_hash, node, expires, used_by, cert, revoked_at IS NOT NULL
               FROM join_tokens WHERE id = ?1";
    let found = db
        .query_row(sql, [&redemption.token], |row| {
            let user: Option<String> = row.get(3)?;
            let kept = Kept {
                node: row.get(1)?,
                expires: from_sql(row.get(2)?),
                used: user.zip(row.get(4)?),
                revoked: row.get(5)?,
            };
            Ok((row.get::<_, Vec<u8>>(0)?, kept))
        })
        .optional()?;
    let (hash, kept) = found.ok_or(TokenRefused::Unknown)?;
    if !same(&hash, &redemption.secret_hash) {
        return Err(TokenRefused::WrongSecret.into());
    }
    Ok(kept)
}

/// Compares in constant time, by way of a keyed hash; the key need not be secret for that.
fn same(kept: &[u8], given: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"mcloud join token");
    let tag = hmac::sign(&key, kept);
    hmac::verify(&key, given, tag.as_ref()).is_ok()
}

/// The answer to a key that asks with a used token: an answer was lost, or it is another's.
fn again(
    db: &Transaction<'_>,
    node: &str,
    (user, fingerprint): (&str, &str),
) -> Result<Redeemed, RedeemError> {
    if user != node {
        return Err(TokenRefused::UsedByAnother.into());
    }
    let certificate = certs::cert(db, fingerprint)?;
    if certificate.revoked_at.is_some() {
        return Err(TokenRefused::Revoked.into());
    }
    let sql = "SELECT name FROM nodes WHERE id = ?1";
    Ok(Redeemed {
        name: db.query_row(sql, [node], |row| row.get(0))?,
        certificate,
        again: true,
    })
}

fn record(
    db: &Transaction<'_>,
    redemption: Redemption,
    certificate: &NewCertificate,
    (name, now): (Option<String>, Millis),
) -> Result<String, RedeemError> {
    let mut node = redemption.node;
    if let Some(name) = name {
        node.name = name;
    }
    nodes::put(db, &node)?;
    certs::add(db, &node.id, certificate)?;
    db.execute(
        "UPDATE join_tokens SET used_by = ?2, used_at = ?3, cert = ?4 WHERE id = ?1",
        params![
            redemption.token,
            node.id,
            to_sql(now),
            certificate.fingerprint
        ],
    )?;
    Ok(node.name)
}

fn listed(row: &Row<'_>) -> rusqlite::Result<Token> {
    let used_by: Option<String> = row.get(4)?;
    let used_at: Option<i64> = row.get(5)?;
    Ok(Token {
        id: row.get(0)?,
        node: row.get(1)?,
        created: from_sql(row.get(2)?),
        expires: from_sql(row.get(3)?),
        used: used_by.zip(used_at.map(from_sql)),
        revoked_at: row.get::<_, Option<i64>>(6)?.map(from_sql),
    })
}
