//! The step that waits until every planned member is online and LXD's database has a leader.

use super::failures;
use super::reach::{Reach, Silence, say};
use super::types::{Member, MemberStatus};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::late::{Late, Wait};
use crate::infra::{Context, Doing, Step};

/// How something that comes by itself stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// As it must be; what was found.
    Right(Vec<Message>),
    /// On its way; what is lacking, and what it comes to where it never comes.
    NotYet(Box<Late>),
}

/// Every planned member is online and LXD's database has a leader.
#[derive(Debug)]
pub(super) struct Led {
    pub(super) reach: Reach,
    pub(super) members: Vec<String>,
}

/// Whether exactly the planned members are online and one of them leads the database. What does
/// not mend itself is a failure: a stranger, a member that is gone, blocked or evacuated.
pub(super) fn standing(found: &[Member], planned: &[String]) -> Result<Standing, Failure> {
    let names = || failures::names(found);
    if let Some(it) = found.iter().find(|it| !planned.contains(&it.server_name)) {
        let say = |code: &str| Message::new(code).with("name", &it.server_name);
        return Err(
            Failure::new(say("lxd.member-strange").with("members", names()))
                .hint(say("lxd.hint-member-strange")),
        );
    }
    let is = |name: &&String| found.iter().any(|it| it.server_name == **name);
    if let Some(name) = planned.iter().find(|name| !is(name)) {
        return Err(gone(name, found));
    }
    if let Some(member) = found.iter().find(|member| is_unfit(member)) {
        return Err(unfit(member));
    }
    if found.iter().any(|it| it.status != MemberStatus::Online) {
        return Ok(Standing::NotYet(offline(found)));
    }
    let leaders: Vec<&Member> = found.iter().filter(|it| it.leads()).collect();
    Ok(match leaders.as_slice() {
        [leader] => Standing::Right(vec![
            Message::new("lxd.members-online")
                .with("count", found.len())
                .with("members", planned.join(", ")),
            Message::new("lxd.database-led").with("name", &leader.server_name),
        ]),
        several => {
            let lacking = format!("{} database leaders", several.len());
            let late = Failure::new(Message::new("lxd.members-led-by-none"));
            let late = late.hint(Message::new("lxd.hint-quorum"));
            Standing::NotYet(Late::new(lacking, late))
        }
    })
}

/// The members that are not online, with LXD's own words about them.
pub(super) fn offline(found: &[Member]) -> Box<Late> {
    let away = || found.iter().filter(|it| it.status != MemberStatus::Online);
    let names: Vec<&str> = away().map(|it| it.server_name.as_str()).collect();
    let names = names.join(", ");
    let say = |code: &str| Message::new(code).with("members", &names);
    let late = Failure::new(say("lxd.members-late")).hint(say("lxd.hint-members-late"));
    let late = away().fold(late, |late, it| {
        late.because(format!("{}: {}", it.server_name, it.message))
    });
    Late::new(format!("{names} not online"), late)
}

/// LXD is away for now, or somebody it asks.
pub(super) fn away(who: &str) -> Standing {
    let late = Failure::new(Message::new("lxd.unanswered")).hint(Message::new("lxd.hint-log"));
    Standing::NotYet(Late::new(format!("{who} is away"), late))
}

/// Whether a member stays as it is until somebody mends it.
pub(super) fn is_unfit(member: &Member) -> bool {
    matches!(
        member.status,
        MemberStatus::Blocked | MemberStatus::Evacuated
    )
}

/// A member that is listed and of no use.
pub(super) fn unfit(member: &Member) -> Failure {
    let say = |code: &str| Message::new(code).with("name", &member.server_name);
    let hint = match member.status {
        MemberStatus::Blocked => Message::new("lxd.hint-versions"),
        _ => say("lxd.hint-restore"),
    };
    Failure::new(say("lxd.member-wrong").with("status", format!("{:?}", member.status)))
        .because(&member.message)
        .hint(hint)
}

/// A member that should be listed and is not.
pub(super) fn gone(name: &str, found: &[Member]) -> Failure {
    let say = |code: &str| Message::new(code).with("name", name);
    Failure::new(say("lxd.member-gone").with("members", failures::names(found)))
        .hint(say("lxd.hint-member-gone"))
}

impl Led {
    async fn look(&self, context: &Context, silence: &mut Silence) -> Result<Standing, Failure> {
        let lxd = self.reach.lxd().await?;
        match silence.seen(context, lxd.members().await)? {
            Some(found) => standing(&found, &self.members),
            None => Ok(away("LXD")),
        }
    }

    async fn until_right(&self, context: &Context) -> Result<Vec<Message>, Failure> {
        say(context, "lxd.awaiting-members");
        let mut silence = Silence::default();
        let mut wait = Wait::begin(&self.reach.world.clock);
        loop {
            match self.look(context, &mut silence).await? {
                Standing::Right(found) => return Ok(found),
                Standing::NotYet(late) => wait.goes_on(late.failure)?,
            }
            self.reach.pause(context).await?;
        }
    }
}

impl Step for Led {
    fn observe<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            Ok(match self.look(context, &mut Silence::default()).await? {
                Standing::Right(found) => Seen::There(found),
                Standing::NotYet(late) => Seen::Missing(late.lacking),
            })
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(async move { self.until_right(context).await.map(drop) })
    }

    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(self.until_right(context))
    }
}
