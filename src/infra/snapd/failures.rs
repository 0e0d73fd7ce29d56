//! What went wrong with snapd, in mcloud's words with snapd's own as the cause, and how to mend it.

use super::client::Build;
use super::envelope::SnapdError;
use super::refusals::{Meaning, meaning, releases, told};
use crate::engine::message::{Failure, Message, Remedy};
use crate::infra::rest::RestError;

/// Asking snapd failed.
pub(super) fn unanswered(error: &SnapdError) -> Failure {
    failed(Message::new("snapd.unanswered"), error)
}

/// A call that failed: `what` was wanted.
pub(super) fn failed(what: Message, error: &SnapdError) -> Failure {
    let hint = match error {
        SnapdError::Refused(refused) => hint(meaning(refused)),
        SnapdError::Rest(error) => match error {
            RestError::NoSocket { .. } => "snapd.hint-install",
            RestError::NobodyListens { .. } => "snapd.hint-start",
            RestError::NotPermitted { .. } => "snapd.hint-denied",
            RestError::NoAnswer { .. } | RestError::Lost { .. } => "snapd.hint-again",
            RestError::Broken { .. }
            | RestError::Refused(_)
            | RestError::OperationGone { .. }
            | RestError::OperationCancelled { .. }
            | RestError::Left { .. } => "snapd.hint-log",
        },
    };
    Failure::new(what).because(error).hint(Message::new(hint))
}

/// A snap that was refused: where the store has other channels of it, they are named.
pub(super) fn refused(what: Message, (name, build): (&str, &Build), error: &SnapdError) -> Failure {
    let failure = failed(what, error);
    let Some(refused) = error.refusal() else {
        return failure;
    };
    match meaning(refused) {
        Meaning::NotReleased => {
            let channels = releases(refused);
            let hint = if channels.is_empty() {
                Message::new("snapd.hint-not-released")
            } else {
                Message::new("snapd.hint-releases").with("channels", channels.join(", "))
            };
            let hint = hint.with("snap", name).with("channel", &build.channel);
            with_change(failure).hint(hint)
        }
        Meaning::NoSuchSnap => with_change(failure),
        _ => failure,
    }
}

/// Other answers can mend it.
fn with_change(mut failure: Failure) -> Failure {
    failure.remedies.insert(0, Remedy::Change);
    failure
}

/// A change that ended badly.
pub(super) fn ended_badly(what: Message, causes: &[String]) -> Failure {
    let hint = causes
        .iter()
        .map(|words| told(words))
        .find(|meaning| *meaning != Meaning::Other)
        .map_or("snapd.hint-change", hint);
    let failure = Failure::new(what).hint(Message::new(hint));
    causes.iter().fold(failure, Failure::because)
}

/// A change that goes on after the machine started again.
pub(super) fn reboot(what: Message) -> Failure {
    Failure::new(what).hint(Message::new("snapd.hint-reboot"))
}

/// A change that does not move.
pub(super) fn stuck(summary: &str) -> Failure {
    Failure::new(Message::new("snapd.stuck").with("task", summary))
        .hint(Message::new("snapd.hint-stuck"))
}

/// The step stopped because it was asked to.
pub(super) fn stopped() -> Failure {
    Failure::new(Message::new("snapd.stopped-as-asked")).hint(Message::new("snapd.hint-again"))
}

/// A snap that something was to be done with is not installed.
pub(super) fn absent(name: &str) -> Failure {
    Failure::new(Message::new("snapd.snap-absent").with("snap", name))
        .hint(Message::new("snapd.hint-snap-absent").with("snap", name))
}

fn hint(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::NoSuchSnap => "snapd.hint-no-such-snap",
        Meaning::Conflict => "snapd.hint-conflict",
        Meaning::NoSpace => "snapd.hint-space",
        Meaning::NoNetwork => "snapd.hint-network",
        Meaning::Assumes => "snapd.hint-assumes",
        Meaning::OtherSwitch => "snapd.hint-other-switch",
        Meaning::NoSuchPlug => "snapd.hint-plug",
        Meaning::Denied => "snapd.hint-denied",
        Meaning::NotInstalled => "snapd.hint-not-installed",
        Meaning::AlreadyInstalled | Meaning::NoUpdate | Meaning::NotReleased | Meaning::Other => {
            "snapd.hint-log"
        }
    }
}
