//! The node's daemon, started if it does not run.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::Exit;
use crate::session::files;
use crate::wire::face::{FaceError, FaceLink};
use crate::world::World;

/// The daemon's own output, below the state directory.
pub(super) const LOG_FILE: &str = "daemon.log";

/// How often the socket is tried while a daemon comes up; it goes on as long as its process lives.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Connects to this node's daemon, and starts it first where none runs. `name` is what the process
/// is called: `mcloudd` on the initiator, `mcloud-agent` on a joiner.
pub(super) async fn daemon(world: &World, name: &str, pictures: bool) -> Result<FaceLink, Exit> {
    let socket = world.daemon_socket();
    match FaceLink::connect(&socket, pictures).await {
        Ok(link) => return Ok(link),
        Err(FaceError::NoDaemon) => {}
        Err(error) => return Err(explain(error)),
    }
    let mut child = start(world, name)?;
    loop {
        match FaceLink::connect(&socket, pictures).await {
            Ok(link) => return Ok(link),
            Err(FaceError::NoDaemon) => {}
            Err(error) => return Err(explain(error)),
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(died(world, status.code()));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Connects to this node's daemon where one runs, or ran: a node without state has none to start.
pub(super) async fn known_daemon(world: &World) -> Result<FaceLink, Exit> {
    match FaceLink::connect(&world.daemon_socket(), false).await {
        Ok(link) => Ok(link),
        Err(FaceError::NoDaemon) if world.state_dir.join("node.key").exists() => {
            daemon(world, "mcloudd", false).await
        }
        Err(FaceError::NoDaemon) => Err(Exit::failed(crate::text::say("ask.no-cluster"))),
        Err(error) => Err(explain(error)),
    }
}

fn start(world: &World, name: &str) -> Result<Child, Exit> {
    if !may_write(world) {
        return Err(Exit::failed(crate::text::say("front.not-root")));
    }
    let failed = |error: &dyn std::fmt::Display| {
        Exit::failed(format_args!(
            "the node's daemon could not be started: {error}"
        ))
    };
    files::private_dir(&world.state_dir).map_err(|error| failed(&error))?;
    let log = world.state_dir.join(LOG_FILE);
    let log = private_log(&log).map_err(|error| failed(&error))?;
    let errors = log.try_clone().map_err(|error| failed(&error))?;
    let program = std::env::current_exe().map_err(|error| failed(&error))?;
    let mut command = Command::new(program);
    command
        .arg0(name)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .current_dir("/");
    if world.state_dir != World::machine().state_dir {
        command.arg("--state-dir").arg(&world.state_dir);
    }
    command.spawn().map_err(|error| failed(&error))
}

fn private_log(path: &std::path::Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::File::options()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
}

/// Whether this user may make the state directory, by trying nothing: root, or a directory of the
/// user's own.
fn may_write(world: &World) -> bool {
    rustix::process::geteuid().is_root() || world.state_dir != World::machine().state_dir
}

/// What a daemon that ended at once left in its log.
fn died(world: &World, code: Option<i32>) -> Exit {
    let log = world.state_dir.join(LOG_FILE);
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let last = text.lines().last().unwrap_or("it said nothing").to_owned();
    let says = format!("{last} (the whole log: {})", log.display());
    match code {
        Some(4) => Exit::owned(says),
        _ => Exit::failed(says),
    }
}

fn explain(error: FaceError) -> Exit {
    match error {
        FaceError::Refused(failure) => Exit::owned(crate::text::sentence(&failure.what)),
        error => Exit::failed(error),
    }
}
