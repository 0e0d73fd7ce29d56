//! The guests' image, made on the spot from a static busybox: it needs no internet.

use std::fs;

use super::tar::Tar;
use crate::engine::Millis;
use crate::world::World;

/// The programs of the guest, each of them busybox.
const APPLETS: [&str; 14] = [
    "cat", "head", "hostname", "ip", "md5sum", "nslookup", "ping", "sh", "sleep", "sync", "test",
    "touch", "true", "udhcpc",
];

/// Directories of the guest.
const DIRECTORIES: [&str; 12] = [
    "", "bin", "dev", "etc", "proc", "root", "run", "sbin", "sys", "tmp", "usr", "var",
];

const INITTAB: &str = "::sysinit:/etc/rc\n::respawn:/bin/sleep 100000\n::shutdown:/bin/true\n";

const RC: &str = "#!/bin/sh\n\
    hostname -F /etc/hostname 2>/dev/null\n\
    ip link set lo up\n\
    ip link set eth0 up 2>/dev/null\n\
    udhcpc -i eth0 -b -s /etc/udhcpc.sh -t 20 -T 1 >/dev/null 2>&1 &\n";

const DHCP: &str = "#!/bin/sh\n\
    case $1 in bound|renew)\n\
    ip addr flush dev $interface\n\
    ip addr add $ip/$mask dev $interface\n\
    for r in $router; do ip route replace default via $r dev $interface; done\n\
    : > /etc/resolv.conf\n\
    for d in $dns; do echo \"nameserver $d\" >> /etc/resolv.conf; done\n\
    ;; esac\n";

/// The property by which the image is known as mcloud's.
pub(super) const PROPERTY: &str = "mcloud";

/// That property's value.
pub(super) const PROOF: &str = "proof";

/// The image for guests of this architecture, as LXD takes it (one archive with metadata and root
/// file system); none where this node has no static busybox.
pub(super) fn build(world: &World, architecture: &str, now: Millis) -> Option<Vec<u8>> {
    let candidates = world.programs.busybox.iter();
    let mut found = candidates.filter_map(|path| fs::read(path).ok());
    let busybox = found.find(|bytes| is_static(bytes))?;
    let mut tar = Tar::default();
    let metadata = format!(
        "architecture: {architecture}\ncreation_date: {}\n\
         properties:\n  description: mcloud's proof\n  {PROPERTY}: {PROOF}\n",
        now / 1000
    );
    tar.file("metadata.yaml", 0o644, metadata.as_bytes());
    for directory in DIRECTORIES {
        tar.directory(&format!("rootfs/{directory}"));
    }
    tar.file("rootfs/bin/busybox", 0o755, &busybox);
    for applet in APPLETS {
        tar.link(&format!("rootfs/bin/{applet}"), "/bin/busybox");
    }
    tar.link("rootfs/sbin/init", "/bin/busybox");
    for (path, mode, text) in [
        ("etc/inittab", 0o644, INITTAB),
        ("etc/rc", 0o755, RC),
        ("etc/udhcpc.sh", 0o755, DHCP),
        ("etc/passwd", 0o644, "root:x:0:0:root:/root:/bin/sh\n"),
        ("etc/group", 0o644, "root:x:0:\n"),
        ("etc/hostname", 0o644, "proof\n"),
        ("etc/resolv.conf", 0o644, ""),
    ] {
        tar.file(&format!("rootfs/{path}"), mode, text.as_bytes());
    }
    Some(tar.finish())
}

/// Whether an executable needs no loader: an ELF file without the program header `PT_INTERP` (ELF
/// specification, "Program Header").
fn is_static(elf: &[u8]) -> bool {
    const INTERPRETER: u64 = 3;
    let number = |at: u64, width: usize| -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let bytes = elf.get(at..at.checked_add(width)?)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |sum, byte| (sum << 8) | u64::from(*byte)),
        )
    };
    let (wide, little) = (elf.get(4) == Some(&2), elf.get(5) == Some(&1));
    if !elf.starts_with(b"\x7fELF") || !little {
        return false;
    }
    let table = if wide { number(32, 8) } else { number(28, 4) };
    let sizes = if wide { 54 } else { 42 };
    let (Some(table), Some(size), Some(count)) = (table, number(sizes, 2), number(sizes + 2, 2))
    else {
        return false;
    };
    (0..count).all(|nth| {
        let at = nth.checked_mul(size).and_then(|it| it.checked_add(table));
        at.and_then(|at| number(at, 4))
            .is_some_and(|kind| kind != INTERPRETER)
    })
}
