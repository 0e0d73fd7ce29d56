//! The admin sockets of Ceph's daemons on this node: a command as JSON and a NUL byte; the answer is its
//! length, four bytes with the highest first, and then JSON, or plain words where it failed. A daemon
//! answers one command on a connection, and has another socket once it was started again.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::infra::rest::plain;

/// How long a command may take; those sent here are answered from memory.
const LIMIT: Duration = Duration::from_secs(10);

/// The longest answer that is read.
const LONGEST: u32 = 1 << 20;

/// Why a daemon did not do as it was asked.
#[derive(Debug, Error)]
pub enum AdminError {
    /// Nobody listens: the daemon does not run.
    #[error("{} does not answer: {reason}", .socket.display())]
    Absent {
        /// Its socket.
        socket: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The connection broke, or nothing came in time.
    #[error("{} broke off: {reason}", .socket.display())]
    Lost {
        /// Its socket.
        socket: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// It said no.
    #[error("{0}")]
    Refused(String),
}

/// The admin socket of one of Ceph's daemons.
#[derive(Debug, Clone)]
pub struct Admin {
    socket: PathBuf,
}

impl Admin {
    /// The daemon that listens on `socket`.
    pub fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Whether there is a socket.
    pub fn is_there(&self) -> bool {
        self.socket.exists()
    }

    /// `config get`: the value that counts now, as Ceph writes it (`5.000000`).
    pub async fn get(&self, variable: &str) -> Result<String, AdminError> {
        let answer = self
            .ask(&json!({ "prefix": "config get", "var": variable }))
            .await?;
        match answer.get(variable).and_then(Value::as_str) {
            Some(value) => Ok(plain(value)),
            None => Err(AdminError::Refused(plain(&answer.to_string()))),
        }
    }

    /// `config set`: until the daemon starts again, or until [`Self::unset`].
    pub async fn set(&self, variable: &str, value: &str) -> Result<(), AdminError> {
        self.ask(&json!({ "prefix": "config set", "var": variable, "val": [value] }))
            .await
            .map(drop)
    }

    /// `config unset`: takes [`Self::set`] back.
    pub async fn unset(&self, variable: &str) -> Result<(), AdminError> {
        self.ask(&json!({ "prefix": "config unset", "var": variable }))
            .await
            .map(drop)
    }

    /// `status` of an OSD: `booting`, `active`, …; it is `active` once the cluster's map has it up.
    pub async fn state(&self) -> Result<String, AdminError> {
        let answer = self.ask(&json!({ "prefix": "status" })).await?;
        let state = answer.get("state").and_then(Value::as_str);
        Ok(plain(state.unwrap_or("unknown")))
    }

    async fn ask(&self, command: &Value) -> Result<Value, AdminError> {
        let lost = |reason: String| AdminError::Lost {
            socket: self.socket.clone(),
            reason,
        };
        let asked = tokio::time::timeout(LIMIT, self.exchange(command)).await;
        let answer = asked.map_err(|_| lost("no answer in time".to_owned()))??;
        let Ok(answer) = serde_json::from_slice::<Value>(&answer) else {
            let words = String::from_utf8_lossy(&answer);
            return Err(AdminError::Refused(plain(&words)));
        };
        match answer.get("error").and_then(Value::as_str) {
            Some(error) => Err(AdminError::Refused(plain(error))),
            None => Ok(answer),
        }
    }

    async fn exchange(&self, command: &Value) -> Result<Vec<u8>, AdminError> {
        let mut stream =
            UnixStream::connect(&self.socket)
                .await
                .map_err(|error| AdminError::Absent {
                    socket: self.socket.clone(),
                    reason: error.to_string(),
                })?;
        let exchanged = async {
            let mut words = command.to_string().into_bytes();
            words.push(0);
            stream.write_all(&words).await?;
            let length = stream.read_u32().await?;
            if length > LONGEST {
                return Err(io::Error::other("the answer is too long"));
            }
            let mut answer = Vec::new();
            (&mut stream)
                .take(length.into())
                .read_to_end(&mut answer)
                .await?;
            if u32::try_from(answer.len()) != Ok(length) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Ok(answer)
        };
        exchanged
            .await
            .map_err(|error: io::Error| AdminError::Lost {
                socket: self.socket.clone(),
                reason: error.to_string(),
            })
    }
}
