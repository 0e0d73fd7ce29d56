//! What microcluster's refusals mean: its sentences, told apart where a step has a different answer to
//! each.

use crate::infra::rest::Refusal;

/// A refusal's meaning. microcluster has no machine-readable kinds, and its HTTP codes differ between
/// versions, so it is read from the sentence; most were recorded from real daemons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The daemon is in no cluster.
    NotInitialised,
    /// The daemon is in a cluster already: look who it is.
    AlreadyInitialised,
    /// The daemon starts or stops.
    NotReady,
    /// It waits until all members run one version.
    VersionsDiffer,
    /// The host name is no name for a member.
    BadName,
    /// The address cannot be one.
    BadAddress,
    /// The monitor's address is not one of this machine's.
    MonitorElsewhere,
    /// The monitor's address is outside the public network.
    MonitorOutside,
    /// This machine has no address in one of Ceph's networks.
    NetworkElsewhere,
    /// The token is unknown, used, expired or none at all.
    TokenRefused,
    /// There is a token for that name already.
    TokenExists,
    /// The token was made for another name.
    TokenForAnother,
    /// The token is of another cluster.
    TokenElsewhere,
    /// No member of the cluster answered at its address.
    Unreachable,
    /// The cluster has a member with that address.
    AddressTaken,
    /// The cluster's lists of its members differ: a member half in or half out.
    Inconsistent,
    /// A member could not be told of the new one; that one may stay listed.
    Unconfirmed,
    /// A key that MicroCeph does not know was stored for its clients, and breaks every join.
    ClientConfig,
    /// The application itself could not be started on the new member.
    NotStarted,
    /// No member with that name.
    MemberMissing,
    /// The member is the last one.
    OnlyMember,
    /// The members have no roles yet: wait for a heartbeat.
    RolesPending,
    /// Disks are still on the member.
    HasDisks,
    /// The cluster would have too few services without the member.
    TooFewServices,
    /// Anything else: the sentence is all there is.
    Other,
}

use Meaning::{
    AddressTaken, AlreadyInitialised, BadAddress, BadName, ClientConfig, HasDisks, Inconsistent,
    MemberMissing, MonitorElsewhere, MonitorOutside, NetworkElsewhere, NotInitialised, NotReady,
    NotStarted, OnlyMember, Other, RolesPending, TokenElsewhere, TokenExists, TokenForAnother,
    TokenRefused, TooFewServices, Unconfirmed, Unreachable, VersionsDiffer,
};

/// Parts of sentences in lower case; the first that fits tells the meaning.
const SENTENCES: &[(&str, Meaning)] = &[
    ("database is not yet initialized", NotInitialised),
    (
        "unable to initialize cluster: database is online",
        AlreadyInitialised,
    ),
    ("daemon is not ready yet", NotReady),
    ("daemon is shutting down", NotReady),
    ("database is still starting", NotReady),
    ("database is offline", NotReady),
    ("waiting for an upgrade", VersionsDiffer),
    ("version is behind", VersionsDiffer),
    ("is not a valid fqdn", BadName),
    ("unable to parse ip", BadAddress),
    ("not an ip:port", BadAddress),
    ("without valid daemon configuration", BadAddress),
    ("failed to locate monip", MonitorElsewhere),
    ("is not available on public network", MonitorOutside),
    ("failed to locate cluster network", NetworkElsewhere),
    (
        "no local ip belongs to any of the listed subnets",
        NetworkElsewhere,
    ),
    ("coretokenrecord not found", TokenRefused),
    ("illegal base64 data", TokenRefused),
    ("token expired", TokenRefused),
    ("constraint failed: core_token_records.name", TokenExists),
    ("san does not contain join token name", TokenForAnother),
    ("does not match that of cluster member", TokenElsewhere),
    ("unable to connect to", Unreachable),
    ("remote with address", AddressTaken),
    ("node membership is inconsistent", Inconsistent),
    ("failed to confirm new member", Unconfirmed),
    ("failed adding truststore entry", Unconfirmed),
    ("cannot set field <nil>", ClientConfig),
    ("failed to run post-bootstrap actions", NotStarted),
    ("failed to run post-join actions", NotStarted),
    ("no remote exists with the given name", MemberMissing),
    ("not found in truststore", MemberMissing),
    ("cannot leave a cluster with 1 members", OnlyMember),
    ("no remaining non-pending members", RolesPending),
    ("no voters to transfer leadership", RolesPending),
    ("still has disks configured", HasDisks),
    ("insufficient non osd services", TooFewServices),
];

/// What a refusal means.
pub fn meaning(refusal: &Refusal) -> Meaning {
    let text = refusal.text.to_lowercase();
    let known = SENTENCES.iter().find(|(part, _)| text.contains(part));
    match known {
        Some((_, meaning)) => *meaning,
        None if refusal.code == 503 => NotReady,
        None => Other,
    }
}
