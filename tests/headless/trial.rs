//! A dry run: what filters find on the nodes that were looked at, what would be erased, the plan.

use std::collections::BTreeMap;

use mcloud::engine::answers::Answers;
use mcloud::engine::facts::{Disk, Holds, HostFacts, Nic};
use mcloud::engine::services::{LxdFacts, LxdState, NodeFacts};
use mcloud::engine::trial::{Trial, try_out};
use mcloud::headless::trial::{json, lines};
use mcloud::preseed;
use serde_json::Value;

const TWO: &str = "\
cluster: attic
initiator: pi-a
nodes:
  - name: pi-a
    address: 10.0.0.11
    disks:
      - use: local
        serial: A1
  - name: pi-b
    address: 10.0.0.12
    disks:
      - use: local
        model: USED
erase: 1
";

fn answers(text: &str) -> Answers {
    preseed::read(text, "attic.yaml")
        .expect("a preseed")
        .answers
}

fn disk(name: &str, (model, serial): (&str, &str), holds: Holds) -> Disk {
    Disk {
        name: name.to_owned(),
        path: format!("/dev/disk/by-id/ata-{serial}"),
        size: 240_000_000_000,
        model: Some(model.to_owned()),
        serial: Some(serial.to_owned()),
        holds,
        ..Disk::default()
    }
}

fn photos() -> Holds {
    Holds::Found {
        kind: "ext4".to_owned(),
        label: Some("photos".to_owned()),
        uuid: None,
    }
}

fn node(name: &str, address: &str, disks: Vec<Disk>) -> (String, NodeFacts) {
    let lxd = LxdFacts {
        version: "5.21.7".to_owned(),
        drivers: vec!["btrfs".to_owned(), "dir".to_owned()],
        can_wipe: true,
        ..LxdFacts::default()
    };
    let facts = NodeFacts {
        host: HostFacts {
            hostname: name.to_owned(),
            nics: vec![Nic {
                name: "eth0".to_owned(),
                mac: format!(
                    "dc:a6:32:00:00:{}",
                    address.rsplit('.').next().unwrap_or_default()
                ),
                up: true,
                carrier: Some(true),
                addresses: vec![format!("{address}/24").parse().expect("an address")],
                ..Nic::default()
            }],
            disks,
            ..HostFacts::default()
        },
        lxd: LxdState::Answers(Box::new(lxd)),
        ..NodeFacts::default()
    };
    (name.to_owned(), facts)
}

fn first() -> (String, NodeFacts) {
    let empty = disk("sda", ("KINGSTON", "A1"), Holds::Nothing);
    node("pi-a", "10.0.0.11", vec![empty])
}

fn second() -> (String, NodeFacts) {
    let used = disk("sdb", ("USED", "B1"), photos());
    node("pi-b", "10.0.0.12", vec![used])
}

fn tried(facts: impl IntoIterator<Item = (String, NodeFacts)>) -> Trial {
    let facts: BTreeMap<_, _> = facts.into_iter().collect();
    try_out(("c1", &answers(TWO)), &facts, &mcloud::usual::shipped())
}

#[test]
fn erasures_stand_first_then_what_every_filter_found_then_the_steps() {
    let trial = tried([first(), second()]);
    assert!(trial.fits());
    let lines = lines(&trial);
    let at = |text: &str| {
        let found = lines.iter().position(|line| line.contains(text));
        found.unwrap_or_else(|| panic!("no {text} in {lines:#?}"))
    };
    assert_eq!(at("will be erased: 1"), 0);
    assert_eq!(at("pi-b sdb USED 240 GB (B1): ext4"), 1);
    let a = at("local    serial A1");
    assert!(lines[a].contains("sda KINGSTON 240 GB (A1): empty"), "{a}");
    let address = at("address  10.0.0.12");
    assert!(lines[address].contains("eth0 dc:a6:32:00:00:12 10.0.0.12/24"));
    assert!(at("model USED") < at("lxd.bootstrap@pi-a"));
    at("lxd.join@pi-b");
}

#[test]
fn of_a_node_that_was_not_looked_at_nothing_is_said_and_there_is_no_plan() {
    let trial = tried([second()]);
    assert!(trial.fits(), "what is known fits");
    assert_eq!(trial.plan, None);
    let text = lines(&trial).join("\n");
    assert!(text.contains("pi-a was not looked at"), "{text}");
    assert!(text.contains("There is no plan without pi-a"), "{text}");
    assert!(text.starts_with(
        "on the nodes that were looked at, disks that hold something and would be erased: 1"
    ));
    assert!(!text.contains("nothing fits"), "{text}");
}

#[test]
fn a_filter_that_finds_nothing_or_too_much_is_told_as_such() {
    let other = disk("sda", ("KINGSTON", "ZZ"), Holds::Nothing);
    let twins = ["B1", "B2"].map(|serial| disk(serial, ("USED", serial), Holds::Nothing));
    let trial = tried([
        node("pi-a", "10.0.0.11", vec![other]),
        node("pi-b", "10.0.0.12", twins.to_vec()),
    ]);
    assert!(!trial.fits());
    let text = lines(&trial).join("\n");
    assert!(text.contains("serial A1  nothing fits"), "{text}");
    assert!(text.contains("more than one fits: B1 USED"), "{text}");
    assert!(text.contains("blocking"), "{text}");
    assert!(text.contains("There is no plan until"), "{text}");
}

#[test]
fn as_json_it_is_one_line_with_the_plan_and_the_preseed() {
    let trial = tried([first(), second()]);
    let file = preseed::write(&answers(TWO));
    let line = json(&trial, &file);
    assert!(!line.contains('\n'));
    let line: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(line["v"], 1);
    let told = &line["trial"];
    assert_eq!(told["fits"], true);
    assert_eq!(told["erase"][0]["serial"], "B1");
    assert_eq!(told["nodes"][0]["disks"][0]["found"][0]["name"], "sda");
    assert_eq!(told["plan"]["erasures"][0]["node"], "pi-b");
    assert_eq!(told["preseed"], file);
}
