//! LXD as a service that mcloud brings up: its state, its steps, and what a joiner needs of it.

use std::net::IpAddr;
use std::sync::Mutex;

use super::address::Address;
use super::bootstrap::Bootstrap;
use super::guests::GuestProof;
use super::invite::{self, Brings};
use super::leader::Led;
use super::member::Join;
use super::metadata::Metadata;
use super::network::MadeNetwork;
use super::northbound::Northbound;
use super::pending::Pending;
use super::pool::MadePool;
use super::profile;
use super::proof::Proof;
use super::reach::Reach;
use super::ready::Ready;
use super::share::{Share, Whole};
use super::status;
use super::uplink::Uplink;
use super::volumes::Volumes;
use super::web;
use crate::engine::message::Failure;
use crate::engine::plan::{ProfileWants, Work};
use crate::engine::services::ServiceState;
use crate::infra::patient::{Patient, patiently};
use crate::infra::{Doing, InfraBootstrapper, Inputs, Step, Web};
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
        let step = match work {
            Work::LxdReady
            | Work::LxdAddress { .. }
            | Work::LxdBootstrap { .. }
            | Work::LxdJoin { .. }
            | Work::LxdLeader { .. } => membership(reach, work.clone()),
            Work::PoolPending { .. }
            | Work::Pool { .. }
            | Work::RemotePending { .. }
            | Work::Remote { .. }
            | Work::Volumes { .. } => storage(reach, work.clone()),
            Work::NetworkPending { .. } | Work::Network { .. } | Work::Northbound => {
                networking(reach, work.clone())
            }
            _ => finish(reach, work.clone()),
        };
        step.map(|step| Patient::of(step, &self.reach.world.clock))
    }

    fn inputs_for<'a>(&'a self, work: &'a Work) -> Doing<'a, Result<Inputs, Failure>> {
        Box::pin(async move {
            match work {
                Work::LxdJoin {
                    name,
                    address,
                    pool,
                    network,
                    remote,
                    ..
                } => {
                    let brings = Brings {
                        pool: pool.clone(),
                        network: network.clone(),
                        remote: remote.clone(),
                    };
                    let ask = || invite::inputs(&self.reach, name, *address, &brings);
                    patiently(&self.reach.world.clock, None, ask).await
                }
                _ => Ok(Inputs::new()),
            }
        })
    }

    fn web(&self, address: IpAddr) -> Doing<'_, Option<Web>> {
        Box::pin(web::link(&self.reach, address))
    }
}

/// The steps that make members.
fn membership(reach: Reach, work: Work) -> Option<Box<dyn Step>> {
    Some(match work {
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
            network,
            remote,
        } => Box::new(Join {
            reach,
            name,
            address,
            leader,
            brings: Brings {
                pool,
                network,
                remote,
            },
        }),
        Work::LxdLeader { members } => Box::new(Led { reach, members }),
        _ => return None,
    })
}

/// The steps that make pools and what LXD itself keeps on them.
fn storage(reach: Reach, work: Work) -> Option<Box<dyn Step>> {
    Some(match work {
        Work::PoolPending { name, part } => {
            let share = Share::Local(part);
            Box::new(Pending { reach, name, share })
        }
        Work::RemotePending { name, pool } => {
            let share = Share::Remote(pool);
            Box::new(Pending { reach, name, share })
        }
        Work::Pool { driver, members } => {
            Box::new(MadePool::new(reach, Whole::Local(driver), members))
        }
        Work::Remote { pool, members } => {
            Box::new(MadePool::new(reach, Whole::Remote(pool), members))
        }
        Work::Volumes { name } => Box::new(Volumes { reach, name }),
        _ => return None,
    })
}

/// The steps that make networks.
fn networking(reach: Reach, work: Work) -> Option<Box<dyn Step>> {
    Some(match work {
        Work::NetworkPending { name, part } => Box::new(Uplink { reach, name, part }),
        Work::Network {
            network,
            shape,
            members,
        } => Box::new(MadeNetwork::new(reach, (network, shape), members)),
        Work::Northbound => Box::new(Northbound { reach }),
        _ => return None,
    })
}

/// The steps that finish.
fn finish(reach: Reach, work: Work) -> Option<Box<dyn Step>> {
    Some(match work {
        Work::Profile {
            pool,
            network,
            replace,
        } => Box::new(profile::Default {
            reach,
            wanted: ProfileWants { pool, network },
            replace,
            replaced: Mutex::default(),
        }),
        Work::GuestProof { guests } => Box::new(GuestProof::new(reach, guests)),
        Work::Metadata { cluster, leader } => Box::new(Metadata {
            reach,
            cluster,
            leader,
        }),
        Work::Proof {
            members,
            pools,
            networks,
            root,
            nic,
        } => Box::new(Proof {
            reach,
            members,
            pools,
            networks,
            profile: ProfileWants {
                pool: root,
                network: nic,
            },
        }),
        _ => return None,
    })
}
