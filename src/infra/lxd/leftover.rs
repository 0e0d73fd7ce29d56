//! What a join that failed late leaves on the leader: a member that is listed and never answers.

use super::client::Lxd;
use super::failures;
use super::types::{Member, MemberStatus};
use crate::engine::message::{Failure, Message};

async fn members(lxd: &Lxd) -> Result<Vec<Member>, Failure> {
    let members = lxd.members().await;
    members.map_err(|error| failures::unanswered(&error))
}

/// Takes out the member called `name`, where it does not answer; whether it is out. Its node says that it
/// is in no cluster, else nobody would ask for its token.
pub(super) async fn removed(lxd: &Lxd, name: &str) -> Result<bool, Failure> {
    let members = members(lxd).await?;
    let listed = members.iter().find(|it| it.server_name == name);
    if !listed.is_some_and(|it| it.status == MemberStatus::Offline) {
        return Ok(false);
    }
    match lxd.delete_member(name, true, &|_| ()).await {
        Err(error) if !error.is_not_found() => {
            let what = Message::new("lxd.leftover-stays").with("name", name);
            Err(failures::failed(what, &error))
        }
        _ => Ok(true),
    }
}

/// Refuses where a member does not answer: after a join that failed the next one may cost the cluster its
/// quorum.
pub(super) async fn all_online(lxd: &Lxd) -> Result<(), Failure> {
    let members = members(lxd).await?;
    let away = |it: &&Member| it.status != MemberStatus::Online;
    let Some(away) = members.iter().find(away) else {
        return Ok(());
    };
    let say = |code: &str| Message::new(code).with("member", &away.server_name);
    Err(Failure::new(say("lxd.member-silent")).hint(say("lxd.hint-member-silent")))
}
