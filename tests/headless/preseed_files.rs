//! Preseeds that are right: what they mean.

use std::net::IpAddr;

use mcloud::engine::answers::{Answers, DEFAULT_LOOP_FILE, DriverChoice, LocalPool};
use mcloud::preseed;
use rstest::rstest;

use super::preseed_errors::GOOD;

fn read(text: &str) -> Answers {
    match preseed::read(text, "attic.yaml") {
        Ok(preseed) => preseed.answers,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_preseed_becomes_answers() {
    let answers = read(GOOD);
    assert_eq!(answers.cluster, "attic");
    assert_eq!(answers.initiator, "pi-a");
    let [a, b] = answers.nodes.as_slice() else {
        panic!("two nodes");
    };
    assert_eq!((a.name.as_str(), b.name.as_str()), ("pi-a", "pi-b"));
    assert_eq!(
        b.address,
        "10.0.0.12".parse::<IpAddr>().expect("an address")
    );
    assert!(b.disks.is_empty());
    let find = &a.disks.first().expect("a disk").find;
    assert_eq!(find.serial.as_deref(), Some("S4X123"));
    assert_eq!(find.size, Some(512_000_000_000));
    assert_eq!(answers.local.driver, DriverChoice::Auto);
    assert_eq!(answers.local.file, 20 << 30);
    assert_eq!(answers.erase, 0);
}

#[test]
fn what_may_be_left_out_has_its_default() {
    let answers = read("cluster: a\ninitiator: b\nnodes:\n- {name: b, address: fd00::1}\n");
    assert_eq!(answers.local, LocalPool::default());
    assert_eq!(answers.local.file, DEFAULT_LOOP_FILE);
    assert_eq!(answers.erase, 0);
}

#[test]
fn an_initiator_may_be_named_by_its_address() {
    let answers = read(&GOOD.replacen("initiator: pi-a", "initiator: 10.0.0.12", 1));
    assert_eq!(answers.initiator, "pi-b");
}

#[rstest]
#[case::windows_line_ends(&GOOD.replace('\n', "\r\n"))]
#[case::byte_order_mark(&format!("\u{feff}{GOOD}"))]
#[case::document_start(&format!("---\n# the attic\n{GOOD}..."))]
#[case::empty_sections(&GOOD.replacen("10.0.0.12\n", "10.0.0.12\n    disks:\n", 1))]
fn what_editors_make_of_a_preseed_is_read_too(#[case] text: &str) {
    assert_eq!(read(text), read(GOOD));
}

#[rstest]
#[case("512GB", 512_000_000_000)]
#[case("476GiB", 476 << 30)]
#[case("1.92TB", 1_920_000_000_000)]
#[case("0.5 TiB", 1 << 39)]
#[case("240057409536", 240_057_409_536)]
#[case("240057409536B", 240_057_409_536)]
#[case("512gb", 512_000_000_000)]
fn sizes_are_read(#[case] size: &str, #[case] bytes: u64) {
    let answers = read(&GOOD.replacen("512GB", size, 1));
    let node = answers.node("pi-a").expect("pi-a");
    assert_eq!(node.disks.first().expect("a disk").find.size, Some(bytes));
}

#[rstest]
#[case("0012")]
#[case("1e5")]
#[case("true")]
#[case("0x1F")]
#[case("2026-01-01")]
fn a_serial_that_looks_like_something_else_stays_text(#[case] serial: &str) {
    let answers = read(&GOOD.replacen("S4X123", serial, 1));
    let node = answers.node("pi-a").expect("pi-a");
    let find = &node.disks.first().expect("a disk").find;
    assert_eq!(find.serial.as_deref(), Some(serial));
}

#[test]
fn the_example_is_right_and_fits_three_pis() {
    let answers = read(include_str!("../../assets/preseed.example.yaml"));
    let names: Vec<_> = answers
        .nodes
        .iter()
        .map(|node| node.name.as_str())
        .collect();
    assert_eq!(names, ["pi-a", "pi-b", "pi-c"]);
    assert_eq!(answers.erase, 1);
    assert_eq!(answers.local.driver, DriverChoice::Btrfs);
    for node in &answers.nodes {
        let disk = node.disks.first().expect("each gives a disk");
        let letter = if node.name == "pi-c" { "B" } else { "A" };
        let serial = format!("SIM-{}-{letter}", node.name);
        assert_eq!(disk.find.serial.as_deref(), Some(serial.as_str()));
    }
}
