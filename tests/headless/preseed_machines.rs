//! A machine finds itself in a preseed, and consent is compared with the plan.

use std::net::IpAddr;

use mcloud::preseed;
use rstest::rstest;

use super::preseed_errors::{GOOD, changed};

#[rstest]
#[case::by_name("pi-b", "192.0.2.1", "pi-b")]
#[case::by_full_name_in_any_case("PI-B.example.org", "192.0.2.1", "pi-b")]
#[case::by_address("raspberrypi", "10.0.0.11", "pi-a")]
#[case::by_both("pi-a", "10.0.0.11", "pi-a")]
fn a_machine_finds_itself(#[case] host: &str, #[case] address: IpAddr, #[case] name: &str) {
    let preseed = preseed::read(GOOD, "attic.yaml").expect("a good preseed");
    let node = preseed.find_self(host, &[address]).expect("it is in there");
    assert_eq!(node.name, name);
}

#[rstest]
#[case::nobody(
    "pi-c",
    "192.0.2.1",
    "this machine (pi-c) is none of the nodes: pi-a, pi-b — add it"
)]
#[case::two(
    "pi-a",
    "10.0.0.12",
    "this machine is called pi-a, but 10.0.0.12 is the address of pi-b"
)]
fn a_machine_that_is_no_node_is_told_so(
    #[case] host: &str,
    #[case] address: IpAddr,
    #[case] words: &str,
) {
    let preseed = preseed::read(GOOD, "attic.yaml").expect("a good preseed");
    let told = preseed.find_self(host, &[address]).expect_err("it is not");
    let told = told.to_string();
    assert!(
        told.starts_with(&format!("attic.yaml:3:1: {words}")),
        "{told}"
    );
}

#[test]
fn a_machine_with_the_addresses_of_two_nodes_is_no_node() {
    let preseed = preseed::read(GOOD, "attic.yaml").expect("a good preseed");
    let both = ["10.0.0.11", "10.0.0.12"].map(|address| address.parse().expect("an address"));
    assert!(preseed.find_self("other", &both).is_err());
    assert_eq!(
        preseed
            .find_self("pi-a", &both)
            .expect("its name decides")
            .name,
        "pi-a"
    );
}

#[test]
fn another_number_of_erasures_points_at_erase() {
    let preseed = preseed::read(GOOD, "attic.yaml").expect("a good preseed");
    let told = preseed.erase_error(2).to_string();
    assert!(
        told.starts_with("attic.yaml:15:8: erase: 0 was agreed, but the plan erases 2"),
        "{told}"
    );
    assert!(told.contains("erase: 2"), "{told}");
    let silent = preseed::read(&changed("erase: 0\n", ""), "-").expect("erase may be left out");
    assert!(silent.erase_error(1).to_string().starts_with("-:1:1: "));
}
