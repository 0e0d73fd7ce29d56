//! What a device hangs on: USB ports and their speed, and the bus of a disk.

use std::fs;
use std::path::Path;

use super::{line, number};
use crate::world::Roots;

/// The speed in Mb/s of the USB port that the device of `dir` hangs on; none if it is not on USB.
///
/// Linux's `sysfs-bus-usb`: each USB device has `idVendor` and `speed`, which is the speed that was
/// agreed on: a fast disk in a slow port says 480.
pub(super) fn usb_speed(roots: &Roots, dir: &Path) -> Option<u32> {
    let device = fs::canonicalize(dir.join("device"))
        .or_else(|_| fs::canonicalize(dir))
        .ok()?;
    let sys = fs::canonicalize(&roots.sys).ok()?;
    device
        .ancestors()
        .take_while(|above| *above != sys)
        .filter(|above| above.join("idVendor").exists())
        .find_map(|above| number(&above.join("speed")))
}

/// What the disk called `name` is connected by, in one word; none for what the kernel makes itself.
pub(super) fn transport(dir: &Path, (name, udev): (&str, Option<&String>)) -> Option<String> {
    let real = fs::canonicalize(dir.join("device")).or_else(|_| fs::canonicalize(dir));
    let above = |prefix: &str| {
        real.as_ref().is_ok_and(|real| {
            let parts = real.iter().filter_map(|part| part.to_str());
            let mut ends = parts.filter_map(|part| part.strip_prefix(prefix));
            ends.any(|end| !end.is_empty() && end.chars().all(|c| c.is_ascii_digit()))
        })
    };
    let word = match udev.map(String::as_str) {
        _ if name.starts_with("nvme") => "nvme",
        _ if name.starts_with("mmcblk") => "mmc",
        _ if name.starts_with("vd") => "virtio",
        Some("usb") => "usb",
        Some("ata") => "sata",
        _ if above("usb") => "usb",
        _ if above("ata") => "sata",
        _ if name.starts_with("sd") => "scsi",
        _ => return None,
    };
    Some(word.to_owned())
}

/// A disk's World Wide Name as the kernel tells it.
pub(super) fn wwn(dir: &Path) -> Option<String> {
    ["wwid", "device/wwid"]
        .into_iter()
        .find_map(|file| line(&dir.join(file)))
}
