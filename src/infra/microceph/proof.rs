//! The step that proves what of Ceph was built, as far as `MicroCeph` tells it.

use std::collections::BTreeMap;

use super::client::MicroCeph;
use super::health::health;
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::microcluster::reach::{Reach, Silence};
use crate::infra::microcluster::standing::{Look, Standing, away, online, until_right, without};
use crate::infra::microcluster::types::Placed;
use crate::infra::{Context, Doing, Step};

/// From how many monitors on one may fail.
const MANY: usize = 3;

/// Ceph's members are online and its disks are in.
#[derive(Debug)]
pub(super) struct Proof {
    pub(super) reach: Reach,
    pub(super) ceph: MicroCeph,
    pub(super) members: Vec<String>,
    pub(super) disks: BTreeMap<String, usize>,
}

impl Proof {
    /// How many disks there are; fewer on a member than planned do not come by themselves.
    fn disks(&self, found: &BTreeMap<String, usize>) -> Result<Message, Failure> {
        for (member, planned) in &self.disks {
            let found = found.get(member).copied().unwrap_or_default();
            if found < *planned {
                let what = Message::new("microceph.disks-missing").with("name", member);
                let what = what.with("planned", planned).with("found", found);
                return Err(Failure::new(what).hint(Message::new("microceph.hint-log")));
            }
        }
        let each = found.iter().map(|(name, count)| format!("{name} {count}"));
        let each: Vec<String> = each.collect();
        Ok(Message::new("microceph.disks-in")
            .with("count", found.values().sum::<usize>())
            .with("members", each.join(", ")))
    }

    fn services(services: &[Placed]) -> Option<Message> {
        let count = |kind: &str| services.iter().filter(|it| it.service == kind).count();
        let (monitors, managers) = (count("mon"), count("mgr"));
        if monitors == 0 || managers == 0 {
            return None;
        }
        let code = if monitors < MANY {
            "microceph.few-monitors"
        } else {
            "microceph.monitors"
        };
        let message = Message::new(code).with("monitors", monitors);
        Some(message.with("managers", managers))
    }
}

impl Look for Proof {
    async fn look(&self, context: &Context, silence: &mut Silence) -> Result<Standing, Failure> {
        let (reach, app) = (&self.reach, self.reach.app);
        let away = || Ok(away(app));
        let Some(members) = silence.seen(app, context, reach.micro.members().await)? else {
            return away();
        };
        let mut found = match online(reach, &members, &self.members)? {
            Standing::Right(found) => found,
            not_yet @ Standing::NotYet(_) => return Ok(not_yet),
        };
        let Some(disks) = silence.seen(app, context, self.ceph.disks().await)? else {
            return away();
        };
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        for disk in disks {
            *counted.entry(disk.location).or_default() += 1;
        }
        found.push(self.disks(&counted)?);
        let Some(services) = silence.seen(app, context, self.ceph.services().await)? else {
            return away();
        };
        let Some(services) = Self::services(&services) else {
            return Ok(without(app, "no monitor or no manager"));
        };
        found.push(services);
        let Some(pools) = silence.bear(app, context, self.ceph.pools().await)? else {
            return away();
        };
        let each = pools.iter().map(|it| format!("{} {}", it.pool, it.size));
        let each: Vec<String> = each.collect();
        if !each.is_empty() {
            found.push(Message::new("microceph.pools").with("pools", each.join(", ")));
        }
        let Some(networks) = silence.bear(app, context, self.ceph.networks().await)? else {
            return away();
        };
        found.extend(networks.map(|it| {
            let networks = Message::new("microceph.networks").with("public", it.public);
            networks.with("internal", it.internal)
        }));
        found.push(health(&reach.world).await);
        Ok(Standing::Right(found))
    }
}

impl Step for Proof {
    fn observe<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            Ok(match self.look(context, &mut Silence::default()).await? {
                Standing::Right(found) => Seen::There(found),
                Standing::NotYet(late) => Seen::Missing(late.lacking),
            })
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(async move {
            context.say(Message::new("microceph.proving"));
            until_right(&self.reach, context, self).await.map(drop)
        })
    }

    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(until_right(&self.reach, context, self))
    }
}
