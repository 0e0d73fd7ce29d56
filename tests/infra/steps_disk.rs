//! The last look at a disk before LXD gets it: anything that is not as Review showed it stops.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use mcloud::engine::facts::{Disk, Holds};
use mcloud::engine::plan::DiskUse;
use mcloud::infra::host::again::{look_again, same_disk};

use crate::machine::Machine;
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
        uuid: String::new(),
        purpose: mcloud::engine::answers::Purpose::Local,
    }
}

/// The code and sentence with which a changed disk is refused.
fn refused(change: impl FnOnce(&mut Disk)) -> (String, String) {
    let mut disk = found();
    change(&mut disk);
    let failure = heard(same_disk(Some(&disk), &planned())).expect_err("a changed disk");
    (failure.what.code.clone(), spoken(&failure.what))
}

#[test]
fn a_disk_as_review_showed_it_is_the_same() {
    assert_eq!(same_disk(Some(&found()), &planned()), Ok(()));
}

/// The same with these contents and this UUID.
fn with_uuid(uuid: &str) -> Disk {
    let mut disk = found();
    if let Holds::Found { uuid: own, .. } = &mut disk.holds {
        *own = Some(uuid.to_owned());
    }
    disk
}

#[test]
fn a_disk_that_was_swapped_for_one_like_it_is_told_by_what_it_holds() {
    let planned = DiskUse {
        uuid: "05".to_owned(),
        ..planned()
    };
    assert_eq!(same_disk(Some(&with_uuid("05")), &planned), Ok(()));
    for other in [with_uuid("06"), found()] {
        let failure = heard(same_disk(Some(&other), &planned)).expect_err("another disk");
        assert_eq!(failure.what.code, "disk.holds-other");
        assert!(spoken(&failure.what).contains("(UUID 05)"), "{failure:?}");
    }
}

#[test]
fn a_disk_that_was_to_be_erased_and_is_empty_by_now_is_taken() {
    let empty = Disk {
        holds: Holds::Nothing,
        partitions: Vec::new(),
        ..found()
    };
    assert_eq!(same_disk(Some(&empty), &planned()), Ok(()));
    let other = Disk {
        serial: Some("B".to_owned()),
        ..empty
    };
    assert!(same_disk(Some(&other), &planned()).is_err());
}

#[tokio::test]
async fn the_last_look_opens_the_planned_disk_and_no_other() {
    let mut machine = Machine::new();
    machine.disk("sda", "8:0").disk("sdb", "8:16");
    machine.link("dev/disk/by-id/ata-A", "../../sda");
    let log = machine.path("opened");
    let script = format!("#!/bin/sh\necho \"$4\" >> {}\nexit 2\n", log.display());
    machine.file("blkid", &script);
    let blkid = machine.path("blkid");
    fs::set_permissions(&blkid, fs::Permissions::from_mode(0o755)).expect("a program");
    machine.world.programs.blkid = blkid;
    let planned = DiskUse {
        path: machine.path("dev/disk/by-id/ata-A").display().to_string(),
        model: String::new(),
        serial: String::new(),
        size: 2048 * 512,
        holds: String::new(),
        ..planned()
    };
    assert_eq!(look_again(&machine.world, &planned, false).await, Ok(()));
    let opened = fs::read_to_string(log).expect("a log");
    assert_eq!(opened.trim(), machine.path("dev/sda").display().to_string());
}

#[tokio::test]
async fn what_an_earlier_attempt_may_have_written_is_never_said_to_be_untouched() {
    let machine = Machine::new();
    for (earlier, code) in [(false, "disk.data-untouched"), (true, "disk.data-earlier")] {
        let looked = look_again(&machine.world, &planned(), earlier).await;
        let failure = heard(looked).expect_err("no disk");
        assert_eq!(failure.data.code, code);
    }
}

#[test]
fn a_disk_at_another_path_is_gone() {
    assert_eq!(refused(|it| it.path = "/dev/sda".to_owned()).0, "disk.gone");
    let none = heard(same_disk(None, &planned())).expect_err("no disk");
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
    let failure = heard(same_disk(Some(&disk), &planned)).expect_err("unreadable");
    assert_eq!(failure.what.code, "disk.holds-other");
}

#[test]
fn a_disk_in_use_or_read_only_stops() {
    let (code, sentence) = refused(|it| it.used = Some("mounted at /srv".to_owned()));
    assert_eq!(code, "disk.used");
    assert!(sentence.contains("mounted at /srv"));
    assert_eq!(refused(|it| it.read_only = true).0, "disk.read-only");
}
