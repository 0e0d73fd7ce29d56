//! The small machine around a simulated Pi: a sysfs tree, disks, a host file, programs.

mod disks;
mod nics;

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::engine::facts::{HostFacts, Module, Nic};
use crate::world::{Clock, DISCOVERY_PORT, Programs, Roots, World};
use disks::{add_disk, disks};
pub(super) use disks::{ceph_disks, spare_disks};
pub(super) use nics::nics;

/// Stands for `blkid -p -o export`: a simulated disk's first line is the exit code, the others are
/// what is said.
const BLKID: &str =
    "#!/bin/sh\n[ -r \"$4\" ] || exit 2\nsed 1d \"$4\"\nexit \"$(sed 1q \"$4\")\"\n";

/// Stands for `systemctl`: a rehearsal's services have no units.
const SYSTEMCTL: &str = "#!/bin/sh\nexit 4\n";

/// What the kernel tells of the memory of a board of 8 GB: the GPU and the firmware keep some.
const MEMORY: u64 = 8_322_539_520;

/// Stands for a static busybox: an ELF header (64 bits, little-endian, aarch64) without a program
/// header, so that no loader is asked for.
const BUSYBOX: [u8; 64] = {
    let mut header = [0; 64];
    header[0] = 0x7f;
    header[1] = b'E';
    header[2] = b'L';
    header[3] = b'F';
    header[4] = 2;
    header[5] = 1;
    header[6] = 1;
    header[16] = 2;
    header[18] = 183;
    header
};

/// The kernel modules of Ubuntu for Raspberry Pi that services use; it has no ZFS until that is
/// installed.
const MODULES: &[&str] = &[
    "bridge",
    "btrfs",
    "ceph",
    "dm_crypt",
    "geneve",
    "nf_tables",
    "openvswitch",
    "overlay",
    "rbd",
    "veth",
    "vhost_vsock",
    "vxlan",
];

/// Lays a Pi out below `root`.
pub(super) fn lay_out(
    root: &Path,
    (name, nics): (&str, Vec<Nic>),
    (address, clock): (IpAddr, Clock),
) -> io::Result<World> {
    let dir = root.join(name);
    let roots = Roots {
        sys: dir.join("sys"),
        proc: dir.join("proc"),
        dev: dir.join("dev"),
        etc: dir.join("etc"),
        udev: dir.join("run/udev"),
        run: dir.join("run"),
        lib: dir.join("lib"),
        var_lib: dir.join("var/lib"),
    };
    write(&roots.etc.join("hostname"), name)?;
    write(
        &roots.proc.join("self/mountinfo"),
        "25 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n",
    )?;
    for disk in disks(name) {
        add_disk(&roots, &disk)?;
    }
    for (part, number) in [("mmcblk0p1", "179:1"), ("mmcblk0p2", "179:2")] {
        let at = roots.sys.join("class/block").join(part);
        write(&at.join("partition"), "1")?;
        write(&at.join("dev"), number)?;
    }
    let host = dir.join("host.json");
    write(
        &host,
        &serde_json::to_string(&facts(name, nics)).map_err(io::Error::other)?,
    )?;
    let programs = Programs {
        systemctl: dir.join("bin/systemctl"),
        blkid: dir.join("bin/blkid"),
        ceph: dir.join("bin/microceph.ceph"),
        busybox: vec![dir.join("bin/busybox")],
    };
    program(&programs.systemctl, SYSTEMCTL)?;
    program(&programs.blkid, BLKID)?;
    write_bytes(&dir.join("bin/busybox"), &BUSYBOX)?;
    let lxd = dir.join("lxd");
    for service in ["lxd", "microceph", "microceph/run", "microovn", "snapd"] {
        fs::create_dir_all(dir.join(service))?;
    }
    Ok(World {
        lxd_sockets: vec![lxd.join("unix.socket")],
        snapd_socket: dir.join("snapd/snapd.socket"),
        microceph_socket: dir.join("microceph/control.socket"),
        ceph_run: dir.join("microceph/run"),
        microovn_socket: dir.join("microovn/control.socket"),
        roots,
        programs,
        state_dir: dir.join("state"),
        run_dir: dir.join("mcloud-run"),
        listen: super::listen(address)?,
        discovery: SocketAddr::new(address, DISCOVERY_PORT),
        simulated_host: Some(host),
        clock,
    })
}

fn facts(name: &str, nics: Vec<Nic>) -> HostFacts {
    let module = |name: &&str| ((*name).to_owned(), Module::Available);
    HostFacts {
        hostname: name.to_owned(),
        nodename: name.to_owned(),
        model: "Raspberry Pi 5 Model B Rev 1.0".to_owned(),
        serial: Some(format!("SIM-{name}")),
        memory: MEMORY,
        cpus: 4,
        room: Some(48_000_000_000),
        kernel: "6.8.0-1013-raspi".to_owned(),
        arch: "aarch64".to_owned(),
        nics,
        disks: Vec::new(),
        os: "Ubuntu 24.04.3 LTS".to_owned(),
        uptime: Some(600),
        clock_synchronized: Some(true),
        under_voltage: Some(false),
        throttled: Some(false),
        temperature: Some(47),
        modules: MODULES.iter().map(module).collect(),
        cgroup_v2: Some(true),
        memory_cgroup: Some(true),
        apparmor: Some(true),
        fan: None,
        kvm: Some(true),
        root_uids: Some(1_000_000_000),
    }
}

fn program(path: &Path, script: &str) -> io::Result<()> {
    write(path, script)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    write_bytes(path, text.as_bytes())
}

fn write_bytes(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, bytes)
}
