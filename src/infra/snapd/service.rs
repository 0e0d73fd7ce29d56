//! snapd as a service: its state, and the steps of the plan that are its.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::client::{Build, Snapd};
use super::connected::PlugsConnected;
use super::held::SnapsHeld;
use super::installed::SnapInstalled;
use super::plugs::wanted;
use super::status::status;
use super::told::inputs;
use crate::engine::message::Failure;
use crate::engine::plan::{SnapName, Work};
use crate::engine::services::ServiceState;
use crate::infra::{Doing, InfraBootstrapper, Inputs, Step};
use crate::world::World;

/// The snapd of this node.
#[derive(Debug, Clone)]
pub struct SnapdService {
    snapd: Snapd,
    /// Whether LXD's daemon was started anew by this one.
    started: Arc<AtomicBool>,
}

impl SnapdService {
    /// The snapd in `world`; nothing is asked yet.
    pub fn new(world: &World) -> Self {
        Self {
            snapd: Snapd::new(world.snapd_socket.clone(), world.clock.clone()),
            started: Arc::default(),
        }
    }
}

impl InfraBootstrapper for SnapdService {
    fn status(&self) -> Doing<'_, ServiceState> {
        Box::pin(async { ServiceState::Snapd(status(&self.snapd).await) })
    }

    fn step(&self, work: &Work) -> Option<Box<dyn Step>> {
        let snapd = self.snapd.clone();
        Some(match work {
            Work::Snap {
                snap,
                channel,
                revision,
            } => {
                let build = Build {
                    channel: channel.clone(),
                    revision: revision.clone(),
                };
                let name = snap.name().to_owned();
                let refresh = revision.is_some();
                Box::new(SnapInstalled::new(snapd, name, build, refresh))
            }
            Work::SnapConnect { snaps, anew } => Box::new(PlugsConnected {
                snapd,
                wanted: wanted(&names(snaps)),
                older: anew.then(|| Arc::clone(&self.started)),
            }),
            Work::SnapHold { snap } => Box::new(SnapsHeld {
                snapd,
                names: vec![snap.name().to_owned()],
            }),
            _ => return None,
        })
    }

    /// A snap that the leader has tells the others its revision. While all nodes install at once the
    /// leader has none yet, and the cohort gives them the same.
    fn inputs_for<'a>(&'a self, work: &'a Work) -> Doing<'a, Result<Inputs, Failure>> {
        Box::pin(async move {
            Ok(match work {
                Work::Snap { snap, .. } => inputs(&self.snapd, snap.name()).await,
                _ => Inputs::new(),
            })
        })
    }
}

fn names(snaps: &[SnapName]) -> Vec<&'static str> {
    snaps.iter().map(|snap| snap.name()).collect()
}
