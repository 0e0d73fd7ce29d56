//! What LXD's refusals mean: its sentences, told apart where a step has a different answer to each.

use crate::infra::rest::Refusal;

/// A refusal's meaning. LXD has no machine-readable kinds, so it is read from the sentence; the
/// sentences are those of 5.0.2, 5.21.7 and 6.9, recorded from real daemons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The server is in no cluster.
    NotClustered,
    /// The server is in a cluster already, or carries the certificate of one: look who it is.
    AlreadyClustered,
    /// The cluster has a member of that name or address.
    MemberExists,
    /// The joiner runs another version than the cluster.
    VersionsDiffer,
    /// The token is unknown, used, replaced or void: make a new one.
    TokenRefused,
    /// No member with that name.
    MemberMissing,
    /// The member is the last one; a cluster of one is dissolved, not left.
    OnlyMember,
    /// The member still holds instances, images or volumes.
    MemberHolds,
    /// The pool or network is already pending on that member.
    AlreadyPending,
    /// The thing exists.
    AlreadyExists,
    /// The last phase came before the first: on no member pending, or not on all.
    NotPendingEverywhere,
    /// The last phase failed before: retry without config, or delete it.
    PartlyCreated,
    /// A member-specific key in the last phase, or a global one in the first.
    KeyInWrongPhase,
    /// A driver's kernel module or tool is missing.
    DriverMissing,
    /// The kernel of a member has no driver for what is to be mounted.
    KernelLacks,
    /// Ceph has no such file system, and this LXD makes none.
    FilesMissing,
    /// The place in Ceph is another LXD's, or that of an earlier pool.
    OsdPoolTaken,
    /// OVN's databases are not reached.
    NoNorthbound,
    /// The NIC under a network has an address.
    NicHasAddress,
    /// Something still uses it.
    InUse,
    /// The address is not on this host, or its port is taken.
    CannotListen,
    /// A config key or value that LXD does not take.
    BadConfig,
    /// The cluster's database has no leader: most members are away.
    NoQuorum,
    /// The daemon starts or stops.
    NotReady,
    /// The thing does not exist.
    NotFound,
    /// Somebody changed it meanwhile.
    Changed,
    /// Anything else: the sentence is all there is.
    Other,
}

use Meaning::{
    AlreadyClustered, AlreadyExists, AlreadyPending, BadConfig, CannotListen, Changed,
    DriverMissing, FilesMissing, InUse, KernelLacks, KeyInWrongPhase, MemberExists, MemberHolds,
    MemberMissing, NicHasAddress, NoNorthbound, NoQuorum, NotClustered, NotFound,
    NotPendingEverywhere, NotReady, OnlyMember, OsdPoolTaken, Other, PartlyCreated, TokenRefused,
    VersionsDiffer,
};

/// Parts of sentences in lower case; the first that fits tells the meaning.
const SENTENCES: &[(&str, Meaning)] = &[
    ("this server is already clustered", AlreadyClustered),
    ("already part of a cluster", AlreadyClustered),
    ("found leftover cluster certificate", AlreadyClustered),
    ("server is not clustered", NotClustered),
    ("cluster already has a member with", MemberExists),
    ("server version does not match", VersionsDiffer),
    ("server version doesn't match", VersionsDiffer),
    ("no matching cluster join operation found", TokenRefused),
    ("token has expired", TokenRefused),
    ("server cert to cluster: forbidden", TokenRefused),
    ("server cert to cluster: not authorized", TokenRefused),
    ("cluster member not found", MemberMissing),
    ("only member in the cluster", OnlyMember),
    ("node still has the following", MemberHolds),
    ("already defined on member", AlreadyPending),
    ("not pending on any node", NotPendingEverywhere),
    ("not defined on nodes", NotPendingEverywhere),
    ("not defined on cluster members", NotPendingEverywhere),
    ("already partially created", PartlyCreated),
    ("may not be used as member-specific key", KeyInWrongPhase),
    ("is cluster member specific", KeyInWrongPhase),
    ("error loading \"", DriverMissing),
    ("required tool", DriverMissing),
    ("using \"ceph\": no such device", KernelLacks),
    // LXD before 5.1: https://documentation.ubuntu.com/lxd/en/latest/api-extensions/ (storage_cephfs_create_missing).
    ("cephfs doesn't exist", FilesMissing),
    ("in use by another lxd instance", OsdPoolTaken),
    ("already in use by pool", OsdPoolTaken),
    ("database connection failed", NoNorthbound),
    ("ovn southbound connection", NoNorthbound),
    ("one or more ip addresses configured", NicHasAddress),
    ("currently in use", InUse),
    ("already in use by", InUse),
    ("in use by another", InUse),
    ("cannot listen on", CannotListen),
    ("no available dqlite leader", NoQuorum),
    ("address of the cluster leader", NoQuorum),
    ("daemon not ready yet", NotReady),
    ("daemon is shutting down", NotReady),
    ("cannot set \"", BadConfig),
    ("cannot set '", BadConfig),
    ("unexpected type for", BadConfig),
    ("cannot use wildcard", BadConfig),
    ("already exists", AlreadyExists),
    ("is already created", AlreadyExists),
    ("network is not in pending state", AlreadyExists),
];

/// What a refusal means; by its sentence first, then by its code.
pub fn meaning(refusal: &Refusal) -> Meaning {
    let sentence = refusal.text.to_lowercase();
    SENTENCES
        .iter()
        .find(|(part, _)| sentence.contains(part))
        .map_or_else(|| by_code(refusal.code), |(_, meaning)| *meaning)
}

fn by_code(code: u16) -> Meaning {
    match code {
        404 => NotFound,
        409 => AlreadyExists,
        412 => Changed,
        503 => NotReady,
        _ => Other,
    }
}
