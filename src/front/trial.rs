//! `--dry-run`: answers tried on what is known of the nodes; nothing is begun and nothing is written.

use std::collections::BTreeMap;
use std::io::Write;

use super::Exit;
use crate::cli::Common;
use crate::engine::answers::Answers;
use crate::engine::services::NodeFacts;
use crate::engine::trial::try_out;
use crate::headless::trial;
use crate::infra;
use crate::preseed;
use crate::wire::face::FaceLink;
use crate::wire::{Answer, Question};
use crate::world::World;

/// Tries the answers on this machine, which is their node `me`, and on those that a daemon which leads
/// here has looked at.
pub(super) async fn here(
    answers: &Answers,
    (me, world): (&str, &World),
    common: &Common,
) -> Result<u8, Exit> {
    let (id, mut facts) = known(world).await.unwrap_or_default();
    facts.insert(me.to_owned(), look(world).await?);
    Ok(tell((&id, answers), &facts, common))
}

/// Tells what comes of the answers with these facts; 2 where a filter does not find exactly one thing.
pub(super) fn tell(
    (id, answers): (&str, &Answers),
    facts: &BTreeMap<String, NodeFacts>,
    common: &Common,
) -> u8 {
    let tried = try_out((id, answers), facts, &crate::usual::shipped());
    let file = preseed::write(answers);
    let mut out = std::io::stdout();
    // Nobody reads it where this fails.
    let _ = if common.json {
        writeln!(out, "{}", trial::json(&tried, &file))
    } else {
        // What is printed is a preseed still: all that is said about it is a comment in it.
        let says = trial::lines(&tried).into_iter();
        let says = says.map(|line| format!("# {line}").trim_end().to_owned());
        let says = says.collect::<Vec<_>>().join("\n");
        write!(out, "{says}\n\n{file}")
    };
    if tried.fits() { 0 } else { 2 }
}

/// What this machine is; reads only.
pub(super) async fn look(world: &World) -> Result<NodeFacts, Exit> {
    let facts = NodeFacts {
        host: infra::host::facts(world).await.map_err(Exit::failed)?,
        mcloud: env!("CARGO_PKG_VERSION").to_owned(),
        ..NodeFacts::default()
    };
    Ok(infra::look(&super::parts(world).services, facts).await)
}

/// The cluster that this node leads, and what is known of its nodes; none where no daemon runs here.
async fn known(world: &World) -> Option<(String, BTreeMap<String, NodeFacts>)> {
    let socket = world.daemon_socket();
    let mut link = FaceLink::connect(&socket, false).await.ok()?;
    match link.ask(Question::Facts).await.ok()? {
        Answer::Facts { cluster, nodes } => Some((cluster, nodes)),
        _ => None,
    }
}
