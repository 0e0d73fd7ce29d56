//! What went wrong with LXD, in mcloud's words with LXD's own as the cause, and how to mend it.

use super::reach::passes;
use super::refusals::{Meaning, meaning};
use super::types::Member;
use crate::engine::message::{Failure, Message};
use crate::infra::rest::RestError;

/// A call that failed: `what` was wanted.
pub(super) fn failed(what: Message, error: &RestError) -> Failure {
    if let RestError::Left { .. } = error {
        return left(error);
    }
    Failure::new(what)
        .because(error)
        .hint(Message::new(hint(error)))
}

/// Reading LXD's state failed: it is away for a moment, which its steps bear, or it does not answer as
/// it should.
pub(super) fn unanswered(error: &RestError) -> Failure {
    if passes(error) {
        return failed(Message::new("lxd.away"), error);
    }
    silent(error)
}

/// LXD did not answer as it should, or was away for longer than anybody waits.
pub(super) fn silent(error: &RestError) -> Failure {
    failed(Message::new("lxd.unanswered"), error)
}

/// LXD runs and does not become ready.
pub(super) fn starts_long() -> Failure {
    Failure::new(Message::new("lxd.starts-long")).hint(Message::new("lxd.hint-starts-long"))
}

/// No LXD is installed.
pub(super) fn absent() -> Failure {
    Failure::new(Message::new("lxd.absent")).hint(Message::new("lxd.hint-install"))
}

/// The step stopped because it was asked to.
pub(super) fn stopped() -> Failure {
    Failure::new(Message::new("lxd.stopped-as-asked")).hint(Message::new("lxd.hint-again"))
}

/// The step stopped because it was asked to, while LXD goes on with what it had begun.
pub(super) fn left(error: &RestError) -> Failure {
    Failure::new(Message::new("lxd.stopped-as-asked"))
        .because(error)
        .hint(Message::new("lxd.hint-left"))
}

/// LXD is a member of a cluster that is not the planned one.
pub(super) fn other_cluster(name: &str, members: &[Member]) -> Failure {
    let what = Message::new("lxd.other-cluster")
        .with("name", name)
        .with("members", names(members));
    Failure::new(what).hint(Message::new("lxd.hint-other-cluster").with("name", name))
}

/// The members' names in one line.
pub(super) fn names(members: &[Member]) -> String {
    let names: Vec<&str> = members.iter().map(|m| m.server_name.as_str()).collect();
    names.join(", ")
}

fn hint(error: &RestError) -> &'static str {
    match error {
        RestError::NoSocket { .. } | RestError::NobodyListens { .. } => "lxd.hint-start",
        RestError::NotPermitted { .. } => "lxd.hint-root",
        RestError::NoAnswer { .. }
        | RestError::Lost { .. }
        | RestError::OperationGone { .. }
        | RestError::OperationCancelled { .. }
        | RestError::Left { .. } => "lxd.hint-again",
        RestError::Broken { .. } => "lxd.hint-version",
        RestError::Refused(refusal) => match meaning(refusal) {
            Meaning::CannotListen => "lxd.hint-listen",
            Meaning::TokenRefused => "lxd.hint-token",
            Meaning::MemberExists => "lxd.hint-member-exists",
            Meaning::VersionsDiffer => "lxd.hint-versions",
            Meaning::DriverMissing => "lxd.hint-driver",
            Meaning::InUse => "lxd.hint-in-use",
            Meaning::NoQuorum => "lxd.hint-quorum",
            Meaning::NotReady | Meaning::Changed => "lxd.hint-again",
            _ => "lxd.hint-log",
        },
    }
}
