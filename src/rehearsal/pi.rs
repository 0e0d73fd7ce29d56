//! The small machine around a simulated Pi: a sysfs tree, disks, a host file, programs.

mod disks;

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::engine::facts::{HostFacts, Module, Nic, NicKind};
use crate::world::{Clock, DISCOVERY_PORT, Programs, Roots, World};
use disks::{add_disk, disks};
pub(super) use disks::{ceph_disks, spare_disks};

/// Stands for `blkid -p -o export`: a simulated disk's first line is the exit code, the others are
/// what is said.
const BLKID: &str =
    "#!/bin/sh\n[ -r \"$4\" ] || exit 2\nsed 1d \"$4\"\nexit \"$(sed 1q \"$4\")\"\n";

/// Stands for `systemctl`: a rehearsal's services have no units.
const SYSTEMCTL: &str = "#!/bin/sh\nexit 4\n";

/// What the kernel tells of the memory of a board of 8 GB: the GPU and the firmware keep some.
const MEMORY: u64 = 8_322_539_520;

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

/// The router of the simulated network.
const GATEWAY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 254));

/// Lays a Pi out below `root`.
pub(super) fn lay_out(
    root: &Path,
    (name, address): (&str, IpAddr),
    clock: Clock,
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
        &serde_json::to_string(&facts(name, address)).map_err(io::Error::other)?,
    )?;
    let programs = Programs {
        systemctl: dir.join("bin/systemctl"),
        blkid: dir.join("bin/blkid"),
    };
    program(&programs.systemctl, SYSTEMCTL)?;
    program(&programs.blkid, BLKID)?;
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

/// The networks of the Pi with this address.
pub(super) fn networks(address: IpAddr) -> Vec<ipnet::IpNet> {
    ipnet::IpNet::new(address, 8).into_iter().collect()
}

fn facts(name: &str, address: IpAddr) -> HostFacts {
    let module = |name: &&str| ((*name).to_owned(), Module::Available);
    HostFacts {
        hostname: name.to_owned(),
        model: "Raspberry Pi 5 Model B Rev 1.0".to_owned(),
        serial: Some(format!("SIM-{name}")),
        memory: MEMORY,
        cpus: 4,
        kernel: "6.8.0-1013-raspi".to_owned(),
        arch: "aarch64".to_owned(),
        nics: nics(name, address),
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
        kvm: Some(true),
        root_uids: Some(1_000_000_000),
    }
}

/// The NICs of the Pi called `name`: its cable, and on `pi-b` a radio that nobody has set up.
fn nics(name: &str, address: IpAddr) -> Vec<Nic> {
    let mac = |kind: u8| format!("d8:3a:dd:00:{kind:02x}:{:02x}", last_octet(address));
    let mut nics = vec![Nic {
        name: "eth0".to_owned(),
        mac: mac(0),
        up: true,
        carrier: Some(true),
        speed_mbps: Some(1_000),
        addresses: networks(address),
        mtu: Some(1_500),
        gateway: Some(GATEWAY),
        ..Nic::default()
    }];
    if name == "pi-b" {
        nics.push(Nic {
            name: "wlan0".to_owned(),
            mac: mac(1),
            up: true,
            carrier: Some(true),
            kind: NicKind::Wireless,
            wireless: true,
            mtu: Some(1_500),
            ..Nic::default()
        });
    }
    nics
}

fn last_octet(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(v4) => v4.octets()[3],
        IpAddr::V6(v6) => v6.octets()[15],
    }
}

fn program(path: &Path, script: &str) -> io::Result<()> {
    write(path, script)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text)
}
