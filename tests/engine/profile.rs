//! What the default profile has already, beside what mcloud would put.

use mcloud::engine::answers::{Answers, GuestNetwork, NetworkKind, ProfileChoice};
use mcloud::engine::plan::{Devices, OtherDevice, ProfileWants};
use mcloud::engine::preflight::{Check, Verdict, check_node};
use mcloud::engine::services::{LxdFacts, LxdState, NodeFacts};
use mcloud::text::sentence;

use crate::stage::{answers, facts, lxd};

fn devices(all: &[(&str, &[(&str, &str)])]) -> Devices {
    let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let device = |(name, pairs): &(&str, &[(&str, &str)])| {
        ((*name).to_owned(), pairs.iter().map(pair).collect())
    };
    all.iter().map(device).collect()
}

/// A profile whose NIC is on a bridge of the operator's own.
fn own() -> Devices {
    devices(&[(
        "eth0",
        &[("type", "nic"), ("nictype", "bridged"), ("parent", "br0")],
    )])
}

fn with(profile: Devices) -> NodeFacts {
    NodeFacts {
        lxd: LxdState::Answers(Box::new(LxdFacts { profile, ..lxd() })),
        ..facts(0)
    }
}

fn bridged() -> Answers {
    let mut answers = answers(2);
    answers.network = GuestNetwork {
        kind: NetworkKind::Bridge,
        ..GuestNetwork::default()
    };
    answers
}

fn said(node: &str, answers: &Answers) -> Vec<Check> {
    let mut checks = check_node(node, &with(own()), answers, "c1");
    checks.retain(|check| check.name == "profile");
    checks
}

#[test]
fn a_device_that_is_there_otherwise_is_warned_of_with_both_and_the_answer_that_changes_it() {
    let kept = said("pi-a", &bridged());
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(kept[0].verdict, Verdict::Warning);
    assert_eq!(
        sentence(&kept[0].says),
        "LXD's default profile has its own eth0 (nictype=bridged parent=br0 type=nic). It stays; \
         mcloud would put name=eth0 network=lxdbr0 type=nic."
    );
    let fix = kept[0].fix.as_ref().map(sentence).expect("a way on");
    assert!(fix.contains("profile: replace"), "{fix}");

    let mut replacing = bridged();
    replacing.profile = ProfileChoice::Replace;
    let replaced = said("pi-a", &replacing);
    assert_eq!(replaced.len(), 1, "{replaced:?}");
    let says = sentence(&replaced[0].says);
    assert!(says.contains("It is replaced by"), "{says}");
}

#[test]
fn nothing_is_said_of_a_joiner_or_where_mcloud_puts_nothing_there() {
    assert_eq!(said("pi-b", &bridged()), []);
    assert_eq!(said("pi-a", &answers(2)), [], "no network is planned");
}

#[test]
fn only_another_device_in_the_same_place_differs() {
    let wants = ProfileWants {
        pool: Some("remote".to_owned()),
        network: Some("default".to_owned()),
    };
    let right = devices(&[
        (
            "root",
            &[("type", "disk"), ("path", "/"), ("pool", "remote")],
        ),
        ("eth0", &[("type", "nic"), ("network", "default")]),
        ("gpu", &[("type", "gpu")]),
    ]);
    let compared = wants.compare(&right);
    assert!(compared.lacking.is_empty() && compared.others.is_empty());

    let other = devices(&[("main", &[("type", "disk"), ("path", "/"), ("pool", "ssd")])]);
    let compared = wants.compare(&other);
    assert_eq!(compared.lacking.keys().collect::<Vec<_>>(), ["eth0"]);
    let names: Vec<_> = compared.others.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["main"], "a root disk is known by its path");
    assert_eq!(
        compared.to_write(false).keys().collect::<Vec<_>>(),
        ["eth0"]
    );
    let all = compared.to_write(true);
    assert_eq!(all.keys().collect::<Vec<_>>(), ["eth0", "main"]);
    assert_eq!(
        OtherDevice::in_words(&all["main"]),
        "path=/ pool=remote type=disk"
    );
}
