//! Networks that a joining LXD could not open: it looks for OVN before it has read where that is, and
//! looks there again until its daemon is started anew (5.0, 5.21 and 6.1: microcloud issue 247).

use std::pin::pin;

use super::client::Lxd;
use super::failures;
use super::reach::{BETWEEN_SIGNS, Reach, Silence};
use super::shape;
use super::types::Phase;
use super::units::{Units, restart, state_of, units};
use crate::engine::message::{Failure, Message};
use crate::infra::Context;
use crate::infra::late::Wait;

/// The managed networks that `member` has and cannot use, by name.
pub(super) async fn closed(lxd: &Lxd, member: &str) -> Result<Vec<String>, Failure> {
    let all = lxd.networks().await;
    let all = all.map_err(|error| failures::unanswered(&error))?;
    let mut closed = Vec::new();
    for network in all.into_iter().filter(|it| it.managed) {
        let own = lxd.network(&network.name, Some(member)).await;
        let own = own.map_err(|error| failures::unanswered(&error))?;
        if own.status == Phase::Unavailable {
            closed.push(network.name);
        }
    }
    Ok(closed)
}

/// Starts this member's daemon anew where it has networks that it cannot use and no guest that would
/// notice.
pub(super) async fn reopen(reach: &Reach, context: &Context, member: &str) -> Result<(), Failure> {
    let lxd = reach.lxd().await?;
    let networks = closed(&lxd, member).await?;
    let Some(network) = networks.first() else {
        return Ok(());
    };
    let Units::There(own) = units(&reach.world).await else {
        return Err(unusable(network));
    };
    let guests = lxd.instances().await;
    let guests = guests.map_err(|error| failures::unanswered(&error))?;
    if guests.iter().any(|guest| guest.location == member) {
        return Err(unusable(network));
    }
    let says = Message::new("lxd.reopening").with("networks", networks.join(", "));
    context.say(says);
    let restarted = restarting(reach, context, &own).await;
    restarted.map_err(|words| unusable(network).because(words))?;
    let mut silence = Silence::default();
    let mut wait = Wait::begin(&reach.world.clock);
    loop {
        if silence.seen(context, lxd.ready().await)? == Some(true) {
            break;
        }
        wait.goes_on(failures::starts_long())?;
        reach.pause(context).await?;
    }
    match closed(&lxd, member).await?.first() {
        Some(network) => Err(unusable(network)),
        None => Ok(()),
    }
}

/// Starts the daemon anew; systemd's word that its unit is on its way is the sign of life.
async fn restarting(reach: &Reach, context: &Context, own: &[&'static str]) -> Result<(), String> {
    let world = &reach.world;
    let mut restarting = pin!(restart(world, own));
    loop {
        tokio::select! {
            biased;
            done = &mut restarting => return done,
            () = world.clock.sleep(BETWEEN_SIGNS) => {}
        }
        for state in ["activating", "deactivating"] {
            if state_of(world, own, state).await.is_some() {
                context.alive();
            }
        }
    }
}

fn unusable(network: &str) -> Failure {
    Failure::new(shape::say("lxd.network-unavailable", network)).hint(Message::new("lxd.hint-log"))
}
