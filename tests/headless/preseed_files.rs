//! Preseeds that are right: what they mean, and that writing and reading are each other's reverse.

use std::net::IpAddr;

use mcloud::engine::answers::{
    Answers, DEFAULT_LOOP_FILE, DiskChoice, DiskFilter, DriverChoice, LocalPool, NodeAnswers,
    Purpose,
};
use mcloud::preseed;
use proptest::prelude::*;
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

fn address() -> impl Strategy<Value = IpAddr> {
    // Unicast addresses: what comes before them and after them is no node's.
    let v4 = (0x0100_0000_u32..0xdfff_ffff).prop_map(|bits| IpAddr::V4(bits.into()));
    let v6 = (0x2000_u128 << 112..0xfe00_u128 << 112).prop_map(|bits| IpAddr::V6(bits.into()));
    prop_oneof![v4, v6, Just("fd00::".parse().expect("an address"))]
}

fn word() -> impl Strategy<Value = String> {
    // Anything that is no control character and not blank.
    "[^\\p{Cc}\\p{Z}]{1,3}[^\\p{Cc}]{0,12}"
}

fn disk() -> impl Strategy<Value = DiskChoice> {
    let filter = (
        proptest::option::of(word()),
        proptest::option::of(word()),
        proptest::option::of(1_000_000..=u64::MAX),
    );
    let named = filter.prop_filter("a filter names something", |(serial, model, size)| {
        serial.is_some() || model.is_some() || size.is_some()
    });
    named.prop_map(|(serial, model, size)| DiskChoice {
        purpose: Purpose::Local,
        find: DiskFilter {
            serial,
            model,
            size,
        },
        encrypt: false,
    })
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?"
}

fn answers() -> impl Strategy<Value = Answers> {
    let nodes =
        proptest::collection::btree_map(name(), (address(), proptest::option::of(disk())), 1..6);
    let nodes = nodes.prop_filter("addresses differ", |nodes| {
        let addresses: std::collections::BTreeSet<_> = nodes.values().map(|node| node.0).collect();
        addresses.len() == nodes.len()
    });
    let driver = prop_oneof![
        Just(DriverChoice::Auto),
        Just(DriverChoice::Zfs),
        Just(DriverChoice::Btrfs),
        Just(DriverChoice::Dir),
    ];
    let local = (driver, (1_u64 << 30)..=u64::MAX);
    let local = local.prop_map(|(driver, file)| LocalPool { driver, file });
    (
        name(),
        nodes,
        local,
        any::<prop::sample::Index>(),
        0..9_usize,
    )
        .prop_map(|(cluster, nodes, local, first, erase)| {
            let nodes: Vec<_> = nodes
                .into_iter()
                .map(|(name, (address, disk))| NodeAnswers {
                    name,
                    address,
                    disks: disk.into_iter().collect(),
                    uplink: None,
                    underlay: None,
                })
                .collect();
            Answers {
                cluster,
                initiator: first.get(&nodes).name.clone(),
                nodes,
                local,
                erase,
                ..Answers::default()
            }
        })
}

proptest! {
    #[test]
    fn answers_written_and_read_are_the_same(answers in answers()) {
        let text = preseed::write(&answers);
        let read = preseed::read(&text, "-").map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(read.answers, answers);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(cluster|nodes|name|:|-|[ \\t\\n{}\\[\\]\"'#&*!|>%@]|\\PC){0,40}") {
        if let Err(error) = preseed::read(&text, "-") {
            prop_assert!(error.line >= 1 && error.column >= 1);
        }
    }
}
