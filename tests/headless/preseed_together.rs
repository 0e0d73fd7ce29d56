//! Words of a preseed that are right and do not go together.

use rstest::rstest;

use super::preseed_errors::GOOD;
use super::preseed_services::{read, with_network};
use super::preseed_words::is_told;

#[rstest]
#[case::range_with_none(
    "network:\n  kind: none\n  ipv4-range: 10.7.0.2-10.7.0.9\n",
    "27:15",
    "ipv4-range: means nothing with kind: none — take it out, or choose kind: ovn"
)]
#[case::guests_with_fan(
    "network:\n  kind: fan\n  ipv4-guests: 10.83.0.1/24\n",
    "27:16",
    "ipv4-guests: means nothing with kind: fan"
)]
#[case::ipv6_guests_with_bridge(
    "network:\n  kind: bridge\n  ipv6-guests: fd83::1/64\n",
    "27:16",
    "ipv6-guests: means nothing with kind: bridge"
)]
#[case::uplink_with_bridge(
    "network:\n  kind: bridge\n  uplink: nic\n",
    "27:11",
    "uplink: means nothing with kind: bridge"
)]
#[case::vlan_on_a_bridge(
    "network:\n  kind: ovn\n  uplink: bridge\n  vlan: 5\n",
    "28:9",
    "vlan: means nothing with uplink: bridge — take it out, or choose kind: ovn with uplink: nic"
)]
#[case::dns_with_a_bridge(
    "network:\n  kind: ovn\n  uplink: bridge\n  dns: []\n",
    "28:8",
    "dns: means nothing with uplink: bridge"
)]
#[case::bridge_without_subnet(
    "network:\n  kind: ovn\n  uplink: bridge\n",
    "26:3",
    "The bridge needs an address — Type an address of its own"
)]
#[case::bridge_over_the_nodes(
    "network:\n  kind: ovn\n  uplink: bridge\n  ipv4-gateway: 10.0.0.1/24\n  ipv4-range: 10.0.0.2-10.0.0.9\n",
    "28:17",
    "The bridge 10.0.0.1/24 overlaps with 10.0.0.11/32, in which pi-a is"
)]
#[case::guests_of_a_bridge_over_the_nodes(
    "network:\n  kind: bridge\n  ipv4-guests: 10.0.0.1/24\n",
    "27:16",
    "The guests' subnet 10.0.0.1/24 overlaps"
)]
#[case::kind_alone_missing("network: {}\n", "25:10", "kind: is missing here")]
fn what_does_not_go_together_is_told(
    #[case] network: &str,
    #[case] place: &str,
    #[case] words: &str,
) {
    is_told(&with_network(network), place, words);
}

#[rstest]
#[case::uplink("    uplink: eth1\n", "6:13", "uplink: means nothing with kind: none")]
#[case::underlay(
    "    underlay: 10.9.0.1\n",
    "6:15",
    "underlay: means nothing with kind: none"
)]
fn a_node_says_nothing_of_a_network_that_is_not_made(
    #[case] line: &str,
    #[case] place: &str,
    #[case] words: &str,
) {
    let address = "    address: 10.0.0.11\n";
    is_told(
        &GOOD.replacen(address, &format!("{address}{line}"), 1),
        place,
        words,
    );
}

#[rstest]
#[case::network("public-network: 10.0.0.0/24", "public-network")]
#[case::filesystem("filesystem: false", "filesystem")]
#[case::tune("tune: true", "tune")]
fn ceph_without_a_disk_has_nothing_to_say(#[case] line: &str, #[case] key: &str) {
    let column = key.len() + 5;
    let words = format!("{key}: means nothing, as there is no Ceph: no disk is given to it");
    is_told(
        &format!("{GOOD}ceph:\n  existing: refuse\n  {line}\n"),
        &format!("18:{column}"),
        &words,
    );
    let reused = format!("{GOOD}ceph:\n  existing: reuse\n  {line}\n");
    assert!(read(&reused).has_ceph());
}

#[test]
fn a_fan_is_made_of_ipv4_nodes() {
    let text = GOOD.replacen("10.0.0.12", "fd00::12", 1);
    is_told(
        &format!("{text}network:\n  kind: fan\n"),
        "17:9",
        "A fan is made over IPv4, and pi-b has an IPv6 cluster address",
    );
}

#[test]
fn the_networks_of_a_new_ceph_are_of_one_family() {
    let text = GOOD.replacen("use: local", "use: ceph", 1);
    is_told(
        &format!("{text}ceph:\n  internal-network: 'fd00::/64'\n"),
        "17:21",
        "fd00::/64 and the network of Ceph's monitors are not of one family",
    );
}
