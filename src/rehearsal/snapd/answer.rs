//! snapd's envelopes: the answer, the change, the refusal.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// One answer, ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    status: u16,
    body: Value,
}

impl Answer {
    /// 200 with `result`.
    pub(super) fn sync(result: &Value) -> Self {
        Self {
            status: 200,
            body: json!({
                "type": "sync", "status-code": 200, "status": "OK", "result": result,
            }),
        }
    }

    /// The same answer, whose snaps are those of this machine.
    pub(super) fn local(mut self) -> Self {
        if let Some(body) = self.body.as_object_mut() {
            body.insert("sources".to_owned(), json!(["local"]));
        }
        self
    }

    /// 202 and the change.
    pub(super) fn begun(change: &str) -> Self {
        Self {
            status: 202,
            body: json!({
                "type": "async", "status-code": 202, "status": "Accepted", "result": null,
                "change": change,
            }),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        Response::builder()
            .status(self.status)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(self.body.to_string()))
            .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}

/// A refusal: snapd's code, kind and text, and how long snapd takes to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    message: String,
    kind: Option<&'static str>,
    value: Value,
    /// Milliseconds.
    pub(super) took: u64,
}

impl Refusal {
    /// A refusal without a kind, found out at once.
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            kind: None,
            value: Value::Null,
            took: 4,
        }
    }

    /// The same refusal with snapd's word for it and what it is about.
    pub(super) fn kind(mut self, kind: &'static str, value: impl Into<Value>) -> Self {
        self.kind = Some(kind);
        self.value = value.into();
        self
    }

    /// The same refusal, found out after `took` milliseconds.
    pub(super) fn after(mut self, took: u64) -> Self {
        self.took = took;
        self
    }

    /// The refusal as an answer.
    pub(super) fn answer(&self) -> Answer {
        let mut result = json!({ "message": self.message });
        if let (Some(kind), Some(result)) = (self.kind, result.as_object_mut()) {
            result.insert("kind".to_owned(), kind.into());
            if !self.value.is_null() {
                result.insert("value".to_owned(), self.value.clone());
            }
        }
        let status = StatusCode::from_u16(self.status).ok();
        let words = status.and_then(|status| status.canonical_reason());
        Answer {
            status: self.status,
            body: json!({
                "type": "error", "status-code": self.status, "status": words, "result": result,
            }),
        }
    }
}
