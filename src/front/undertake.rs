//! `mcloud init` and `mcloud join`.

use std::io::Write;
use std::path::Path;

use super::talk::{asks, talk};
use super::watch::{Ending, Run, Voice, timing, watch};
use super::{Exit, ensure, input, rehearse, trial, world};
use crate::cli::{Common, Init, Join};
use crate::engine::Intent;
use crate::engine::answers::Newcomer;
use crate::engine::node::{Role, Stage};
use crate::engine::wizard::Part;
use crate::face::{self, Opens};
use crate::headless::{ask, lines, offers};
use crate::preseed::Preseed;
use crate::text::say;
use crate::wire::face::{FaceLink, How};
use crate::wire::{Secret, ToDaemon};
use crate::world::World;

/// Leads a cluster by a preseed.
pub(super) async fn init(init: Init, common: &Common) -> Result<u8, Exit> {
    let voice = Voice::of(common);
    let Some(path) = &init.preseed else {
        if voice.is_some() && !asks(common) {
            return Err(Exit::input(say("front.no-preseed")));
        }
        return wizard(Some(Part::Initiator), common).await;
    };
    let preseed = input::preseed(path)?;
    let world = world(common);
    let me = find_self(&preseed, &world)?;
    if init.dry_run {
        return trial::here(&preseed.answers, (&me, &world), common).await;
    }
    if me != preseed.answers.initiator {
        let initiator = &preseed.answers.initiator;
        return Err(Exit::input(format_args!(
            "this node is {me}, and {} names {initiator} as the initiator: run mcloud init there, \
             and mcloud join here",
            path.display()
        )));
    }
    let tokens = init.tokens.as_deref().map(std::path::absolute).transpose();
    let tokens = tokens
        .map_err(Exit::input)?
        .map(|dir| dir.display().to_string());
    let begin = Intent::Begin {
        answers: Box::new(preseed.answers.clone()),
        unattended: true,
        tokens,
    };
    let mut link = ensure::daemon(&world, "mcloudd", true).await?;
    if link.picture.role == Role::Worker {
        return Err(Exit::owned(say("front.is-worker")));
    }
    let idle = matches!(link.picture.stage, Stage::Idle | Stage::Ended);
    let old = if idle {
        link.send(&ToDaemon::Intent { intent: begin })
            .await
            .map_err(Exit::failed)?;
        Some(link.undertaking)
    } else {
        let _ = writeln!(std::io::stderr(), "mcloud: {}", say("front.under-way"));
        None
    };
    let ending = follow(&mut link, voice, (old, common)).await?;
    if let Some(planned) = ending.erases {
        return Err(Exit::input(preseed.erase_error(planned)));
    }
    Ok(ending.exit)
}

/// Joins the cluster that a token leads to.
pub(super) async fn join(join: Join, common: &Common) -> Result<u8, Exit> {
    let token = match (&join.token_file, join.token) {
        (Some(path), _) => Some(input::token(path)?),
        (None, token) => token,
    };
    let world = world(common);
    let voice = Voice::of(common);
    let (name, newcomer) = newcomer(join.preseed.as_deref(), voice, &world)?;
    if let Some(token) = &token {
        crate::session::JoinToken::decode(&token.0).map_err(Exit::input)?;
    }
    if token.is_none() && join.preseed.is_none() && (voice.is_none() || asks(common)) {
        return wizard(Some(Part::Joiner), common).await;
    }
    let mut link = ensure::daemon(&world, "mcloud-agent", true).await?;
    if link.picture.role == Role::Leader {
        return Err(Exit::owned(say("front.is-leader")));
    }
    let rests = matches!(link.picture.stage, Stage::Idle | Stage::Ended);
    let waits = rests && link.picture.wizard.member.is_none();
    let old = if link.picture.link.is_some() {
        // It is in already, and may still wait to be taken in.
        let asks = Intent::Join {
            name: None,
            newcomer,
        };
        link.intend(waits.then_some(asks))
            .await
            .map_err(Exit::failed)?;
        waits.then_some(link.undertaking)
    } else {
        let token = token.ok_or_else(|| Exit::input(say("front.no-token")))?;
        send_token(&mut link, name, (token, newcomer)).await?;
        Some(link.undertaking)
    };
    Ok(follow(&mut link, voice, (old, common)).await?.exit)
}

/// What this node is called, and what it wants of a cluster that is there already: what the preseed
/// says of it. At its own console it is chosen for there.
fn newcomer(
    preseed: Option<&Path>,
    voice: Option<Voice>,
    world: &World,
) -> Result<(Option<String>, Newcomer), Exit> {
    let Some(path) = preseed else {
        let unattended = voice.is_some();
        return Ok((
            None,
            Newcomer {
                unattended,
                ..Newcomer::default()
            },
        ));
    };
    let preseed = input::preseed(path)?;
    let name = find_self(&preseed, world)?;
    let newcomer = Newcomer {
        answers: preseed.answers.node(&name).cloned(),
        erase: preseed.answers.erase,
        unattended: true,
        ..Newcomer::default()
    };
    Ok((Some(name), newcomer))
}

/// Opens the wizard: from its first screen, or where what is under way stands.
pub(super) async fn wizard(part: Option<Part>, common: &Common) -> Result<u8, Exit> {
    if Voice::of(common).is_some() && !asks(common) {
        return Err(Exit::input(say("front.no-command")));
    }
    let name = if part == Some(Part::Joiner) {
        "mcloud-agent"
    } else {
        "mcloudd"
    };
    let mut link = ensure::daemon(&world(common), name, true).await?;
    match (part, link.picture.role) {
        (Some(Part::Initiator), Role::Worker) => return Err(Exit::owned(say("front.is-worker"))),
        (Some(Part::Joiner), Role::Leader) => return Err(Exit::owned(say("front.is-leader"))),
        _ => {}
    }
    let idle = matches!(link.picture.stage, Stage::Idle | Stage::Ended);
    let old = idle.then_some(link.undertaking);
    let ending = if asks(common) {
        talk(&mut link, ask::Options::on_this_node(part, old)).await?
    } else {
        let face = face::Options {
            look: common.look.into(),
            clock: crate::world::Clock::real(),
            can_detach: true,
            opens: Opens::Wizard(part),
            rehearsal: false,
            words_at: None,
            old,
        };
        show(&mut link, face).await?
    };
    if ending.rehearse {
        drop(link);
        return rehearse::as_usual(common).await;
    }
    Ok(ending.exit)
}

/// Gives a joiner's daemon its token.
pub(super) async fn send_token(
    link: &mut FaceLink,
    name: Option<String>,
    (token, newcomer): (Secret, Newcomer),
) -> Result<(), Exit> {
    let join = ToDaemon::Join {
        name,
        token,
        newcomer,
    };
    link.send(&join).await.map_err(Exit::failed)
}

/// Follows an undertaking with the face that was asked for.
async fn follow(
    link: &mut FaceLink,
    voice: Option<Voice>,
    (old, common): (Option<u64>, &Common),
) -> Result<Ending, Exit> {
    if let Some(voice) = voice {
        return watch(link, voice, (old, Run::Daemon)).await;
    }
    let face = face::Options {
        look: common.look.into(),
        clock: crate::world::Clock::real(),
        can_detach: true,
        opens: Opens::Undertaking,
        rehearsal: false,
        words_at: None,
        old,
    };
    show(link, face).await
}

/// Shows the full screen; what it came to stays on the terminal when the screen has gone.
pub(super) async fn show(link: &mut FaceLink, options: face::Options) -> Result<Ending, Exit> {
    let goes_on = options.can_detach;
    let left = face::run(link, options).await.map_err(Exit::failed)?;
    let mut out = std::io::stdout();
    for event in left.failures.iter().chain(&left.done) {
        if let Some(line) = lines::brief(event) {
            let _ = writeln!(out, "{line}");
        }
    }
    // A rehearsal ends with its face: nobody can come into its cluster any more.
    for line in offers::lines(&left.offers).iter().filter(|_| goes_on) {
        let _ = writeln!(out, "{line}");
    }
    match left.how {
        How::Detached | How::Gone => {
            let code = if goes_on {
                "front.run-goes-on"
            } else {
                "front.rehearsal-ended"
            };
            let _ = writeln!(out, "mcloud: {}", say(code));
        }
        How::DaemonEnded => {
            let _ = writeln!(out, "mcloud: {}", say("front.daemon-ended"));
        }
        How::Done(_) | How::Closed | How::Rehearse => {}
        How::Left => {
            let code = if link.picture.touched {
                "front.left-touched"
            } else {
                "front.left"
            };
            let _ = writeln!(out, "mcloud: {}", say(code));
        }
    }
    Ok(Ending {
        exit: left.how.exit(),
        erases: left.erases(),
        rehearse: left.how == How::Rehearse,
        timing: timing(link),
    })
}

fn find_self(preseed: &Preseed, world: &World) -> Result<String, Exit> {
    let hostname = crate::infra::host::hostname(world);
    let nics = if_addrs::get_if_addrs().map_err(Exit::failed)?;
    let addresses: Vec<_> = nics.iter().map(if_addrs::Interface::ip).collect();
    let node = preseed
        .find_self(&hostname, &addresses)
        .map_err(Exit::input)?;
    Ok(node.name.clone())
}
