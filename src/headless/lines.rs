//! Public events as lines for people: plain text that a screen reader, a log or a mail can carry.

use super::moment::{clock, passed, took};
use crate::engine::event::{Level, PeerState, PublicEvent, StepEvent, What};
use crate::engine::message::{Failure, Message, plain};
use crate::engine::preflight::Verdict;
use crate::engine::proven::verdict;
use crate::engine::run::CriticalPath;
use crate::text::sentence;

/// How far the second line of an event is indented: below the node's name.
const INDENT: &str = "          ";

/// One event as a line, `HH:MM:SS node what …` in UTC; a plan, a failure and the end have indented
/// lines below. None for what would only be noise: steps that wait, and debugging.
pub fn line(event: &PublicEvent) -> Option<String> {
    let says = match &event.what {
        What::Hello {
            mcloud,
            cluster,
            role,
        } => hello(mcloud, cluster, role),
        What::Check {
            check,
            verdict,
            says,
            fix,
        } => self::check(check, *verdict, says, fix.as_ref()),
        What::Peer { state, address } => peer(*state, address.as_deref()),
        What::Trust { state, by, id } => {
            let says = Message::new("headless.trust");
            row(
                "trust",
                state,
                &sentence(&says.with("by", by).with("id", id)),
            )
        }
        What::Plan { .. } => plan(&event.what)?,
        What::Step { .. } => step(&event.what)?,
        What::Log {
            level, step, says, ..
        } => log(*level, step.as_deref(), says)?,
        What::Failure { step, failure } => stopped(step.as_deref(), failure),
        What::Done { .. } => done(&event.what)?,
    };
    let node = plain(&event.node);
    Some(format!("{}  {node:<8}  {says}", clock(event.at)))
}

/// The same without what was proven: for who has just read it on a screen.
pub fn brief(event: &PublicEvent) -> Option<String> {
    let mut event = event.clone();
    if let What::Done { proven, .. } = &mut event.what {
        proven.clear();
    }
    line(&event)
}

/// A failure that ended a command: what, why, what it means for the data, what to do.
pub fn failure(failure: &Failure) -> String {
    let mut lines = vec![plain(&sentence(&failure.what))];
    lines.extend(details(failure).iter().map(|line| format!("  {line}")));
    lines.join("\n")
}

/// Three columns; the last is free text.
fn row(subject: &str, state: &str, says: &str) -> String {
    let (subject, state) = (plain(subject), plain(state));
    format!("{subject:<16}  {state:<9}  {}", plain(says))
        .trim_end()
        .to_owned()
}

/// A row with lines below it.
fn block(first: String, below: impl IntoIterator<Item = String>) -> String {
    let below = below.into_iter();
    let below = below.map(|line| format!("{INDENT}{}", plain(&line)));
    [first]
        .into_iter()
        .chain(below)
        .collect::<Vec<_>>()
        .join("\n")
}

fn hello(mcloud: &str, cluster: &str, role: &str) -> String {
    let says = Message::new("headless.hello")
        .with("cluster", cluster)
        .with("role", role);
    row(&format!("mcloud {mcloud}"), "begins", &sentence(&says))
}

fn check(check: &str, verdict: Verdict, says: &Message, fix: Option<&Message>) -> String {
    let fix = fix.map(|fix| labelled("headless.fix", &sentence(fix)));
    block(
        row(&format!("check {check}"), verdict.name(), &sentence(says)),
        fix,
    )
}

fn peer(state: PeerState, address: Option<&str>) -> String {
    let state = match state {
        PeerState::Missing => "missing",
        PeerState::Joined => "joined",
        PeerState::Connected => "connected",
        PeerState::Lost => "lost",
    };
    row("peer", state, address.unwrap_or_default())
}

/// What will be erased comes first, each disk on its own line.
fn plan(what: &What) -> Option<String> {
    let What::Plan {
        digest,
        steps,
        nodes,
        erase,
        erasures,
        usual_ms,
    } = what
    else {
        return None;
    };
    let first = match erase {
        0 => sentence(&Message::new("headless.erases-nothing")),
        count => sentence(&Message::new("headless.erases").with("count", count)),
    };
    let erased = erasures
        .iter()
        .map(|disk| labelled("headless.erased", disk));
    let work = Message::new("headless.plan")
        .with("steps", steps)
        .with("nodes", nodes.join(", "))
        .with("usual", passed(*usual_ms));
    let sealed = labelled("headless.digest", digest);
    let below = erased.chain([sentence(&work), sealed]);
    Some(block(row("plan", "made", &first), below))
}

fn step(what: &What) -> Option<String> {
    let What::Step {
        step,
        state,
        attempt,
        took_ms,
        done,
        total,
        ..
    } = what
    else {
        return None;
    };
    let word = match state {
        StepEvent::Waiting => return None,
        StepEvent::Running if *took_ms >= 1_000 => {
            sentence(&Message::new("headless.still-running").with("passed", passed(*took_ms)))
        }
        StepEvent::Running => "running".to_owned(),
        StepEvent::Done => "done".to_owned(),
        StepEvent::Already => "already".to_owned(),
        StepEvent::Failed => "failed".to_owned(),
        StepEvent::Skipped => "skipped".to_owned(),
        StepEvent::Undone => "undone".to_owned(),
    };
    let mut says = Vec::new();
    if matches!(
        state,
        StepEvent::Done | StepEvent::Failed | StepEvent::Undone
    ) {
        says.push(took(*took_ms));
    }
    if let (Some(done), Some(total)) = (done, total) {
        let counted = Message::new("headless.counted").with("done", done);
        says.push(sentence(&counted.with("total", total)));
    }
    if *attempt > 1 {
        let attempt = Message::new("headless.attempt").with("attempt", attempt);
        says.push(sentence(&attempt));
    }
    Some(row(class(step), &word, &says.join(", ")))
}

fn log(level: Level, step: Option<&str>, says: &Message) -> Option<String> {
    let level = match level {
        Level::Debug => return None,
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    Some(row(step.map_or("log", class), level, &sentence(says)))
}

fn stopped(step: Option<&str>, failure: &Failure) -> String {
    let first = row(
        step.map_or("mcloud", class),
        "stopped",
        &sentence(&failure.what),
    );
    block(first, details(failure))
}

/// Causes, data, hint: each on its own line.
fn details(failure: &Failure) -> Vec<String> {
    let causes = failure.causes.iter();
    let mut lines: Vec<_> = causes
        .map(|cause| labelled("headless.cause", cause))
        .collect();
    lines.push(labelled("headless.data", &sentence(&failure.data)));
    let hint = failure.hint.iter();
    lines.extend(hint.map(|hint| labelled("headless.hint", &sentence(hint))));
    lines
}

fn done(what: &What) -> Option<String> {
    let What::Done {
        ok,
        exit,
        members,
        took_ms,
        proven,
        why,
        timing: _,
    } = what
    else {
        return None;
    };
    let code = if *ok {
        "headless.done"
    } else {
        "headless.not-done"
    };
    let says = Message::new(code)
        .with("members", members)
        .with("took", took(*took_ms))
        .with("exit", exit);
    let why = why.iter().map(sentence);
    let proven = proven.iter().map(|says| {
        let label = match verdict(says) {
            None => "headless.not-known",
            Some(Verdict::Good) => "headless.proven",
            Some(_) => "headless.warns",
        };
        labelled(label, &sentence(says))
    });
    let state = if *ok { "done" } else { "not done" };
    let first = row("mcloud", state, &sentence(&says));
    Some(block(first, why.chain(proven)))
}

/// What a run's time was made of: its longest chain, and all its steps one after the other.
pub fn critical_path(timing: &CriticalPath) -> String {
    let says = Message::new("headless.critical-path")
        .with("chain", took(timing.critical_path_ms))
        .with("series", took(timing.in_series_ms));
    let steps = timing
        .critical_path
        .iter()
        .map(|step| format!("  {}", plain(step)));
    std::iter::once(sentence(&says))
        .chain(steps)
        .collect::<Vec<_>>()
        .join("\n")
}

fn labelled(code: &str, text: &str) -> String {
    plain(&sentence(&Message::new(code).with("text", text)))
}

/// The step's id without its node, which has its own column.
fn class(step: &str) -> &str {
    step.split('@').next().unwrap_or(step)
}
