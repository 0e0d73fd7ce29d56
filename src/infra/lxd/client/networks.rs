//! The calls about networks.

use serde_json::json;

use super::{Lxd, at};
use crate::infra::lxd::types::{Network, NewNetwork};
use crate::infra::rest::envelope::Progress;
use crate::infra::rest::{Call, RestError, segment};

impl Lxd {
    /// All networks, LXD's own and those it merely sees.
    pub async fn networks(&self) -> Result<Vec<Network>, RestError> {
        self.list("/1.0/networks?recursion=1").await
    }

    /// One network; with a target with that member's own keys.
    pub async fn network(&self, name: &str, target: Option<&str>) -> Result<Network, RestError> {
        let path = format!("/1.0/networks/{}", segment(name));
        self.get(at(&path, target)).await
    }

    /// First phase: tells one member of a network to come. Member-specific keys alone. Networks of
    /// OVN have no such phase.
    pub async fn create_network_pending(
        &self,
        target: &str,
        network: &NewNetwork,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        let path = at("/1.0/networks", Some(target));
        self.work(Call::post(path, json!(network)), progress).await
    }

    /// Last phase: makes the network on every member. Global keys alone, of which LXD checks the
    /// syntax at the most; after a failure only deleting the network helps.
    pub async fn create_network(
        &self,
        network: &NewNetwork,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        self.work(Call::post("/1.0/networks", json!(network)), progress)
            .await
    }

    /// Deletes a network; also clears one that is pending or failed.
    pub async fn delete_network(
        &self,
        name: &str,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        let path = format!("/1.0/networks/{}", segment(name));
        self.work(Call::delete(path), progress).await
    }
}
