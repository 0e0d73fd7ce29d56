//! The commands: each one face, one daemon or one question.

mod ask;
mod ensure;
mod input;
mod node_daemon;
mod rehearse;
mod shell;
mod talk;
mod trial;
mod undertake;
mod watch;

use std::io::Write;
use std::process::ExitCode;

use crate::cli::{Cli, Command, Common};
use crate::daemon::Parts;
use crate::infra::lxd::LxdService;
use crate::infra::microceph::CephService;
use crate::infra::microovn::OvnService;
use crate::infra::snapd::SnapdService;
use crate::world::World;

/// How a command can end other than well, with its exit code.
#[derive(Debug)]
pub(crate) struct Exit {
    code: u8,
    says: Option<String>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "map_err gives away the error it has"
)]
impl Exit {
    /// Bad input of the user.
    pub(crate) fn input(says: impl ToString) -> Self {
        Self {
            code: 2,
            says: Some(says.to_string()),
        }
    }

    /// Something failed.
    pub(crate) fn failed(says: impl ToString) -> Self {
        Self {
            code: 1,
            says: Some(says.to_string()),
        }
    }

    /// Another mcloud owns this node.
    pub(crate) fn owned(says: impl ToString) -> Self {
        Self {
            code: 4,
            says: Some(says.to_string()),
        }
    }
}

/// Runs a command to its end and says how it ended.
pub fn run(cli: Cli) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(command(cli)),
        Err(error) => Err(Exit::failed(format_args!(
            "no threads could be started: {error}"
        ))),
    };
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(exit) => {
            if let Some(says) = exit.says {
                // Nobody reads it where this fails.
                let _ = writeln!(std::io::stderr(), "mcloud: {says}");
            }
            ExitCode::from(exit.code)
        }
    }
}

async fn command(cli: Cli) -> Result<u8, Exit> {
    let common = cli.common;
    match cli.command {
        None => undertake::wizard(None, &common).await,
        Some(Command::Init(init)) => Box::pin(undertake::init(init, &common)).await,
        Some(Command::Join(join)) => Box::pin(undertake::join(join, &common)).await,
        Some(Command::Rehearse(rehearse)) => rehearse::rehearse(rehearse, &common).await,
        Some(Command::Node(node)) => ask::node(node, &common).await,
        Some(Command::Cluster(cluster)) => ask::cluster(cluster, &common).await,
        Some(Command::Token(token)) => ask::token(token, &common).await,
        Some(Command::Completions(completions)) => shell::completions(&completions),
        Some(Command::Man(man)) => shell::man(&man),
        Some(Command::Daemon) => node_daemon::run(&common).await,
    }
}

/// This machine, with the state directory that was asked for.
fn world(common: &Common) -> World {
    let world = World::machine();
    match &common.state_dir {
        Some(dir) => world.with_state_dir(dir),
        None => world,
    }
}

/// What a daemon is made of in this build: the services, and the usual times it ships with.
fn parts(world: &World) -> Parts {
    Parts {
        services: vec![
            Box::new(LxdService::new(world.clone())),
            Box::new(CephService::new(world.clone())),
            Box::new(OvnService::new(world.clone())),
            Box::new(SnapdService::new(world)),
        ],
        usual: crate::usual::shipped(),
    }
}

impl From<crate::cli::Look> for crate::console::Wish {
    fn from(look: crate::cli::Look) -> Self {
        use crate::console::Look;
        match look {
            crate::cli::Look::Auto => Self::Auto,
            crate::cli::Look::Color => Self::Fixed(Look::Color),
            crate::cli::Look::Mono => Self::Fixed(Look::Mono),
            crate::cli::Look::Ascii => Self::Fixed(Look::Ascii),
        }
    }
}
