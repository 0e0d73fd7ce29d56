//! Whether an LXD that is in no cluster is mcloud's to take: nothing of somebody is in it.

use super::client::Lxd;
use super::failures;
use crate::engine::message::{Failure, Message};
use crate::infra::rest::RestError;

/// Refuses an LXD with a pool or network in it. Before it is clustered, mcloud makes neither.
pub(super) async fn is_fresh(lxd: &Lxd, name: &str) -> Result<(), Failure> {
    let unanswered = |error: RestError| failures::unanswered(&error);
    let pools = lxd.pools().await.map_err(unanswered)?;
    let networks = lxd.networks().await.map_err(unanswered)?;
    let pools = pools.into_iter().map(|pool| ("storage", pool.name));
    let networks = networks.into_iter().filter(|network| network.managed);
    let Some((kind, thing)) = pools.chain(networks.map(|it| ("network", it.name))).next() else {
        return Ok(());
    };
    let say = |code: &str| {
        Message::new(code)
            .with("name", name)
            .with("kind", kind)
            .with("thing", &thing)
    };
    Err(Failure::new(say("lxd.not-fresh")).hint(say("lxd.hint-not-fresh")))
}
