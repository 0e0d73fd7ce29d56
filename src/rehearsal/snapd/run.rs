//! Changes at work: task after task, each with its time, and back again where one fails.

use super::changes::{Change, Effect, Status, Task};
use super::daemon::Daemon;
use super::state::Installed;
use super::store::{self, Release};
use super::{What, tasks, wording};
use crate::rehearsal::fault::Call;

/// How often a task that takes long shows how far it is and whether it is to stop, in milliseconds.
pub(super) const SLICE: u64 = 500;

/// How long snapd is away when it starts again as the snap that was just put in its place.
const RESTART: u64 = 3_000;

/// Why a change does not go on.
pub(super) enum Stop {
    Failed(String),
    Aborted,
}

impl Daemon {
    /// Works on a change until it is over or the daemon stops.
    pub(super) fn go_on(&self, id: String) {
        let daemon = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = daemon.stop.cancelled() => {}
                () = daemon.work(&id) => {}
            }
        });
    }

    async fn work(&self, id: &str) {
        while let Some((at, task)) = self.next(id) {
            match self.perform(id, at, &task).await {
                Ok(()) => self.on_task(id, at, |task, now| {
                    (task.status, task.done) = (Status::Done, task.total);
                    task.ended = Some(now);
                }),
                Err(Stop::Aborted) => return self.take_back(id, Status::Undone).await,
                Err(Stop::Failed(words)) => {
                    let line = format!("{} ERROR {words}", wording::moment(self.now()));
                    self.on_task(id, at, |task, now| {
                        (task.status, task.ended) = (Status::Error, Some(now));
                        task.log.push(line);
                    });
                    let summary = self.on_task(id, at, |task, _| task.summary.clone());
                    let failed = [(summary.unwrap_or_default(), words)];
                    self.on_change(id, |change| change.err = wording::failed(&failed));
                    return self.take_back(id, Status::Error).await;
                }
            };
        }
        if self.on_change(id, |change| change.aborted) == Some(true) {
            return self.take_back(id, Status::Undone).await;
        }
        let now = self.now();
        self.on_change(id, |change| change.end(Status::Done, now));
    }

    /// The next task of a change, begun.
    fn next(&self, id: &str) -> Option<(usize, Task)> {
        let mut state = self.state();
        let change = state.change_mut(id)?;
        if change.aborted {
            return None;
        }
        let waits = |task: &Task| matches!(task.status, Status::Do | Status::Doing);
        let at = change.tasks.iter().position(waits)?;
        change.status = Status::Doing;
        let task = change.tasks.get_mut(at)?;
        task.status = Status::Doing;
        Some((at, task.clone()))
    }

    fn on_change<T>(&self, id: &str, what: impl FnOnce(&mut Change) -> T) -> Option<T> {
        self.state().change_mut(id).map(what)
    }

    pub(super) fn on_task<T>(
        &self,
        id: &str,
        at: usize,
        what: impl FnOnce(&mut Task, u64) -> T,
    ) -> Option<T> {
        let now = self.now();
        let mut state = self.state();
        let task = state.change_mut(id)?.tasks.get_mut(at)?;
        Some(what(task, now))
    }

    async fn perform(&self, id: &str, at: usize, task: &Task) -> Result<(), Stop> {
        match &task.effect {
            Effect::Download => self.download(id, at, task).await?,
            Effect::InstallHook => {
                let strike = self.strike(Call::Hook);
                self.site.inner.clock.sleep(strike.delay).await;
                self.wait(id, task.took).await?;
                if let Some(reason) = strike.refused {
                    return Err(Stop::Failed(wording::hook(&task.snap, &reason)));
                }
            }
            _ => self.wait(id, task.took).await?,
        }
        self.take_effect(id, at, task).await
    }

    /// Lets time pass, and stops where the change is to stop.
    pub(super) async fn wait(&self, id: &str, mut took: u64) -> Result<(), Stop> {
        while took > 0 {
            self.pass(took.min(SLICE)).await;
            took = took.saturating_sub(SLICE);
            if self.on_change(id, |change| change.aborted) != Some(false) {
                return Err(Stop::Aborted);
            }
        }
        Ok(())
    }

    async fn take_effect(&self, id: &str, at: usize, task: &Task) -> Result<(), Stop> {
        let snap = task.snap.as_str();
        match &task.effect {
            Effect::Nothing | Effect::Download | Effect::InstallHook => {}
            Effect::Prerequisites(release) => self.prepare(id, at, release).await?,
            Effect::Link(release) => self.link(id, at, release).await,
            Effect::AutoConnect => self.state().auto_connect(snap),
            Effect::Start => self.tell(snap, What::Started).await,
            Effect::Stop => self.tell(snap, What::Stopped).await,
            Effect::Restart => self.tell(snap, What::Restarted).await,
            Effect::Enable => self.set_active(snap, true),
            Effect::Disable => {
                self.tell(snap, What::Stopped).await;
                self.set_active(snap, false);
            }
            Effect::Remove => {
                self.tell(snap, What::Stopped).await;
                self.state().remove(snap);
            }
            Effect::Connect(connection) => {
                self.state().connections.insert(connection.clone());
            }
            Effect::Disconnect(connection) => {
                self.state().connections.remove(connection);
            }
        }
        Ok(())
    }

    fn set_active(&self, snap: &str, active: bool) {
        if let Some(installed) = self.state().snaps.get_mut(snap) {
            installed.active = active;
        }
    }

    /// Makes sure that snapd and the base are there: another change may be bringing them, else this
    /// one does.
    async fn prepare(&self, id: &str, at: usize, release: &Release) -> Result<(), Stop> {
        if release.kind != "app" {
            return Ok(());
        }
        for needed in ["snapd", release.base] {
            while !self.state().snaps.contains_key(needed) {
                if !self.state().is_coming(needed, id) {
                    self.bring_along(id, at, needed);
                    break;
                }
                self.wait(id, SLICE).await?;
            }
        }
        Ok(())
    }

    /// Puts the tasks that install another snap behind a task.
    fn bring_along(&self, id: &str, at: usize, snap: &str) {
        let Ok(release) = store::find(snap, "latest/stable", "") else {
            return;
        };
        let now = self.now();
        let mut state = self.state();
        if state.change(id).is_some_and(|change| change.brings(snap)) {
            return;
        }
        let more = state.tasks_of(tasks::of_install(&release), now);
        if let Some(change) = state.change_mut(id) {
            let behind = (at + 1).min(change.tasks.len());
            change.tasks.splice(behind..behind, more);
        }
    }

    async fn link(&self, id: &str, at: usize, release: &Release) {
        let before = self.place(release);
        self.on_task(id, at, |task, _| task.before = before);
        if release.kind == "snapd" {
            self.state().away_until = self.now() + RESTART;
            self.sleep(RESTART).await;
        }
    }

    fn place(&self, release: &Release) -> Option<Installed> {
        let mut installed = Installed::from_store(release, self.now());
        let mut state = self.state();
        let before = state.snaps.get(release.snap).cloned();
        installed.hold = before.as_ref().and_then(|before| before.hold);
        state.snaps.insert(release.snap.to_owned(), installed);
        before
    }

    /// Takes back what a change did, the last first, and ends it.
    async fn take_back(&self, id: &str, end: Status) {
        let done = self.on_change(id, |change| {
            change.status = Status::Undo;
            for task in &mut change.tasks {
                match task.status {
                    Status::Done | Status::Doing => task.status = Status::Undo,
                    Status::Do => task.status = Status::Hold,
                    _ => {}
                }
            }
            change.tasks.clone()
        });
        for (at, task) in done.unwrap_or_default().iter().enumerate().rev() {
            if task.status == Status::Undo {
                self.pass(60).await;
                self.revert(task).await;
                self.on_task(id, at, |task, now| {
                    (task.status, task.ended) = (Status::Undone, Some(now));
                });
            }
        }
        let now = self.now();
        self.on_change(id, |change| change.end(end, now));
    }

    async fn revert(&self, task: &Task) {
        match &task.effect {
            Effect::Start => self.tell(&task.snap, What::Stopped).await,
            Effect::Stop => self.tell(&task.snap, What::Started).await,
            Effect::Link(release) => {
                let mut state = self.state();
                match &task.before {
                    Some(before) => {
                        let name = release.snap.to_owned();
                        state.snaps.insert(name, before.clone());
                    }
                    None => state.remove(release.snap),
                }
            }
            _ => {}
        }
    }
}
