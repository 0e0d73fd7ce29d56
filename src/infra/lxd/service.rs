//! LXD as a service that mcloud brings up: its state, its steps, and what a joiner needs of it.

use super::address::Address;
use super::bootstrap::Bootstrap;
use super::invite;
use super::leader::Led;
use super::member::Join;
use super::pending::Pending;
use super::pool::LocalPool;
use super::profile::RootDisk;
use super::proof::Proof;
use super::reach::Reach;
use super::ready::Ready;
use super::status;
use crate::engine::message::Failure;
use crate::engine::plan::Work;
use crate::engine::services::ServiceState;
use crate::infra::{Doing, InfraBootstrapper, Inputs, Step};
use crate::world::World;

/// The LXD of this node.
#[derive(Debug, Clone)]
pub struct LxdService {
    reach: Reach,
}

impl LxdService {
    /// The LXD in `world`; nothing is asked yet.
    pub fn new(world: World) -> Self {
        Self {
            reach: Reach::new(world),
        }
    }
}

impl InfraBootstrapper for LxdService {
    fn status(&self) -> Doing<'_, ServiceState> {
        Box::pin(async { ServiceState::Lxd(status::status(&self.reach).await) })
    }

    fn step(&self, work: &Work) -> Option<Box<dyn Step>> {
        let reach = self.reach.clone();
        Some(match work.clone() {
            Work::LxdReady => Box::new(Ready::new(reach)),
            Work::LxdAddress {
                address,
                mark,
                members,
            } => Box::new(Address::new(reach, address, (mark, members))),
            Work::LxdBootstrap { name } => Box::new(Bootstrap::new(reach, name)),
            Work::LxdJoin {
                name,
                address,
                leader,
                pool,
                ..
            } => Box::new(Join {
                reach,
                name,
                address,
                leader,
                pool,
            }),
            Work::LxdLeader { members } => Box::new(Led { reach, members }),
            Work::PoolPending { name, part } => Box::new(Pending { reach, name, part }),
            Work::Pool { driver, members } => Box::new(LocalPool {
                reach,
                driver,
                members,
            }),
            Work::Profile { .. } => Box::new(RootDisk { reach }),
            Work::Proof { members, pools, .. } => Box::new(Proof {
                reach,
                members,
                pool: !pools.is_empty(),
            }),
            _ => return None,
        })
    }

    fn inputs_for<'a>(&'a self, work: &'a Work) -> Doing<'a, Result<Inputs, Failure>> {
        Box::pin(async move {
            match work {
                Work::LxdJoin {
                    name,
                    address,
                    pool,
                    ..
                } => invite::inputs(&self.reach, name, *address, pool.as_ref()).await,
                _ => Ok(Inputs::new()),
            }
        })
    }
}
