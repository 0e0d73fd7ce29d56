//! Whether the OSD behind a record runs. `MicroCeph`'s API does not tell; the OSD itself does, on its
//! admin socket.

use super::admin::{Admin, AdminError};
use super::client::CephDisk;
use crate::engine::facts::Disk;
use crate::engine::plan::DiskUse;
use crate::infra::host::disks::device;
use crate::infra::systemd;
use crate::world::World;

/// The unit under which the snap runs its OSDs.
const UNIT: &str = "snap.microceph.osd.service";

/// What Ceph calls an OSD that its map has up.
const ACTIVE: &str = "active";

/// How an OSD of this node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Running {
    /// It is up.
    Up,
    /// It runs and is not up yet; its own word for it.
    Not(String),
    /// It does not run.
    Silent,
    /// Nobody can say: this `MicroCeph` is not the snap, so nobody knows where its sockets are.
    Unknown,
}

/// How the OSD of that number is.
pub(super) async fn running(world: &World, osd: u64) -> Running {
    let socket = world.ceph_run.join(format!("ceph-osd.{osd}.asok"));
    let admin = Admin::new(socket);
    match admin.state().await {
        Ok(state) if state == ACTIVE => Running::Up,
        Ok(state) => Running::Not(state),
        Err(AdminError::Absent { .. }) if !admin.is_there() => {
            match systemd::is_installed(world, UNIT).await {
                Some(true) => Running::Silent,
                Some(false) | None => Running::Unknown,
            }
        }
        Err(AdminError::Absent { .. } | AdminError::Lost { .. }) => Running::Silent,
        Err(AdminError::Refused(words)) => Running::Not(words),
    }
}

/// The record of a planned disk, if Ceph has one. Both may name it by different links: where they lead
/// counts, and where they lead nowhere, what they say.
pub(super) fn record<'a>(
    world: &World,
    (member, planned): (&str, &DiskUse),
    records: &'a [CephDisk],
) -> Option<&'a CephDisk> {
    let disk = Disk {
        name: planned.name.clone(),
        path: planned.path.clone(),
        serial: Some(planned.serial.clone()),
        ..Disk::default()
    };
    let at = device(world, &planned.path);
    records.iter().find(|record| {
        record.location == member
            && match (&at, device(world, &record.path)) {
                (Some(at), Some(there)) => *at == there,
                _ => disk.is_at(&record.path),
            }
    })
}
