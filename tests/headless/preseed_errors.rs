//! Every mistake in a preseed is told with its place and the way to mend it.

use mcloud::preseed::{self, PreseedError};
use rstest::rstest;

/// A preseed that is right; the cases below change it.
pub(crate) const GOOD: &str = "\
cluster: attic
initiator: pi-a
nodes:
  - name: pi-a
    address: 10.0.0.11
    disks:
      - use: local
        serial: S4X123
        size: 512GB
  - name: pi-b
    address: 10.0.0.12
local:
  driver: auto
  file: 20GiB
erase: 0
";

pub(crate) fn error_of(text: &str) -> PreseedError {
    preseed::read(text, "attic.yaml").expect_err("this preseed is wrong")
}

/// GOOD with one passage replaced; the passage must be there.
pub(crate) fn changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from} is in the good preseed");
    GOOD.replacen(from, to, 1)
}

#[rstest]
#[case::unknown_key(
    "cluster:",
    "claster:",
    "1:1",
    "\"claster\" is not a key here — did you mean cluster?"
)]
#[case::unknown_key_far(
    "cluster:",
    "passphrase:",
    "1:1",
    "\"passphrase\" is not a key here — the keys here are cluster, initiator, nodes, local, ceph, network, snaps, profile, erase"
)]
#[case::unknown_key_of_a_node(
    "    address: 10.0.0.12",
    "    adress: 10.0.0.12",
    "11:5",
    "did you mean address?"
)]
#[case::unknown_key_of_a_disk("serial:", "seriel:", "8:9", "did you mean serial?")]
#[case::key_twice(
    "erase: 0",
    "cluster: b",
    "15:1",
    "\"cluster\" stands here for the second time"
)]
#[case::key_missing(
    "cluster: attic\n",
    "",
    "1:1",
    "cluster: is missing here — it takes the cluster's name"
)]
#[case::key_of_a_node_missing("    address: 10.0.0.12\n", "", "10:5", "address: is missing here")]
#[case::empty_value("cluster: attic", "cluster:", "1:8", "cluster: has no value")]
#[case::empty_text("S4X123", "\"\"", "8:17", "serial: has no value")]
#[case::null_name("name: pi-b", "name: null", "10:11", "name: has no value")]
#[case::bad_cluster_name(
    "attic",
    "At_tic",
    "1:10",
    "\"At_tic\" is not a name — use 1 to 63 small letters"
)]
#[case::bad_node_name("name: pi-b", "name: -pi", "10:11", "\"-pi\" is not a name")]
#[case::name_with_a_dot("name: pi-b", "name: pi.b", "10:11", "\"pi.b\" is not a name")]
#[case::bad_address(
    "10.0.0.12",
    "10.0.0.300",
    "11:14",
    "\"10.0.0.300\" is not an address — it takes an IPv4 or IPv6 address"
)]
#[case::address_with_prefix(
    "10.0.0.12",
    "10.0.0.12/24",
    "11:14",
    "\"10.0.0.12/24\" is not an address"
)]
#[case::host_for_address("10.0.0.12", "pi-b.local", "11:14", "\"pi-b.local\" is not an address")]
#[case::everybodys_address(
    "10.0.0.12",
    "0.0.0.0",
    "11:14",
    "\"0.0.0.0\" cannot be the address of a node"
)]
#[case::multicast_address(
    "10.0.0.12",
    "ff02::1",
    "11:14",
    "\"ff02::1\" cannot be the address of a node"
)]
#[case::link_local_address(
    "10.0.0.12",
    "fe80::1",
    "11:14",
    "\"fe80::1\" cannot be the address of a node"
)]
#[case::initiator_unknown(
    "initiator: pi-a",
    "initiator: pi-x",
    "2:12",
    "the initiator \"pi-x\" is none of the nodes at line 3 (pi-a, pi-b) — did you mean pi-a?"
)]
#[case::initiator_far(
    "initiator: pi-a",
    "initiator: 10.9.9.9",
    "2:12",
    "name one of them, or its address"
)]
#[case::same_name(
    "name: pi-b",
    "name: pi-a",
    "10:11",
    "pi-a is already the name of another node (line 4)"
)]
#[case::same_address(
    "10.0.0.12",
    "10.0.0.11",
    "11:14",
    "10.0.0.11 is already the address of pi-a (line 5)"
)]
#[case::two_disks(
    "        size: 512GB",
    "      - use: local\n        serial: T2",
    "9:9",
    "pi-a gives a second disk to the local pool"
)]
#[case::any_disk(
    "        serial: S4X123\n        size: 512GB\n",
    "",
    "7:9",
    "this disk is not described, so any disk would fit — name its serial"
)]
#[case::other_use(
    "use: local",
    "use: swap",
    "7:14",
    "a disk cannot be used for \"swap\" — it takes local or ceph"
)]
#[case::no_size(
    "512GB",
    "big",
    "9:15",
    "\"big\" is not a size — it takes a number with a unit"
)]
#[case::size_without_binary_or_decimal("512GB", "512G", "9:15", "\"512G\" is not a size")]
#[case::size_negative("512GB", "-512GB", "9:15", "\"-512GB\" is not a size")]
#[case::size_too_large("512GB", "99999999TB", "9:15", "\"99999999TB\" is not a size")]
#[case::unit_forgotten("20GiB", "20", "14:9", "\"20\" is less than 1GiB")]
#[case::disk_unit_forgotten("512GB", "512", "9:15", "\"512\" is less than 1MB")]
#[case::driver(
    "auto",
    "xfs",
    "13:11",
    "\"xfs\" is not a driver of the local pool — it takes auto, zfs, btrfs, dir or none"
)]
#[case::disk_without_pool(
    "auto",
    "none",
    "7:9",
    "driver: none makes no local pool, so this disk would stay unused"
)]
#[case::erase_negative(
    "erase: 0",
    "erase: -1",
    "15:8",
    "\"-1\" is not a number of disks — it takes how many disks"
)]
#[case::erase_text("erase: 0", "erase: all", "15:8", "\"all\" is not a number of disks")]
#[case::list_for_text(
    "attic",
    "[attic]",
    "1:10",
    "this does not fit cluster: — it takes the cluster's name"
)]
#[case::mapping_for_text("S4X123", "{a: b}", "8:17", "this does not fit serial:")]
#[case::text_for_list(
    "    disks:\n      - use: local\n        serial: S4X123\n        size: 512GB\n",
    "    disks: all\n",
    "6:12",
    "this does not fit disks: — it takes a list"
)]
#[case::text_for_mapping(
    "local:\n  driver: auto\n  file: 20GiB\n",
    "local: btrfs\n",
    "12:8",
    "this does not fit local:"
)]
#[case::text_for_node(
    "  - name: pi-b\n    address: 10.0.0.12\n",
    "  - pi-b\n",
    "10:5",
    "this does not fit"
)]
#[case::tag("attic", "!!int attic", "1:16", "this value carries a type tag")]
#[case::tab(
    "    address: 10.0.0.12",
    "\taddress: 10.0.0.12",
    "11:1",
    "a tab stands in the indentation — YAML indents with spaces"
)]
#[case::tab_after_spaces(
    "    address: 10.0.0.12",
    "  \taddress: 10.0.0.12",
    "11:3",
    "a tab stands in the indentation"
)]
#[case::second_document("erase: 0", "---\nerase: 0", "16:1", "a second document begins here")]
#[case::colon(
    "attic",
    "my: attic",
    "1:12",
    "this is not YAML: mapping values are not allowed in this context"
)]
#[case::indentation(
    "    address: 10.0.0.12",
    "   address: 10.0.0.12",
    "11:4",
    "this is not YAML"
)]
#[case::unknown_alias(
    "attic",
    "*name",
    "1:10",
    "this is not YAML: alias references unknown anchor"
)]
#[case::control("S4X123", "\"\\e[2J\"", "8:17", "\"[2J\" holds control characters")]
fn a_mistake_is_told_with_its_place(
    #[case] from: &str,
    #[case] to: &str,
    #[case] place: &str,
    #[case] words: &str,
) {
    let told = error_of(&changed(from, to)).to_string();
    let head = told.lines().next().expect("an error has a first line");
    assert!(
        head.starts_with(&format!("attic.yaml:{place}: ")),
        "{place} is not the place in: {told}"
    );
    assert!(head.contains(words), "{words} is not in: {told}");
    assert!(head.contains(" — "), "no way to mend it in: {told}");
}

#[rstest]
#[case::empty("", "1:1", "there are no answers in this file")]
#[case::comments_alone("# nothing\n---\n\n", "1:1", "there are no answers in this file")]
#[case::a_word("hello\n", "1:1", "answers are written as keys with values")]
#[case::a_list("- a\n", "1:1", "answers are written as keys with values")]
#[case::no_nodes("cluster: a\ninitiator: b\nnodes: []\n", "3:1", "no node is named")]
#[case::empty_nodes(
    "cluster: a\ninitiator: b\nnodes:\nerase: 0\n",
    "3:1",
    "no node is named"
)]
#[case::absent_nodes("cluster: a\ninitiator: b\n", "1:1", "nodes: is missing here")]
#[case::nodes_as_text(
    "cluster: a\ninitiator: b\nnodes: c\n",
    "3:8",
    "this does not fit nodes:"
)]
#[case::in_one_line(
    "{cluster: a, initiator: b",
    "1:1",
    "this is not YAML: unclosed bracket"
)]
#[case::json(
    "{\"cluster\": \"a\", \"nodes\": [], \"initiator\": \"b\"}",
    "1:1",
    "no node is named"
)]
fn a_file_that_is_no_preseed_is_told(#[case] text: &str, #[case] place: &str, #[case] words: &str) {
    let told = error_of(text).to_string();
    assert!(told.starts_with(&format!("attic.yaml:{place}: ")), "{told}");
    assert!(told.contains(words), "{words} is not in: {told}");
}
