//! The simulated Pis of a rehearsal: the services' daemons, played on real unix sockets, and a
//! small machine around each.
//!
//! What lies outside mcloud is replaced, nothing else: the daemons, the session, the store, the
//! clients and the engine of a rehearsal are those of an installation.

mod certificate;
mod dice;
mod envelope;
pub mod fault;
pub mod lxd;

pub mod microceph;
mod microcluster;
pub mod microovn;
pub mod operator;
mod pi;
pub mod services;
pub mod serving;
mod site;
pub mod snapd;
mod there;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use tempfile::TempDir;

use crate::daemon::{self, DaemonError, Parts, Running};
use crate::world::{Clock, World};
use fault::Fault;
use lxd::Release;
use services::Services;
use site::Site;
use snapd::InstalledSnap;

/// The most nodes a rehearsal plays.
pub const MOST_NODES: usize = 50;

/// What a rehearsal is made from.
#[derive(Debug, Clone)]
pub struct Script {
    /// How many Pis.
    pub nodes: usize,
    /// How many times faster than life.
    pub speed: f64,
    /// Decides everything that chance decides.
    pub seed: u64,
    /// What is to go wrong.
    pub faults: Vec<Fault>,
    /// Which LXD the Pis run.
    pub release: Release,
    /// The snaps that the Pis have from the start.
    pub snaps: Vec<InstalledSnap>,
    /// How many NICs each has beside `eth0`, 0 to 3.
    pub more_nics: usize,
    /// Whether the first one's MicroCeph is a cluster already, with a disk.
    pub ceph: bool,
    /// Whether their addresses are IPv6.
    pub ipv6: bool,
}

/// Simulated Pis that run. Dropping it ends them and removes everything they wrote.
#[derive(Debug)]
pub struct Rehearsal {
    /// The nodes; the first one is the initiator's.
    pub nodes: Vec<Pi>,
    /// The rehearsal's clock.
    pub clock: Clock,
    root: TempDir,
}

/// One simulated Pi.
#[derive(Debug)]
pub struct Pi {
    /// Its name, `pi-a` and on.
    pub name: String,
    /// Its address, 127.0.0.11 and on, or `fd42:6d63::b` and on.
    pub address: IpAddr,
    /// Its outside.
    pub world: World,
    /// Its daemon.
    pub daemon: Running,
    /// Its services.
    pub services: Services,
}

/// Why a rehearsal could not begin.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// A simulated machine could not be laid out or its LXD not be started.
    #[error("a simulated Pi could not be made: {0}")]
    Pi(#[from] io::Error),
    /// A node's daemon could not be started.
    #[error("a simulated Pi's daemon could not be started: {0}")]
    Daemon(#[from] DaemonError),
}

impl Rehearsal {
    /// Starts the Pis of a script; `parts` gives each daemon its services.
    pub async fn start(
        script: &Script,
        parts: impl Fn(&World) -> Parts,
    ) -> Result<Self, RehearsalError> {
        let (mut rehearsal, mut coming) = Self::begin(script, parts)?;
        let all = coming.all();
        rehearsal.until(all, &mut coming).await?;
        Ok(rehearsal)
    }

    /// Has Pis come until there are `many`, or all.
    pub async fn until<P: Fn(&World) -> Parts>(
        &mut self,
        many: usize,
        coming: &mut Coming<P>,
    ) -> Result<(), RehearsalError> {
        while self.nodes.len() < many
            && let Some(pi) = coming.next().await?
        {
            self.nodes.push(pi);
        }
        Ok(())
    }

    /// A rehearsal without a Pi, and the Pis that are to come into it.
    pub fn begin<P>(script: &Script, parts: P) -> Result<(Self, Coming<P>), RehearsalError> {
        let clock = Clock::faster(script.speed);
        let root = tempfile::Builder::new()
            .prefix("mcloud-rehearsal-")
            .tempdir()?;
        let coming = Coming {
            next: 0,
            script: script.clone(),
            parts,
            clock: clock.clone(),
            root: root.path().to_path_buf(),
            site: Site::new(script, &clock),
            neighbourhood: neighbourhood()?,
        };
        let nodes = Vec::new();
        Ok((Self { nodes, clock, root }, coming))
    }

    /// Ends every daemon and waits for it: nothing is written below the root any more.
    pub async fn stop(&mut self) {
        for pi in &mut self.nodes {
            pi.daemon.stop().await;
        }
    }

    /// The directory everything of the rehearsal lies in.
    pub fn root(&self) -> &std::path::Path {
        self.root.path()
    }
}

/// The Pis of a rehearsal that are not there yet: each is laid out and started when it is its turn, so
/// that whoever sits at the first need not wait for the last.
#[derive(Debug)]
pub struct Coming<P> {
    next: usize,
    script: Script,
    parts: P,
    clock: Clock,
    root: PathBuf,
    site: Site,
    neighbourhood: u16,
}

impl<P> Coming<P> {
    /// How many Pis the rehearsal has once all have come.
    pub fn all(&self) -> usize {
        self.script.nodes.min(MOST_NODES)
    }
}

impl<P: Fn(&World) -> Parts> Coming<P> {
    /// The next Pi, with its daemon; none when all are there.
    pub async fn next(&mut self) -> Result<Option<Pi>, RehearsalError> {
        let number = self.next;
        if number >= self.all() {
            return Ok(None);
        }
        self.next = number.saturating_add(1);
        let name = name(number);
        let loopback = loopback(number);
        let address = if self.script.ipv6 {
            ipv6(number)
        } else {
            loopback
        };
        let nics = pi::nics(&name, address, self.script.more_nics);
        let place = (loopback, self.clock.clone());
        let mut world = pi::lay_out(&self.root, (&name, nics.clone()), place)?;
        world.discovery.set_port(self.neighbourhood);
        let services = self.site.add((&name, nics), &world).await?;
        if self.script.ceph && number == 0 {
            there::ceph((&name, address), &world).await?;
        }
        let parts = (self.parts)(&world);
        let daemon = daemon::start(world.clone(), parts).await?;
        Ok(Some(Pi {
            name,
            address,
            world,
            daemon,
            services,
        }))
    }
}

/// The name of Pi number `number`, from 0: `pi-a` to `pi-z`, then `pi-27` and on.
fn name(number: usize) -> String {
    match u8::try_from(number)
        .ok()
        .and_then(|n| b'a'.checked_add(n))
        .filter(u8::is_ascii_lowercase)
    {
        Some(letter) => format!("pi-{}", char::from(letter)),
        None => format!("pi-{}", number.saturating_add(1)),
    }
}

/// Where the daemon of Pi number `number`, from 0, is in life: 127.0.0.11 and on.
fn loopback(number: usize) -> IpAddr {
    let last = u8::try_from(number.saturating_add(11)).unwrap_or(u8::MAX);
    IpAddr::V4(Ipv4Addr::new(127, 0, 0, last))
}

/// The IPv6 address of Pi number `number`, from 0: `fd42:6d63::b` and on, in the numbers of
/// [`loopback`].
fn ipv6(number: usize) -> IpAddr {
    let last = u16::try_from(number.saturating_add(11)).unwrap_or(u16::MAX);
    IpAddr::V6(Ipv6Addr::new(0xfd42, 0x6d63, 0, 0, 0, 0, 0, last))
}

/// Where a Pi's daemon listens: its own address, a port that is free. It is chosen here, once, so
/// that a daemon which starts again is found where its agents know it.
fn listen(address: IpAddr) -> io::Result<SocketAddr> {
    std::net::TcpListener::bind((address, 0))?.local_addr()
}

/// The port on which the Pis of one rehearsal discover each other: a free one, so that two
/// rehearsals on one machine don't meet.
fn neighbourhood() -> io::Result<u16> {
    Ok(std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
