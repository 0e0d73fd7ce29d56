//! Every key a preseed knows, and what each takes.

use super::error::say;
use crate::engine::message::Message;

/// The keys, each with the sentence for what it takes. `uplink` belongs to nodes and to the network.
const KEYS: [(&str, &str); 38] = [
    ("cluster", "preseed.takes-cluster"),
    ("initiator", "preseed.takes-initiator"),
    ("nodes", "preseed.takes-nodes"),
    ("local", "preseed.takes-local"),
    ("erase", "preseed.takes-erase"),
    ("name", "preseed.takes-name"),
    ("address", "preseed.takes-address"),
    ("uplink", "preseed.takes-uplink"),
    ("underlay", "preseed.takes-address"),
    ("disks", "preseed.takes-disks"),
    ("use", "preseed.takes-use"),
    ("serial", "preseed.takes-serial"),
    ("model", "preseed.takes-model"),
    ("size", "preseed.takes-size"),
    ("encrypt", "preseed.takes-flag"),
    ("driver", "preseed.takes-driver"),
    ("file", "preseed.takes-size"),
    ("ceph", "preseed.takes-ceph"),
    ("public-network", "preseed.takes-subnet"),
    ("internal-network", "preseed.takes-subnet"),
    ("filesystem", "preseed.takes-flag"),
    ("tune", "preseed.takes-flag"),
    ("existing", "preseed.takes-existing"),
    ("network", "preseed.takes-network"),
    ("kind", "preseed.takes-kind"),
    ("vlan", "preseed.takes-vlan"),
    ("ipv4-gateway", "preseed.takes-router4"),
    ("ipv4-range", "preseed.takes-range"),
    ("ipv6-gateway", "preseed.takes-router6"),
    ("dns", "preseed.takes-dns"),
    ("ipv4-guests", "preseed.takes-router4"),
    ("ipv6-guests", "preseed.takes-router6"),
    ("snaps", "preseed.takes-snaps"),
    ("install", "preseed.takes-flag"),
    ("lxd", "preseed.takes-channel"),
    ("microceph", "preseed.takes-channel"),
    ("microovn", "preseed.takes-channel"),
    ("profile", "preseed.takes-profile"),
];

/// The preseed's own key that is written as `word`.
pub(super) fn known(word: &str) -> Option<&'static str> {
    KEYS.iter().map(|(key, _)| *key).find(|key| *key == word)
}

/// What a key takes, in words.
pub(super) fn takes(key: &str) -> Message {
    let found = KEYS.iter().find(|(known, _)| *known == key);
    say(found.map_or("preseed.takes-size", |(_, takes)| takes))
}
