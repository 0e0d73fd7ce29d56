//! `mcloud rehearse`: the whole undertaking with simulated Pis, in one process.

mod wizard;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::talk::asks;
use super::undertake::{send_token, show};
use super::watch::{Ending, Run, Voice, watch};
use super::{Exit, input, trial};
use crate::cli::{Command, Common, Rehearse, Report, There};
use crate::daemon::Parts;
use crate::engine::Intent;
use crate::engine::answers::{Answers, Newcomer, suggest};
use crate::face::{self, Opens};
use crate::headless::lines;
use crate::preseed::Preseed;
use crate::rehearsal::lxd::Release;
use crate::rehearsal::snapd::InstalledSnap;
use crate::rehearsal::{Pi, Rehearsal, Script};
use crate::wire::ToDaemon;
use crate::wire::face::FaceLink;
use crate::world::{Clock, World};

/// The name of a rehearsed cluster.
const CLUSTER: &str = "rehearsal";

/// How often a rehearsed joiner looks for its token.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What makes a node's services.
type Makes = fn(&World) -> Parts;

/// Rehearses.
pub(super) async fn rehearse(rehearse: Rehearse, common: &Common) -> Result<u8, Exit> {
    let preseed = rehearse.preseed.as_deref().map(input::preseed);
    let preseed = preseed.transpose()?;
    let script = script(&rehearse, preseed.as_ref())?;
    let parts: Makes = super::parts;
    let begun = Rehearsal::begin(&script, parts).map_err(Exit::failed)?;
    let (mut rehearsal, mut coming) = begun;
    let headless = Voice::of(common).is_some() && !asks(common);
    let plays = headless || preseed.is_some();
    if plays {
        let all = coming.all();
        let came = rehearsal.until(all, &mut coming).await;
        came.map_err(Exit::failed)?;
    }
    if let (true, Some(preseed)) = (rehearse.dry_run, &preseed) {
        let tried = try_out(&rehearsal, preseed, common).await;
        rehearsal.stop().await;
        return tried;
    }
    let played = if plays {
        play(&rehearsal, preseed.as_ref(), common).await
    } else {
        wizard::wizard(&mut rehearsal, coming, (rehearse.role, common)).await
    };
    // What still wrote could not be removed.
    rehearsal.stop().await;
    let ending = played?;
    if let (Some(Report::CriticalPath), Some(timing)) = (rehearse.report, &ending.timing)
        && Voice::of(common) != Some(Voice::Json)
    {
        // Nobody reads it where this fails.
        let _ = writeln!(std::io::stdout(), "{}", lines::critical_path(timing));
    }
    Ok(ending.exit)
}

/// Tries the answers on all simulated Pis.
async fn try_out(rehearsal: &Rehearsal, preseed: &Preseed, common: &Common) -> Result<u8, Exit> {
    fits(&preseed.answers, rehearsal)?;
    let mut known = BTreeMap::new();
    for pi in &rehearsal.nodes {
        known.insert(pi.name.clone(), trial::look(&pi.world).await?);
    }
    Ok(trial::tell(("", &preseed.answers), &known, common))
}

/// Rehearses as `mcloud rehearse` without flags does.
pub(super) async fn as_usual(common: &Common) -> Result<u8, Exit> {
    let words = ["mcloud", "rehearse"].map(std::ffi::OsString::from);
    match crate::cli::parse_from(words).map(|cli| cli.command) {
        Ok(Some(Command::Rehearse(usual))) => rehearse(usual, common).await,
        _ => Err(Exit::failed("mcloud does not know its own command")),
    }
}

/// Begins the undertaking and follows it to its end.
async fn play(
    rehearsal: &Rehearsal,
    preseed: Option<&Preseed>,
    common: &Common,
) -> Result<Ending, Exit> {
    let voice = Voice::of(common);
    let answers = match preseed {
        Some(preseed) => {
            fits(&preseed.answers, rehearsal)?;
            preseed.answers.clone()
        }
        None => suggested(rehearsal).await?,
    };
    let tokens = rehearsal.root().join("tokens");
    let is_first = |pi: &&Pi| pi.name == answers.initiator;
    let Some(first) = rehearsal.nodes.iter().find(is_first) else {
        return Err(Exit::input(
            "the answers' initiator is not among the simulated Pis",
        ));
    };
    let mut link = FaceLink::connect(&first.daemon.socket, true)
        .await
        .map_err(Exit::failed)?;
    let begin = Intent::Begin {
        answers: Box::new(answers.clone()),
        unattended: voice.is_some() || preseed.is_some(),
        tokens: Some(tokens.display().to_string()),
    };
    link.send(&ToDaemon::Intent { intent: begin })
        .await
        .map_err(Exit::failed)?;
    for pi in rehearsal.nodes.iter().filter(|pi| !is_first(pi)) {
        let token = tokens.join(format!("{}.token", pi.name));
        tokio::spawn(bring_in(pi.daemon.socket.clone(), pi.name.clone(), token));
    }
    let ending = match voice {
        Some(voice) => watch(&mut link, voice, (None, Run::Process)).await?,
        None => full_screen(&mut link, common, rehearsal).await?,
    };
    match (ending.erases, preseed) {
        (Some(planned), Some(preseed)) => Err(Exit::input(preseed.erase_error(planned))),
        _ => Ok(ending),
    }
}

/// How a rehearsal's face behaves where nothing else is said.
fn options(common: &Common, clock: &Clock) -> face::Options {
    face::Options {
        look: common.look.into(),
        clock: clock.clone(),
        can_detach: false,
        opens: Opens::Undertaking,
        rehearsal: true,
        words_at: None,
        old: None,
    }
}

/// What the simulated Pis shall be like.
fn script(rehearse: &Rehearse, preseed: Option<&Preseed>) -> Result<Script, Exit> {
    let faults = rehearse.fault.iter().map(|spec| spec.parse());
    Ok(Script {
        nodes: preseed.map_or(usize::from(rehearse.nodes), |preseed| {
            preseed.answers.nodes.len()
        }),
        speed: rehearse.speed,
        seed: rehearse.seed,
        faults: faults.collect::<Result<_, _>>().map_err(Exit::input)?,
        release: Release::V5_21,
        snaps: snaps(rehearse.there),
        more_nics: usize::from(rehearse.nics.saturating_sub(1)),
        ceph: rehearse.there == There::Ceph,
        ipv6: rehearse.ipv6,
    })
}

/// The snaps of Pis that have this before.
fn snaps(there: There) -> Vec<InstalledSnap> {
    let lxd = InstalledSnap::new("lxd", "5.21/stable");
    let ceph = InstalledSnap::new("microceph", "squid/stable");
    match there {
        There::Nothing => Vec::new(),
        There::Lxd => vec![lxd],
        There::All => vec![lxd, ceph, InstalledSnap::new("microovn", "24.03/stable")],
        There::Ceph => vec![lxd, ceph],
    }
}

async fn full_screen(
    link: &mut FaceLink,
    common: &Common,
    rehearsal: &Rehearsal,
) -> Result<Ending, Exit> {
    show(link, options(common, &rehearsal.clock)).await
}

/// A joiner at its own console: it waits for its token and gives it to its daemon.
async fn bring_in(socket: PathBuf, name: String, token: PathBuf) {
    loop {
        if token.exists()
            && let Ok(token) = input::token(&token)
            && let Ok(mut link) = FaceLink::connect(&socket, false).await
        {
            // Its daemon says on the joiner's own screens what becomes of it.
            let _ = send_token(&mut link, Some(name), (token, Newcomer::default())).await;
            return;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// The answers mcloud suggests for the simulated Pis.
async fn suggested(rehearsal: &Rehearsal) -> Result<Answers, Exit> {
    let mut nodes: Vec<(String, IpAddr, _)> = Vec::new();
    for pi in &rehearsal.nodes {
        let facts = trial::look(&pi.world).await?;
        nodes.push((pi.name.clone(), pi.address, facts));
    }
    Ok(suggest(CLUSTER, &nodes))
}

/// A rehearsal's preseed names the simulated Pis, or says which ones there are.
fn fits(answers: &Answers, rehearsal: &Rehearsal) -> Result<(), Exit> {
    let stranger = answers.nodes.iter().find(|node| {
        !rehearsal
            .nodes
            .iter()
            .any(|pi| pi.name == node.name && pi.address == node.address)
    });
    let Some(stranger) = stranger else {
        return Ok(());
    };
    let pis = rehearsal
        .nodes
        .iter()
        .map(|pi| format!("{} ({})", pi.name, pi.address));
    Err(Exit::input(format_args!(
        "a rehearsal has the nodes {}, and the preseed names {} ({})",
        pis.collect::<Vec<_>>().join(", "),
        stranger.name,
        stranger.address
    )))
}
