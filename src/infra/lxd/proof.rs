//! The step that proves what was built: members online, pool made everywhere, profile right.

use super::client::Lxd;
use super::leader::{self, Standing};
use super::pool::{self, made};
use super::profile::{self, PROFILE};
use super::reach::{Reach, Silence, say};
use super::types::Phase;
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::LOCAL_POOL;
use crate::infra::{Context, Doing, Step};

/// What was built is there. It makes nothing: what does not come by itself is a failure.
#[derive(Debug)]
pub(super) struct Proof {
    pub(super) reach: Reach,
    pub(super) members: Vec<String>,
    pub(super) pool: bool,
}

impl Proof {
    async fn look(&self, context: &Context, silence: &mut Silence) -> Result<Standing, Failure> {
        let lxd = self.reach.lxd().await?;
        let Some(found) = silence.seen(context, lxd.members().await)? else {
            return Ok(Standing::NotYet("LXD is away".to_owned()));
        };
        let mut proven = match leader::standing(&found, &self.members)? {
            Standing::Right(proven) => proven,
            lacking @ Standing::NotYet(_) => return Ok(lacking),
        };
        if self.pool {
            match self.look_at_pool(context, &lxd, silence).await? {
                Standing::Right(more) => proven.extend(more),
                lacking @ Standing::NotYet(_) => return Ok(lacking),
            }
        }
        Ok(Standing::Right(proven))
    }

    async fn look_at_pool(
        &self,
        context: &Context,
        lxd: &Lxd,
        silence: &mut Silence,
    ) -> Result<Standing, Failure> {
        let say = |code: &str| Message::new(code).with("pool", LOCAL_POOL);
        let mut driver = String::new();
        for member in &self.members {
            let looked = lxd.pool(LOCAL_POOL, Some(member)).await;
            if let Err(error) = &looked
                && error.is_not_found()
            {
                return Err(Failure::new(say("lxd.pool-gone")).hint(Message::new("lxd.hint-again")));
            }
            let Some(part) = silence.seen(context, looked)? else {
                return Ok(Standing::NotYet(format!("{member} is away")));
            };
            if part.status != Phase::Created || pool::standing(&part, &self.members)?.is_some() {
                let status = format!("{:?}", part.status);
                let what = say("lxd.pool-unmade").with("name", member);
                return Err(
                    Failure::new(what.with("status", status)).hint(say("lxd.hint-pool-unmade"))
                );
            }
            driver = part.driver;
        }
        match silence.seen(context, lxd.profile(PROFILE).await)? {
            Some(found) if profile::is_right(&found)? => Ok(Standing::Right(vec![
                made(&driver, &self.members),
                profile::done(),
            ])),
            Some(_) => Err(Failure::new(
                Message::new("lxd.profile-not-kept").with("profile", PROFILE),
            )
            .hint(Message::new("lxd.hint-again"))),
            None => Ok(Standing::NotYet("LXD is away".to_owned())),
        }
    }

    async fn until_right(&self, context: &Context) -> Result<Vec<Message>, Failure> {
        say(context, "lxd.proving");
        let mut silence = Silence::default();
        loop {
            if let Standing::Right(proven) = self.look(context, &mut silence).await? {
                return Ok(proven);
            }
            self.reach.pause(context).await?;
        }
    }
}

impl Step for Proof {
    fn observe<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            Ok(match self.look(context, &mut Silence::default()).await? {
                Standing::Right(proven) => Seen::There(proven),
                Standing::NotYet(lacking) => Seen::Missing(lacking),
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
