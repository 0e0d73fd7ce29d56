//! The pools that mcloud makes: what LXD is told of each, by member and as a whole.

use super::disk;
use super::reach::Reach;
use super::types::{Config, Server};
use crate::engine::message::Failure;
use crate::engine::plan::{LOCAL_POOL, PoolPart, RemotePool};

/// Without this extension each member names the pool's place in Ceph itself.
const DROPS_SOURCE: &str = "storage_remote_drop_source";

/// Without this extension the features of block devices are named, as MicroCloud names them.
const RBD_DEFAULTS: &str = "storage_ceph_use_rbd_defaults";

/// With this extension LXD makes the file system; without it, it must be there.
const CREATES_FILES: &str = "storage_cephfs_create_missing";

/// The features, MicroCloud's.
const RBD_FEATURES: &str = "layering,striping,exclusive-lock,object-map,fast-diff,deep-flatten";

/// A pool as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whole {
    /// The local pool, with its driver.
    Local(String),
    /// A distributed one.
    Remote(RemotePool),
}

impl Whole {
    /// The pool's name.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Local(_) => LOCAL_POOL,
            Self::Remote(pool) => pool.name(),
        }
    }

    /// LXD's driver.
    pub(super) fn driver(&self) -> &str {
        match self {
            Self::Local(driver) => driver,
            Self::Remote(pool) => pool.driver(),
        }
    }

    /// What the operator sees in LXD's lists, in MicroCloud's words.
    pub(super) fn description(&self) -> &'static str {
        match self {
            Self::Local(driver) => match driver.as_str() {
                "zfs" => "Local storage on ZFS",
                "btrfs" => "Local storage on Btrfs",
                _ => "Local storage",
            },
            Self::Remote(RemotePool::Block) => "Distributed storage on Ceph",
            Self::Remote(RemotePool::Files) => "Distributed file-system storage using Ceph",
        }
    }

    /// The global keys of the last phase, as `server` wants them.
    pub(super) fn config(&self, server: &Server) -> Config {
        let pairs: Vec<(&str, &str)> = match self {
            Self::Local(_) => Vec::new(),
            Self::Remote(pool @ RemotePool::Block) => {
                let mut pairs = vec![
                    ("ceph.rbd.du", "false"),
                    ("ceph.osd.pool_name", place(*pool)),
                ];
                if !server.has(RBD_DEFAULTS) {
                    pairs.push(("ceph.rbd.features", RBD_FEATURES));
                }
                pairs
            }
            Self::Remote(RemotePool::Files) if !server.has(CREATES_FILES) => Vec::new(),
            Self::Remote(pool @ RemotePool::Files) => vec![
                ("cephfs.create_missing", "true"),
                ("cephfs.meta_pool", "lxd_cephfs_meta"),
                ("cephfs.data_pool", "lxd_cephfs_data"),
                ("cephfs.path", place(*pool)),
            ],
        };
        let pairs = pairs.into_iter();
        pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    }

    /// What a failure may leave in Ceph, in words; none for the local pool.
    pub(super) const fn leaves(&self) -> Option<&'static str> {
        match self {
            Self::Local(_) => None,
            Self::Remote(RemotePool::Block) => Some("lxd_remote"),
            Self::Remote(RemotePool::Files) => Some("lxd_cephfs_meta, lxd_cephfs_data"),
        }
    }
}

/// Where a distributed pool is in Ceph: its OSD pool, or its file system.
const fn place(pool: RemotePool) -> &'static str {
    match pool {
        RemotePool::Block => "lxd_remote",
        RemotePool::Files => "lxd_cephfs",
    }
}

/// The member-specific keys of a distributed pool, as `server` wants them.
pub(super) fn of_remote(pool: RemotePool, server: &Server) -> Config {
    if server.has(DROPS_SOURCE) {
        return Config::new();
    }
    Config::from([(disk::SOURCE.to_owned(), place(pool).to_owned())])
}

/// A member's part of a pool.
#[expect(
    clippy::large_enum_variant,
    reason = "a step has one of them, and nobody keeps many"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Share {
    /// Of the local pool.
    Local(PoolPart),
    /// Of a distributed one.
    Remote(RemotePool),
}

impl Share {
    /// The pool's name.
    pub(super) const fn pool(&self) -> &'static str {
        match self {
            Self::Local(_) => LOCAL_POOL,
            Self::Remote(pool) => pool.name(),
        }
    }

    /// LXD's driver.
    pub(super) fn driver(&self) -> &str {
        match self {
            Self::Local(part) => &part.driver,
            Self::Remote(pool) => pool.driver(),
        }
    }

    /// The member-specific keys, as `server` wants them.
    pub(super) fn config(&self, server: &Server) -> Config {
        match self {
            Self::Local(part) => disk::config(part),
            Self::Remote(pool) => of_remote(*pool, server),
        }
    }

    /// Looks once more at a disk that is given away; an `earlier` attempt may have written to it.
    pub(super) async fn look_again(&self, reach: &Reach, earlier: bool) -> Result<(), Failure> {
        match self {
            Self::Local(part) => disk::look_again(reach, part, earlier).await,
            Self::Remote(_) => Ok(()),
        }
    }
}
