//! Exchanges recorded from real LXDs, and how the client reads each of them.

use std::collections::BTreeMap;

use mcloud::infra::lxd::refusals::{Meaning, meaning};
use mcloud::infra::lxd::types::{Cluster, Member, Network, Pool, Profile, Server};
use mcloud::infra::rest::envelope::{Operation, Reply, parse};
use mcloud::infra::rest::{Refusal, RestError};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

/// One recording, by exchange id.
pub(crate) struct Recording {
    pub(crate) version: &'static str,
    pub(crate) lines: Vec<Value>,
}

/// What an exchange turned out to be.
#[derive(Debug)]
pub(crate) enum Read {
    Success,
    Refusal(Refusal),
}

pub(crate) fn recordings() -> [Recording; 3] {
    [
        ("5.0.2", include_str!("../fixtures/lxd-5.0.2.jsonl")),
        ("5.21", include_str!("../fixtures/lxd-5.21.jsonl")),
        ("6.9", include_str!("../fixtures/lxd-6.9.jsonl")),
    ]
    .map(|(version, file)| Recording {
        version,
        lines: file
            .lines()
            .map(|line| serde_json::from_str(line).expect("a recording is JSON lines"))
            .collect(),
    })
}

impl Recording {
    pub(crate) fn line(&self, id: &str) -> &Value {
        self.lines
            .iter()
            .find(|line| line["id"] == format!("lxd/{id}"))
            .unwrap_or_else(|| panic!("{} has no exchange {id}", self.version))
    }

    pub(crate) fn reply<T: DeserializeOwned>(&self, id: &str) -> Result<Reply<T>, RestError> {
        reply(self.line(id))
    }

    pub(crate) fn thing<T: DeserializeOwned>(&self, id: &str) -> T {
        match self.reply(id) {
            Ok(Reply::Sync(thing)) => thing,
            Ok(Reply::Async(operation)) => panic!("{} {id}: {operation:?}", self.version),
            Err(error) => panic!("{} {id}: {error}", self.version),
        }
    }

    /// The meaning of a refusal, whether it came at once or at the end of an operation.
    pub(crate) fn meaning(&self, id: &str) -> Meaning {
        let line = match self.reply::<IgnoredAny>(id) {
            Ok(Reply::Async(_)) => self.line(&format!("{id}-wait")),
            _ => self.line(id),
        };
        match read(line) {
            Ok(Read::Refusal(refusal)) => meaning(&refusal),
            other => panic!("{} {id}: {other:?}", self.version),
        }
    }
}

pub(crate) fn reply<T: DeserializeOwned>(line: &Value) -> Result<Reply<T>, RestError> {
    let status = line["response"]["status"].as_u64().expect("a status");
    let body = line["response"]["body"].to_string();
    parse(
        u16::try_from(status).expect("an HTTP status"),
        body.as_bytes(),
    )
}

/// Reads an exchange as the call that asks its path does.
pub(crate) fn read(line: &Value) -> Result<Read, RestError> {
    let path = line["request"]["path"].as_str().expect("a path");
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    if line["request"]["method"] != "GET" {
        return outcome::<IgnoredAny>(line);
    }
    match (parts.as_slice(), query) {
        (["internal", "ready"], _) => outcome::<IgnoredAny>(line),
        (["1.0"], _) => outcome::<Server>(line),
        (["1.0", "cluster"], _) => outcome::<Cluster>(line),
        (["1.0", "cluster", "members"], _) => outcome::<Option<Vec<Member>>>(line),
        (["1.0", "cluster", "members", _], _) => outcome::<Member>(line),
        (["1.0", "storage-pools"], _) => outcome::<Option<Vec<Pool>>>(line),
        (["1.0", "storage-pools", _], _) => outcome::<Pool>(line),
        (["1.0", "profiles", _], _) => outcome::<Profile>(line),
        (["1.0", "networks"], _) => outcome::<Option<Vec<Network>>>(line),
        (["1.0", "networks", _], _) => outcome::<Network>(line),
        (["1.0", "operations"], _) => outcome::<BTreeMap<String, Vec<Operation>>>(line),
        (["1.0", "operations", _, ..], _) => match reply::<Operation>(line) {
            Ok(Reply::Sync(operation)) => refused(operation.outcome().map(drop)),
            other => refused(other.map(drop)),
        },
        _ => panic!("nothing in the client asks {path}"),
    }
}

fn outcome<T: DeserializeOwned>(line: &Value) -> Result<Read, RestError> {
    refused(reply::<T>(line).map(drop))
}

fn refused(result: Result<(), RestError>) -> Result<Read, RestError> {
    match result {
        Ok(()) => Ok(Read::Success),
        Err(RestError::Refused(refusal)) => Ok(Read::Refusal(refusal)),
        Err(error) => Err(error),
    }
}
