//! Which disks a machine has, what they hold and what they are used for.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use mcloud::engine::facts::{Disk, Holds};
use rstest::rstest;

use crate::machine::Machine;

fn names(disks: &[Disk]) -> Vec<&str> {
    disks.iter().map(|disk| disk.name.as_str()).collect()
}

#[tokio::test]
async fn whole_disks_are_told_by_their_names_and_the_device_behind_them() {
    let machine = Machine::new();
    machine
        .disk("sda", "8:0")
        .partition("sda", "sda1", "8:1")
        .disk("sdb", "7:12")
        .disk("nvme0n1", "259:0")
        .disk("mmcblk0boot0", "179:16")
        .disk("loop7", "7:7")
        .block("vdz", "254:0")
        .disk("sr0", "11:0")
        .disk("rbd0", "252:0");
    for (name, number) in [
        ("loop0", "7:0"),
        ("ram0", "1:0"),
        ("zram0", "251:0"),
        ("dm-0", "253:0"),
        ("md127", "9:127"),
        ("nbd0", "43:0"),
    ] {
        machine.block(name, number);
    }
    let disks = machine.disks().await;
    let expected = ["sda", "sdb", "vdz", "loop7", "nvme0n1", "mmcblk0boot0"];
    assert_eq!(names(&disks), expected);
}

#[tokio::test]
async fn a_disk_is_described_by_the_kernel_and_udev() {
    let machine = Machine::new();
    machine
        .disk("sdb", "7:12")
        .file("sys/class/block/sdb/size", "12582912\n")
        .file("sys/class/block/sdb/device/model", "LABDISK         \n")
        .file("sys/class/block/sdb/removable", "1\n")
        .file("sys/class/block/sdb/ro", "1\n")
        .file("sys/class/block/sdb/queue/rotational", "1\n")
        .file(
            "udev/data/b7:12",
            "I:1\nE:ID_MODEL=OTHER\nE:ID_SERIAL_SHORT=se\u{1b}rial\n",
        );
    let disk = machine.only_disk().await;
    assert_eq!(disk.size, 6 << 30);
    assert_eq!(disk.model.as_deref(), Some("LABDISK"));
    assert_eq!(disk.serial.as_deref(), Some("serial"));
    assert!(disk.removable && disk.read_only && disk.rotational);
    assert_eq!(disk.path, machine.path("dev/sdb").display().to_string());
    assert_eq!((disk.holds, disk.used), (Holds::Nothing, None));
}

#[rstest]
#[case::an_sd_card("mmcblk0", "device/name", "device/serial")]
#[case::a_virtual_disk("vda", "device/model", "serial")]
#[tokio::test]
async fn without_udev_the_kernel_alone_names_model_and_serial(
    #[case] name: &str,
    #[case] model: &str,
    #[case] serial: &str,
) {
    let machine = Machine::new();
    machine
        .disk(name, "179:0")
        .file(&format!("sys/class/block/{name}/{model}"), "SC64G\n")
        .file(&format!("sys/class/block/{name}/{serial}"), "0x1234\n");
    let disk = machine.only_disk().await;
    assert_eq!(disk.model.as_deref(), Some("SC64G"));
    assert_eq!(disk.serial.as_deref(), Some("0x1234"));
}

#[tokio::test]
async fn the_most_readable_stable_link_is_a_disks_path() {
    let machine = Machine::new();
    machine.disk("nvme0n1", "259:0");
    for link in [
        "nvme-eui.0025",
        "wwn-0x5",
        "nvme-KIOXIA_X_1",
        "nvme-KIOXIA_X",
    ] {
        machine.link(&format!("dev/disk/by-id/{link}"), "../../nvme0n1");
    }
    machine.link("dev/disk/by-id/ata-A", "../../sda");
    let path = machine.path("dev/disk/by-id/nvme-KIOXIA_X");
    assert_eq!(machine.only_disk().await.path, path.display().to_string());
}

#[tokio::test]
async fn disks_that_share_a_serial_number_are_known_by_their_ports() {
    let machine = Machine::new();
    for (disk, number) in [("sda", "8:0"), ("sdb", "8:16"), ("sdc", "8:32")] {
        machine.disk(disk, number);
        let serial = if disk == "sdc" {
            "C"
        } else {
            "0123456789ABCDEF"
        };
        let notes = format!("E:ID_SERIAL_SHORT={serial}\n");
        machine.file(&format!("udev/data/b{number}"), &notes);
    }
    // The bridges' one link is that of the disk that came last.
    let of_both = "dev/disk/by-id/usb-JMicron_0123456789ABCDEF-0:0";
    machine.link(of_both, "../../sdb");
    machine.link("dev/disk/by-id/ata-C", "../../sdc");
    machine.link("dev/disk/by-path/usb-0:1-part1", "../../sda1");
    for (port, disk) in [("usb-0:1", "sda"), ("usb-0:3", "sdc")] {
        machine.link(
            &format!("dev/disk/by-path/{port}"),
            &format!("../../{disk}"),
        );
    }
    let disks = machine.disks().await;
    let expected = [
        "dev/disk/by-path/usb-0:1",
        "dev/sdb",
        "dev/disk/by-id/ata-C",
    ];
    for (disk, path) in disks.iter().zip(expected) {
        assert_eq!(disk.path, machine.path(path).display().to_string());
    }
}

#[tokio::test]
async fn partitions_are_found_inside_a_disk_and_beside_it() {
    let machine = Machine::new();
    machine
        .disk("sda", "8:0")
        .partition("sda", "sda10", "8:10")
        .partition("sda", "sda2", "8:2")
        .disk("nvme0n1", "259:0")
        .disk("nvme0n11", "259:9")
        .block("nvme0n1p1", "259:1")
        .file("sys/class/block/nvme0n1p1/partition", "1\n");
    let disks = machine.disks().await;
    assert_eq!(names(&disks), ["sda", "nvme0n1", "nvme0n11"]);
    assert_eq!(disks[0].partitions, ["sda2", "sda10"]);
    assert_eq!(disks[1].partitions, ["nvme0n1p1"]);
    assert!(disks[2].partitions.is_empty());
}

#[rstest]
#[case::the_root_by_its_number(
    "proc/self/mountinfo",
    "30 1 179:3 / /boot rw - ext4 /dev/x rw\n31 1 179:2 / / rw - ext4 /dev/root rw\n",
    "mounted at /"
)]
#[case::btrfs_by_its_source(
    "proc/self/mountinfo",
    "31 1 0:44 / /srv/my\\040data rw shared:1 - btrfs /dev/mmcblk0p2 rw\n",
    "mounted at /srv/my data"
)]
#[case::the_whole_disk(
    "proc/self/mountinfo",
    "31 1 179:0 / /mnt rw - ext4 x rw\n",
    "mounted at /mnt"
)]
#[case::by_a_link(
    "proc/self/mountinfo",
    "31 1 0:44 / /srv rw - btrfs /dev/disk/by-label/data rw\n",
    "mounted at /srv"
)]
#[case::swap(
    "proc/swaps",
    "Filename Type Size\n/dev/mmcblk0p2 partition 10 0 -2\n",
    "swap"
)]
#[case::stacked(
    "sys/class/block/mmcblk0/mmcblk0p2/holders/dm-3/dev",
    "253:3\n",
    "part of dm-3"
)]
#[case::another_namespaces_btrfs(
    "sys/fs/btrfs/3f86/devices/loop4/dev",
    "179:2\n",
    "part of a mounted btrfs"
)]
#[tokio::test]
async fn a_disk_in_use_says_what_for(#[case] file: &str, #[case] text: &str, #[case] used: &str) {
    let machine = Machine::new();
    machine
        .disk("mmcblk0", "179:0")
        .partition("mmcblk0", "mmcblk0p2", "179:2")
        .partition("mmcblk0", "mmcblk0p3", "179:3")
        .file("dev/mmcblk0p2", "")
        .link("dev/disk/by-label/data", "../../mmcblk0p2")
        .disk("sda", "8:0")
        .file(file, text);
    let disks = machine.disks().await;
    assert_eq!(names(&disks), ["sda", "mmcblk0"]);
    assert_eq!(disks[1].used.as_deref(), Some(used));
    assert_eq!(disks[0].used, None);
}

fn found(kind: &str, label: Option<&str>, uuid: Option<&str>) -> Holds {
    Holds::Found {
        kind: kind.into(),
        label: label.map(Into::into),
        uuid: uuid.map(Into::into),
    }
}

#[rstest]
#[case::nothing("2\n", Holds::Nothing, "")]
#[case::a_file_system(
    "0\nDEVNAME=/dev/sda\nLABEL=my\\ data\nUUID=05\nTYPE=ext4\n",
    found("ext4", Some("my data"), Some("05")),
    "ext4 \"my data\""
)]
#[case::a_table("0\nPTUUID=9\nPTTYPE=gpt\n", found("gpt", None, Some("9")), "gpt")]
#[case::several("8\n", Holds::Unknown("it holds more than one signature".into()),
    "it holds more than one signature")]
#[case::nothing_of_use("0\nUSAGE=crypto\n",
    Holds::Unknown("blkid names no kind of what it found".into()),
    "blkid names no kind of what it found")]
#[case::a_failure("4\nbad\u{7} usage\n",
    Holds::Unknown("blkid failed (exit status: 4) bad usage".into()),
    "blkid failed (exit status: 4) bad usage")]
#[tokio::test]
async fn what_a_disk_holds_is_blkids_word(
    #[case] says: &str,
    #[case] holds: Holds,
    #[case] words: &str,
) {
    let machine = Machine::new();
    machine.disk("sda", "8:0").holding("sda", says);
    let disk = machine.only_disk().await;
    assert_eq!(disk.holds, holds);
    assert_eq!(disk.holds.in_words(&[]), words);
}

#[tokio::test]
async fn a_disk_that_cannot_be_read_is_never_taken_for_an_empty_one() {
    let unknown = |disk: Disk| match disk.holds {
        Holds::Unknown(why) => why,
        holds => panic!("{holds:?}"),
    };
    let machine = Machine::new();
    machine.block("vda", "254:0");
    assert!(unknown(machine.only_disk().await).starts_with("it cannot be read: "));
    machine.file("sys/class/block/vda/size", "0\n");
    assert_eq!(unknown(machine.only_disk().await), "it has no medium");
    let mut machine = Machine::new();
    machine.world.programs.blkid = machine.path("no-blkid");
    machine.disk("sda", "8:0");
    assert!(unknown(machine.only_disk().await).contains("no-blkid did not start"));
}

#[test]
fn partitions_alone_are_something_that_a_disk_holds() {
    let parts = ["sda1".to_owned(), "sda2".to_owned()];
    assert_eq!(Holds::Nothing.in_words(&parts), "partitions sda1 sda2");
    let table = found("gpt", None, None);
    assert_eq!(table.in_words(&parts), "gpt, partitions sda1 sda2");
}

/// A block device that this process has for itself; none without the right to open one.
fn claim() -> Option<(fs::File, PathBuf)> {
    let alone = i32::try_from(rustix::fs::OFlags::EXCL.bits()).expect("a flag");
    let devices = (0..8)
        .rev()
        .map(|number| format!("/dev/loop{number}").into());
    devices.into_iter().find_map(|path: PathBuf| {
        let mut options = fs::File::options();
        let file = options.read(true).custom_flags(alone).open(&path).ok()?;
        Some((file, path))
    })
}

#[tokio::test]
async fn a_disk_that_somebody_holds_for_himself_is_in_use_though_no_table_names_it() {
    let machine = Machine::new();
    machine.disk("sda", "8:0");
    assert_eq!(machine.only_disk().await.used, None);
    let Some((claimed, device)) = claim() else {
        return; // Only root can hold a block device.
    };
    fs::remove_file(machine.path("dev/sda")).expect("a file less");
    machine.link("dev/sda", &device.display().to_string());
    let used = machine.only_disk().await.used;
    assert_eq!(
        used.as_deref(),
        Some("claimed by the kernel or by another program")
    );
    drop(claimed);
    assert_eq!(machine.only_disk().await.used, None);
}
