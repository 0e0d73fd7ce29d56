//! Join tokens: made, kept as a hash, written to one file per node.

use std::net::IpAddr;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::Daemon;
use super::leader::Open;
use crate::engine::Millis;
use crate::engine::message::{Failure, Message};
use crate::session::files;
use crate::session::token::{Invitation, JoinToken};
use crate::store::NewToken;

/// How long a join token lasts where nobody said otherwise.
pub(super) const TOKEN_TTL_MS: Millis = 3_600_000;

impl Open {
    /// Makes a token for a node, or for any one, and keeps its hash. The token is to be shown once.
    pub(super) async fn token(
        &self,
        node: Option<&str>,
        address: IpAddr,
        (now, ttl): (Millis, Millis),
    ) -> Result<(NewToken, SecretString), Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            let node = node.unwrap_or("a new node");
            Failure::new(Message::new("token.not-made").with("node", node)).because(error)
        };
        let expires = now.saturating_add(ttl);
        let token = JoinToken::create(Invitation {
            cluster: self.authority().cluster().to_owned(),
            addresses: vec![self.found_at(address)],
            ca_sha256: self.authority().fingerprint(),
            expires,
        })
        .map_err(|error| failed(&error))?;
        let row = NewToken {
            id: token.id.clone(),
            node: node.map(str::to_owned),
            secret_hash: token.secret_hash(),
            created: now,
            expires,
        };
        self.store
            .add_token(row.clone())
            .await
            .map_err(|error| failed(&error))?;
        Ok((row, token.encode()))
    }
}

impl Daemon {
    /// One file per node, mode 0600; a token that was written before for the same node is revoked.
    pub(super) async fn write_token(
        &self,
        open: &Open,
        node: &str,
        (address, dir): (IpAddr, &Path),
    ) -> Result<(), Failure> {
        let now = self.world.clock.now();
        let path = dir.join(format!("{node}.token"));
        let failed = |error: &dyn std::fmt::Display| {
            let what = Message::new("token.not-written").with("file", path.display());
            Failure::new(what)
                .because(error)
                .hint(Message::new("token.not-written-fix"))
        };
        for old in open.store.tokens().await.map_err(|error| failed(&error))? {
            let is_open = old.used.is_none() && old.revoked_at.is_none();
            if is_open && old.node.as_deref() == Some(node) {
                open.store
                    .revoke_token(&old.id, now)
                    .await
                    .map_err(|error| failed(&error))?;
            }
        }
        let (_, token) = open.token(Some(node), address, (now, TOKEN_TTL_MS)).await?;
        super::socket::private_parent(dir).map_err(|error| failed(&error))?;
        files::write_private(&path, token.expose_secret()).map_err(|error| failed(&error))
    }
}
