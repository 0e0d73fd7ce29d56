//! The board and its system: name, model, serial, memory, CPUs, kernel.

use std::path::Path;

use super::{kernel, line, system};
use crate::engine::facts::HostFacts;
use crate::world::World;

/// What firmware says where the maker filled in nothing.
const BLANKS: &[&str] = &[
    "",
    "0",
    "none",
    "default string",
    "not specified",
    "not applicable",
    "to be filled by o.e.m.",
    "system product name",
    "system serial number",
];

/// All facts but NICs and disks. What the stand-in file names holds, else the machine is read.
pub(super) fn facts(world: &World, simulated: Option<&HostFacts>) -> HostFacts {
    let roots = &world.roots;
    let said = simulated.cloned().unwrap_or_default();
    let mut facts = match simulated {
        Some(_) => HostFacts::default(),
        None => running(),
    };
    if let Some(hostname) = line(&roots.etc.join("hostname")) {
        facts.hostname = hostname;
    }
    let dmi = roots.sys.join("class/dmi/id");
    let tree = roots.proc.join("device-tree");
    facts.model = firmware(&tree.join("model"), &dmi.join("product_name")).unwrap_or_default();
    facts.serial = firmware(&tree.join("serial-number"), &dmi.join("product_serial"));
    system::read(roots, &mut facts);
    if simulated.is_none() {
        facts.room = room(&roots.var_lib);
    }
    let release = either(said.kernel.clone(), facts.kernel.clone());
    kernel::read(roots, &release, &mut facts);
    either_of(said, facts)
}

/// The host name alone, without reading the rest: what was said, else the file, else the kernel's.
pub(super) fn hostname(world: &World, said: String) -> String {
    let file = || line(&world.roots.etc.join("hostname"));
    if !said.is_empty() || world.simulated_host.is_some() {
        return either(said, file().unwrap_or_default());
    }
    file().unwrap_or_else(|| running().hostname)
}

/// The kernel's node name: what was said where the machine is simulated, which may be nothing.
pub(super) fn nodename(world: &World, said: String) -> String {
    match world.simulated_host {
        Some(_) => said,
        None => running().nodename,
    }
}

/// What was said, and for the rest what was read.
fn either_of(said: HostFacts, read: HostFacts) -> HostFacts {
    HostFacts {
        hostname: either(said.hostname, read.hostname),
        model: either(said.model, read.model),
        serial: said.serial.or(read.serial),
        memory: if said.memory > 0 {
            said.memory
        } else {
            read.memory
        },
        cpus: if said.cpus > 0 { said.cpus } else { read.cpus },
        kernel: either(said.kernel, read.kernel),
        arch: either(said.arch, read.arch),
        os: either(said.os, read.os),
        uptime: said.uptime.or(read.uptime),
        clock_synchronized: said.clock_synchronized.or(read.clock_synchronized),
        under_voltage: said.under_voltage.or(read.under_voltage),
        throttled: said.throttled.or(read.throttled),
        temperature: said.temperature.or(read.temperature),
        modules: if said.modules.is_empty() {
            read.modules
        } else {
            said.modules
        },
        cgroup_v2: said.cgroup_v2.or(read.cgroup_v2),
        memory_cgroup: said.memory_cgroup.or(read.memory_cgroup),
        apparmor: said.apparmor.or(read.apparmor),
        fan: said.fan.or(read.fan),
        kvm: said.kvm.or(read.kvm),
        root_uids: said.root_uids.or(read.root_uids),
        room: said.room.or(read.room),
        nodename: either(said.nodename, read.nodename),
        nics: Vec::new(),
        disks: Vec::new(),
    }
}

fn either(said: String, read: String) -> String {
    if said.is_empty() { read } else { said }
}

/// The device tree's word, which ends with a zero byte, else DMI's; none where both are blank.
fn firmware(device_tree: &Path, dmi: &Path) -> Option<String> {
    [device_tree, dmi]
        .into_iter()
        .find_map(|path| line(path).filter(|text| !BLANKS.contains(&text.to_lowercase().as_str())))
}

/// The bytes that are free for everybody in the file system of `dir`; none where it does not tell.
fn room(dir: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(dir).ok()?;
    told.f_bavail.checked_mul(told.f_frsize)
}

/// What the running kernel tells past World's roots: the one place that asks it.
fn running() -> HostFacts {
    let uname = rustix::system::uname();
    let word = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let (memory, cpus) = sysinfo::System::new().map_or((0, 0), |mut system| {
        system.refresh_memory();
        system.refresh_cpu_list(sysinfo::CpuRefreshKind::nothing());
        (system.total_memory(), system.cpus().len())
    });
    HostFacts {
        hostname: word(uname.nodename()),
        nodename: word(uname.nodename()),
        kernel: word(uname.release()),
        arch: word(uname.machine()),
        memory,
        cpus: u32::try_from(cpus).unwrap_or(u32::MAX),
        ..HostFacts::default()
    }
}
