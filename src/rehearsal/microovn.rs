//! A simulated MicroOVN: real sockets, MicroOVN's refusals, MicroOVN's durations.
//!
//! Shapes, codes and texts are those recorded from MicroOVN (OVN 25.03). What no recording shows:
//! a join that asks for an unknown service, the removal of the last central's member, and what a
//! caller that hangs up leaves of a join.

mod app;
mod certificates;
mod config;
mod services;

use std::io;
use std::path::PathBuf;

use super::fault::Fault;
use super::microcluster::{Daemon, Site};
use super::serving::Serving;
use crate::world::Clock;
use app::Ovn;

/// The simulated nodes' MicroOVN.
#[derive(Debug, Clone)]
pub struct MicroOvn {
    site: Site<Ovn>,
}

/// A node whose MicroOVN can be started.
#[derive(Debug, Clone)]
pub struct NodeHandle {
    daemon: Daemon<Ovn>,
}

impl MicroOvn {
    /// No node yet. Durations pass on `clock`; `seed` decides them and every secret made up.
    pub fn new(clock: Clock, seed: u64, faults: Vec<Fault>) -> Self {
        Self {
            site: Site::new(clock, seed, faults),
        }
    }

    /// Adds the node of that host name with a fresh MicroOVN, or gives it a fresh one.
    pub fn node(&self, name: &str) -> NodeHandle {
        NodeHandle {
            daemon: self.site.add(name, ()),
        }
    }

    /// Whether `node` is a member whose start is over, with a chassis, and a central anywhere.
    pub fn ovn_ready(&self, node: &str) -> bool {
        let state = self.site.state();
        let Ok((_, cluster)) = state.cluster(node) else {
            return false;
        };
        let name = cluster.name_of(node).unwrap_or_default();
        cluster.app.ready.contains(name)
            && cluster.app.runs(name, "chassis")
            && cluster.app.centrals() > 0
    }

    /// The northbound connection of `node`'s cluster as LXD takes it, e.g.
    /// `ssl:10.0.0.11:6641,ssl:10.0.0.12:6641`; none where it is no member.
    pub fn nb_connection(&self, node: &str) -> Option<String> {
        let state = self.site.state();
        let (_, cluster) = state.cluster(node).ok()?;
        let addresses = services::central_addresses(cluster);
        let each = addresses
            .iter()
            .map(|address| format!("ssl:{address}:6641"));
        Some(each.collect::<Vec<_>>().join(","))
    }

    /// The address `node` encapsulates with, as it was asked to: MicroOVN does not check it.
    pub fn encapsulation(&self, node: &str) -> Option<String> {
        let state = self.site.state();
        let (_, cluster) = state.cluster(node).ok()?;
        let name = cluster.name_of(node)?;
        cluster.app.encapsulation.get(name).cloned()
    }
}

impl NodeHandle {
    /// Starts the node's MicroOVN on `socket`; a leftover there is replaced. A `down` fault keeps it
    /// from listening. What it was told before it stopped it still knows.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub async fn serve(self, socket: PathBuf) -> io::Result<Serving> {
        let (daemon, down) = self.daemon.started();
        Serving::start(daemon, socket, down).await
    }
}
