//! What a file system on Ceph needs: a service that keeps its metadata.

use super::client::MicroCeph;
use crate::engine::message::{Failure, Message};
use crate::infra::Context;
use crate::world::World;

/// The service.
const METADATA: &str = "mds";

/// Starts the service on this member where no member of the cluster has it. `MicroCeph` starts it on its
/// first three members by itself. Where it does not answer, LXD's own words tell more.
pub(in crate::infra) async fn serve_metadata(
    world: &World,
    context: &Context,
) -> Result<(), Failure> {
    let ceph = MicroCeph::new(world.microceph_socket.clone());
    let Ok(services) = ceph.services().await else {
        return Ok(());
    };
    if services.iter().any(|it| it.service == METADATA) {
        return Ok(());
    }
    context.say(Message::new("microceph.starting-metadata"));
    ceph.enable(METADATA).await.map_err(|error| {
        Failure::new(Message::new("microceph.no-metadata"))
            .because(error)
            .hint(Message::new("microceph.hint-log"))
    })
}
