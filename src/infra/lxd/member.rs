//! The step that makes this LXD a member of the leader's cluster.

use std::net::SocketAddr;

use super::client::Lxd;
use super::disk;
use super::failures;
use super::fresh;
use super::invite::{Brings, CERTIFICATE, MEMBER, MEMBER_CONFIG, TOKEN, answers};
use super::join::JoinRequest;
use super::leader;
use super::reach::{Reach, Silence, leaves_open, say};
use super::refusals::{Meaning, meaning};
use super::reopen;
use super::types::{MemberConfig, MemberStatus, Server};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::LOCAL_POOL;
use crate::infra::late::Wait;
use crate::infra::{Context, Doing, Step};

/// What LXD calls it.
const JOINING: &str = "Joining cluster";

/// This LXD is a member of the leader's cluster.
#[derive(Debug)]
pub(super) struct Join {
    pub(super) reach: Reach,
    pub(super) name: String,
    pub(super) address: SocketAddr,
    pub(super) leader: SocketAddr,
    pub(super) brings: Brings,
}

impl Join {
    /// Whether this is a member already. In another cluster, or with something of somebody in it,
    /// this LXD is not ours to take.
    async fn is_there(&self, lxd: &Lxd, server: &Server) -> Result<bool, Failure> {
        if !server.environment.server_clustered {
            fresh::is_fresh(lxd, &self.name).await?;
            return Ok(false);
        }
        let members = lxd.members().await;
        let members = members.map_err(|error| failures::unanswered(&error))?;
        let at = |address: SocketAddr| {
            let address = address.to_string();
            members.iter().find(|member| member.address() == address)
        };
        let name = &server.environment.server_name;
        let own = at(self.address).is_some_and(|member| member.server_name == self.name);
        if own && *name == self.name && at(self.leader).is_some() {
            return Ok(true);
        }
        Err(failures::other_cluster(name, &members))
    }

    async fn look(&self) -> Result<bool, Failure> {
        let lxd = self.reach.lxd().await?;
        let server = lxd.server(None).await;
        let server = server.map_err(|error| failures::unanswered(&error))?;
        self.is_there(&lxd, &server).await
    }

    async fn join(&self, context: &Context) -> Result<(), Failure> {
        self.reach.settle(context, (JOINING, "")).await?;
        if self.look().await? {
            return Ok(());
        }
        let lxd = self.reach.lxd().await?.left_on(&context.cancel);
        let server = lxd.server(None).await;
        let server = server.map_err(|error| failures::unanswered(&error))?;
        let request = self.request(context, &server)?;
        let given = |it: &MemberConfig| it.name == LOCAL_POOL;
        let part = self.brings.pool.as_ref();
        let part = part.filter(|_| request.member_config.iter().any(given));
        if let Some(part) = part {
            disk::look_again(&self.reach, part, context.is_again()).await?;
        }
        if context.cancel.is_cancelled() {
            return Err(failures::stopped());
        }
        say(context, "lxd.joining");
        let alive = |_: &_| context.alive();
        let joining = lxd.join(&request, &alive);
        let Err(error) = self.reach.with_life_signs(context, &lxd, joining).await else {
            return Ok(());
        };
        let already = error
            .refusal()
            .is_some_and(|refusal| meaning(refusal) == Meaning::AlreadyClustered);
        // What it came to counts; where that is not a member, the join's own words say more.
        let open = already || leaves_open(&error);
        if open && matches!(self.settled(context, &lxd).await, Ok(true)) {
            return Ok(());
        }
        let what = Message::new("lxd.join-failed")
            .with("name", &self.name)
            .with("leader", self.leader);
        let failure = failures::failed(what, &error);
        Err(match part {
            Some(part) => failure.data(disk::data(part)),
            None => failure,
        })
    }

    /// What it came to, once LXD answers again.
    async fn settled(&self, context: &Context, lxd: &Lxd) -> Result<bool, Failure> {
        let mut silence = Silence::default();
        loop {
            if let Some(server) = silence.seen(context, lxd.server(None).await)? {
                return self.is_there(lxd, &server).await;
            }
            self.reach.pause(context).await?;
        }
    }

    /// The join as the leader's inputs have it.
    fn request(&self, context: &Context, server: &Server) -> Result<JoinRequest, Failure> {
        if context.inputs.contains_key(MEMBER) {
            let say = |code: &str| Message::new(code).with("name", &self.name);
            return Err(Failure::new(say("lxd.join-ghost")).hint(say("lxd.hint-join-ghost")));
        }
        let incomplete = || {
            Failure::new(Message::new("lxd.join-inputs").with("name", &self.name))
                .hint(Message::new("lxd.hint-again"))
        };
        let input = |key: &str| context.inputs.get(key).ok_or_else(incomplete);
        let asked: Vec<MemberConfig> = serde_json::from_str(input(MEMBER_CONFIG)?)
            .map_err(|error| incomplete().because(error))?;
        Ok(JoinRequest {
            server_name: self.name.clone(),
            server_address: self.address.to_string(),
            cluster_address: self.leader.to_string(),
            cluster_certificate: input(CERTIFICATE)?.clone(),
            token: input(TOKEN)?.clone().into(),
            member_config: answers(&asked, &self.brings, server)?,
        })
    }

    /// Looks until the cluster has this member online.
    async fn until_online(&self, context: &Context) -> Result<Vec<Message>, Failure> {
        let lxd = self.reach.lxd().await?;
        let mut silence = Silence::default();
        let mut wait = Wait::begin(&self.reach.world.clock);
        loop {
            if let Some(members) = silence.seen(context, lxd.members().await)? {
                let own = members.iter().find(|it| it.server_name == self.name);
                match own {
                    Some(member) if member.status == MemberStatus::Online => {
                        return Ok(self.done());
                    }
                    Some(member) if leader::is_unfit(member) => {
                        return Err(leader::unfit(member));
                    }
                    Some(member) => {
                        let late = leader::offline(std::slice::from_ref(member));
                        wait.goes_on(late.failure)?;
                    }
                    None => return Err(leader::gone(&self.name, &members)),
                }
            }
            self.reach.pause(context).await?;
        }
    }

    fn done(&self) -> Vec<Message> {
        let done = Message::new("lxd.is-joined")
            .with("name", &self.name)
            .with("leader", self.leader);
        vec![done]
    }
}

impl Step for Join {
    fn observe<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            self.reach.settle(context, (JOINING, "")).await?;
            if !self.look().await? {
                return Ok(Seen::Missing("not clustered".to_owned()));
            }
            let closed = reopen::closed(&self.reach.lxd().await?, &self.name).await?;
            Ok(if closed.is_empty() {
                Seen::There(self.done())
            } else {
                Seen::Missing(format!("cannot use {}", closed.join(", ")))
            })
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.join(context))
    }

    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            self.until_online(context).await?;
            reopen::reopen(&self.reach, context, &self.name).await?;
            self.until_online(context).await
        })
    }
}
