//! The last look at a disk before LXD gets it: anything that is not as Review showed it stops.

use mcloud::engine::facts::{Disk, Holds};
use mcloud::engine::plan::DiskUse;
use mcloud::infra::host::again::same_disk;

use crate::steps_words::{heard, spoken};

fn found() -> Disk {
    Disk {
        name: "sda".to_owned(),
        path: "/dev/disk/by-id/ata-A".to_owned(),
        size: 1000,
        model: Some("SSD".to_owned()),
        serial: Some("A".to_owned()),
        partitions: vec!["sda1".to_owned()],
        holds: Holds::Found {
            kind: "ext4".to_owned(),
            label: Some("photos".to_owned()),
            uuid: None,
        },
        ..Disk::default()
    }
}

fn planned() -> DiskUse {
    DiskUse {
        node: "pi-a".to_owned(),
        name: "sda".to_owned(),
        path: "/dev/disk/by-id/ata-A".to_owned(),
        model: "SSD".to_owned(),
        serial: "A".to_owned(),
        size: 1000,
        holds: "ext4 \"photos\", partitions sda1".to_owned(),
        purpose: mcloud::engine::answers::Purpose::Local,
    }
}

/// The code and sentence with which a changed disk is refused.
fn refused(change: impl FnOnce(&mut Disk)) -> (String, String) {
    let mut disk = found();
    change(&mut disk);
    let failure = heard(same_disk(&[disk], &planned())).expect_err("a changed disk");
    (failure.what.code.clone(), spoken(&failure.what))
}

#[test]
fn a_disk_as_review_showed_it_is_the_same_among_others() {
    let other = Disk {
        name: "sdb".to_owned(),
        path: "/dev/disk/by-id/ata-B".to_owned(),
        ..found()
    };
    assert_eq!(same_disk(&[other, found()], &planned()), Ok(()));
}

#[test]
fn a_disk_at_another_path_is_gone() {
    assert_eq!(refused(|it| it.path = "/dev/sda".to_owned()).0, "disk.gone");
    let none = heard(same_disk(&[], &planned())).expect_err("no disk");
    assert_eq!(none.what.code, "disk.gone");
}

#[test]
fn another_serial_name_model_or_size_is_another_disk() {
    let changes: [fn(&mut Disk); 5] = [
        |it| it.serial = Some("B".to_owned()),
        |it| it.serial = None,
        |it| it.name = "sdb".to_owned(),
        |it| it.model = Some("HDD".to_owned()),
        |it| it.size = 2000,
    ];
    for change in changes {
        assert_eq!(refused(change).0, "disk.other");
    }
    let (_, sentence) = refused(|it| it.serial = Some("B".to_owned()));
    assert!(sentence.contains("it was A, now it is B"), "{sentence}");
}

#[test]
fn other_contents_stop_even_where_the_disk_was_to_be_erased() {
    let changes: [fn(&mut Disk); 4] = [
        |it| it.holds = Holds::Nothing,
        |it| it.partitions.clear(),
        |it| it.partitions.push("sda2".to_owned()),
        |it| it.holds = Holds::Unknown("it cannot be read".to_owned()),
    ];
    for change in changes {
        assert_eq!(refused(change).0, "disk.holds-other");
    }
}

#[test]
fn an_unreadable_disk_stops_even_where_review_had_its_words() {
    let mut disk = found();
    disk.holds = Holds::Unknown("silence".to_owned());
    let mut planned = planned();
    planned.holds = disk.holds.in_words(&disk.partitions);
    let failure = heard(same_disk(&[disk], &planned)).expect_err("unreadable");
    assert_eq!(failure.what.code, "disk.holds-other");
}

#[test]
fn a_disk_in_use_or_read_only_stops() {
    let (code, sentence) = refused(|it| it.used = Some("mounted at /srv".to_owned()));
    assert_eq!(code, "disk.used");
    assert!(sentence.contains("mounted at /srv"));
    assert_eq!(refused(|it| it.read_only = true).0, "disk.read-only");
}
