//! The simulated boards are healthy, and show what there is to see on real ones.

use std::collections::BTreeMap;

use mcloud::engine::preflight::{Verdict, check_host, check_nodes, disk_choices, usable_addresses};
use mcloud::engine::services::{LxdState, NodeFacts};

use crate::lab::Lab;

async fn boards(lab: &Lab) -> BTreeMap<String, NodeFacts> {
    let mut boards = BTreeMap::new();
    for pi in &lab.rehearsal.nodes {
        let facts = NodeFacts {
            host: mcloud::infra::host::facts(&pi.world).await.expect("facts"),
            lxd: LxdState::Answers(Box::default()),
            mcloud: "0.1.0".to_owned(),
            ..NodeFacts::default()
        };
        boards.insert(pi.name.clone(), facts);
    }
    boards
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_against_a_simulated_board() {
    let lab = Lab::of(3).await;
    let boards = boards(&lab).await;
    let mut checks = check_nodes(&boards);
    for (name, facts) in &boards {
        let of_board = check_host(name, facts);
        assert!(of_board.len() >= 15, "everything is known: {of_board:?}");
        checks.extend(of_board);
    }
    for check in checks {
        assert_eq!(check.verdict, Verdict::Good, "{check:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_board_suggests_its_own_address_and_lists_its_radio_too() {
    let lab = Lab::of(2).await;
    let boards = boards(&lab).await;
    for pi in &lab.rehearsal.nodes {
        let choices = usable_addresses(&boards[&pi.name].host);
        let suggested = choices.iter().find(|choice| choice.suggested);
        let address = suggested.and_then(|choice| choice.address);
        assert_eq!(address.map(|net| net.addr()), Some(pi.address));
    }
    let radio = usable_addresses(&boards["pi-b"].host)
        .into_iter()
        .find(|choice| choice.nic == "wlan0")
        .expect("a radio");
    let why = radio.unusable.expect("a reason");
    assert_eq!(why.code, "nic.no-address");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_board_lists_every_disk_and_its_system_cannot_be_chosen() {
    let lab = Lab::of(3).await;
    let mut told = Vec::new();
    for (name, facts) in boards(&lab).await {
        for offer in disk_choices(&facts.host.disks, true) {
            let why = offer.unusable.map_or(String::new(), |why| why.why.code);
            told.push((name.clone(), offer.disk.name, why, offer.erases));
        }
    }
    let told: Vec<_> = told
        .iter()
        .map(|(name, disk, why, erases)| (name.as_str(), disk.as_str(), why.as_str(), *erases))
        .collect();
    let system = "check.disk-system";
    let expected = [
        ("pi-a", "sda", "", false),
        ("pi-a", "sdb", "check.disk-read-only", true),
        ("pi-a", "mmcblk0", system, true),
        ("pi-b", "sda", "", false),
        ("pi-b", "mmcblk0", system, true),
        ("pi-c", "sda", "", false),
        ("pi-c", "sdb", "", true),
        ("pi-c", "mmcblk0", system, true),
    ];
    assert_eq!(told, expected);
}
