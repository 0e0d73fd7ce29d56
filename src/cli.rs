//! The command line: commands, flags, their help.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::engine::message::Message;
use crate::preseed::is_name;
use crate::text::sentence;
use crate::wire::Secret;

/// Turns a few Raspberry Pis into one private cloud, from their consoles.
#[derive(Debug, Parser)]
#[command(name = "mcloud", version, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 stopped by a failure, 2 bad input, 3 left by the \
operator, 4 another mcloud owns this node."
)]
pub struct Cli {
    /// What to do; none where nothing was said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Common {
    /// Print JSON, one object a line; nothing is asked.
    #[arg(long, global = true, conflicts_with = "lines")]
    pub json: bool,
    /// Print plain lines instead of a full screen.
    #[arg(long, global = true)]
    pub lines: bool,
    /// How the full screen is drawn.
    #[arg(long, global = true, value_name = "LOOK", default_value = "auto")]
    pub look: Look,
    /// Keep keys, certificates and the database here [default: /var/lib/mcloud].
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// How the full screen is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Look {
    /// What the terminal can do.
    Auto,
    /// Sixteen colours.
    Color,
    /// No colours.
    Mono,
    /// No colours, and ASCII alone.
    Ascii,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a cluster, led by this node.
    Init(Init),
    /// Join a cluster that another node leads.
    Join(Join),
    /// Try it all out with simulated Pis; nothing on this machine is touched.
    Rehearse(Rehearse),
    /// Look at the cluster's nodes.
    #[command(subcommand)]
    Node(Node),
    /// Look at the cluster.
    #[command(subcommand)]
    Cluster(Cluster),
    /// Make, list and revoke the tokens with which nodes join.
    #[command(subcommand)]
    Token(Token),
    /// Print what makes Tab complete mcloud's commands and flags in a shell.
    Completions(Completions),
    /// Print the manual page mcloud(1).
    Man(Man),
    /// Run this node's daemon.
    #[command(hide = true)]
    Daemon,
}

/// `mcloud init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Take the answers from this file; - is standard input.
    #[arg(long, value_name = "FILE")]
    pub preseed: Option<PathBuf>,
    /// Write one token file for each joiner into this directory: NAME.token.
    #[arg(long, value_name = "DIR")]
    pub tokens: Option<PathBuf>,
    /// Only try the answers: print what each filter finds, the plan, and the answers as mcloud
    /// understands them; nothing is written.
    #[arg(long, requires = "preseed")]
    pub dry_run: bool,
}

/// `mcloud join`.
#[derive(Debug, Args)]
pub struct Join {
    /// Take this node's name, and what it gives to a cluster that is there, from this file; - is
    /// standard input.
    #[arg(long, value_name = "FILE")]
    pub preseed: Option<PathBuf>,
    /// Read the join token from this file.
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    pub token_file: Option<PathBuf>,
    /// The join token itself; every user of this machine can see it in the process list.
    #[arg(long, value_name = "TOKEN", value_parser = secret)]
    pub token: Option<Secret>,
}

/// `mcloud rehearse`.
#[derive(Debug, Args)]
pub struct Rehearse {
    /// How many Pis, 1 to 50.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=50))]
    pub nodes: u8,
    /// How many times faster than life, 0.1 to 1000.
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
    /// At whose console you sit: the initiator's, or a joiner's.
    #[arg(long = "as", value_name = "ROLE", default_value = "initiator")]
    pub role: Role,
    /// The same seed gives the same run.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The calls that shall fail, each as `SERVICE.CALL@NODE=KIND` and, for N times, `,Nx`.
    #[arg(
        long,
        value_name = "SPEC",
        help = "Let a call fail, such as lxd.join@pi-c=refused,2x (SERVICE.CALL@NODE=KIND[,Nx]); \
may be given more than once"
    )]
    pub fault: Vec<String>,
    /// How many NICs each Pi has, 1 to 4: beside eth0 an eth1 without address, an eth2 in
    /// 10.8.0.0/24 and an eth3 in 10.9.0.0/24.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub nics: u8,
    /// Give the Pis IPv6 addresses in place of their IPv4 ones, also on their further NICs.
    #[arg(long)]
    pub ipv6: bool,
    /// What the Pis have before: lxd (its snap, where nothing is said), nothing, all (the snaps of
    /// all three services), or ceph (LXD, and on the first one a MicroCeph cluster of its own).
    #[arg(long, value_name = "WHAT", default_value = "lxd")]
    pub there: There,
    /// Take the answers from this file; - is standard input. Without it, the suggested ones.
    #[arg(long, value_name = "FILE")]
    pub preseed: Option<PathBuf>,
    /// Only try the answers on the simulated Pis: what each filter finds, and the plan.
    #[arg(long, requires = "preseed")]
    pub dry_run: bool,
    /// Say at the end what the run's time was made of; the JSON event done has it always.
    #[arg(long, value_name = "WHAT")]
    pub report: Option<Report>,
}

/// What rehearsed Pis have before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum There {
    /// snapd alone.
    Nothing,
    /// LXD's snap.
    Lxd,
    /// The snaps of LXD, MicroCeph and MicroOVN.
    All,
    /// LXD's and MicroCeph's snaps, and on the first Pi a Ceph cluster.
    Ceph,
}

/// What a rehearsal reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Report {
    /// The longest chain of steps that had to wait for each other, and all steps in series.
    CriticalPath,
}

/// At whose console somebody sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// The one that starts the cluster.
    Initiator,
    /// One that joins it.
    Joiner,
}

/// `mcloud node`.
#[derive(Debug, Subcommand)]
pub enum Node {
    /// List the nodes: name, role, address, whether they are connected.
    List,
}

/// `mcloud cluster`.
#[derive(Debug, Subcommand)]
pub enum Cluster {
    /// List the cluster: name, leader, how many nodes.
    List,
}

/// `mcloud token`.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token with which one node can join, once.
    Create {
        /// The name of the node that will join.
        #[arg(long, value_name = "NAME", value_parser = name)]
        node: String,
        /// How long it lasts, such as 30min, 1h or 2days; 1min to 30days.
        #[arg(long, value_name = "TIME", default_value = "1h", value_parser = ttl)]
        ttl: Duration,
    },
    /// List the tokens, without their secrets.
    List,
    /// Make a token worthless.
    Revoke {
        /// The token's id, as token list shows it.
        id: String,
    },
}

/// `mcloud completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell that shall complete.
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// `mcloud man`.
#[derive(Debug, Args)]
pub struct Man {
    /// Write mcloud.1 and a page for each command into this directory instead.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// What is said where nothing was asked: which commands there are to begin with.
pub fn what_to_run() -> String {
    sentence(&Message::new("headless.what-to-run"))
}

/// The command line of this process. Prints help, version or what is wrong and ends the process
/// (0 after help and version, 2 after a mistake).
pub fn parse() -> Cli {
    parse_from(std::env::args_os()).unwrap_or_else(|error| error.exit())
}

/// A command line, its first word the name under which mcloud was called. As `mcloudd` and
/// `mcloud-agent` mcloud is the daemon.
pub fn parse_from(words: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut words: Vec<OsString> = words.into_iter().collect();
    let name = words.first().and_then(|word| Path::new(word).file_name());
    if name.is_some_and(|name| name == "mcloudd" || name == "mcloud-agent") {
        words.insert(1, "daemon".into());
    }
    Cli::try_parse_from(words)
}

/// Any text is a token here; whether it is one is found out without repeating it.
#[expect(
    clippy::unnecessary_wraps,
    reason = "clap's value parsers return results"
)]
fn secret(word: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret(word.trim().to_owned()))
}

fn name(word: &str) -> Result<String, &'static str> {
    if is_name(word) {
        return Ok(word.to_owned());
    }
    Err("a name has 1 to 63 small letters, digits and hyphens, with no hyphen at either end")
}

fn speed(word: &str) -> Result<f64, &'static str> {
    let speed = word.parse::<f64>().ok();
    let speed = speed.filter(|speed| (0.1..=1_000.0).contains(speed));
    speed.ok_or("a speed is a number from 0.1 to 1000")
}

fn ttl(word: &str) -> Result<Duration, &'static str> {
    let (least, most) = (Duration::from_mins(1), Duration::from_hours(30 * 24));
    let ttl = humantime::parse_duration(word).ok();
    let ttl = ttl.filter(|ttl| (least..=most).contains(ttl));
    ttl.ok_or("a time is a number with a unit, such as 30min, 1h or 2days, from 1min to 30days")
}
