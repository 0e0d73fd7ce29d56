//! Whether every planned member is there and answers, looked at until it is so.

use super::App;
use super::failures;
use super::reach::{Reach, Silence};
use super::types::Member;
use crate::engine::message::{Failure, Message};
use crate::infra::Context;
use crate::infra::late::{Late, Wait};

/// How something that comes by itself stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::infra) enum Standing {
    /// As it must be; what was found.
    Right(Vec<Message>),
    /// On its way; what is lacking, and what it comes to where it never comes.
    NotYet(Box<Late>),
}

/// Whether every planned member is online. One that is gone or unfit does not mend itself.
pub(in crate::infra) fn online(
    reach: &Reach,
    found: &[Member],
    planned: &[String],
) -> Result<Standing, Failure> {
    let app = reach.app;
    let mut away = Vec::new();
    for name in planned {
        match found.iter().find(|it| it.name == *name) {
            None => return Err(failures::gone(app, name, found)),
            Some(member) if member.is_unfit() => return Err(failures::unfit(app, member)),
            Some(member) if member.is_online() => {}
            Some(member) => away.push(member),
        }
    }
    if !away.is_empty() {
        return Ok(Standing::NotYet(failures::late(app, &away)));
    }
    let online = app.say("micro.members-online").with("count", found.len());
    Ok(Standing::Right(vec![
        online.with("members", failures::names(found)),
    ]))
}

/// The daemon is away for now.
pub(in crate::infra) fn away(app: App) -> Standing {
    let late = Failure::new(app.say("micro.unanswered")).hint(app.say("micro.hint-log"));
    Standing::NotYet(Late::new(format!("{} is away", app.name), late))
}

/// A service that its members do not run yet.
pub(in crate::infra) fn without(app: App, lacking: &str) -> Standing {
    Standing::NotYet(failures::without(app, lacking))
}

/// A look at how something stands, and what it found; none while the daemon is away.
pub(in crate::infra) trait Look: Send + Sync {
    /// Looks once.
    fn look(
        &self,
        context: &Context,
        silence: &mut Silence,
    ) -> impl Future<Output = Result<Standing, Failure>> + Send;
}

/// Looks until it is right.
pub(in crate::infra) async fn until_right(
    reach: &Reach,
    context: &Context,
    look: &impl Look,
) -> Result<Vec<Message>, Failure> {
    let mut silence = Silence::default();
    let mut wait = Wait::begin(&reach.world.clock);
    loop {
        match look.look(context, &mut silence).await? {
            Standing::Right(found) => return Ok(found),
            Standing::NotYet(late) => wait.goes_on(late.failure)?,
        }
        reach.pause(context).await?;
    }
}
