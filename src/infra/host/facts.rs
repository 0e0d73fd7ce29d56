//! The board and its system: name, model, serial, memory, CPUs, kernel.

use std::path::Path;

use super::line;
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
        None => kernel(),
    };
    if let Some(hostname) = line(&roots.etc.join("hostname")) {
        facts.hostname = hostname;
    }
    let dmi = roots.sys.join("class/dmi/id");
    let tree = roots.proc.join("device-tree");
    facts.model = firmware(&tree.join("model"), &dmi.join("product_name")).unwrap_or_default();
    facts.serial = firmware(&tree.join("serial-number"), &dmi.join("product_serial"));
    HostFacts {
        hostname: either(said.hostname, facts.hostname),
        model: either(said.model, facts.model),
        serial: said.serial.or(facts.serial),
        memory: if said.memory > 0 {
            said.memory
        } else {
            facts.memory
        },
        cpus: if said.cpus > 0 { said.cpus } else { facts.cpus },
        kernel: either(said.kernel, facts.kernel),
        arch: either(said.arch, facts.arch),
        ..HostFacts::default()
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

/// What the running kernel tells past World's roots: the one place that asks it.
fn kernel() -> HostFacts {
    let uname = rustix::system::uname();
    let word = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let (memory, cpus) = sysinfo::System::new().map_or((0, 0), |mut system| {
        system.refresh_memory();
        system.refresh_cpu_list(sysinfo::CpuRefreshKind::nothing());
        (system.total_memory(), system.cpus().len())
    });
    HostFacts {
        hostname: word(uname.nodename()),
        kernel: word(uname.release()),
        arch: word(uname.machine()),
        memory,
        cpus: u32::try_from(cpus).unwrap_or(u32::MAX),
        ..HostFacts::default()
    }
}
