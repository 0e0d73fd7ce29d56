//! LXD's things as its REST API tells them (`shared/api/*.go`): unknown fields and nulls are borne.

mod network;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::infra::rest::envelope::{or_default, text, texts};
pub use network::{Network, NewNetwork};

/// Keys and values as LXD keeps them. Values are verbatim (some are PEM): clean before showing.
pub type Config = BTreeMap<String, String>;

/// A profile's or instance's devices, by name.
pub type Devices = BTreeMap<String, Config>;

/// `GET /1.0`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Server {
    /// What this LXD can do; the only test of capability to rely on.
    #[serde(default, deserialize_with = "or_default")]
    pub api_extensions: BTreeSet<String>,
    /// `trusted` on the right socket.
    #[serde(default, deserialize_with = "text")]
    pub auth: String,
    /// The server's config: the cluster's keys and this member's.
    #[serde(default, deserialize_with = "config")]
    pub config: Config,
    /// What it runs on.
    #[serde(default, deserialize_with = "or_default")]
    pub environment: Environment,
}

impl Server {
    /// Whether this LXD has an API extension.
    pub fn has(&self, extension: &str) -> bool {
        self.api_extensions.contains(extension)
    }
}

/// What an LXD runs on, and who it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Environment {
    /// Its name in the cluster, else the host's.
    #[serde(deserialize_with = "text")]
    pub server_name: String,
    /// `5.21.7`.
    #[serde(deserialize_with = "text")]
    pub server_version: String,
    /// Whether it is a member of a cluster, be it of one.
    #[serde(deserialize_with = "or_default")]
    pub server_clustered: bool,
    /// The addresses it listens on, with port.
    #[serde(deserialize_with = "texts")]
    pub addresses: Vec<String>,
    /// The certificate it shows on the network, PEM, verbatim: the cluster's once it is clustered.
    #[serde(deserialize_with = "or_default")]
    pub certificate: String,
    /// Lower-case hex of the SHA-256 of that certificate's DER.
    #[serde(deserialize_with = "text")]
    pub certificate_fingerprint: String,
    /// `aarch64`.
    #[serde(deserialize_with = "text")]
    pub kernel_architecture: String,
    /// `6.8.0-1013-raspi`.
    #[serde(deserialize_with = "text")]
    pub kernel_version: String,
    /// `Ubuntu`.
    #[serde(deserialize_with = "text")]
    pub os_name: String,
    /// `24.04`.
    #[serde(deserialize_with = "text")]
    pub os_version: String,
    /// The storage drivers whose tools and modules it found.
    #[serde(deserialize_with = "or_default")]
    pub storage_supported_drivers: Vec<StorageDriver>,
}

/// A storage driver LXD can use. LXD writes these keys with capitals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct StorageDriver {
    /// `zfs`.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// The tools' version.
    #[serde(deserialize_with = "text")]
    pub version: String,
    /// Whether the storage is shared by all members.
    #[serde(deserialize_with = "or_default")]
    pub remote: bool,
}

/// `GET /1.0/cluster`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Cluster {
    /// The asked member's name; empty outside a cluster.
    #[serde(deserialize_with = "text")]
    pub server_name: String,
    /// Whether it is clustered.
    #[serde(deserialize_with = "or_default")]
    pub enabled: bool,
    /// What each joiner must supply. The values are the asked member's own: never copy them.
    #[serde(deserialize_with = "or_default")]
    pub member_config: Vec<MemberConfig>,
}

/// One member-specific key of a pool or network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemberConfig {
    /// `storage-pool` or `network`.
    #[serde(deserialize_with = "text")]
    pub entity: String,
    /// The pool's or network's name.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// `source`, `parent`, …
    #[serde(deserialize_with = "text")]
    pub key: String,
    /// The key's value on one member.
    #[serde(deserialize_with = "text")]
    pub value: String,
}

/// One entry of `GET /1.0/cluster/members?recursion=1`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub server_name: String,
    /// `https://10.0.0.11:8443`.
    #[serde(default, deserialize_with = "text")]
    pub url: String,
    /// Whether it answers.
    #[serde(default, deserialize_with = "or_default")]
    pub status: MemberStatus,
    /// What LXD says about that.
    #[serde(default, deserialize_with = "text")]
    pub message: String,
    /// `aarch64`.
    #[serde(default, deserialize_with = "text")]
    pub architecture: String,
    /// `database-leader`, `database-voter`, `database-standby`, … (5.x: also `database`).
    #[serde(default, deserialize_with = "texts")]
    pub roles: Vec<String>,
}

impl Member {
    /// Its address with port, without the URL's scheme.
    pub fn address(&self) -> &str {
        self.url.strip_prefix("https://").unwrap_or(&self.url)
    }

    /// Whether it leads the database. All versions name the role alike.
    pub fn leads(&self) -> bool {
        self.roles.iter().any(|role| role == "database-leader")
    }
}

/// Whether a member answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum MemberStatus {
    /// It does.
    Online,
    /// No heartbeat within `cluster.offline_threshold`.
    Offline,
    /// Its instances were moved away.
    Evacuated,
    /// It waits until all members run one version.
    Blocked,
    /// LXD says something this mcloud does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

/// How far a pool or network is. A cluster makes them in two phases: pending, then created.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Phase {
    /// Told to some members, not made.
    Pending,
    /// Made on every member.
    Created,
    /// Making it failed; only deleting it helps. Never join while one is in this state.
    Errored,
    /// Made, and not usable now on this member.
    Unavailable,
    /// LXD does not say (unmanaged networks), or something this mcloud does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

/// A storage pool.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Pool {
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// `zfs`, `btrfs`, `dir`, `ceph`, …
    #[serde(default, deserialize_with = "text")]
    pub driver: String,
    /// What the operator sees in lists.
    #[serde(default, deserialize_with = "text")]
    pub description: String,
    /// How far it is.
    #[serde(default, deserialize_with = "or_default")]
    pub status: Phase,
    /// Its global keys; with a target also that member's.
    #[serde(default, deserialize_with = "config")]
    pub config: Config,
    /// The members that know it.
    #[serde(default, deserialize_with = "texts")]
    pub locations: Vec<String>,
    /// What uses it, as API paths.
    #[serde(default, deserialize_with = "texts")]
    pub used_by: Vec<String>,
}

/// What a call that makes a pool sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NewPool {
    /// Its name.
    pub name: String,
    /// Its driver.
    pub driver: String,
    /// What the operator sees in lists; LXD reads it in the final call.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Pending: member-specific keys alone. Final: global keys alone.
    pub config: Config,
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Profile {
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// Its config.
    #[serde(default, deserialize_with = "config")]
    pub config: Config,
    /// Its devices.
    #[serde(default, deserialize_with = "or_default")]
    pub devices: Devices,
    /// The instances that use it, as API paths.
    #[serde(default, deserialize_with = "texts")]
    pub used_by: Vec<String>,
}

/// Reads a config map. LXD 5.x puts a bare `true` where it hides a password.
fn config<'de, D: Deserializer<'de>>(source: D) -> Result<Config, D::Error> {
    let raw: Option<BTreeMap<String, Value>> = Option::deserialize(source)?;
    let verbatim = |value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(raw
        .unwrap_or_default()
        .into_iter()
        .map(|(key, value)| (key, verbatim(value)))
        .collect())
}
