//! How long LXD's calls take, measured on small machines with fast disks.

use super::Release;

/// A call, as far as its duration goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chore {
    Read,
    Networks,
    Patch,
    PatchVolumes,
    Enable,
    Token,
    JoinSecond,
    JoinLater,
    JoinLoop,
    Disable,
    Remove,
    RemoveForced,
    Pending,
    PoolDir,
    PoolBtrfs,
    PoolOther,
    PoolRemote,
    PoolDelete,
    Profile,
    NetworkPending,
    Network,
    NetworkOvn,
    NetworkDelete,
    Volume,
    PoolCephFs,
    Image,
    Guest,
    GuestMove,
    GuestCommand,
}

/// Milliseconds on 5.0.2, 5.21 and 6.9: the recordings' `took_ms`, an operation's wait included.
/// `PoolOther` (zfs, lvm) and what 5.x lacks of `JoinLoop`, `PoolRemote` and
/// `NetworkOvn` are taken from 6.9 or estimated, as are `PoolCephFs`, images and guests.
const USUAL: [(Chore, [u64; 3]); 29] = [
    (Chore::Read, [2, 2, 3]),
    (Chore::Networks, [94, 60, 70]),
    (Chore::Patch, [20, 4, 5]),
    (Chore::PatchVolumes, [118, 118, 114]),
    (Chore::Enable, [156, 217, 259]),
    (Chore::Token, [4, 5, 6]),
    (Chore::JoinSecond, [10_625, 437, 639]),
    (Chore::JoinLater, [11_711, 1_492, 1_597]),
    (Chore::JoinLoop, [12_900, 2_700, 2_824]),
    (Chore::Disable, [50, 95, 79]),
    (Chore::Remove, [1_021, 1_021, 1_021]),
    (Chore::RemoveForced, [616, 616, 616]),
    (Chore::Pending, [3, 4, 8]),
    (Chore::PoolDir, [17, 22, 40]),
    (Chore::PoolBtrfs, [10_163, 81, 118]),
    (Chore::PoolOther, [2_000, 2_000, 2_000]),
    (Chore::PoolRemote, [4_464, 4_464, 4_464]),
    (Chore::PoolDelete, [46, 26, 24]),
    (Chore::Profile, [11, 11, 33]),
    (Chore::NetworkPending, [12, 7, 18]),
    (Chore::Network, [145, 130, 190]),
    (Chore::NetworkOvn, [3_037, 3_037, 3_037]),
    (Chore::NetworkDelete, [30, 28, 42]),
    (Chore::Volume, [20, 20, 30]),
    (Chore::PoolCephFs, [6_000, 6_000, 6_000]),
    (Chore::Image, [400, 400, 400]),
    (Chore::Guest, [500, 500, 500]),
    (Chore::GuestMove, [1_500, 1_500, 1_500]),
    (Chore::GuestCommand, [1_000, 1_000, 1_000]),
];

/// Milliseconds that `chore` usually takes.
pub(super) fn usual(release: Release, chore: Chore) -> u64 {
    let [old, lts, new] = USUAL
        .iter()
        .find(|(each, _)| *each == chore)
        .map_or([0; 3], |(_, took)| *took);
    match release {
        Release::V5_0 => old,
        Release::V5_21 => lts,
        Release::V6 => new,
    }
}
