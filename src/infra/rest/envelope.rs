//! The envelope LXD and microcluster put around every answer, and LXD's operations in it.

use std::fmt;

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{Refusal, RestError, plain};

/// `status_code` of an operation that went well (LXD `shared/api/status_code.go`).
const SUCCESS: u16 = 200;
/// `status_code` of one that failed.
const FAILURE: u16 = 400;
/// `status_code` of one that was cancelled.
const CANCELLED: u16 = 401;

/// A yes: the same call may be answered either way, depending on the service's version.
#[derive(Debug, Clone)]
pub enum Reply<T> {
    /// Done; the `metadata`.
    Sync(T),
    /// Begun; the operation to wait for.
    Async(Operation),
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "or_default")]
    error: String,
    #[serde(default, deserialize_with = "or_default")]
    error_code: u16,
    #[serde(default)]
    metadata: Value,
}

/// Reads one answer. Unknown fields are ignored and `metadata: null` is whatever `T` makes of it.
///
/// Fails with `Refused` where the service said no and with `Broken` where this is not an envelope
/// or its `metadata` is not a `T`.
pub fn parse<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<Reply<T>, RestError> {
    let envelope: Envelope =
        serde_json::from_slice(body).map_err(|error| broken(status, &error.to_string()))?;
    match envelope.kind.as_str() {
        "error" => Err(refused(status, &envelope).into()),
        _ if status >= 400 => Err(refused(status, &envelope).into()),
        "sync" => serde_json::from_value(envelope.metadata)
            .map(Reply::Sync)
            .map_err(|error| broken(status, &error.to_string())),
        "async" => serde_json::from_value(envelope.metadata)
            .map(Reply::Async)
            .map_err(|error| broken(status, &error.to_string())),
        other => Err(broken(status, &format!("unknown type {other:?}"))),
    }
}

fn refused(status: u16, envelope: &Envelope) -> Refusal {
    Refusal {
        status,
        code: match envelope.error_code {
            0 => status,
            code => code,
        },
        text: match plain(&envelope.error) {
            text if text.is_empty() => "no reason given".to_owned(),
            text => text,
        },
    }
}

fn broken(status: u16, reason: &str) -> RestError {
    RestError::Broken {
        reason: format!("HTTP status {status}, {}", plain(reason)),
    }
}

/// An operation as the service tells it (LXD `shared/api/operation.go`).
#[derive(Clone, Deserialize)]
pub struct Operation {
    /// Its name in `/1.0/operations/`.
    pub id: String,
    /// `task`, `token`, `websocket` or, from 6.x on, `durable`.
    #[serde(default, deserialize_with = "text")]
    pub class: String,
    /// What it does, in the service's words.
    #[serde(default, deserialize_with = "text")]
    pub description: String,
    /// Where it is, in the service's words.
    #[serde(default, deserialize_with = "text")]
    pub status: String,
    /// The same as a number: below 200 it still runs.
    pub status_code: u16,
    /// Why it failed; empty if it did not.
    #[serde(default, deserialize_with = "text")]
    pub err: String,
    /// The failure's code, from 6.x on; else 0.
    #[serde(default, deserialize_with = "or_default")]
    pub err_code: u16,
    /// What it tells besides; a token's holds its secret.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Map<String, Value>,
}

impl fmt::Debug for Operation {
    /// Without the metadata, which may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("id", &self.id)
            .field("class", &self.class)
            .field("description", &self.description)
            .field("status_code", &self.status_code)
            .field("err", &self.err)
            .finish_non_exhaustive()
    }
}

impl Operation {
    /// `Ok(true)` when it went well, `Ok(false)` while it runs, else why it did not go well.
    pub fn outcome(&self) -> Result<bool, RestError> {
        match self.status_code {
            code if code < SUCCESS => Ok(false),
            SUCCESS if self.err.is_empty() => Ok(true),
            CANCELLED => Err(RestError::OperationCancelled {
                id: plain(&self.id),
            }),
            _ => Err(self.failure().into()),
        }
    }

    /// Whether it is not over.
    pub fn is_running(&self) -> bool {
        self.status_code < SUCCESS
    }

    fn failure(&self) -> Refusal {
        Refusal {
            status: SUCCESS,
            code: match self.err_code {
                0 => FAILURE,
                code => code,
            },
            text: match self.err.as_str() {
                "" => format!("the operation ended as {:?}", self.status),
                err => err.to_owned(),
            },
        }
    }

    /// What may be shown of it while it runs.
    pub fn view(&self) -> OperationView {
        OperationView {
            id: plain(&self.id),
            description: self.description.clone(),
            status: self.status.clone(),
            notes: self
                .metadata
                .iter()
                .filter(|(key, _)| key.ends_with("_progress"))
                .filter_map(|(_, value)| value.as_str().map(plain))
                .collect(),
        }
    }
}

/// A running operation's sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationView {
    /// Its id.
    pub id: String,
    /// What it does, in the service's words.
    pub description: String,
    /// Where it is, in the service's words.
    pub status: String,
    /// Progress texts, which only image and copy operations have.
    pub notes: Vec<String>,
}

/// Who hears an operation's signs of life: called once per round of waiting.
pub type Progress<'a> = &'a (dyn Fn(&OperationView) + Send + Sync);

/// Reads `null` as the default.
pub fn or_default<'de, D, T>(source: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(source)?.unwrap_or_default())
}

/// Reads a text fit to be shown; `null` is empty.
pub fn text<'de, D: Deserializer<'de>>(source: D) -> Result<String, D::Error> {
    let raw: Option<String> = Option::deserialize(source)?;
    Ok(raw.as_deref().map(plain).unwrap_or_default())
}

/// Reads a list of texts fit to be shown; `null` is empty.
pub fn texts<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<String>, D::Error> {
    let raw: Option<Vec<String>> = Option::deserialize(source)?;
    Ok(raw.unwrap_or_default().iter().map(|t| plain(t)).collect())
}
