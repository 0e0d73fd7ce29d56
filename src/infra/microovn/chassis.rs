//! The step that waits until every planned member is online and is a chassis.

use super::client::CENTRAL;
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::microcluster::reach::{Reach, Silence};
use crate::infra::microcluster::standing::{Look, Standing, away, online, until_right, without};
use crate::infra::microcluster::types::Placed;
use crate::infra::{Context, Doing, Step};

/// What every member must run so that guests on it have a network.
const EVERYWHERE: [&str; 2] = ["chassis", "switch"];

/// From how many databases on one may fail.
const MANY: usize = 3;

/// Every planned member is online and is a chassis.
#[derive(Debug)]
pub(super) struct Chassis {
    pub(super) reach: Reach,
    pub(super) members: Vec<String>,
}

impl Chassis {
    /// What a planned member does not run yet.
    fn lacking(&self, services: &[Placed]) -> Option<String> {
        let runs = |service: &str, name: &str| {
            let mut placed = services.iter();
            placed.any(|it| it.service == service && it.location == name)
        };
        let each = self.members.iter();
        let mut each = each.flat_map(|name| EVERYWHERE.map(|service| (service, name)));
        each.find(|(service, name)| !runs(service, name))
            .map(|(service, name)| format!("no {service} on {name}"))
    }

    fn centrals(services: &[Placed]) -> Message {
        let mut on: Vec<&str> = services
            .iter()
            .filter(|it| it.service == CENTRAL)
            .map(|it| it.location.as_str())
            .collect();
        on.sort_unstable();
        let code = match on.len() {
            few if few < MANY => "microovn.few-centrals",
            even if even % 2 == 0 => "microovn.even-centrals",
            _ => "microovn.centrals",
        };
        let message = Message::new(code).with("count", on.len());
        message.with("members", on.join(", "))
    }
}

impl Look for Chassis {
    async fn look(&self, context: &Context, silence: &mut Silence) -> Result<Standing, Failure> {
        let (reach, app) = (&self.reach, self.reach.app);
        let away = || away(app);
        let members = silence.seen(app, context, reach.micro.members().await)?;
        let Some(members) = members else {
            return Ok(away());
        };
        let mut found = match online(reach, &members, &self.members)? {
            Standing::Right(found) => found,
            not_yet @ Standing::NotYet(_) => return Ok(not_yet),
        };
        let services = silence.seen(app, context, reach.micro.services().await)?;
        let Some(services) = services else {
            return Ok(away());
        };
        if let Some(lacking) = self.lacking(&services) {
            return Ok(without(app, &lacking));
        }
        found.push(Message::new("microovn.chassis").with("members", self.members.join(", ")));
        found.push(Self::centrals(&services));
        Ok(Standing::Right(found))
    }
}

impl Step for Chassis {
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
            context.say(self.reach.app.say("micro.awaiting-members"));
            until_right(&self.reach, context, self).await.map(drop)
        })
    }

    fn verify<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(until_right(&self.reach, context, self))
    }
}
