//! `MicroCeph` as a service that mcloud brings up.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::client::MicroCeph;
use super::disk::{GiveDisk, How};
use super::proof::Proof;
use super::size::PoolSize;
use super::tune::{Monitor, Tune, Untune};
use crate::engine::message::Failure;
use crate::engine::plan::Work;
use crate::engine::services::{MicroFacts, Osd, ServiceState};
use crate::infra::host;
use crate::infra::microcluster::bootstrap::Bootstrap;
use crate::infra::microcluster::join::Join;
use crate::infra::microcluster::reach::Reach;
use crate::infra::microcluster::ready::Ready;
use crate::infra::microcluster::terms::{Need, Terms};
use crate::infra::microcluster::{App, invite, status};
use crate::infra::patient::{Patient, patiently};
use crate::infra::rest::RestError;
use crate::infra::{Doing, InfraBootstrapper, Inputs, Step};
use crate::world::World;

/// `MicroCeph` among the applications of microcluster.
const CEPH: App = App {
    name: "MicroCeph",
    snap: "microceph",
    unit: "snap.microceph.daemon.service",
    proof: "/1.0/pools",
    last: None,
};

/// The `MicroCeph` of this node.
#[derive(Debug, Clone)]
pub struct CephService {
    reach: Reach,
}

impl CephService {
    /// The `MicroCeph` in `world`; nothing is asked yet.
    pub fn new(world: World) -> Self {
        let socket = world.microceph_socket.clone();
        Self {
            reach: Reach::new(world, CEPH, socket),
        }
    }

    fn ceph(&self) -> MicroCeph {
        MicroCeph::from(self.reach.micro.clone())
    }

    async fn facts(&self) -> Result<MicroFacts, RestError> {
        let mut facts = status::facts(&self.reach).await?;
        let ceph = self.ceph();
        facts.no_encryption = ceph.no_encryption().await?;
        let disks = ceph.disks().await?.into_iter();
        let own = |member: &str| *member == facts.name;
        let device = |path: &str| host::disks::device(&self.reach.world, path);
        facts.disks = disks
            .map(|it| Osd {
                osd: it.osd,
                device: own(&it.location).then(|| device(&it.path)).flatten(),
                path: it.path,
                member: it.location,
            })
            .collect();
        Ok(facts)
    }

    /// The step that does `work`, without patience.
    fn step_of(&self, work: &Work) -> Option<Box<dyn Step>> {
        let (reach, ceph) = (self.reach.clone(), self.ceph());
        Some(match work.clone() {
            Work::CephTune { name } => Box::new(Tune::new(Monitor { reach, name })),
            Work::CephUntune { name } => Box::new(Untune {
                monitor: Monitor { reach, name },
            }),
            Work::CephDisk {
                name,
                disk,
                wipe,
                encrypt,
            } => Box::new(GiveDisk::new(reach, name, disk, How { wipe, encrypt })),
            Work::CephPoolSize { size, all } => Box::new(PoolSize {
                monitor: host::hostname(&reach.world),
                reach,
                ceph,
                size,
                all,
            }),
            Work::CephProof { members, disks } => Box::new(Proof {
                reach,
                ceph,
                members,
                disks,
            }),
            other => return self.membership(other),
        })
    }

    /// The steps after which this node is a member.
    fn membership(&self, work: Work) -> Option<Box<dyn Step>> {
        let reach = self.reach.clone();
        Some(match work {
            Work::CephReady => Box::new(Ready { reach }),
            Work::CephBootstrap {
                name,
                address,
                monitor,
                public,
                internal,
                members,
                reuse,
            } => Box::new(Bootstrap {
                reach,
                terms: first(name, address, (monitor, public, internal)),
                members,
                reuse,
            }),
            Work::CephJoin {
                name,
                address,
                leader,
                reuse,
            } => Box::new(Join::new(reach, another(name, address), (leader, reuse))),
            _ => return None,
        })
    }
}

/// What the first member is told, and what `MicroCeph` itself checks of it before it begins.
fn first(
    name: String,
    address: SocketAddr,
    (monitor, public, internal): (IpAddr, IpNet, IpNet),
) -> Terms {
    let config = [
        ("MonIp", monitor.to_string()),
        ("PublicNet", public.to_string()),
        ("ClusterNet", internal.to_string()),
    ];
    Terms {
        config: config.map(|(key, value)| (key.to_owned(), value)).into(),
        needs: vec![
            Need::Own(monitor),
            Need::Within(monitor, public),
            Need::In(internal),
        ],
        ..another(name, address)
    }
}

/// What a joiner is told: nothing. It finds its monitor's address in the cluster's own network.
fn another(name: String, address: SocketAddr) -> Terms {
    Terms {
        name,
        address,
        config: [].into(),
        needs: Vec::new(),
        newer: None,
    }
}

impl InfraBootstrapper for CephService {
    fn status(&self) -> Doing<'_, ServiceState> {
        Box::pin(async {
            let facts = self.facts().await;
            ServiceState::Ceph(status::state(&self.reach, facts).await)
        })
    }

    fn step(&self, work: &Work) -> Option<Box<dyn Step>> {
        let step = self.step_of(work)?;
        Some(Patient::of(step, &self.reach.world.clock))
    }

    fn inputs_for<'a>(&'a self, work: &'a Work) -> Doing<'a, Result<Inputs, Failure>> {
        Box::pin(async move {
            match work {
                Work::CephJoin {
                    name,
                    address,
                    reuse,
                    ..
                } => {
                    let ask = || invite::inputs(&self.reach, name, *address, *reuse);
                    patiently(&self.reach.world.clock, None, ask).await
                }
                _ => Ok(Inputs::new()),
            }
        })
    }
}
