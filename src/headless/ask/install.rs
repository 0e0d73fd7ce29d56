//! The run as a page: the ways on where something stopped.

use super::page::{Page, Place};
use super::words::fill;
use crate::engine::Intent;
use crate::engine::message::Remedy;
use crate::engine::node::{Role, Stage};
use crate::engine::picture::{FailureRow, Picture};
use crate::text::{say, sentence};

/// The page.
pub(super) fn page(picture: &Picture) -> Page {
    let mut page = Page::new(Place::Install);
    let failures = picture.install.iter().flat_map(|run| &run.failures);
    let failures: Vec<_> = failures.collect();
    if failures.is_empty() {
        page.says(say("ask-lines.running"));
    }
    for failure in &failures {
        let what = sentence(&failure.failure.what);
        let with = [("step", failure.step.as_str()), ("what", what.as_str())];
        let text = fill("ask-lines.stopped", &with);
        page.line(format!("failure:{}", failure.step), text, String::new());
    }
    if let Some(failure) = failures.first() {
        let code = match (picture.stage, picture.role) {
            (_, Role::Worker) => "install-screen.initiator-decides",
            (Stage::Stopped, _) => "install-screen.you-decide",
            _ => "install-screen.others-go-on",
        };
        page.says(fill(code, &[("node", &failure.node)]));
    }
    if picture.role == Role::Leader && !picture.unattended {
        ways(&mut page, picture.stage == Stage::Stopped, &failures);
    }
    page
}

/// The ways on that this console may choose. None is suggested: an empty line decides nothing.
fn ways(page: &mut Page, stopped: bool, failures: &[&FailureRow]) {
    let with = |remedy: Remedy| {
        let has = move |row: &&&FailureRow| row.failure.remedies.contains(&remedy);
        failures.iter().filter(has)
    };
    for row in with(Remedy::Retry) {
        let name = [("name", &*say("key.retry")), ("value", &*row.step)];
        let label = fill("ask-lines.named", &name);
        let step = row.step.clone();
        page.intent("retry", label, Intent::Retry { step });
    }
    if !stopped {
        return;
    }
    for row in with(Remedy::GoOnWithout) {
        let label = fill("key.go-on-without-node", &[("node", &row.node)]);
        let node = row.node.clone();
        page.intent("without", label, Intent::GoOnWithout { node });
    }
    if with(Remedy::Change).next().is_some() {
        page.intent("change", say("key.change"), Intent::Change);
    }
    if with(Remedy::Report).next().is_some() {
        page.intent("report", say("key.report"), Intent::Report);
    }
    if with(Remedy::Leave).next().is_some() {
        page.intent("end", say("key.end-here"), Intent::Leave);
    }
}
