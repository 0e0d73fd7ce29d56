//! What the running system uses a disk for: mounts, swap, what is stacked on it, Btrfs.

use std::fs;
use std::path::Path;

use super::{line, names};
use crate::engine::facts::Disk;
use crate::infra::rest::plain;
use crate::world::Roots;

/// Everything in use, by device.
pub(super) struct Uses {
    /// Each use with the device's number (`8:2`) or its kernel name.
    devices: Vec<(String, String)>,
}

impl Uses {
    /// Reads mounts, swaps and Btrfs's devices. Mounts come first, the root before all, then
    /// the system's others, so that a disk's most telling use is the one that is found.
    pub(super) fn read(roots: &Roots) -> Self {
        let mut devices = mounts(roots);
        devices.sort_by_key(|(_, place)| (place != "mounted at /", !Disk::is_of_system(place)));
        devices.extend(swaps(roots));
        devices.extend(btrfs(roots));
        Self { devices }
    }

    /// What a disk or one of its partitions is used for.
    pub(super) fn of(&self, class: &Path, name: &str, partitions: &[String]) -> Option<String> {
        let parts = || std::iter::once(name).chain(partitions.iter().map(String::as_str));
        let ids: Vec<String> = parts()
            .filter_map(|part| line(&class.join(part).join("dev")))
            .chain(parts().map(str::to_owned))
            .collect();
        let used = self.devices.iter().find(|(device, _)| ids.contains(device));
        used.map(|(_, place)| place.clone()).or_else(|| {
            parts().find_map(|part| {
                let holders = names(&class.join(part).join("holders")).ok()?;
                holders
                    .first()
                    .map(|holder| format!("{}{holder}", Disk::STACKED))
            })
        })
    }
}

/// The kernel's name for what a table calls `/dev/…`, which may be a link.
fn device(roots: &Roots, source: &str) -> Option<String> {
    let below = source.strip_prefix("/dev/")?;
    let path = roots.dev.join(below);
    let real = fs::canonicalize(&path).unwrap_or(path);
    Some(real.file_name()?.to_str()?.to_owned())
}

/// `proc_pid_mountinfo(5)`: the third field is the device's number, the fifth the mount point; the
/// second after the lone dash is the source. Btrfs numbers its mounts by itself, so both count.
fn mounts(roots: &Roots) -> Vec<(String, String)> {
    let table = fs::read(roots.proc.join("self/mountinfo")).unwrap_or_default();
    let mut found = Vec::new();
    for mount in String::from_utf8_lossy(&table).lines() {
        let mut fields = mount.split(' ');
        let (Some(number), Some(point)) = (fields.nth(2), fields.nth(1)) else {
            continue;
        };
        let place = format!("{}{}", Disk::MOUNTED, plain(&unescaped(point)));
        let source = fields.skip_while(|field| *field != "-").nth(2);
        let source = source.and_then(|source| device(roots, &unescaped(source)));
        found.extend(source.map(|device| (device, place.clone())));
        found.push((number.to_owned(), place));
    }
    found
}

/// `/proc/swaps`: a heading, then one line each that begins with a device or a file.
fn swaps(roots: &Roots) -> Vec<(String, String)> {
    let table = fs::read(roots.proc.join("swaps")).unwrap_or_default();
    String::from_utf8_lossy(&table)
        .lines()
        .skip(1)
        .filter_map(|swap| device(roots, &unescaped(swap.split_whitespace().next()?)))
        .map(|device| (device, Disk::SWAP.to_owned()))
        .collect()
}

/// The devices of every mounted Btrfs, also of those that another mount namespace sees alone.
fn btrfs(roots: &Roots) -> Vec<(String, String)> {
    let all = roots.sys.join("fs/btrfs");
    let mut found = Vec::new();
    for uuid in names(&all).unwrap_or_default() {
        let devices = all.join(uuid).join("devices");
        for device in names(&devices).unwrap_or_default() {
            let number = line(&devices.join(device).join("dev"));
            found
                .extend(number.map(|number| (number, format!("{}a mounted btrfs", Disk::STACKED))));
        }
    }
    found
}

/// The kernel writes blanks and backslashes in its tables as three octal digits after a backslash.
fn unescaped(field: &str) -> String {
    let mut parts = field.split('\\');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..3).and_then(|c| u8::from_str_radix(c, 8).ok());
        match (code, part.get(3..)) {
            (Some(code), Some(rest)) => {
                text.push(char::from(code));
                text.push_str(rest);
            }
            _ => text.push_str(part),
        }
    }
    text
}
