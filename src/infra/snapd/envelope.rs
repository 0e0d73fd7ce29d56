//! The envelope snapd puts around every answer: payload in `result`, a change's id beside it, and a
//! refusal with a kind that machines can read.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use thiserror::Error;

use crate::infra::rest::envelope::{or_default, text};
use crate::infra::rest::{RestError, plain};

/// A yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply<T> {
    /// Done; the `result`.
    Sync(T),
    /// Begun; the id of the change to follow.
    Change(String),
}

/// An answer, and what snapd says beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered<T> {
    /// The answer itself.
    pub reply: Reply<T>,
    /// That snapd or the system is about to start again, if it is.
    pub maintenance: Option<Maintenance>,
}

/// Why snapd will be away soon (snapd `daemon/response.go`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Maintenance {
    /// `daemon-restart` or `system-restart`.
    #[serde(default, deserialize_with = "text")]
    pub kind: String,
    /// The same in words.
    #[serde(default, deserialize_with = "text")]
    pub message: String,
}

/// Why a call to snapd gave no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SnapdError {
    /// No answer came, or none that is understood.
    #[error(transparent)]
    Rest(#[from] RestError),
    /// snapd said no.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl SnapdError {
    /// snapd's no, if it said one.
    pub fn refusal(&self) -> Option<&Refused> {
        match self {
            Self::Refused(refused) => Some(refused),
            Self::Rest(_) => None,
        }
    }

    /// Whether snapd is merely away: it starts again while it refreshes itself.
    pub fn passes(&self) -> bool {
        match self {
            Self::Rest(error) => matches!(
                error,
                RestError::NoSocket { .. }
                    | RestError::NobodyListens { .. }
                    | RestError::NoAnswer { .. }
                    | RestError::Lost { .. }
            ),
            Self::Refused(refused) => refused.status == 503,
        }
    }
}

/// What snapd said instead of yes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// snapd's word for it, e.g. `snap-not-found`; often it has none (snapd `client/errors.go`).
    pub kind: String,
    /// snapd's sentence, fit to be shown.
    pub message: String,
    /// What it is about: a snap's name, or an object whose shape depends on the kind.
    pub value: Value,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    result: Value,
    #[serde(default, deserialize_with = "or_default")]
    change: String,
    #[serde(default)]
    maintenance: Option<Maintenance>,
}

#[derive(Deserialize)]
struct No {
    #[serde(default, deserialize_with = "text")]
    message: String,
    #[serde(default, deserialize_with = "text")]
    kind: String,
    #[serde(default)]
    value: Value,
}

/// Reads one answer. Unknown fields are ignored and `result: null` is whatever `T` makes of it.
///
/// Fails with `Refused` where snapd said no and with `Broken` where this is not its envelope or its
/// `result` is not a `T`.
pub fn parse<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<Answered<T>, SnapdError> {
    let envelope: Envelope =
        serde_json::from_slice(body).map_err(|error| broken(status, &error.to_string()))?;
    let reply = match envelope.kind.as_str() {
        "error" => return Err(refused(status, envelope.result).into()),
        _ if status >= 400 => return Err(refused(status, envelope.result).into()),
        "sync" => serde_json::from_value(envelope.result)
            .map(Reply::Sync)
            .map_err(|error| broken(status, &error.to_string()))?,
        "async" if envelope.change.is_empty() => {
            return Err(broken(status, "something was begun without a change").into());
        }
        "async" => Reply::Change(envelope.change),
        other => return Err(broken(status, &format!("unknown type {other:?}")).into()),
    };
    Ok(Answered {
        reply,
        maintenance: envelope.maintenance,
    })
}

fn refused(status: u16, result: Value) -> Refused {
    let no = serde_json::from_value(result).unwrap_or(No {
        message: String::new(),
        kind: String::new(),
        value: Value::Null,
    });
    Refused {
        status,
        kind: no.kind,
        message: match no.message {
            message if message.is_empty() => format!("no reason given (HTTP status {status})"),
            message => message,
        },
        value: no.value,
    }
}

fn broken(status: u16, reason: &str) -> RestError {
    RestError::Broken {
        reason: format!("HTTP status {status}, {}", plain(reason)),
    }
}
