//! Public events as JSON, one object a line: `assets/events.schema.json` documents them.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::moment::rfc_3339;
use super::offers;
use crate::engine::event::{PublicEvent, What};
use crate::engine::message::{Failure, Message, plain};
use crate::text::sentence;
use crate::wire::Offers;

/// The version of the events: what is there stays, more may come.
pub const VERSION: u32 = 1;

/// One event as one line of JSON, without a line end.
///
/// Every message carries its sentence as `text`; what is none is left out.
pub fn line(event: &PublicEvent) -> String {
    line_with(event, &Offers::default())
}

/// The same with what a cluster that is ready offers: secrets, which no event carries, as `join` and
/// `web` beside what the event says.
pub fn line_with(event: &PublicEvent, offers: &Offers) -> String {
    let mut fields = match shown(&event.what) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    if let Some(over) = wall_over_critical_path(&event.what) {
        fields.insert("wall_over_critical_path".to_owned(), Value::from(over));
    }
    fields.extend(offers::fields(offers));
    // These come first, so that a person who reads along finds them.
    let kind = fields.remove("kind").unwrap_or_default();
    let head = [
        ("v".to_owned(), Value::from(VERSION)),
        ("at".to_owned(), Value::String(rfc_3339(event.at))),
        ("node".to_owned(), Value::String(plain(&event.node))),
        ("kind".to_owned(), kind),
    ];
    let pairs = head.into_iter().chain(fields);
    let pairs = pairs.map(|(name, value)| format!("{}:{value}", Value::String(name)));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

/// How much longer a run took than its longest chain of steps, to three digits.
fn wall_over_critical_path(what: &What) -> Option<f64> {
    let What::Done {
        took_ms,
        timing: Some(timing),
        ..
    } = what
    else {
        return None;
    };
    let thousandths = took_ms.saturating_mul(1_000);
    let thousandths = thousandths.checked_div(timing.critical_path_ms)?;
    Some(f64::from(u32::try_from(thousandths).ok()?) / 1_000.0)
}

/// A failure that ended a command, as one line of JSON: `v` and `failure`.
pub fn failure(failure: &Failure) -> String {
    document("failure", &shown(failure)).to_string()
}

/// A message as JSON: its code, its sentence, and what the sentence was filled with.
pub(super) fn message(message: &Message) -> Value {
    shown(message)
}

/// One document of a command: `v` and one thing.
pub(super) fn document(name: &str, value: &Value) -> Value {
    json!({"v": VERSION, name: value})
}

/// The value as JSON for others: messages with their sentences, text plain, no nulls.
pub(super) fn shown(value: &impl Serialize) -> Value {
    tame(serde_json::to_value(value).unwrap_or_default())
}

fn tame(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(plain(&text)),
        Value::Array(values) => Value::Array(values.into_iter().map(tame).collect()),
        Value::Object(fields) => {
            let says = said(&fields);
            let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
            let mut fields: Map<_, _> = fields
                .map(|(name, value)| (plain(&name), tame(value)))
                .collect();
            if let Some(text) = says {
                fields.insert("text".to_owned(), Value::String(text));
            }
            Value::Object(fields)
        }
        other => other,
    }
}

/// The sentence of an object that is a message: nothing else of the engine's has a `code`.
fn said(fields: &Map<String, Value>) -> Option<String> {
    fields.get("code")?;
    let message = serde_json::from_value::<Message>(Value::Object(fields.clone())).ok()?;
    Some(plain(&sentence(&message)))
}
