//! A rehearsal's wizard: one console is yours, the others come and are played.

use std::path::PathBuf;
use std::pin::pin;

use super::{CLUSTER, Makes, options};
use crate::cli::{Common, Role};
use crate::face::{self, Opens};
use crate::front::Exit;
use crate::front::talk::{asks, talk};
use crate::front::undertake::show;
use crate::front::watch::Ending;
use crate::headless::ask;
use crate::rehearsal::operator::{self, Seat};
use crate::rehearsal::{Coming, Pi, Rehearsal, RehearsalError};
use crate::wire::face::FaceLink;
use crate::world::Clock;

/// The wizard at one console, with operators in place of people at all the others. Who sits there sees
/// the first screen as soon as its own Pi is there; the others come meanwhile, as in life.
pub(super) async fn wizard(
    rehearsal: &mut Rehearsal,
    mut coming: Coming<Makes>,
    (role, common): (Role, &Common),
) -> Result<Ending, Exit> {
    let nodes = coming.all();
    let me = match role {
        Role::Initiator => 0,
        Role::Joiner => 1.min(nodes.saturating_sub(1)),
    };
    let came = rehearsal.until(me.saturating_add(1), &mut coming).await;
    came.map_err(Exit::failed)?;
    let (Some(first), Some(mine)) = (rehearsal.nodes.first(), rehearsal.nodes.get(me)) else {
        return Err(Exit::input("a rehearsal has one node at least"));
    };
    let seat = |pi: &Pi| Seat {
        socket: pi.daemon.socket.clone(),
        initiator: first.daemon.socket.clone(),
        clock: rehearsal.clock.clone(),
        nodes,
    };
    if me > 0 {
        // What becomes of operators is on every screen; with the rehearsal they end.
        tokio::spawn(operator::initiate(seat(first), CLUSTER.to_owned()));
    }
    let mut link = FaceLink::connect(&mine.daemon.socket, true)
        .await
        .map_err(Exit::failed)?;
    let words_at = (me > 0).then(|| first.daemon.socket.clone());
    let clock = rehearsal.clock.clone();
    let mut others = tokio::spawn(bring(coming, seat(first)));
    let mut played = pin!(sit(&mut link, (common, &clock), words_at));
    let (ending, made) = tokio::select! {
        ending = &mut played => (ending, (&mut others).await),
        made = &mut others => match made {
            Ok(Ok(_)) => (played.await, made),
            failed => (Err(Exit::failed("the other Pis did not come")), failed),
        },
    };
    let made = made.map_err(Exit::failed)?.map_err(Exit::failed)?;
    rehearsal.nodes.extend(made);
    ending
}

/// Has the other Pis come, each with somebody who joins at its console.
async fn bring(mut coming: Coming<Makes>, first: Seat) -> Result<Vec<Pi>, RehearsalError> {
    let mut others = Vec::new();
    while let Some(pi) = coming.next().await? {
        let seat = Seat {
            socket: pi.daemon.socket.clone(),
            ..first.clone()
        };
        tokio::spawn(operator::join(seat));
        others.push(pi);
    }
    Ok(others)
}

/// A person at one console, until it is left.
async fn sit(
    link: &mut FaceLink,
    (common, clock): (&Common, &Clock),
    words_at: Option<PathBuf>,
) -> Result<Ending, Exit> {
    if asks(common) {
        let options = ask::Options::in_a_rehearsal(clock.clone(), words_at);
        return talk(link, options).await;
    }
    let face = face::Options {
        opens: Opens::Wizard(None),
        words_at,
        ..options(common, clock)
    };
    show(link, face).await
}
