//! The certificates that the authority signed, and whether their owners may still speak.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::nodes::{self, Node, NodeState};
use super::{Store, StoreError, from_sql, to_sql};
use crate::engine::Millis;

/// A certificate to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCertificate {
    /// SHA-256 of it in hex.
    pub fingerprint: String,
    /// Its serial number in hex.
    pub serial: String,
    /// Its bytes.
    pub der: Vec<u8>,
    /// When it was issued.
    pub issued: Millis,
    /// When it ends.
    pub not_after: Millis,
}

/// A recorded certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// What was recorded.
    pub what: NewCertificate,
    /// The node it is for.
    pub node: String,
    /// Since when it is revoked, if it is.
    pub revoked_at: Option<Millis>,
}

/// What the leader thinks of a certificate that its authority signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Its node may speak.
    Active(Node),
    /// It was revoked, or its node removed: the link is to be closed.
    Revoked(Node),
    /// It was signed and never recorded, by a database that was lost for instance: refused too.
    Unknown,
}

impl Store {
    /// Records a certificate of a known node: the leader's own, or a renewed one.
    pub async fn add_cert(
        &self,
        node: &str,
        certificate: NewCertificate,
    ) -> Result<(), StoreError> {
        let node = node.to_owned();
        self.run(move |db| add(db, &node, &certificate)).await
    }

    /// Records a node and its certificate, all at once: a node that comes again keeps its older ones.
    pub async fn admit(&self, node: Node, certificate: NewCertificate) -> Result<(), StoreError> {
        self.run(move |db| {
            let transaction = db.transaction()?;
            nodes::put(&transaction, &node)?;
            add(&transaction, &node.id, &certificate)?;
            Ok(transaction.commit()?)
        })
        .await
    }

    /// All certificates of a node, the oldest first.
    pub async fn certs(&self, node: &str) -> Result<Vec<Certificate>, StoreError> {
        let node = node.to_owned();
        self.run(move |db| {
            let sql = "SELECT fingerprint, serial, der, issued, not_after, node, revoked_at
                       FROM certs WHERE node = ?1 ORDER BY issued, serial";
            let mut query = db.prepare(sql)?;
            let found = query.query_map([&node], certificate)?;
            Ok(found.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Whether the owner of a certificate may speak. To be asked for each connection, and again
    /// for each request of one that lasts: it is one indexed look-up.
    pub async fn node_for_cert(&self, fingerprint: &str) -> Result<Standing, StoreError> {
        let fingerprint = fingerprint.to_owned();
        self.run(move |db| {
            let sql = "SELECT n.id, n.name, n.address, n.role, n.model, n.joined, n.state,
                              c.revoked_at IS NOT NULL
                       FROM certs c JOIN nodes n ON n.id = c.node WHERE c.fingerprint = ?1";
            let found = db
                .query_row(sql, [&fingerprint], |row| {
                    Ok((nodes::node(row)?, row.get::<_, bool>(7)?))
                })
                .optional()?;
            Ok(match found {
                None => Standing::Unknown,
                Some((node, false)) if node.state == NodeState::Active => Standing::Active(node),
                Some((node, _)) => Standing::Revoked(node),
            })
        })
        .await
    }

    /// Revokes a certificate; again is no error, and keeps the first time.
    pub async fn revoke_cert(&self, fingerprint: &str, now: Millis) -> Result<(), StoreError> {
        let fingerprint = fingerprint.to_owned();
        self.run(move |db| {
            let changed = db.execute(
                "UPDATE certs SET revoked_at = coalesce(revoked_at, ?2) WHERE fingerprint = ?1",
                params![fingerprint, to_sql(now)],
            )?;
            match changed {
                0 => Err(StoreError::Unknown("certificate")),
                _ => Ok(()),
            }
        })
        .await
    }
}

pub(super) fn add(
    db: &Connection,
    node: &str,
    certificate: &NewCertificate,
) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO certs (fingerprint, node, serial, der, not_after, issued)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            certificate.fingerprint,
            node,
            certificate.serial,
            certificate.der,
            to_sql(certificate.not_after),
            to_sql(certificate.issued),
        ],
    )?;
    Ok(())
}

pub(super) fn cert(db: &Connection, fingerprint: &str) -> rusqlite::Result<Certificate> {
    let sql = "SELECT fingerprint, serial, der, issued, not_after, node, revoked_at
               FROM certs WHERE fingerprint = ?1";
    db.query_row(sql, [fingerprint], certificate)
}

fn certificate(row: &Row<'_>) -> rusqlite::Result<Certificate> {
    Ok(Certificate {
        what: NewCertificate {
            fingerprint: row.get(0)?,
            serial: row.get(1)?,
            der: row.get(2)?,
            issued: from_sql(row.get(3)?),
            not_after: from_sql(row.get(4)?),
        },
        node: row.get(5)?,
        revoked_at: row.get::<_, Option<i64>>(6)?.map(from_sql),
    })
}
