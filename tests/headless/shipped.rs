//! What comes with mcloud: usual times, and a sentence for every code these rooms use.

use std::collections::BTreeSet;

use mcloud::{text, usual};

const CLASSES: [&str; 40] = [
    "lxd.ready",
    "control.state",
    "control.agent",
    "lxd.address",
    "lxd.bootstrap",
    "lxd.join",
    "lxd.leader",
    "lxd.pool-pending",
    "lxd.pool",
    "lxd.northbound",
    "lxd.remote-pending",
    "lxd.remote",
    "lxd.remote-fs-pending",
    "lxd.remote-fs",
    "lxd.uplink-pending",
    "lxd.uplink",
    "lxd.network",
    "lxd.volumes",
    "lxd.metadata",
    "lxd.profile",
    "lxd.proof",
    "lxd.guests",
    "microceph.ready",
    "microceph.bootstrap",
    "microceph.join",
    "microceph.tune",
    "microceph.untune",
    "microceph.disk",
    "microceph.pool-size",
    "microceph.proof",
    "microovn.ready",
    "microovn.bootstrap",
    "microovn.join",
    "microovn.chassis",
    "snap.lxd",
    "snap.microceph",
    "snap.microovn",
    // A snap that is there already, whichever.
    "snap.there",
    "snap.hold",
    "snap.connect",
];

#[test]
fn every_class_of_step_has_a_usual_time_and_no_other() {
    let usual = usual::shipped();
    let shipped: BTreeSet<_> = usual.0.keys().map(String::as_str).collect();
    assert_eq!(shipped, CLASSES.into_iter().collect());
    assert!(usual.0.values().all(|ms| (1..600_000).contains(ms)));
}

#[test]
fn every_code_of_these_rooms_has_a_sentence_and_every_sentence_is_used() {
    let sources = [
        include_str!("../../src/preseed.rs"),
        include_str!("../../src/preseed/check.rs"),
        include_str!("../../src/preseed/check/ceph.rs"),
        include_str!("../../src/preseed/check/disks.rs"),
        include_str!("../../src/preseed/check/fit.rs"),
        include_str!("../../src/preseed/check/local.rs"),
        include_str!("../../src/preseed/check/network.rs"),
        include_str!("../../src/preseed/check/nodes.rs"),
        include_str!("../../src/preseed/check/snaps.rs"),
        include_str!("../../src/preseed/check/words.rs"),
        include_str!("../../src/preseed/keys.rs"),
        include_str!("../../src/preseed/raw.rs"),
        include_str!("../../src/preseed/when.rs"),
        include_str!("../../src/headless/answer.rs"),
        include_str!("../../src/headless/lines.rs"),
        include_str!("../../src/cli.rs"),
    ];
    let ours = |code: &str| code.starts_with("preseed.") || code.starts_with("headless.");
    let used: BTreeSet<_> = sources
        .iter()
        .flat_map(|source| source.split('"'))
        .filter(|word| ours(word) && !word.contains(' '))
        .collect();
    let said: BTreeSet<_> = text::codes()
        .map(|(code, _)| code)
        .filter(|code| ours(code))
        .collect();
    assert_eq!(used, said);
}
