//! Changes: the tasks that snapd makes of a wish, how they stand, and how they are shown.

use serde_json::{Value, json};

use super::state::{Connection, Installed, State};
use super::store::Release;
use super::wording::moment;
use crate::engine::Millis;

/// How a change or a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Do,
    Doing,
    Done,
    Undo,
    Undone,
    Hold,
    Error,
}

/// What a task does to the machine when its time has passed.
#[derive(Debug, Clone)]
pub(super) enum Effect {
    Nothing,
    /// Makes sure that base and snapd are there.
    Prerequisites(Release),
    /// Downloads; its bytes are its progress.
    Download,
    /// Puts a snap in its place.
    Link(Release),
    AutoConnect,
    InstallHook,
    Start,
    Stop,
    Enable,
    Disable,
    Restart,
    Remove,
    Connect(Connection),
    Disconnect(Connection),
}

/// One task.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) id: u64,
    pub(super) snap: String,
    pub(super) kind: &'static str,
    pub(super) summary: String,
    pub(super) status: Status,
    pub(super) effect: Effect,
    /// Milliseconds it takes; what downloads takes as long as its bytes do.
    pub(super) took: u64,
    pub(super) done: u64,
    pub(super) total: u64,
    pub(super) log: Vec<String>,
    pub(super) spawned: Millis,
    pub(super) ended: Option<Millis>,
    /// What was there before it linked a snap.
    pub(super) before: Option<Installed>,
}

/// One change.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) summary: String,
    pub(super) status: Status,
    pub(super) snaps: Vec<String>,
    pub(super) tasks: Vec<Task>,
    pub(super) err: String,
    pub(super) spawned: Millis,
    pub(super) ended: Option<Millis>,
    /// Whether somebody asked it to stop.
    pub(super) aborted: bool,
}

/// What a change is to be, before it has an id.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    pub(super) kind: &'static str,
    pub(super) summary: String,
    pub(super) snaps: Vec<String>,
    pub(super) tasks: Vec<(Draft, Effect)>,
}

/// A task that has no id yet: its snap, its kind, its summary, the milliseconds it takes.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) snap: String,
    pub(super) kind: &'static str,
    pub(super) summary: String,
    pub(super) took: u64,
}

impl Change {
    pub(super) fn is_ready(&self) -> bool {
        self.ended.is_some()
    }

    pub(super) fn concerns(&self, snap: &str) -> bool {
        let mut tasks = self.tasks.iter();
        self.snaps.iter().any(|each| each == snap) || tasks.any(|task| task.snap == snap)
    }

    /// Whether it still has a snap to put in its place.
    pub(super) fn brings(&self, snap: &str) -> bool {
        let waits = |task: &Task| matches!(task.status, Status::Do | Status::Doing);
        let links = |task: &Task| matches!(&task.effect, Effect::Link(it) if it.snap == snap);
        self.tasks.iter().any(|task| waits(task) && links(task))
    }

    /// Ends all tasks that have not ended yet.
    pub(super) fn end(&mut self, status: Status, now: Millis) {
        self.status = status;
        self.ended = Some(now);
        for task in &mut self.tasks {
            task.ended.get_or_insert(now);
        }
    }

    /// As `GET /v2/changes/{id}` shows it.
    pub(super) fn shown(&self) -> Value {
        let mut shown = json!({
            "id": self.id, "kind": self.kind, "summary": self.summary,
            "status": format!("{:?}", self.status),
            "ready": self.is_ready(), "spawn-time": moment(self.spawned),
            "data": { "snap-names": self.snaps },
        });
        let mut add = |key: &str, value: Value| {
            if let Some(shown) = shown.as_object_mut() {
                shown.insert(key.to_owned(), value);
            }
        };
        if !self.tasks.is_empty() {
            add("tasks", self.tasks.iter().map(Task::shown).collect());
        }
        if !self.err.is_empty() {
            add("err", self.err.clone().into());
        }
        if let Some(ended) = self.ended {
            add("ready-time", moment(ended).into());
        }
        shown
    }
}

impl Task {
    fn shown(&self) -> Value {
        let mut shown = json!({
            "id": self.id.to_string(), "kind": self.kind, "summary": self.summary,
            "status": format!("{:?}", self.status),
            "progress": { "label": "", "done": self.done, "total": self.total },
            "spawn-time": moment(self.spawned),
            "data": { "affected-snaps": [self.snap] },
        });
        let mut add = |key: &str, value: Value| {
            if let Some(shown) = shown.as_object_mut() {
                shown.insert(key.to_owned(), value);
            }
        };
        if !self.log.is_empty() {
            add("log", json!(self.log));
        }
        if let Some(ended) = self.ended {
            add("ready-time", moment(ended).into());
        }
        shown
    }
}

impl State {
    /// Makes a change of a wish; one without tasks is done already.
    pub(super) fn begin(&mut self, wish: Wish, now: Millis) -> String {
        let id = (self.changes.len() + 1).to_string();
        let tasks = self.tasks_of(wish.tasks, now);
        let done = tasks.is_empty();
        self.changes.push(Change {
            id: id.clone(),
            kind: wish.kind,
            summary: wish.summary,
            status: if done { Status::Done } else { Status::Do },
            snaps: wish.snaps,
            tasks,
            err: String::new(),
            spawned: now,
            ended: done.then_some(now),
            aborted: false,
        });
        id
    }

    /// Gives tasks their ids.
    pub(super) fn tasks_of(&mut self, drafts: Vec<(Draft, Effect)>, now: Millis) -> Vec<Task> {
        let drafts = drafts.into_iter().map(|(draft, effect)| {
            self.tasks += 1;
            Task {
                id: self.tasks,
                snap: draft.snap,
                kind: draft.kind,
                summary: draft.summary,
                status: Status::Do,
                took: draft.took,
                done: 0,
                total: 1,
                log: Vec::new(),
                spawned: now,
                ended: None,
                before: None,
                effect,
            }
        });
        drafts.collect()
    }
}
