//! `MicroOVN`'s own API: which of its services run where, and how LXD reaches its databases.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use crate::infra::microcluster::client::Micro;
use crate::infra::microcluster::types::{Member, Placed};
use crate::infra::rest::RestError;

/// The port of the northbound databases (OVN's own; `MicroOVN` has no other).
const NORTHBOUND: u16 = 6641;

/// The service that holds the databases.
pub(super) const CENTRAL: &str = "central";

/// The `MicroOVN` of this machine.
#[derive(Debug, Clone)]
pub struct MicroOvn {
    micro: Micro,
}

impl MicroOvn {
    /// The `MicroOVN` that listens on `socket`.
    pub fn new(socket: PathBuf) -> Self {
        Self {
            micro: Micro::new(socket),
        }
    }

    /// What it shares with `MicroCeph`.
    pub fn core(&self) -> &Micro {
        &self.micro
    }

    /// Which service runs where (`central`, `chassis`, `switch`; newer ones also `bgp`).
    pub async fn services(&self) -> Result<Vec<Placed>, RestError> {
        self.micro.services().await
    }

    /// Where the northbound databases are, as LXD's `network.ovn.northbound_connection` takes it:
    /// `ssl:10.0.0.11:6641,ssl:[2001:db8::12]:6641`, in the order of their addresses.
    ///
    /// Fails with `Broken` where no member runs `central`, or one has no address.
    pub async fn northbound(&self) -> Result<String, RestError> {
        let services = self.services().await?;
        let members = self.micro.members().await?;
        let mut addresses = Vec::new();
        for placed in services.iter().filter(|it| it.service == CENTRAL) {
            addresses.push(address_of(&members, &placed.location)?);
        }
        if addresses.is_empty() {
            return Err(RestError::Broken {
                reason: "no member runs central".to_owned(),
            });
        }
        addresses.sort_unstable();
        addresses.dedup();
        let each = addresses.iter();
        let each = each.map(|ip| format!("ssl:{}", SocketAddr::new(*ip, NORTHBOUND)));
        Ok(each.collect::<Vec<_>>().join(","))
    }
}

fn address_of(members: &[Member], name: &str) -> Result<IpAddr, RestError> {
    let member = members.iter().find(|it| it.name == name);
    let address = member.and_then(|it| it.address.parse::<SocketAddr>().ok());
    address.map(|it| it.ip()).ok_or_else(|| RestError::Broken {
        reason: format!("central runs on {name}, whose address is not told"),
    })
}
