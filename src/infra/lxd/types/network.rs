//! Networks, LXD's own and those it merely sees.

use serde::{Deserialize, Serialize};

use super::{Config, Phase, config};
use crate::infra::rest::envelope::{or_default, text, texts};

/// A network, LXD's own or one it merely sees.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Network {
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// `bridge`, `physical`, `ovn`, `loopback`, …
    #[serde(default, rename = "type", deserialize_with = "text")]
    pub kind: String,
    /// Whether LXD made it.
    #[serde(default, deserialize_with = "or_default")]
    pub managed: bool,
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

/// What a call that makes a network sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NewNetwork {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the operator sees in lists; LXD reads it in the final call.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Pending: member-specific keys alone. Final: global keys alone.
    pub config: Config,
}
