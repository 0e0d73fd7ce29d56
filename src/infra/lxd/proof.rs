//! The step that proves what was built: members online, pools and networks made everywhere, the
//! profile right.

use super::client::Lxd;
use super::leader::{self, Standing, away};
use super::network;
use super::pool;
use super::profile::{self, PROFILE};
use super::reach::{Reach, Silence, say};
use super::types::Phase;
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::ProfileWants;
use crate::infra::late::Wait;
use crate::infra::{Context, Doing, Step};

/// What was built is there. It makes nothing: what does not come by itself is a failure.
#[derive(Debug)]
pub(super) struct Proof {
    pub(super) reach: Reach,
    pub(super) members: Vec<String>,
    pub(super) pools: Vec<String>,
    pub(super) networks: Vec<String>,
    pub(super) profile: ProfileWants,
}

impl Proof {
    async fn look(&self, context: &Context, silence: &mut Silence) -> Result<Standing, Failure> {
        let lxd = self.reach.lxd().await?;
        let Some(found) = silence.seen(context, lxd.members().await)? else {
            return Ok(away("LXD"));
        };
        let mut proven = match leader::standing(&found, &self.members)? {
            Standing::Right(proven) => proven,
            lacking @ Standing::NotYet(_) => return Ok(lacking),
        };
        for name in &self.pools {
            match self.look_at_pool(context, (&lxd, name), silence).await? {
                Standing::Right(more) => proven.extend(more),
                lacking @ Standing::NotYet(_) => return Ok(lacking),
            }
        }
        for name in &self.networks {
            match self.look_at_network(context, (&lxd, name), silence).await? {
                Standing::Right(more) => proven.extend(more),
                lacking @ Standing::NotYet(_) => return Ok(lacking),
            }
        }
        if self.profile == ProfileWants::default() {
            return Ok(Standing::Right(proven));
        }
        let Some(found) = silence.seen(context, lxd.profile(PROFILE).await)? else {
            return Ok(away("LXD"));
        };
        let compared = self.profile.compare(&found.devices);
        if !compared.lacking.is_empty() {
            return Err(profile::not_kept("lxd.hint-again"));
        }
        proven.extend(profile::done(&self.profile, &compared));
        Ok(Standing::Right(proven))
    }

    async fn look_at_pool(
        &self,
        context: &Context,
        (lxd, name): (&Lxd, &str),
        silence: &mut Silence,
    ) -> Result<Standing, Failure> {
        let say = |code: &str| Message::new(code).with("pool", name);
        let mut driver = String::new();
        for member in &self.members {
            let looked = lxd.pool(name, Some(member)).await;
            if let Err(error) = &looked
                && error.is_not_found()
            {
                return Err(Failure::new(say("lxd.pool-gone")).hint(Message::new("lxd.hint-again")));
            }
            let Some(part) = silence.seen(context, looked)? else {
                return Ok(away(member));
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
        let made = pool::proven((name, &driver), &self.members);
        Ok(Standing::Right(vec![made]))
    }

    async fn look_at_network(
        &self,
        context: &Context,
        (lxd, name): (&Lxd, &str),
        silence: &mut Silence,
    ) -> Result<Standing, Failure> {
        let say = |code: &str| Message::new(code).with("network", name);
        for member in &self.members {
            let looked = lxd.network(name, Some(member)).await;
            if let Err(error) = &looked
                && error.is_not_found()
            {
                let failure = Failure::new(say("lxd.network-gone"));
                return Err(failure.hint(Message::new("lxd.hint-again")));
            }
            let Some(part) = silence.seen(context, looked)? else {
                return Ok(away(member));
            };
            let Some(made) = network::proven(&part, &self.members)? else {
                let status = format!("{:?}", part.status);
                let what = say("lxd.network-unmade").with("name", member);
                return Err(
                    Failure::new(what.with("status", status)).hint(say("lxd.hint-network-unmade"))
                );
            };
            if Some(member) == self.members.last() {
                return Ok(Standing::Right(vec![made]));
            }
        }
        Ok(Standing::Right(Vec::new()))
    }

    async fn until_right(&self, context: &Context) -> Result<Vec<Message>, Failure> {
        say(context, "lxd.proving");
        let mut silence = Silence::default();
        let mut wait = Wait::begin(&self.reach.world.clock);
        loop {
            match self.look(context, &mut silence).await? {
                Standing::Right(proven) => return Ok(proven),
                Standing::NotYet(late) => wait.goes_on(late.failure)?,
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
