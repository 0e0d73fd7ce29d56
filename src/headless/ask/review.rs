//! Review as a page: who is there and what must be mended, or what will be erased and done.

use super::page::{Page, Place};
use super::words::{fill, list};
use crate::engine::Intent;
use crate::engine::answers::Purpose;
use crate::engine::message::plain;
use crate::engine::node::{Role, Stage};
use crate::engine::picture::{NodeState, Picture, Review, disk_in_words};
use crate::engine::plan::DiskUse;
use crate::engine::preflight::{Check, Verdict};
use crate::headless::moment::passed;
use crate::text::{say, sentence};

/// The page.
pub(super) fn page(picture: &Picture) -> Page {
    let before = matches!(picture.stage, Stage::Idle | Stage::Gathering);
    let blocked = picture.checks.iter();
    let blocked = !before && blocked.clone().any(|it| it.verdict == Verdict::Blocking);
    let sealed = picture.review.as_ref();
    let sealed = sealed.filter(|_| !before && !blocked && picture.stage != Stage::Sealing);
    let mut page = match sealed {
        Some(review) => with_plan(picture, review),
        None => waiting(picture, blocked),
    };
    let leads = picture.role == Role::Leader && !picture.unattended;
    if leads && matches!(picture.stage, Stage::Gathering | Stage::Review) {
        let again = page.consent.is_none();
        if again {
            page.intent("again", say("key.look-again"), Intent::LookAgain);
        }
        if again && can_change(picture) {
            page.intent("change", say("key.change"), Intent::Change);
        }
    }
    page
}

/// Whether the answers can be changed here: they were chosen here, and nothing was begun.
pub(super) fn can_change(picture: &Picture) -> bool {
    let chosen = picture.wizard.session.is_some() && !picture.unattended;
    let before = matches!(picture.stage, Stage::Gathering | Stage::Review);
    chosen && before && picture.role == Role::Leader
}

fn waiting(picture: &Picture, blocked: bool) -> Page {
    let mut page = Page::new(Place::Waiting);
    let missing = picture.nodes.iter();
    let missing = missing.filter(|node| node.state != NodeState::Ready);
    let missing = list(missing.map(|node| node.name.as_str()));
    page.says(match (picture.stage, picture.role) {
        (Stage::Sealing, _) => say("review.sealing"),
        (Stage::Idle, Role::Worker) => say("review.joining"),
        (Stage::Idle, _) => say("review.idle"),
        _ if blocked => say("review.blocked"),
        (Stage::Gathering, _) if !missing.is_empty() => {
            fill("ask-lines.waits-for", &[("nodes", &missing)])
        }
        _ => say("review.planning"),
    });
    for node in &picture.nodes {
        let state = say(match node.state {
            NodeState::Missing => "review.node-missing",
            NodeState::Silent => "review.node-silent",
            NodeState::Looking => "review.node-looking",
            NodeState::Ready => "review.node-ready",
        });
        let with = [("name", node.name.as_str()), ("value", state.as_str())];
        let text = format!("  {}", fill("ask-lines.named", &with));
        page.line(format!("node:{}", node.name), text, node.name.clone());
    }
    if blocked {
        checks(&mut page, picture, |it| it.verdict != Verdict::Good);
    }
    if picture.role == Role::Worker {
        page.says(say(if blocked {
            "review.initiator-looks"
        } else {
            "review.joiner-waits"
        }));
    }
    page
}

/// What will be erased first, each disk whole on its own line; then the plan.
fn with_plan(picture: &Picture, review: &Review) -> Page {
    let mut page = Page::new(Place::Review(review.digest.clone()));
    if review.erasures.is_empty() {
        page.says(say(if picture.touched {
            "review.erases-nothing-more"
        } else {
            "review.erases-nothing"
        }));
    } else {
        page.says(say(if picture.touched {
            "review.will-write-more"
        } else {
            "review.will-write"
        }));
        disks(&mut page, "review.will-be-erased", &review.erasures);
    }
    if !review.formats.is_empty() {
        disks(&mut page, "review.will-be-formatted", &review.formats);
    }
    checks(&mut page, picture, |it| it.verdict == Verdict::Warning);
    page.says(heading("review.plan"));
    let (phases, absent): (Vec<_>, Vec<_>) = review.phases.iter().partition(|row| row.steps > 0);
    for row in phases {
        let with = [
            ("phase", row.phase.title()),
            ("steps", &*row.steps.to_string()),
            ("nodes", &*list(row.nodes.iter().map(String::as_str))),
            ("time", &*passed(row.usual_ms)),
        ];
        page.says(format!("  {}", fill("ask-lines.phase", &with)));
    }
    if !absent.is_empty() {
        let phases = list(absent.iter().map(|row| row.phase.title()));
        page.says(format!(
            "  {}",
            fill("review.absent", &[("phases", &phases)])
        ));
    }
    let time = fill("screen.about", &[("time", &passed(review.usual_ms))]);
    page.says(fill("review.in-all", &[("time", &time)]));
    page.says(match &review.driver {
        Some(driver) => fill("review.pool", &[("driver", driver)]),
        None => say("review.no-pool"),
    });
    for says in &review.notes {
        page.says(sentence(says));
    }
    asks(&mut page, picture, review);
    page
}

fn heading(code: &str) -> String {
    fill("ask-lines.heading", &[("text", &say(code))])
}

fn disks(page: &mut Page, title: &str, disks: &[DiskUse]) {
    page.says(heading(title));
    for disk in disks {
        // Every disk is listed, also where two are described alike.
        let key = format!("disk:{title}:{}:{}", disk.node, disk.name);
        let purpose = say(match disk.purpose {
            Purpose::Local => "disks.local",
            Purpose::Ceph => "disks.ceph",
        });
        let disk = plain(&disk_in_words(disk));
        let with = [("disk", disk.as_str()), ("use", purpose.as_str())];
        let text = format!("  {}", fill("review.disk-for", &with));
        page.line(key, text, String::new());
    }
}

fn checks(page: &mut Page, picture: &Picture, which: fn(&Check) -> bool) {
    for check in picture.checks.iter().filter(|check| which(check)) {
        let text = sentence(&check.says);
        let code = if check.verdict == Verdict::Blocking {
            "ask-lines.wrong"
        } else {
            "ask-lines.warning"
        };
        page.says(fill(code, &[("text", &text)]));
        let fix = check.fix.iter().map(sentence);
        for fix in fix {
            page.says(format!("    {}", fill("headless.fix", &[("text", &fix)])));
        }
    }
}

/// What must be typed here, or who decides.
fn asks(page: &mut Page, picture: &Picture, review: &Review) {
    let Some(digest) = &review.digest else {
        return page.says(say("review.unsealed"));
    };
    if picture.unattended {
        page.says(say("review.unattended"));
    } else if picture.role == Role::Leader {
        page.consent = Some((digest.clone(), review.erasures.len()));
    } else {
        page.says(say("review.initiator-decides"));
    }
}
