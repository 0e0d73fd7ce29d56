//! Every wrong word about Ceph, the guests' network and snaps is told with its place.

use rstest::rstest;

use super::preseed_errors::error_of;
use super::preseed_services::changed;

#[rstest]
#[case::second_local_disk(
    "- use: ceph\n        serial: A2\n        encrypt: true",
    "- use: local\n        serial: A2",
    "11:9",
    "pi-a gives a second disk to the local pool"
)]
#[case::same_disk(
    "serial: A2",
    "serial: A1",
    "11:9",
    "this is the disk that line 9 gives away — give each disk away once"
)]
#[case::same_disk_told_more_closely(
    "model: Samsung T7",
    "model: Samsung T7\n        serial: B1",
    "20:9",
    "this is the disk that line 18 gives away"
)]
#[case::encrypted_local_disk(
    "serial: A1",
    "serial: A1\n        encrypt: true",
    "11:18",
    "a disk of the local pool cannot be encrypted"
)]
#[case::encrypt(
    "encrypt: true",
    "encrypt: yes",
    "13:18",
    "\"yes\" is neither true nor false — it takes true or false"
)]
#[case::near_key_of_a_disk("encrypt:", "encrypted:", "13:9", "did you mean encrypt?")]
#[case::nic("eth1", "eth1/2", "6:13", "\"eth1/2\" is not the name of a NIC")]
#[case::long_nic("eth1", "a-nic-of-16-byte", "6:13", "is not the name of a NIC")]
#[case::no_uplink(
    "    uplink: eth0.200\n",
    "",
    "14:11",
    "pi-b names no uplink, and OVN goes over a NIC of each node — add uplink:"
)]
#[case::underlay(
    "10.9.0.11",
    "10.9.0.0/24",
    "7:15",
    "\"10.9.0.0/24\" is not an address"
)]
#[case::underlay_of_two(
    "    uplink: eth0.200",
    "    uplink: eth0.200\n    underlay: 10.9.0.11",
    "17:15",
    "10.9.0.11 is already the address of pi-a (line 7)"
)]
#[case::underlay_of_another(
    "10.0.0.12",
    "10.9.0.11",
    "15:14",
    "10.9.0.11 is already the address of pi-a (line 7)"
)]
#[case::underlay_of_another_family(
    "10.9.0.11",
    "'fd09::11'",
    "15:14",
    "pi-b has its tunnels at 10.0.0.12, pi-a at fd09::11"
)]
#[case::name_server_of_everybody(
    "[10.7.0.1,",
    "[0.0.0.0,",
    "35:8",
    "0.0.0.0 is not the address of a name server"
)]
#[case::near_key_of_ceph(
    "public-network:",
    "public_network:",
    "23:3",
    "did you mean public-network?"
)]
#[case::ceph_network("10.8.0.0/16", "10.8.0.0", "24:21", "\"10.8.0.0\" is not a network")]
#[case::ceph_network_of_an_address(
    "10.0.0.0/24",
    "10.0.0.9/24",
    "23:19",
    "\"10.0.0.9/24\" is an address in a network, not a network — write the network that it is in: 10.0.0.0/24"
)]
#[case::everybody("10.8.0.0/16", "0.0.0.0/0", "24:21", "cannot be a network of nodes")]
#[case::filesystem(
    "filesystem: false",
    "filesystem: 0",
    "25:15",
    "neither true nor false"
)]
#[case::existing(
    "existing: reuse",
    "existing: keep",
    "27:13",
    "\"keep\" is neither refuse nor reuse"
)]
#[case::ceph_as_text(
    "  public-network: 10.0.0.0/24\n  internal-network: 10.8.0.0/16\n  filesystem: false\n  tune: false\n  existing: reuse\n",
    "  true\n",
    "23:3",
    "this does not fit ceph: — it takes keys such as filesystem: false"
)]
#[case::kind(
    "kind: ovn",
    "kind: vxlan",
    "29:9",
    "\"vxlan\" is not a kind of network"
)]
#[case::no_kind("  kind: ovn\n", "", "29:3", "kind: is missing here")]
#[case::uplink(
    "uplink: nic",
    "uplink: eth1",
    "30:11",
    "\"eth1\" is not a kind of uplink"
)]
#[case::vlan_too_high(
    "4094",
    "4095",
    "31:9",
    "\"4095\" is not a VLAN — it takes a number from 1 to 4094"
)]
#[case::vlan_zero("4094", "0", "31:9", "\"0\" is not a VLAN")]
#[case::near_key_of_the_network(
    "ipv4-gateway",
    "ipv4_gateway",
    "32:3",
    "did you mean ipv4-gateway?"
)]
#[case::gateway_without_prefix(
    "10.7.0.1/24",
    "10.7.0.1",
    "32:17",
    "\"10.7.0.1\" is not an address with a prefix length — it takes an IPv4 address with the prefix"
)]
#[case::gateway_is_the_network(
    "10.7.0.1/24",
    "10.7.0.0/24",
    "32:17",
    "10.7.0.0/24 is not the address of a router in a subnet — Type the router's own address"
)]
#[case::gateway_is_the_broadcast(
    "10.7.0.1/24",
    "10.7.0.255/24",
    "32:17",
    "is not the address of a router"
)]
#[case::gateway_without_room(
    "10.7.0.1/24",
    "10.7.0.1/31",
    "32:17",
    "is not the address of a router"
)]
#[case::gateway_of_the_other_kind(
    "10.7.0.1/24",
    "fd07::1/64",
    "32:17",
    "is not an address with a prefix length"
)]
#[case::gateway_is_a_node(
    "10.7.0.1/24",
    "10.0.0.12/24",
    "32:17",
    "10.0.0.12/24 is the address of pi-b, not of a router"
)]
#[case::no_range(
    "  ipv4-range: 10.7.0.100-10.7.0.200\n",
    "",
    "32:17",
    "OVN needs addresses of 10.7.0.0/24 for itself"
)]
#[case::no_gateway(
    "  ipv4-gateway: 10.7.0.1/24\n",
    "",
    "32:15",
    "The uplink needs its router"
)]
#[case::range(
    "10.7.0.100-10.7.0.200",
    "10.7.0.128/25",
    "33:15",
    "\"10.7.0.128/25\" is not a range of IPv4 addresses"
)]
#[case::range_reversed(
    "10.7.0.100-10.7.0.200",
    "10.7.0.200-10.7.0.100",
    "33:15",
    "The range 10.7.0.200-10.7.0.100 ends before it begins — Type the lower address first"
)]
#[case::range_outside(
    "10.7.0.200\n",
    "10.7.1.200\n",
    "33:15",
    "The range 10.7.0.100-10.7.1.200 is not in 10.7.0.0/24"
)]
#[case::range_with_the_gateway("10.7.0.100-", "10.7.0.1-", "33:15", "holds the router 10.7.0.1")]
#[case::range_with_the_broadcast(
    "10.7.0.200\n",
    "10.7.0.255\n",
    "33:15",
    "holds the first or last address of 10.7.0.0/24"
)]
#[case::range_with_a_node(
    "address: 10.0.0.12",
    "address: 10.7.0.150",
    "33:15",
    "holds 10.7.0.150, which pi-b has"
)]
#[case::range_with_an_underlay(
    "10.9.0.11",
    "10.7.0.150",
    "33:15",
    "holds 10.7.0.150, which pi-a has"
)]
#[case::range_with_a_name_server(
    "[10.7.0.1,",
    "[10.7.0.150,",
    "33:15",
    "holds the name server 10.7.0.150"
)]
#[case::dns(
    "fd07::53",
    "dns.example",
    "35:19",
    "\"dns.example\" is not an address — it takes a list"
)]
#[case::dns_as_text(
    "[10.7.0.1, 'fd07::53']",
    "10.7.0.1",
    "35:8",
    "this does not fit dns: — it takes a list"
)]
#[case::guests_in_the_uplink(
    "10.83.0.1/24",
    "10.7.0.129/25",
    "36:16",
    "The guests' subnet 10.7.0.129/25 overlaps with the uplink's 10.7.0.0/24"
)]
#[case::guests_around_the_uplink(
    "10.83.0.1/24",
    "10.7.3.1/16",
    "36:16",
    "overlaps with the uplink's 10.7.0.0/24"
)]
#[case::guests_over_the_nodes(
    "10.83.0.1/24",
    "10.0.0.1/24",
    "36:16",
    "overlaps with 10.0.0.11/32, in which pi-a is"
)]
#[case::guests6_in_the_uplink(
    "fd83::1/64",
    "fd07::9/64",
    "37:16",
    "overlaps with the uplink's fd07::/64"
)]
#[case::channel(
    "6/stable",
    "6/steady",
    "40:8",
    "\"6/steady\" is not a channel of a snap"
)]
#[case::channel_with_a_gap("squid/edge", "squid//edge", "41:14", "is not a channel of a snap")]
#[case::install("install: false", "install: no", "39:12", "neither true nor false")]
#[case::near_key_of_the_snaps("microovn:", "micro-ovn:", "42:3", "did you mean microovn?")]
fn a_mistake_about_services_is_told_with_its_place(
    #[case] from: &str,
    #[case] to: &str,
    #[case] place: &str,
    #[case] words: &str,
) {
    is_told(&changed(from, to), place, words);
}

/// The first line of the mistake names the place, what is wrong, and how to mend it.
pub(crate) fn is_told(text: &str, place: &str, words: &str) {
    let told = error_of(text).to_string();
    let head = told.lines().next().expect("an error has a first line");
    assert!(
        head.starts_with(&format!("attic.yaml:{place}: ")),
        "{place} is not the place in: {told}"
    );
    assert!(head.contains(words), "{words} is not in: {told}");
    assert!(head.contains(" — "), "no way to mend it in: {told}");
    assert!(!head.contains('{'), "a hole is left in: {told}");
    assert!(!head.ends_with('.'), "a full stop ends: {told}");
}
