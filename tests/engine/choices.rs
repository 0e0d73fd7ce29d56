//! What can be chosen: addresses and disks, each with its reason.

use mcloud::engine::answers::{DiskFilter, suggest};
use mcloud::engine::facts::{Disk, Holds, HostFacts, Nic, NicKind};
use mcloud::engine::message::Message;
use mcloud::engine::preflight::{AddressChoice, DiskOffer, disk_choices, usable_addresses};
use mcloud::engine::services::NodeFacts;
use rstest::rstest;

use crate::stage::{Stage, answers, with_disk};

fn nic(name: &str, addresses: &[&str]) -> Nic {
    Nic {
        name: name.to_owned(),
        up: true,
        carrier: Some(true),
        addresses: addresses.iter().map(|net| net.parse().unwrap()).collect(),
        ..Nic::default()
    }
}

fn choices(nics: Vec<Nic>) -> Vec<AddressChoice> {
    usable_addresses(&HostFacts {
        nics,
        ..HostFacts::default()
    })
}

fn suggested(choices: &[AddressChoice]) -> Vec<String> {
    let chosen = choices.iter().filter(|choice| choice.suggested);
    chosen
        .map(|choice| choice.address.unwrap().addr().to_string())
        .collect()
}

fn why(choice: &AddressChoice) -> Option<&str> {
    let why = choice.unusable.as_ref();
    why.map(|why: &Message| {
        assert!(!mcloud::text::sentence(why).contains('{'), "{why:?}");
        why.code.as_str()
    })
}

#[rstest]
#[case::plain(nic("eth0", &["192.0.2.7/24"]), None)]
#[case::v6(nic("eth0", &["2001:db8::7/64"]), None)]
#[case::a_simulated_board(nic("eth0", &["127.0.0.11/8"]), None)]
#[case::a_bridge_of_the_operator(Nic { kind: NicKind::Bridge, ..nic("br-lan", &["192.0.2.7/24"]) }, None)]
#[case::one_end_of_a_pair(Nic { kind: NicKind::Virtual, ..nic("eth0", &["192.0.2.7/24"]) }, None)]
#[case::no_address(nic("eth0", &[]), Some("nic.no-address"))]
#[case::link_local(nic("eth0", &["169.254.1.1/16"]), Some("nic.link-local"))]
#[case::link_local_v6(nic("eth0", &["fe80::1/64"]), Some("nic.link-local"))]
#[case::the_loop(nic("lo", &["127.0.0.1/8"]), Some("nic.loopback"))]
#[case::nobodys(nic("eth0", &["0.0.0.0/0"]), Some("nic.no-host"))]
#[case::off(Nic { up: false, carrier: None, ..nic("eth0", &["192.0.2.7/24"]) }, Some("nic.down"))]
#[case::no_cable(Nic { up: false, carrier: Some(false), ..nic("eth0", &[]) }, Some("nic.no-carrier"))]
#[case::no_network(Nic { up: false, carrier: Some(false), wireless: true, ..nic("wlan0", &[]) },
    Some("nic.not-joined"))]
#[case::in_a_bridge(Nic { master: Some("br0".into()), ..nic("eth0", &[]) }, Some("nic.part-of"))]
#[case::lxds(Nic { kind: NicKind::Bridge, ..nic("lxdbr0", &["10.1.2.1/24"]) }, Some("nic.of-guests"))]
#[case::dockers(Nic { kind: NicKind::Bridge, ..nic("br-0123456789ab", &["172.18.0.1/16"]) },
    Some("nic.of-guests"))]
fn an_address_can_be_used_or_says_why_not(#[case] nic: Nic, #[case] expected: Option<&str>) {
    let choices = choices(vec![nic.clone()]);
    assert_eq!(choices.len(), nic.addresses.len().max(1), "{choices:?}");
    assert_eq!(why(&choices[0]), expected);
    assert_eq!(choices[0].suggested, expected.is_none());
}

#[test]
fn every_nic_and_every_address_is_listed_in_its_order() {
    let all = choices(vec![
        nic("eth0", &["192.0.2.7/24", "fe80::1/64"]),
        nic("eth1", &[]),
        nic("wlan0", &["198.51.100.7/24"]),
    ]);
    let listed: Vec<_> = all
        .iter()
        .map(|choice| (choice.nic.as_str(), choice.address.is_some()))
        .collect();
    let expected = [
        ("eth0", true),
        ("eth0", true),
        ("eth1", false),
        ("wlan0", true),
    ];
    assert_eq!(listed, expected);
}

#[test]
fn the_suggestion_is_a_cable_then_the_default_route_then_ipv4() {
    let wlan = Nic {
        wireless: true,
        kind: NicKind::Wireless,
        gateway: Some("198.51.100.1".parse().unwrap()),
        ..nic("wlan0", &["198.51.100.7/24"])
    };
    let routed = Nic {
        gateway: Some("192.0.2.1".parse().unwrap()),
        ..nic("eth1", &["2001:db8::7/64", "192.0.2.7/24"])
    };
    let other = nic("eth0", &["203.0.113.7/24"]);
    let all = [wlan, other, routed];
    for (from, expected) in [(0, "192.0.2.7"), (1, "192.0.2.7")] {
        assert_eq!(suggested(&choices(all[from..].to_vec())), [expected]);
    }
    assert_eq!(suggested(&choices(all[..2].to_vec())), ["203.0.113.7"]);
    assert_eq!(suggested(&choices(all[..1].to_vec())), ["198.51.100.7"]);
    assert!(suggested(&choices(vec![nic("eth0", &["fe80::1/64"])])).is_empty());
}

#[test]
fn what_speaks_against_an_address_is_said_and_forbids_nothing() {
    let nic = Nic {
        wireless: true,
        mac: "d8:3a:dd:00:00:01".to_owned(),
        speed_mbps: Some(100),
        usb_speed_mbps: Some(480),
        leased: vec!["192.0.2.7".parse().unwrap()],
        ..nic("wlan0", &["192.0.2.7/24", "192.0.2.8/24"])
    };
    let all = choices(vec![nic]);
    let said = |choice: &AddressChoice| {
        let codes = choice.warnings.iter().map(|w| w.code.clone());
        codes.collect::<Vec<_>>()
    };
    assert!(all.iter().all(|choice| choice.unusable.is_none()));
    assert_eq!(
        said(&all[0]),
        ["nic.wireless", "nic.leased", "nic.slow", "nic.usb"]
    );
    assert_eq!(said(&all[1]), ["nic.wireless", "nic.slow", "nic.usb"]);
    for warning in all.iter().flat_map(|choice| &choice.warnings) {
        assert!(!mcloud::text::sentence(warning).contains('{'));
    }
}

fn disk(name: &str) -> Disk {
    crate::stage::disk(name, &format!("SERIAL-{name}"), Holds::Nothing)
}

fn found(kind: &str) -> Holds {
    Holds::Found {
        kind: kind.to_owned(),
        label: None,
        uuid: None,
    }
}

fn used(name: &str, used: &str, holds: Holds) -> Disk {
    Disk {
        used: Some(used.to_owned()),
        holds,
        ..disk(name)
    }
}

/// Why a disk cannot be chosen, and how that is mended.
fn refused(offer: &DiskOffer) -> Option<(&str, Option<&str>)> {
    let refusal = offer.unusable.as_ref()?;
    for message in [Some(&refusal.why), refusal.mend.as_ref()]
        .into_iter()
        .flatten()
    {
        assert!(
            !mcloud::text::sentence(message).contains('{'),
            "{message:?}"
        );
    }
    let mend = refusal.mend.as_ref().map(|mend| mend.code.as_str());
    Some((refusal.why.code.as_str(), mend))
}

#[rstest]
#[case::the_system(used("sda", "mounted at /", found("gpt")), "check.disk-system", None)]
#[case::the_boot_medium(
    used("sda", "mounted at /boot/firmware", found("dos")),
    "check.disk-system",
    None
)]
#[case::mounted(
    used("sda", "mounted at /srv", found("ext4")),
    "check.disk-used",
    Some("disk.mend-mounted")
)]
#[case::swap(
    used("sda", "swap", found("swap")),
    "check.disk-used",
    Some("disk.mend-swap")
)]
#[case::zfs(
    used("sda", Disk::CLAIMED, found("zfs_member")),
    "check.disk-used",
    Some("disk.mend-zfs")
)]
#[case::stacked(
    used("sda", "part of dm-3", found("LVM2_member")),
    "check.disk-used",
    Some("disk.mend-stacked")
)]
#[case::claimed(
    used("sda", Disk::CLAIMED, Holds::Nothing),
    "check.disk-used",
    Some("disk.mend-claimed")
)]
#[case::read_only(Disk { read_only: true, ..disk("sda") }, "check.disk-read-only", Some("disk.mend-read-only"))]
#[case::nameless(Disk { serial: None, path: "/dev/sda".into(), ..disk("sda") },
    "check.disk-nameless", Some("disk.mend-nameless"))]
#[case::renamed(Disk { path: "/dev/sda".into(), ..disk("sda") },
    "check.disk-renamed", Some("disk.mend-renamed"))]
#[case::small(Disk { size: 512_000_000, ..disk("sda") }, "check.disk-small", Some("disk.mend-small"))]
#[case::unknown(Disk { holds: Holds::Unknown("no medium".into()), ..disk("sda") },
    "check.disk-unknown", Some("disk.mend-unknown"))]
fn a_disk_that_cannot_be_chosen_is_listed_with_its_reason_and_the_plan_refuses_it_too(
    #[case] disk: Disk,
    #[case] why: &str,
    #[case] mend: Option<&str>,
) {
    let offers = disk_choices(std::slice::from_ref(&disk), true);
    assert_eq!(refused(&offers[0]), Some((why, mend)));
    let mut stage = Stage::new(1);
    let find = DiskFilter {
        model: disk.model.clone(),
        ..DiskFilter::default()
    };
    stage.facts[0].host.disks = vec![disk];
    let mut answers = with_disk(answers(1), 0, "");
    answers.nodes[0].disks[0].find = find;
    stage.begin(answers, false);
    let checks = &stage.state.cluster.checks;
    assert!(
        checks.iter().any(|check| check.says.code == why),
        "{checks:?}"
    );
    assert!(stage.state.cluster.plan.is_none());
}

#[test]
fn a_disk_that_holds_something_needs_an_lxd_that_can_wipe() {
    let holding = Disk {
        holds: found("gpt"),
        partitions: vec!["sda1".to_owned()],
        ..disk("sda")
    };
    let able = &disk_choices(std::slice::from_ref(&holding), true)[0];
    assert_eq!(refused(able), None);
    assert!(able.erases);
    assert_eq!(able.holds, "gpt, partitions sda1");
    let unable = &disk_choices(&[holding], false)[0];
    assert_eq!(
        refused(unable),
        Some(("check.disk-wipe", Some("disk.mend-wipe")))
    );
    let empty = &disk_choices(&[disk("sda")], false)[0];
    assert_eq!((refused(empty), empty.erases), (None, false));
}

#[test]
fn each_offer_has_the_filter_that_finds_its_disk_and_no_other() {
    let unnamed = |name: &str, size| Disk {
        serial: None,
        size,
        ..disk(name)
    };
    let twins = |name: &str, size| Disk {
        serial: Some("0123456789ABCDEF".to_owned()),
        path: format!("/dev/disk/by-path/usb-{name}"),
        size,
        ..disk(name)
    };
    let disks = [
        disk("sda"),
        unnamed("sdb", 500_000_000_000),
        unnamed("sdc", 900_000_000_000),
        twins("sdd", 2_000_000_000_000),
        twins("sde", 4_000_000_000_000),
    ];
    let offers = disk_choices(&disks, true);
    assert_eq!(offers[0].filter.as_ref().unwrap().model, None);
    for (offer, disk) in offers.iter().zip(&disks) {
        let filter = offer.filter.as_ref().unwrap();
        let fitting: Vec<_> = disks.iter().filter(|disk| filter.fits(disk)).collect();
        assert_eq!(fitting, [disk]);
        assert_eq!(refused(offer), None);
    }
}

#[test]
fn disks_of_one_serial_number_cannot_be_chosen_by_a_link_that_is_not_their_own() {
    let twin = |name: &str, size| Disk {
        serial: Some("0123456789ABCDEF".to_owned()),
        size,
        ..disk(name)
    };
    let twins = [
        twin("sda", 2_000_000_000_000),
        twin("sdb", 4_000_000_000_000),
    ];
    for offer in &disk_choices(&twins, true) {
        let why = Some(("check.disk-twin", Some("disk.mend-twin")));
        assert_eq!(refused(offer), why);
    }
    // A preseed that tells them apart by their sizes is refused for the same reason.
    let mut stage = Stage::new(1);
    stage.facts[0].host.disks = twins.to_vec();
    let mut answers = with_disk(answers(1), 0, "0123456789ABCDEF");
    answers.nodes[0].disks[0].find.size = Some(2_000_000_000_000);
    stage.begin(answers, false);
    let mut checks = stage.state.cluster.checks.iter();
    assert!(checks.any(|check| check.says.code == "check.disk-twin"));
    assert!(stage.state.cluster.plan.is_none());
}

#[test]
fn disks_that_nothing_tells_apart_cannot_be_chosen() {
    let twin = |name: &str| Disk {
        serial: Some("0123456789ABCDEF".to_owned()),
        ..disk(name)
    };
    let offers = disk_choices(&[twin("sda"), twin("sdb"), disk("sdc")], true);
    for (offer, other) in offers.iter().zip(["sdb", "sda"]) {
        assert_eq!(
            refused(offer),
            Some(("check.disk-twin", Some("disk.mend-twin")))
        );
        let why = &offer.unusable.as_ref().unwrap().why;
        assert_eq!((why.with["why"].as_str(), &offer.filter), (other, &None));
    }
    assert_eq!(refused(&offers[2]), None);
}

#[test]
fn every_disk_is_offered_in_the_order_of_the_kernels_names() {
    let disks = ["sdb", "nvme0n1", "sda", "sdaa"].map(disk);
    let offers = disk_choices(&disks, true);
    let names: Vec<_> = offers.iter().map(|offer| &offer.disk.name).collect();
    assert_eq!(names, ["sda", "sdb", "sdaa", "nvme0n1"]);
}

#[rstest]
#[case::a_slow_port(Disk { usb_speed_mbps: Some(480), ..disk("sda") }, &["disk.slow-usb"])]
#[case::a_fast_port(Disk { usb_speed_mbps: Some(5_000), ..disk("sda") }, &[])]
#[case::a_card(Disk { transport: Some("mmc".into()), removable: true, ..disk("mmcblk1") }, &["disk.card"])]
#[case::a_port(Disk { path: "/dev/disk/by-path/usb-0:1".into(), ..disk("sda") }, &["disk.by-port"])]
#[case::a_slot(Disk { path: "/dev/mmcblk1".into(), ..disk("mmcblk1") }, &[])]
#[case::a_stick(Disk { removable: true, ..disk("sda") }, &["disk.removable"])]
fn what_speaks_against_a_disk_is_said_and_forbids_nothing(
    #[case] disk: Disk,
    #[case] expected: &[&str],
) {
    let offer = &disk_choices(&[disk], true)[0];
    let said: Vec<_> = offer.warnings.iter().map(|w| w.code.as_str()).collect();
    assert_eq!((said.as_slice(), refused(offer)), (expected, None));
}

#[test]
fn the_suggested_disk_is_one_that_can_be_chosen_and_rather_a_good_one() {
    let suggested = |disks: Vec<Disk>| {
        let mut facts = NodeFacts::default();
        facts.host.disks = disks;
        let answers = suggest(
            "attic",
            &[("pi-a".to_owned(), crate::stage::address(0), facts)],
        );
        let chosen = answers.nodes[0].disks.first();
        chosen.and_then(|choice| choice.find.serial.clone())
    };
    let slow = Disk {
        usb_speed_mbps: Some(480),
        ..disk("sda")
    };
    let small = Disk {
        size: 512_000_000,
        ..disk("sdb")
    };
    let all = vec![slow, small, disk("sdc")];
    assert_eq!(suggested(all.clone()).as_deref(), Some("SERIAL-sdc"));
    assert_eq!(suggested(all[..2].to_vec()).as_deref(), Some("SERIAL-sda"));
    assert_eq!(suggested(all[1..2].to_vec()), None);
}
