//! `MicroOVN` as a service that mcloud brings up.

use std::net::{IpAddr, SocketAddr};

use super::chassis::Chassis;
use crate::engine::message::Failure;
use crate::engine::plan::Work;
use crate::engine::services::ServiceState;
use crate::infra::microcluster::bootstrap::Bootstrap;
use crate::infra::microcluster::join::Join;
use crate::infra::microcluster::reach::Reach;
use crate::infra::microcluster::ready::Ready;
use crate::infra::microcluster::terms::{Need, Newer, Terms};
use crate::infra::microcluster::{App, invite, status};
use crate::infra::patient::{Patient, patiently};
use crate::infra::{Doing, InfraBootstrapper, Inputs, Step};
use crate::world::World;

/// `MicroOVN` among the applications of microcluster.
const OVN: App = App {
    name: "MicroOVN",
    snap: "microovn",
    unit: "snap.microovn.daemon.service",
    // The southbound database itself is asked: the services are listed before they run.
    proof: "/1.0/ovsdb/schema/sb/active",
    last: Some("snap.microovn.chassis.service"),
};

/// The address of the tunnels. `MicroOVN` takes anything for it, even what is no address.
const ENCAPSULATION: &str = "ovn-encap-ip";

/// The extension that came with it.
const ENCAPSULATION_EXTENSION: &str = "custom_encapsulation_ip";

/// The `MicroOVN` of this node.
#[derive(Debug, Clone)]
pub struct OvnService {
    reach: Reach,
}

impl OvnService {
    /// The `MicroOVN` in `world`; nothing is asked yet.
    pub fn new(world: World) -> Self {
        let socket = world.microovn_socket.clone();
        Self {
            reach: Reach::new(world, OVN, socket),
        }
    }
}

fn terms(name: &str, address: SocketAddr, underlay: IpAddr) -> Terms {
    Terms {
        name: name.to_owned(),
        address,
        config: [(ENCAPSULATION.to_owned(), underlay.to_string())].into(),
        needs: vec![Need::Own(underlay)],
        newer: Some(Newer {
            key: ENCAPSULATION,
            extension: ENCAPSULATION_EXTENSION,
            usual: underlay == address.ip(),
        }),
    }
}

impl InfraBootstrapper for OvnService {
    fn status(&self) -> Doing<'_, ServiceState> {
        Box::pin(async {
            let facts = status::facts(&self.reach).await;
            ServiceState::Ovn(status::state(&self.reach, facts).await)
        })
    }

    fn step(&self, work: &Work) -> Option<Box<dyn Step>> {
        let reach = self.reach.clone();
        let step: Box<dyn Step> = match work.clone() {
            Work::OvnReady => Box::new(Ready { reach }),
            Work::OvnBootstrap {
                name,
                address,
                underlay,
                members,
            } => Box::new(Bootstrap {
                reach,
                terms: terms(&name, address, underlay),
                members,
                reuse: false,
            }),
            Work::OvnJoin {
                name,
                address,
                underlay,
                leader,
            } => Box::new(Join::new(
                reach,
                terms(&name, address, underlay),
                (leader, false),
            )),
            Work::OvnChassis { members } => Box::new(Chassis { reach, members }),
            _ => return None,
        };
        Some(Patient::of(step, &self.reach.world.clock))
    }

    fn inputs_for<'a>(&'a self, work: &'a Work) -> Doing<'a, Result<Inputs, Failure>> {
        Box::pin(async move {
            match work {
                Work::OvnJoin { name, address, .. } => {
                    let ask = || invite::inputs(&self.reach, name, *address, false);
                    patiently(&self.reach.world.clock, None, ask).await
                }
                _ => Ok(Inputs::new()),
            }
        })
    }
}
