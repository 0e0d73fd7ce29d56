//! The disks of a simulated Pi.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::super::microceph;
use super::write;
use crate::world::{Roots, World};

/// What blkid says of a disk without a signature.
const EMPTY: &str = "2\n";

/// One simulated disk.
pub(super) struct Disk {
    name: &'static str,
    model: &'static str,
    serial: String,
    bytes: u64,
    number: &'static str,
    says: &'static str,
    read_only: bool,
}

/// The disks of the Pi called `name`: its SD card, an empty SSD, on `pi-a` a stick that is locked, and
/// on `pi-c` a disk with photos.
pub(super) fn disks(name: &str) -> Vec<Disk> {
    let disk = |kernel, model, letter: &str, bytes| Disk {
        name: kernel,
        model,
        serial: format!("SIM-{name}-{letter}"),
        bytes,
        number: if kernel == "sda" { "8:0" } else { "8:16" },
        says: EMPTY,
        read_only: false,
    };
    let mut disks = vec![
        Disk {
            number: "179:0",
            says: "0\nPTTYPE=dos\n",
            ..disk("mmcblk0", "SD card", "SD", 63_864_569_856)
        },
        disk("sda", "KINGSTON SA400", "A", 240_057_409_536),
    ];
    if name == "pi-a" {
        disks.push(Disk {
            says: "0\nTYPE=vfat\nLABEL=HOLIDAY\nUUID=6A1B-22C4\n",
            read_only: true,
            ..disk("sdb", "Intenso Rainbow", "B", 32_015_679_488)
        });
    }
    if name == "pi-c" {
        disks.push(Disk {
            says: "0\nTYPE=ext4\nLABEL=photos\nUUID=0c1f5d8e-5a5f-4f3e-9a51-3d6b7c0d9e11\n",
            ..disk("sdb", "Samsung T7", "B", 1_000_204_886_016)
        });
    }
    disks
}

/// The paths under which a Pi's LXD knows the disks it may be given.
pub(in crate::rehearsal) fn spare_disks(world: &World) -> Vec<String> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for dir in [world.roots.dev.clone(), world.roots.dev.join("disk/by-id")] {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        paths.extend(
            entries
                .map(|entry| entry.path())
                .filter(|path| path.is_file()),
        );
    }
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect()
}

/// The disks of the Pi called `name`, as its MicroCeph sees them; it never looks at the SD card.
pub(in crate::rehearsal) fn ceph_disks(name: &str, world: &World) -> Vec<microceph::Disk> {
    let given = disks(name).into_iter();
    let given = given.filter(|disk| !disk.name.starts_with("mmcblk"));
    given
        .map(|disk| microceph::Disk {
            path: world.roots.dev.join(disk.name).display().to_string(),
            by_id: Some(by_id(&world.roots, &disk).display().to_string()),
            size: disk.bytes,
            model: disk.model.to_owned(),
            serial: disk.serial.clone(),
            kind: "scsi".to_owned(),
            holds: if disk.says == EMPTY {
                microceph::Holds::Nothing
            } else {
                microceph::Holds::Data
            },
        })
        .collect()
}

fn by_id(roots: &Roots, disk: &Disk) -> PathBuf {
    roots
        .dev
        .join("disk/by-id")
        .join(format!("ata-{}", disk.serial))
}

pub(super) fn add_disk(roots: &Roots, disk: &Disk) -> io::Result<()> {
    let at = roots.sys.join("class/block").join(disk.name);
    write(&at.join("size"), &(disk.bytes / 512).to_string())?;
    write(&at.join("dev"), disk.number)?;
    write(&at.join("ro"), if disk.read_only { "1" } else { "0" })?;
    write(&at.join("removable"), "0")?;
    write(&at.join("queue/rotational"), "0")?;
    write(&at.join("device/model"), disk.model)?;
    let on_usb = disk.name.starts_with("sd");
    if on_usb {
        write(&at.join("device/idVendor"), "174c")?;
        write(&at.join("device/speed"), "5000")?;
    }
    let bus = if on_usb { "E:ID_BUS=usb\n" } else { "" };
    write(
        &roots.udev.join("data").join(format!("b{}", disk.number)),
        &format!("E:ID_SERIAL_SHORT={}\n{bus}", disk.serial),
    )?;
    write(&roots.dev.join(disk.name), disk.says)?;
    fs::create_dir_all(roots.dev.join("disk/by-id"))?;
    symlink(roots.dev.join(disk.name), by_id(roots, disk))
}
