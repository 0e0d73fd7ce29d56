//! When the keys about the guests' network mean something: reading refuses them elsewhere, writing
//! leaves them out.

use crate::engine::answers::{GuestNetwork, NetworkKind, UplinkKind};

/// What must be so for a key to mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// The network is OVN's.
    Ovn,
    /// It is OVN's, and NICs of the nodes are its uplink.
    OverNics,
    /// The guests' subnet is ours to choose: OVN's, or a bridge's.
    OwnSubnet,
}

impl When {
    /// Whether it is so.
    pub(super) fn holds(self, network: &GuestNetwork) -> bool {
        let ovn = network.kind == NetworkKind::Ovn;
        match self {
            Self::Ovn => ovn,
            Self::OverNics => ovn && network.uplink == UplinkKind::Nic,
            Self::OwnSubnet => ovn || network.kind == NetworkKind::Bridge,
        }
    }

    /// The sentence for what must be chosen to make it so.
    pub(super) const fn mend(self) -> &'static str {
        match self {
            Self::Ovn => "preseed.idle-mend-ovn",
            Self::OverNics => "preseed.idle-mend-nics",
            Self::OwnSubnet => "preseed.idle-mend-subnet",
        }
    }
}
