//! What went wrong with an application of microcluster, in mcloud's words with its own as the cause,
//! and how to mend it.

use super::App;
use super::reach::passes;
use super::refusals::{Meaning, meaning};
use super::types::Member;
use crate::engine::message::{Failure, Message};
use crate::infra::late::Late;
use crate::infra::rest::RestError;

/// A call that failed: `what` was wanted.
pub(in crate::infra) fn failed(app: App, what: Message, error: &RestError) -> Failure {
    Failure::new(what).because(error).hint(app.say(hint(error)))
}

/// Reading its state failed: it is away for a moment, which its steps bear, or it does not answer as it
/// should.
pub(in crate::infra) fn unanswered(app: App, error: &RestError) -> Failure {
    if passes(error) {
        return failed(app, app.say("micro.away"), error);
    }
    silent(app, error)
}

/// It did not answer as it should, or was away for longer than anybody waits.
pub(in crate::infra) fn silent(app: App, error: &RestError) -> Failure {
    failed(app, app.say("micro.unanswered"), error)
}

/// It is not installed.
pub(in crate::infra) fn absent(app: App) -> Failure {
    Failure::new(app.say("micro.absent")).hint(app.say("micro.hint-install"))
}

/// The step stopped because it was asked to.
pub(in crate::infra) fn stopped(app: App) -> Failure {
    Failure::new(app.say("micro.stopped-as-asked")).hint(app.say("micro.hint-again"))
}

/// It is a member of a cluster that is not the planned one.
pub(in crate::infra) fn other_cluster(app: App, name: &str, members: &[Member]) -> Failure {
    let say = |code: &str| {
        app.say(code)
            .with("name", name)
            .with("members", names(members))
    };
    Failure::new(say("micro.other-cluster")).hint(say("micro.hint-other-cluster"))
}

/// A member that is listed and of no use.
pub(in crate::infra) fn unfit(app: App, member: &Member) -> Failure {
    let say = |code: &str| app.say(code).with("name", &member.name);
    let hint = if member.status == "NEEDS UPGRADE" {
        app.say("micro.hint-versions")
    } else {
        say("micro.hint-member-gone")
    };
    Failure::new(say("micro.member-wrong").with("status", &member.status)).hint(hint)
}

/// Members that answer nobody, with what their application says of them.
pub(super) fn late(app: App, away: &[&Member]) -> Box<Late> {
    let names: Vec<&str> = away.iter().map(|it| it.name.as_str()).collect();
    let names = names.join(", ");
    let say = |code: &str| app.say(code).with("members", &names);
    let late = Failure::new(say("micro.members-late")).hint(say("micro.hint-members-late"));
    let late = away.iter().fold(late, |late, it| {
        let (name, status, heartbeat) = (&it.name, &it.status, &it.last_heartbeat);
        late.because(format!("{name}: {status}, last heartbeat {heartbeat}"))
    });
    Late::new(format!("{names} not online"), late)
}

/// A service that its members do not run.
pub(super) fn without(app: App, lacking: &str) -> Box<Late> {
    let what = app.say("micro.service-late").with("lacking", lacking);
    let late = Failure::new(what).hint(app.say("micro.hint-log"));
    Late::new(lacking, late)
}

/// It runs and does not become ready.
pub(super) fn starts_long(app: App) -> Failure {
    Failure::new(app.say("micro.starts-long")).hint(app.say("micro.hint-starts-long"))
}

/// A member that should be listed and is not.
pub(in crate::infra) fn gone(app: App, name: &str, found: &[Member]) -> Failure {
    let say = |code: &str| app.say(code).with("name", name);
    Failure::new(say("micro.member-gone").with("members", names(found)))
        .hint(say("micro.hint-member-gone"))
}

/// The members' names in one line.
pub(in crate::infra) fn names(members: &[Member]) -> String {
    let names: Vec<&str> = members.iter().map(|it| it.name.as_str()).collect();
    names.join(", ")
}

fn hint(error: &RestError) -> &'static str {
    match error {
        RestError::NoSocket { .. } | RestError::NobodyListens { .. } => "micro.hint-start",
        RestError::NotPermitted { .. } => "micro.hint-root",
        RestError::NoAnswer { .. }
        | RestError::Lost { .. }
        | RestError::OperationGone { .. }
        | RestError::OperationCancelled { .. }
        | RestError::Left { .. } => "micro.hint-again",
        RestError::Broken { .. } => "micro.hint-version",
        RestError::Refused(refusal) => match meaning(refusal) {
            Meaning::BadName => "micro.hint-name",
            Meaning::BadAddress | Meaning::MonitorElsewhere | Meaning::AddressTaken => {
                "micro.hint-address"
            }
            Meaning::MonitorOutside | Meaning::NetworkElsewhere => "micro.hint-network",
            Meaning::TokenRefused | Meaning::TokenExists | Meaning::TokenForAnother => {
                "micro.hint-token"
            }
            Meaning::TokenElsewhere => "micro.hint-token-elsewhere",
            Meaning::Unreachable => "micro.hint-unreachable",
            Meaning::VersionsDiffer => "micro.hint-versions",
            Meaning::Inconsistent | Meaning::Unconfirmed => "micro.hint-half-joined",
            Meaning::ClientConfig => "micro.hint-client-config",
            Meaning::NotReady | Meaning::RolesPending => "micro.hint-again",
            _ => "micro.hint-log",
        },
    }
}
