//! HTTP/1.1 on unix sockets: one connection per call, an answer of bounded size, errors told apart.

pub mod envelope;
pub mod error;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;
use tokio_util::task::AbortOnDropHandle;

use crate::engine::message::shown;

pub use error::{Refusal, RestError};

/// The longest answer that is read: 64 MiB. LXD takes config values of several megabytes.
pub const LARGEST_ANSWER: usize = 64 << 20;

/// How long a call that answers at once may take, connecting included.
pub const AT_ONCE: Duration = Duration::from_secs(30);

/// The longest foreign text that is kept, in characters.
const LONGEST_TEXT: usize = 2000;

/// How long an answer is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// The whole exchange ends within this time, in life's time, or fails with `NoAnswer`.
    Within(Duration),
    /// As long as the connection lives: for calls that do their work before they answer. A service
    /// that dies closes its socket, so such a call ends with it.
    WhileConnected,
}

/// One request.
#[derive(Clone)]
pub struct Call {
    method: Method,
    path: String,
    body: Body,
    patience: Patience,
}

/// What a request carries.
#[derive(Clone)]
enum Body {
    Nothing,
    Json(Value),
    Raw(Bytes),
}

impl Call {
    fn new(method: Method, path: impl Into<String>, body: Body) -> Self {
        Self {
            method,
            path: path.into(),
            body,
            patience: Patience::Within(AT_ONCE),
        }
    }

    /// `GET path`; like every call it answers at once unless told otherwise.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, Body::Nothing)
    }

    /// `PUT path` with a JSON body.
    pub fn put(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::PUT, path, Body::Json(body))
    }

    /// `POST path` with a JSON body.
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::POST, path, Body::Json(body))
    }

    /// `POST path` with bytes that are no JSON.
    pub fn upload(path: impl Into<String>, bytes: Bytes) -> Self {
        Self::new(Method::POST, path, Body::Raw(bytes))
    }

    /// `PATCH path` with a JSON body.
    pub fn patch(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::PATCH, path, Body::Json(body))
    }

    /// `DELETE path`.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path, Body::Nothing)
    }

    /// The same call with a JSON body.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Body::Json(body);
        self
    }

    /// The same call, awaited differently.
    #[must_use]
    pub fn patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }
}

impl fmt::Debug for Call {
    /// Method and path alone: a body may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// What came back: an HTTP status and the whole body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, at most [`LARGEST_ANSWER`] bytes.
    pub body: Bytes,
}

/// A service on a unix socket.
#[derive(Debug, Clone)]
pub struct Rest {
    socket: PathBuf,
}

impl Rest {
    /// The service that listens on `socket`; nothing is connected yet.
    pub fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Where the service listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Makes one call on a connection of its own; dropping the future closes the connection.
    pub async fn send(&self, call: &Call) -> Result<Answer, RestError> {
        match call.patience {
            Patience::WhileConnected => self.exchange(call).await,
            Patience::Within(limit) => tokio::time::timeout(limit, self.exchange(call))
                .await
                .unwrap_or_else(|_| {
                    Err(RestError::NoAnswer {
                        call: format!("{call:?}"),
                        seconds: limit.as_secs(),
                    })
                }),
        }
    }

    async fn exchange(&self, call: &Call) -> Result<Answer, RestError> {
        let stream = UnixStream::connect(&self.socket)
            .await
            .map_err(|error| self.unreachable(&error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| lost(call, &error))?;
        let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
        let response = sender
            .send_request(request(call)?)
            .await
            .map_err(|error| lost(call, &error))?;
        read(call, response).await
    }

    fn unreachable(&self, error: &io::Error) -> RestError {
        let socket = self.socket.clone();
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                RestError::NoSocket { socket }
            }
            io::ErrorKind::ConnectionRefused => RestError::NobodyListens { socket },
            io::ErrorKind::PermissionDenied => RestError::NotPermitted { socket },
            _ => RestError::Lost {
                call: format!("connect to {}", socket.display()),
                reason: plain(&error.to_string()),
            },
        }
    }
}

fn request(call: &Call) -> Result<Request<Full<Bytes>>, RestError> {
    let (kind, body) = match &call.body {
        Body::Nothing => ("application/json", Bytes::new()),
        Body::Json(value) => ("application/json", Bytes::from(value.to_string())),
        Body::Raw(bytes) => ("application/octet-stream", bytes.clone()),
    };
    Request::builder()
        .method(call.method.clone())
        .uri(&call.path)
        .header(HOST, "localhost")
        .header(CONTENT_TYPE, kind)
        .body(Full::new(body))
        .map_err(|error| RestError::Broken {
            reason: format!("{call:?} is no request: {error}"),
        })
}

async fn read(call: &Call, response: Response<Incoming>) -> Result<Answer, RestError> {
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), LARGEST_ANSWER);
    match body.collect().await {
        Ok(whole) => Ok(Answer {
            status,
            body: whole.to_bytes(),
        }),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(RestError::Broken {
            reason: format!("the answer to {call:?} is longer than {LARGEST_ANSWER} bytes"),
        }),
        Err(error) => Err(RestError::Lost {
            call: format!("{call:?}"),
            reason: plain(&error.to_string()),
        }),
    }
}

/// A connection that ended early; what was not HTTP at all is a broken answer instead.
fn lost(call: &Call, error: &hyper::Error) -> RestError {
    if error.is_parse() {
        return RestError::Broken {
            reason: format!("the answer to {call:?} is no HTTP: {error}"),
        };
    }
    RestError::Lost {
        call: format!("{call:?}"),
        reason: plain(&error.to_string()),
    }
}

/// Foreign text fit to be shown, without blanks around it: no more than 2000 characters are kept, and
/// it shows where it was cut.
pub fn plain(text: &str) -> String {
    let mut kept: String = shown(text).take(LONGEST_TEXT + 1).collect();
    if let Some((cut, _)) = kept.char_indices().nth(LONGEST_TEXT) {
        kept.truncate(cut);
        kept.push('…');
    }
    kept.trim().to_owned()
}

/// `text` as one segment of a path or one value of a query: all but RFC 3986's unreserved
/// characters are percent-encoded.
pub fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
        }
    }
    encoded
}
