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

/// The example with what is commented out in it as well, and without what that stands for.
fn whole_example() -> String {
    let example = include_str!("../../assets/preseed.example.yaml");
    let example = example.replacen("network:\n  kind: none\n", "", 1);
    let uncommented = |line: &str| {
        let (indent, rest) = line
            .split_once("# ")
            .filter(|(it, _)| it.trim().is_empty())?;
        let word = rest
            .trim_start()
            .trim_start_matches("- ")
            .split(' ')
            .next()?;
        let is_key = word.ends_with(':') && word != "mcloud:";
        is_key.then(|| format!("{indent}{rest}"))
    };
    let lines: Vec<_> = example
        .lines()
        .map(|line| uncommented(line).unwrap_or_else(|| line.to_owned()))
        .collect();
    lines.join("\n")
}

#[test]
fn what_the_example_shows_in_comments_is_right_too() {
    let answers = read(&whole_example());
    assert!(answers.has_ceph());
    assert!(answers.has_ovn());
    assert!(answers.nodes.iter().all(|node| node.uplink.is_some()));
    assert!(answers.ceph.public.is_some());
    assert!(answers.network.guests6.is_some());
}

#[test]
fn every_key_is_documented_and_in_the_example() {
    let docs = include_str!("../../docs/preseed.md");
    let whole = whole_example();
    let keys = include_str!("../../src/preseed/keys.rs").lines();
    let keys = keys.filter_map(|line| line.trim().strip_prefix("(\"")?.split('"').next());
    let keys: Vec<_> = keys.collect();
    assert!(keys.contains(&"ipv4-range"), "{keys:?}");
    for key in keys {
        let stands = |line: &str| {
            let line = line.trim_start().trim_start_matches("- ");
            line.starts_with(&format!("{key}:"))
        };
        assert!(whole.lines().any(stands), "{key} is not in the example");
        let written = [format!("`{key}`"), format!(".{key}`")];
        assert!(
            written.iter().any(|it| docs.contains(it)),
            "{key} is not in docs/preseed.md"
        );
    }
}
