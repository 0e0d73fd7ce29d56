//! What snapd's refusals mean: by their kind where they have one, else by their sentence.

use super::envelope::Refused;

/// A refusal's meaning. Kinds are those of snapd's `client/errors.go`; sentences are for what snapd
/// says without a kind, as recorded from 2.68.3, and for what a failed task says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The snap is installed already.
    AlreadyInstalled,
    /// The snap is not installed.
    NotInstalled,
    /// The snap is as new as the channel has it.
    NoUpdate,
    /// The store knows no snap of that name.
    NoSuchSnap,
    /// The store has it, but not in that channel, revision or for this architecture.
    NotReleased,
    /// Another change of the same snap runs: adopt it.
    Conflict,
    /// The disk has no room for it.
    NoSpace,
    /// The store cannot be reached.
    NoNetwork,
    /// The snap wants a newer snapd.
    Assumes,
    /// Another Open vSwitch runs on this machine, beside which MicroOVN's cannot be installed.
    OtherSwitch,
    /// A snap lacks the plug or slot that was named.
    NoSuchPlug,
    /// snapd does not let this process in.
    Denied,
    /// Anything else: the sentence is all there is.
    Other,
}

use Meaning::{
    AlreadyInstalled, Assumes, Conflict, Denied, NoNetwork, NoSpace, NoSuchPlug, NoSuchSnap,
    NoUpdate, NotInstalled, NotReleased, Other, OtherSwitch,
};

const KINDS: &[(&str, Meaning)] = &[
    ("snap-already-installed", AlreadyInstalled),
    ("snap-not-installed", NotInstalled),
    ("snap-no-update-available", NoUpdate),
    ("snap-not-found", NoSuchSnap),
    ("snap-channel-not-available", NotReleased),
    ("snap-architecture-not-available", NotReleased),
    ("snap-revision-not-available", NotReleased),
    ("snap-change-conflict", Conflict),
    ("insufficient-disk-space", NoSpace),
    ("network-timeout", NoNetwork),
    ("dns-failure", NoNetwork),
    ("login-required", Denied),
    ("auth-cancelled", Denied),
];

/// Parts of sentences in lower case; the first that fits tells the meaning.
const SENTENCES: &[(&str, Meaning)] = &[
    ("assumes unsupported features", Assumes),
    ("no space left on device", NoSpace),
    ("insufficient space in", NoSpace),
    ("running copy of open vswitch", OtherSwitch),
    ("has no plug or slot named", NoSuchPlug),
    ("has no plug named", NoSuchPlug),
    ("has no slot named", NoSuchPlug),
    ("dial tcp", NoNetwork),
    ("lookup ", NoNetwork),
    ("i/o timeout", NoNetwork),
    ("connection reset by peer", NoNetwork),
    ("network is unreachable", NoNetwork),
    ("change in progress", Conflict),
    ("has no updates available", NoUpdate),
    ("is already installed", AlreadyInstalled),
    ("is not installed", NotInstalled),
    ("snap not found", NoSuchSnap),
];

/// What a refusal means.
pub fn meaning(refused: &Refused) -> Meaning {
    KINDS
        .iter()
        .find(|(kind, _)| *kind == refused.kind)
        .map_or_else(|| told(&refused.message), |(_, meaning)| *meaning)
}

/// What words without a kind mean: a refusal's, or a failed task's.
pub fn told(words: &str) -> Meaning {
    let words = words.to_lowercase();
    SENTENCES
        .iter()
        .find(|(part, _)| words.contains(part))
        .map_or(Other, |(_, meaning)| *meaning)
}

/// The channels that the store does have, for the architecture that was asked for.
pub fn releases(refused: &Refused) -> Vec<String> {
    let own = refused.value.get("architecture");
    let listed = refused.value.get("releases").and_then(|it| it.as_array());
    let mut channels: Vec<String> = listed
        .into_iter()
        .flatten()
        .filter(|release| release.get("architecture") == own)
        .filter_map(|release| release.get("channel")?.as_str())
        .map(str::to_owned)
        .collect();
    channels.dedup();
    channels
}

/// The snap whose change is in the way of another.
pub fn conflicting(refused: &Refused) -> Option<&str> {
    refused.value.get("snap-name")?.as_str()
}
