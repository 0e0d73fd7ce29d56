//! How a server joins a cluster: the token one member makes and the request the joiner sends.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::types::{MemberConfig, Server};
use crate::infra::rest::envelope::{Operation, text, texts};
use crate::infra::rest::{RestError, plain};

/// The extension since which `cluster_token` carries a join token. Without it LXD (5.0) reads the
/// token from `cluster_password`, which 6.x no longer knows.
const TOKEN_FIELD: &str = "explicit_trust_token";

/// A token for one joiner. It dies with the issuing daemon, and a new one for the same name
/// replaces it.
#[derive(Clone)]
pub struct JoinToken {
    /// The joiner's name.
    pub server_name: String,
    /// Lower-case hex of the SHA-256 of the cluster certificate's DER.
    pub fingerprint: String,
    /// The members that can be asked, with port.
    pub addresses: Vec<String>,
    /// What lets the joiner in, once.
    pub secret: SecretString,
    /// When it becomes void, RFC 3339.
    pub expires_at: String,
    /// The operation that keeps it alive; cancelling that takes the token back.
    pub operation: String,
}

/// The metadata of a token's operation; its keys differ from the encoded token's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenMetadata {
    #[serde(deserialize_with = "text")]
    server_name: String,
    #[serde(deserialize_with = "text")]
    fingerprint: String,
    #[serde(deserialize_with = "texts")]
    addresses: Vec<String>,
    secret: SecretString,
    #[serde(deserialize_with = "text")]
    expires_at: String,
}

impl JoinToken {
    /// The token an operation of class `token` holds; `Broken` where it holds none.
    pub fn from_operation(operation: &Operation) -> Result<Self, RestError> {
        let metadata = Value::Object(operation.metadata.clone());
        let token: TokenMetadata =
            serde_json::from_value(metadata).map_err(|error| RestError::Broken {
                reason: format!("no join token: {}", plain(&error.to_string())),
            })?;
        Ok(Self {
            server_name: token.server_name,
            fingerprint: token.fingerprint,
            addresses: token.addresses,
            secret: token.secret,
            expires_at: token.expires_at,
            operation: operation.id.clone(),
        })
    }

    /// The token as LXD's own clients write it: base64 of JSON (`api.ClusterMemberJoinToken`).
    pub fn encode(&self) -> SecretString {
        let token = json!({
            "server_name": self.server_name,
            "fingerprint": self.fingerprint,
            "addresses": self.addresses,
            "secret": self.secret.expose_secret(),
            "expires_at": self.expires_at,
        });
        data_encoding::BASE64
            .encode(token.to_string().as_bytes())
            .into()
    }
}

impl fmt::Debug for JoinToken {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinToken")
            .field("server_name", &self.server_name)
            .field("addresses", &self.addresses)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// What a server needs to know to join a cluster.
#[derive(Debug, Clone)]
pub struct JoinRequest {
    /// Its name. LXD doesn't compare it with the token's: send the one the token was made for.
    pub server_name: String,
    /// Its own address with port.
    pub server_address: String,
    /// A member's address with port.
    pub cluster_address: String,
    /// The cluster's certificate, PEM, checked against the token's fingerprint.
    pub cluster_certificate: String,
    /// The encoded token.
    pub token: SecretString,
    /// A value for every key the cluster lists. LXD takes less without a word, and then makes a
    /// pool on a loop file.
    pub member_config: Vec<MemberConfig>,
}

impl JoinRequest {
    /// The body of `PUT /1.0/cluster` for `joiner`, whose extensions decide how the token is sent.
    pub fn body(&self, joiner: &Server) -> Value {
        let mut body = json!({
            "server_name": self.server_name,
            "enabled": true,
            "server_address": self.server_address,
            "cluster_address": self.cluster_address,
            "cluster_certificate": self.cluster_certificate,
            "cluster_token": self.token.expose_secret(),
            "member_config": self.member_config,
        });
        if let (false, Some(fields)) = (joiner.has(TOKEN_FIELD), body.as_object_mut()) {
            // Unknown keys are ignored, so a late 5.0 that learnt the new field reads that one.
            fields.insert(
                "cluster_password".to_owned(),
                json!(self.token.expose_secret()),
            );
        }
        body
    }
}
