//! The faces without a screen: an undertaking followed to its end.

use std::io::Write;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Exit;
use crate::cli::Common;
use crate::engine::Intent;
use crate::engine::event::{PublicEvent, What};
use crate::engine::node::Stage;
use crate::engine::run::CriticalPath;
use crate::headless::{json, lines, offers};
use crate::wire::face::FaceLink;
use crate::wire::{FromDaemon, Offers, ToDaemon};

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// One JSON object a line.
    Json,
    /// One line of words.
    Lines,
}

impl Voice {
    /// What was asked for; none where the face is the full screen.
    pub(super) fn of(common: &Common) -> Option<Self> {
        use std::io::IsTerminal;
        if common.json {
            Some(Self::Json)
        } else if common.lines
            || !std::io::stdout().is_terminal()
            || !std::io::stdin().is_terminal()
        {
            Some(Self::Lines)
        } else {
            None
        }
    }

    fn line(self, event: &PublicEvent, offers: &Offers) -> Option<String> {
        match self {
            Self::Json => Some(json::line_with(event, offers)),
            Self::Lines => {
                let line = lines::line(event)?;
                let offered = offers::lines(offers);
                Some(
                    std::iter::once(line)
                        .chain(offered)
                        .collect::<Vec<_>>()
                        .join("\n"),
                )
            }
        }
    }
}

/// How an undertaking ended for its face.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    /// The exit code.
    pub(super) exit: u8,
    /// How many disks the plan erases, where that was not what the answers agreed to.
    pub(super) erases: Option<usize>,
    /// Whether the operator wants a rehearsal instead.
    pub(super) rehearse: bool,
    /// How long the run's longest chain of steps was, where one ended.
    pub(super) timing: Option<CriticalPath>,
}

impl Ending {
    fn of(exit: u8, erases: Option<usize>) -> Self {
        Self {
            exit,
            erases,
            rehearse: false,
            timing: None,
        }
    }
}

/// How long the longest chain of the run was that ended, by the last picture.
pub(super) fn timing(link: &FaceLink) -> Option<CriticalPath> {
    link.picture.end.as_ref()?.timing.clone()
}

/// Where the run is that a face follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// In the node's daemon: it goes on without the face.
    Daemon,
    /// In this process: it ends with the face.
    Process,
}

/// Follows the undertaking until it is done, passing over what is left of `old`.
pub(super) async fn watch(
    link: &mut FaceLink,
    voice: Voice,
    (old, run): (Option<u64>, Run),
) -> Result<Ending, Exit> {
    let mut interrupts = signal(SignalKind::interrupt()).map_err(Exit::failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Exit::failed)?;
    let mut erases = None;
    let mut asked = false;
    loop {
        let heard = tokio::select! {
            heard = link.receive() => heard.map_err(|error| {
                Exit::failed(format_args!("the node's daemon has ended: {error}"))
            })?,
            () = either(&mut interrupts, &mut terminate) => {
                if !asked && leave(link, run).await? {
                    asked = true;
                    continue;
                }
                return Ok(Ending::of(3, erases));
            }
        };
        match heard {
            FromDaemon::Event { undertaking, event } if Some(undertaking) != old => {
                let offers = match event.what {
                    // A daemon that has just gone offers nothing; how it ended is known.
                    What::Done { ok: true, .. } => link.offers().await.unwrap_or_default(),
                    _ => Offers::default(),
                };
                if let Some(line) = voice.line(&event, &offers)
                    && writeln!(std::io::stdout(), "{line}").is_err()
                {
                    // Nobody reads any more: that costs this face, not the run.
                    return Ok(Ending::of(3, erases));
                }
                match event.what {
                    What::Failure { failure, .. } if failure.what.code == "install.erase-count" => {
                        erases = failure
                            .what
                            .with
                            .get("planned")
                            .and_then(|n| n.parse().ok());
                    }
                    What::Done { exit, timing, .. } => {
                        let ending = Ending::of(exit, erases);
                        return Ok(Ending { timing, ..ending });
                    }
                    _ => {}
                }
            }
            FromDaemon::Picture { picture } => link.picture = picture,
            _ => {}
        }
    }
}

async fn either(interrupts: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupts.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Ctrl-C: before Install the undertaking is given up and its end is waited for. After that a run of
/// the daemon's goes on without this face, and one of this process comes to its next safe place.
async fn leave(link: &mut FaceLink, run: Run) -> Result<bool, Exit> {
    let intent = match link.picture.stage {
        Stage::Sealing | Stage::Installing if run == Run::Daemon => {
            let says = crate::text::say("front.run-goes-on");
            let _ = writeln!(std::io::stderr(), "mcloud: {says}");
            return Ok(false);
        }
        Stage::Sealing | Stage::Installing => Intent::Stop,
        _ => Intent::Leave,
    };
    link.send(&ToDaemon::Intent { intent })
        .await
        .map_err(Exit::failed)?;
    Ok(true)
}
