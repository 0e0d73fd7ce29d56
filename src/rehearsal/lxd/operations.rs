//! Operations: begun, ended, awaited, and forgotten five seconds later.

use std::time::Duration;

use serde_json::{Value, json};

use super::Release;
use super::state::State;
use crate::engine::Millis;
use crate::rehearsal::envelope::{Refusal, rfc3339, set};
use crate::world::Clock;

/// How long LXD remembers an operation that has ended.
const REMEMBERED: Duration = Duration::from_secs(5);

/// How long it is remembered in life at least: a site's clock may run a hundred times as fast, but
/// its callers do not.
const REMEMBERED_IN_LIFE: Duration = Duration::from_secs(1);

/// How long operations are remembered in `clock`'s milliseconds.
pub(super) fn remembered(clock: &Clock) -> Millis {
    let speed = REMEMBERED.as_secs_f64() / clock.in_life(REMEMBERED).as_secs_f64();
    let longest = REMEMBERED.max(REMEMBERED_IN_LIFE.mul_f64(speed));
    Millis::try_from(longest.as_millis()).unwrap_or(Millis::MAX)
}

/// How an operation stands, with LXD's words and codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    Running,
    Success,
    Failure,
    Cancelled,
}

impl Status {
    const fn words(self) -> (&'static str, u16) {
        match self {
            Self::Running => ("Running", 103),
            Self::Success => ("Success", 200),
            Self::Failure => ("Failure", 400),
            Self::Cancelled => ("Cancelled", 401),
        }
    }

    /// The key under which the list of operations has it.
    const fn heading(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What an operation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Task,
    Token,
}

/// One operation.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) id: String,
    /// The node whose daemon has it in memory.
    pub(super) node: String,
    pub(super) class: Class,
    pub(super) status: Status,
    pub(super) refusal: Option<Refusal>,
    pub(super) metadata: Value,
    /// When a token stops being good.
    pub(super) expires: Option<Millis>,
    description: String,
    cluster_wide: bool,
    location: String,
    created: Millis,
    ended: Option<Millis>,
}

/// What a new operation is about.
#[derive(Debug, Clone)]
pub(super) struct Begun {
    pub(super) class: Class,
    pub(super) description: &'static str,
    /// Null before 6.x wherever LXD gives a task nothing to tell.
    pub(super) metadata: Value,
    /// Whether 5.x lists the cluster among its resources.
    pub(super) cluster_wide: bool,
    /// When a token stops being good.
    pub(super) expires: Option<Millis>,
}

/// The operations of the whole site.
#[derive(Debug, Clone, Default)]
pub(super) struct Operations(Vec<Operation>);

impl Operations {
    pub(super) fn get(&self, id: &str) -> Option<&Operation> {
        self.0.iter().find(|operation| operation.id == id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Operation> {
        self.0.iter()
    }

    /// Ends `id`, unless something else did.
    pub(super) fn end(&mut self, id: &str, outcome: Result<(), Refusal>, now: Millis) {
        let running =
            |operation: &&mut Operation| operation.id == id && operation.status == Status::Running;
        if let Some(operation) = self.0.iter_mut().find(running) {
            operation.ended = Some(now);
            operation.status = match outcome {
                Ok(()) => Status::Success,
                Err(refusal) => {
                    operation.refusal = Some(refusal);
                    Status::Failure
                }
            };
        }
    }

    /// Cancels the running operations that `chosen` picks; tells how many those were.
    pub(super) fn cancel(&mut self, now: Millis, chosen: impl Fn(&Operation) -> bool) -> usize {
        let mut cancelled = 0;
        for operation in &mut self.0 {
            if operation.status == Status::Running && chosen(operation) {
                operation.status = Status::Cancelled;
                operation.ended = Some(now);
                cancelled += 1;
            }
        }
        cancelled
    }

    /// Forgets what ended long enough ago.
    pub(super) fn forget_ended(&mut self, now: Millis, remembered: Millis) {
        self.0.retain(|operation| {
            operation
                .ended
                .is_none_or(|ended| now < ended.saturating_add(remembered))
        });
    }

    /// Forgets what `node`'s daemon had in memory.
    pub(super) fn forget_node(&mut self, node: &str) {
        self.0.retain(|operation| operation.node != node);
    }
}

impl State {
    /// Begins an operation in `node`'s daemon; its id.
    pub(super) fn begin(&mut self, node: &str, begun: Begun, now: Millis) -> String {
        let mut dice = self.dice("operation");
        let id = match self.release(node) {
            Release::V6 => dice.uuid7(now),
            Release::V5_0 | Release::V5_21 => dice.uuid4(),
        };
        let location = self.location(node);
        self.operations.0.push(Operation {
            id: id.clone(),
            node: node.to_owned(),
            class: begun.class,
            status: Status::Running,
            refusal: None,
            metadata: begun.metadata,
            expires: begun.expires,
            description: begun.description.to_owned(),
            cluster_wide: begun.cluster_wide,
            location,
            created: now,
            ended: None,
        });
        id
    }
}

impl Operation {
    /// The operation as `release` shows it.
    pub(super) fn shown(&self, release: Release) -> Value {
        let (status, code) = self.status.words();
        let new = release == Release::V6;
        let updated = self.ended.filter(|_| new).unwrap_or(self.created);
        let mut shown = json!({
            "id": self.id,
            "class": if self.class == Class::Token { "token" } else { "task" },
            "description": self.description,
            "created_at": rfc3339(self.created),
            "updated_at": rfc3339(updated),
            "status": status, "status_code": code,
            "resources": if self.cluster_wide && !new { json!({"cluster": null}) } else { json!({}) },
            "metadata": self.metadata,
            "may_cancel": new || self.class == Class::Token,
            "err": self.error(new),
            "location": self.location,
        });
        if release != Release::V5_0 {
            set(
                &mut shown,
                "requestor",
                json!({"username": "root", "protocol": "unix", "address": "@"}),
            );
            if self.metadata.is_null() {
                set(&mut shown, "metadata", json!({}));
            }
        }
        if new {
            set(&mut shown, "err_code", json!(self.error_code()));
            set(&mut shown, "child_count", json!(0));
        }
        shown
    }

    fn error(&self, new: bool) -> &str {
        match &self.refusal {
            Some(refusal) => &refusal.text,
            None if new && self.status == Status::Cancelled => "context canceled",
            None => "",
        }
    }

    fn error_code(&self) -> u16 {
        match &self.refusal {
            Some(refusal) => refusal.code,
            None if self.status == Status::Cancelled => 500,
            None => 0,
        }
    }
}

/// `GET /1.0/operations`: those of all members, under how they stand.
pub(super) fn list(state: &State, node: &str, recursion: bool) -> Value {
    let release = state.release(node);
    let mut lists = serde_json::Map::new();
    for operation in state.operations.iter() {
        if !state.together(node, &operation.node) {
            continue;
        }
        let shown = if recursion {
            operation.shown(release)
        } else {
            json!(format!("/1.0/operations/{}", operation.id))
        };
        let heading = operation.status.heading();
        let under = lists.entry(heading).or_insert_with(|| json!([]));
        if let Some(under) = under.as_array_mut() {
            under.push(shown);
        }
    }
    Value::Object(lists)
}
