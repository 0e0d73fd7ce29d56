//! The daemon's unix socket, on which its faces speak.

use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};

use super::Daemon;
use crate::engine::message::{Failure, Message};
use crate::engine::{Event, Intent};
use crate::wire::{FromDaemon, LONG_LINE, ToDaemon, VERSION, Wire, WireError};

type FaceWire = Wire<UnixStream, FromDaemon, ToDaemon>;

/// A picture is sent at most this often.
const PICTURE_EVERY: Duration = Duration::from_millis(100);

/// Makes `dir` as mode 0700 if it is not there; a directory the operator made is left as it is.
pub(super) fn private_parent(dir: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
}

/// Binds the socket, mode 0600 in a directory of mode 0700. A socket file that a dead daemon left
/// is removed: the caller holds the node's lock.
pub(super) fn bind(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Accepts faces until the daemon ends.
pub(super) async fn serve(daemon: Arc<Daemon>, listener: UnixListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: others will close some.
            tokio::time::sleep(PICTURE_EVERY).await;
            continue;
        };
        let (daemon, tasks) = (Arc::clone(&daemon), daemon.tasks.clone());
        tasks.spawn(async move {
            if may_speak(&stream) {
                let mut wire = FaceWire::new(stream, LONG_LINE);
                let ended = face(&daemon, &mut wire).await;
                tracing::debug!(?ended, "a face has gone");
            }
        });
    }
}

/// Root, or the user that the daemon runs as (a rehearsal).
fn may_speak(stream: &UnixStream) -> bool {
    let own = rustix::process::getuid().as_raw();
    stream
        .peer_cred()
        .is_ok_and(|peer| peer.uid() == 0 || peer.uid() == own)
}

async fn face(daemon: &Arc<Daemon>, wire: &mut FaceWire) -> Result<(), WireError> {
    let ToDaemon::Hello { v, pictures } = wire.receive().await? else {
        return refuse(wire, Message::new("wire.no-hello")).await;
    };
    if v != VERSION {
        let says = Message::new("wire.version")
            .with("theirs", v)
            .with("ours", VERSION);
        return refuse(wire, says).await;
    }
    let hub = &daemon.hub;
    let mcloud = daemon.mcloud.clone();
    wire.send(&FromDaemon::Hello {
        v: VERSION,
        mcloud,
        undertaking: hub.undertaking(),
    })
    .await?;
    let mut picture = hub.picture.subscribe();
    send_picture(wire, &mut picture).await?;
    let mut news = hub.follow();
    let mut pace = tokio::time::interval(PICTURE_EVERY);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut owes_picture = false;
    loop {
        tokio::select! {
            said = wire.receive() => hear(daemon, wire, said?).await?,
            news = news.next() => {
                let Some(news) = news else { return Ok(()) };
                for event in news.events {
                    let event = Box::new(event.as_ref().clone());
                    wire.send(&FromDaemon::Event { undertaking: news.undertaking, event }).await?;
                }
            }
            changed = picture.changed(), if pictures && !owes_picture => {
                if changed.is_err() { return Ok(()) }
                owes_picture = true;
            }
            _ = pace.tick(), if owes_picture => {
                owes_picture = false;
                send_picture(wire, &mut picture).await?;
            }
        }
    }
}

async fn send_picture(
    wire: &mut FaceWire,
    picture: &mut tokio::sync::watch::Receiver<Arc<crate::engine::picture::Picture>>,
) -> Result<(), WireError> {
    let picture = Box::new(picture.borrow_and_update().as_ref().clone());
    wire.send(&FromDaemon::Picture { picture }).await
}

async fn hear(daemon: &Arc<Daemon>, wire: &mut FaceWire, said: ToDaemon) -> Result<(), WireError> {
    match said {
        ToDaemon::Hello { .. } => {}
        ToDaemon::Intent { intent } => daemon.push(Event::Intent(intent)),
        ToDaemon::Join {
            name,
            token,
            newcomer,
        } => {
            daemon.keep_token(token);
            daemon.push(Event::Intent(Intent::Join { name, newcomer }));
        }
        ToDaemon::Words { words } => {
            daemon.keep_words(words);
            daemon.push(Event::Intent(Intent::Call));
        }
        ToDaemon::Ask { question } => {
            let answer = daemon.answer(question).await;
            wire.send(&FromDaemon::Answer { answer }).await?;
        }
    }
    Ok(())
}

async fn refuse(wire: &mut FaceWire, why: Message) -> Result<(), WireError> {
    wire.send(&FromDaemon::Refused {
        failure: Failure::new(why),
    })
    .await
}
