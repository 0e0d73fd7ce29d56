//! What kind of work it is: its class, and what sets it apart.

use super::{NetworkShape, PoolSource, RemotePool, SnapName, Work};

impl Work {
    /// Whether it changes nothing and only makes sure.
    pub const fn only_looks(&self) -> bool {
        matches!(
            self,
            Self::LxdLeader { .. }
                | Self::OvnChassis { .. }
                | Self::Proof { .. }
                | Self::CephProof { .. }
        )
    }

    /// Whether what it says belongs to what was proven.
    pub const fn proves(&self) -> bool {
        matches!(
            self,
            Self::Proof { .. } | Self::CephProof { .. } | Self::GuestProof { .. }
        )
    }

    /// Whether it gives back what another step changed for a while: it is done also when the run
    /// stops.
    pub const fn gives_back(&self) -> bool {
        matches!(self, Self::CephUntune { .. })
    }

    /// Whether it is one node's part of what `whole` makes of all parts.
    pub fn is_part_of(&self, whole: &Self) -> bool {
        match (self, whole) {
            (Self::PoolPending { .. }, Self::Pool { .. }) => true,
            (Self::RemotePending { pool, .. }, Self::Remote { pool: made, .. }) => pool == made,
            (Self::NetworkPending { part, .. }, Self::Network { network, .. }) => {
                part.network == *network
            }
            (Self::Northbound, Self::Network { shape, .. }) => {
                matches!(shape, NetworkShape::Ovn { .. })
            }
            _ => false,
        }
    }

    /// Whether it says which disk of its node another node's step writes to: it is the last that looks
    /// at that disk.
    pub const fn gives_disk(&self) -> bool {
        matches!(self, Self::PoolPending { part, .. } if matches!(part.source, PoolSource::Disk { .. }))
    }

    /// The class under which its usual time is kept, and the front of its step's id.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Snap { snap, .. } => match snap {
                SnapName::Lxd => "snap.lxd",
                SnapName::MicroCeph => "snap.microceph",
                SnapName::MicroOvn => "snap.microovn",
            },
            Self::SnapConnect { .. } => "snap.connect",
            Self::SnapHold { .. } => "snap.hold",
            Self::LxdReady => "lxd.ready",
            Self::CephReady => "microceph.ready",
            Self::OvnReady => "microovn.ready",
            Self::ControlState => "control.state",
            Self::ControlAgent => "control.agent",
            Self::LxdAddress { .. } => "lxd.address",
            Self::LxdBootstrap { .. } => "lxd.bootstrap",
            Self::LxdJoin { .. } => "lxd.join",
            Self::LxdLeader { .. } => "lxd.leader",
            Self::CephBootstrap { .. } => "microceph.bootstrap",
            Self::CephJoin { .. } => "microceph.join",
            Self::CephTune { .. } => "microceph.tune",
            Self::CephUntune { .. } => "microceph.untune",
            Self::CephDisk { .. } => "microceph.disk",
            Self::CephPoolSize { .. } => "microceph.pool-size",
            Self::CephProof { .. } => "microceph.proof",
            Self::OvnBootstrap { .. } => "microovn.bootstrap",
            Self::OvnJoin { .. } => "microovn.join",
            Self::OvnChassis { .. } => "microovn.chassis",
            Self::Northbound => "lxd.northbound",
            Self::PoolPending { .. } => "lxd.pool-pending",
            Self::Pool { .. } => "lxd.pool",
            Self::RemotePending { pool, .. } => match pool {
                RemotePool::Block => "lxd.remote-pending",
                RemotePool::Files => "lxd.remote-fs-pending",
            },
            Self::Remote { pool, .. } => match pool {
                RemotePool::Block => "lxd.remote",
                RemotePool::Files => "lxd.remote-fs",
            },
            Self::NetworkPending { .. } => "lxd.uplink-pending",
            Self::Network { shape, .. } => match shape {
                NetworkShape::Ovn { .. } => "lxd.network",
                _ => "lxd.uplink",
            },
            Self::Profile { .. } => "lxd.profile",
            Self::Volumes { .. } => "lxd.volumes",
            Self::Metadata { .. } => "lxd.metadata",
            Self::Proof { .. } => "lxd.proof",
            Self::GuestProof { .. } => "lxd.guests",
        }
    }

    /// What tells steps of one class on one node apart: the disk, the snap; none for most.
    pub fn part(&self) -> Option<&str> {
        match self {
            Self::CephDisk { disk, .. } => Some(&disk.name),
            Self::SnapHold { snap } => Some(snap.name()),
            _ => None,
        }
    }
}
