//! What microcluster's API tells, read leniently: unknown fields are ignored, `null` is empty.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;
use serde::Deserialize;

use crate::infra::rest::envelope::{text, texts};

/// What an application is told at a bootstrap or a join (its keys are the application's).
pub type Config = BTreeMap<String, String>;

/// `GET /core/1.0`: the daemon, whether it is in a cluster or not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Core {
    /// Its member name. Before it is in a cluster the host name, or what a refused bootstrap left.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Its address, `ip:port`; one that is there proves nothing, a refused bootstrap leaves it too.
    #[serde(default, deserialize_with = "text")]
    pub address: String,
    /// The application's version; MicroCeph tells a sentence.
    #[serde(default, deserialize_with = "text")]
    pub version: String,
    /// Its API extensions.
    #[serde(default, deserialize_with = "texts")]
    pub extensions: Vec<String>,
}

impl Core {
    /// Whether it has an API extension.
    pub fn has(&self, extension: &str) -> bool {
        self.extensions.iter().any(|it| it == extension)
    }

    /// The version alone: the first three numbers with dots between them where there are such, as in
    /// `ceph-version: 19.2.3-0ubuntu0.24.04.1; …`, else all that is told.
    pub fn short_version(&self) -> &str {
        let numbers = |word: &&str| {
            let parts: Vec<&str> = word.split('.').collect();
            parts.len() == 3 && parts.iter().all(|part| part.parse::<u32>().is_ok())
        };
        self.version
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .find(numbers)
            .unwrap_or(&self.version)
    }
}

/// One member (`GET /core/1.0/cluster`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// Its address, `ip:port`.
    #[serde(default, deserialize_with = "text")]
    pub address: String,
    /// `voter`, `stand-by`, `spare`; `PENDING` until a heartbeat gave it one.
    #[serde(default, deserialize_with = "text")]
    pub role: String,
    /// `ONLINE`, `UNREACHABLE`, `NOT TRUSTED`, `NOT FOUND`, `UPGRADING`, `NEEDS UPGRADE`.
    #[serde(default, deserialize_with = "text")]
    pub status: String,
    /// When it was last heard, as it says it; the year 1 where it never was.
    #[serde(default, deserialize_with = "text")]
    pub last_heartbeat: String,
}

impl Member {
    /// Whether it answers.
    pub fn is_online(&self) -> bool {
        self.status == "ONLINE"
    }

    /// Whether no heartbeat gave it a role yet.
    pub fn is_pending(&self) -> bool {
        self.role == "PENDING"
    }

    /// Whether it stays as it is until somebody mends it.
    pub fn is_unfit(&self) -> bool {
        matches!(
            self.status.as_str(),
            "NEEDS UPGRADE" | "NOT TRUSTED" | "NOT FOUND"
        )
    }
}

/// A join token that was not used yet (`GET /core/control/tokens`).
#[derive(Clone, Deserialize)]
pub struct Token {
    /// The joiner it is for.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// The token itself.
    pub token: SecretString,
    /// When it stops being good, RFC 3339; the year 1 where never.
    #[serde(default, deserialize_with = "text")]
    pub expires_at: String,
}

impl fmt::Debug for Token {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("name", &self.name)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Which service runs on which member (`GET /1.0/services`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Placed {
    /// `mon`, `mgr`, `mds`, `central`, `chassis`, `switch`, …
    #[serde(deserialize_with = "text")]
    pub service: String,
    /// The member.
    #[serde(default, deserialize_with = "text")]
    pub location: String,
}
