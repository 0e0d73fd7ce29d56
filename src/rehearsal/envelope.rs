//! The envelopes of LXD and of microcluster, which took them over: the answer, the refusal, and what is in them.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::certificate::sha256;
use crate::engine::Millis;

/// One answer, ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) location: Option<String>,
    pub(super) etag: Option<String>,
    pub(super) body: Value,
}

impl Answer {
    /// 200 with `metadata`.
    pub(super) fn sync(metadata: &Value) -> Self {
        Self {
            status: 200,
            location: None,
            etag: None,
            body: json!({
                "type": "sync", "status": "Success", "status_code": 200,
                "operation": "", "error_code": 0, "error": "", "metadata": metadata,
            }),
        }
    }

    /// 200 with `metadata` and yet a failure: the trap of microcluster's `SyncResponse(false)`.
    pub(super) fn failure(metadata: &Value) -> Self {
        let mut answer = Self::sync(metadata);
        set(&mut answer.body, "status", json!("Failure"));
        set(&mut answer.body, "status_code", json!(400));
        answer
    }

    /// 200 with `{}`, as changes are answered.
    pub(super) fn done() -> Self {
        Self::sync(&json!({}))
    }

    /// 201 and where the new thing is.
    pub(super) fn created(location: String) -> Self {
        Self {
            status: 201,
            location: Some(location),
            ..Self::sync(&Value::Null)
        }
    }

    /// 202 and the operation.
    pub(super) fn accepted(id: &str, operation: &Value) -> Self {
        let path = format!("/1.0/operations/{id}");
        Self {
            status: 202,
            body: json!({
                "type": "async", "status": "Operation created", "status_code": 100,
                "operation": path, "error_code": 0, "error": "", "metadata": operation,
            }),
            location: Some(path),
            etag: None,
        }
    }

    /// The same answer with the Etag of `state`.
    pub(super) fn tagged(mut self, state: &Value) -> Self {
        self.etag = Some(format!("\"{}\"", etag(state)));
        self
    }

    /// The body alone, as bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.body.to_string().into_bytes();
        bytes.push(b'\n');
        bytes
    }
}

/// What stands for `state` in Etag and If-Match.
pub(super) fn etag(state: &Value) -> String {
    sha256(state.to_string().as_bytes())
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut builder = Response::builder()
            .status(self.status)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(location) = &self.location {
            builder = builder.header(header::LOCATION, location);
        }
        if let Some(etag) = &self.etag {
            builder = builder.header(header::ETAG, etag);
        }
        builder
            .body(Body::from(self.bytes()))
            .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}

/// A refusal: LXD's code and text, and how long LXD takes to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) text: String,
    pub(super) took: u64,
}

impl Refusal {
    /// A refusal found out at once.
    pub(super) fn new(code: u16, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
            took: 4,
        }
    }

    /// 500, for what LXD does not classify.
    pub(super) fn internal(text: impl Into<String>) -> Self {
        Self::new(500, text)
    }

    /// The same refusal, found out after `took` milliseconds.
    pub(super) fn after(mut self, took: u64) -> Self {
        self.took = took;
        self
    }

    /// The refusal as an answer.
    pub(super) fn answer(&self) -> Answer {
        Answer {
            status: self.code,
            location: None,
            etag: None,
            body: json!({
                "type": "error", "status": "", "status_code": 0, "operation": "",
                "error_code": self.code, "error": self.text, "metadata": null,
            }),
        }
    }
}

/// What `value` has under `key`; null where it has nothing.
pub(super) fn field<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.get(key).unwrap_or(&Value::Null)
}

/// Puts `new` under `key` of an object.
pub(super) fn set(object: &mut Value, key: &str, new: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), new);
    }
}

/// A moment as they write it.
pub(super) fn rfc3339(at: Millis) -> String {
    time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000)
        .ok()
        .and_then(|moment| {
            moment
                .format(&time::format_description::well_known::Rfc3339)
                .ok()
        })
        .unwrap_or_else(|| "0001-01-01T00:00:00Z".to_owned())
}
