//! What the running kernel can do: modules, control groups, confinement, virtual machines.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::{line, names};
use crate::engine::facts::{HostFacts, Module};
use crate::world::Roots;

/// The modules that LXD, its storage drivers, Ceph and OVN use.
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
    "zfs",
];

/// Fills in what the kernel called `release` tells.
pub(super) fn read(roots: &Roots, release: &str, facts: &mut HostFacts) {
    let groups = roots.sys.join("fs/cgroup");
    facts.modules = modules(roots, release);
    facts.cgroup_v2 = cgroup_v2(&groups);
    facts.memory_cgroup = memory_cgroup(roots, &groups);
    facts.apparmor = apparmor(&roots.sys.join("module"));
    facts.fan = fan(roots);
    facts.kvm = roots.dev.is_dir().then(|| roots.dev.join("kvm").exists());
}

/// Whether the kernel has Ubuntu's fan: its `ipip` then shows `net.fan.version` (`fanctl(8)` looks there).
fn fan(roots: &Roots) -> Option<bool> {
    let has = roots.proc.join("sys/net/fan/version").exists();
    let tells = has || roots.sys.join("module/ipip").is_dir();
    tells.then_some(has)
}

/// How far each module is from use. Without the kernel's own lists only those that show themselves
/// in `/sys/module` are told: in a container the lists are another kernel's or not there.
fn modules(roots: &Roots, release: &str) -> BTreeMap<String, Module> {
    let lists = roots.lib.join("modules").join(release);
    let built_in = listed(&lists.join("modules.builtin"));
    let files = listed(&lists.join("modules.dep"));
    let mounts = filesystems(roots);
    let state = |name: &str| {
        let has = |list: &Option<BTreeSet<String>>| list.as_ref().is_some_and(|l| l.contains(name));
        let there = roots.sys.join("module").join(name).is_dir() || mounts.contains(name);
        if there || has(&built_in) {
            Some(Module::There)
        } else if has(&files) {
            Some(Module::Available)
        } else {
            (built_in.is_some() && files.is_some()).then_some(Module::Missing)
        }
    };
    MODULES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), state(name)?)))
        .collect()
}

/// The file systems that the running kernel can mount now (`proc_filesystems(5)`): the last word of
/// each line. Of some that are built in nothing else tells.
fn filesystems(roots: &Roots) -> BTreeSet<String> {
    let table = fs::read(roots.proc.join("filesystems")).unwrap_or_default();
    let table = String::from_utf8_lossy(&table);
    let names = table
        .lines()
        .filter_map(|row| row.split_whitespace().last());
    names.map(str::to_owned).collect()
}

/// The modules that a list of `modules.dep(5)` names: a path on each line, in `modules.dep` with a
/// colon and other paths behind it.
fn listed(list: &Path) -> Option<BTreeSet<String>> {
    let text = fs::read(list).ok()?;
    let name = |line: &str| {
        let path = line.split(':').next()?;
        let file = path.rsplit('/').next()?;
        Some(file.split(".ko").next()?.replace('-', "_"))
    };
    let text = String::from_utf8_lossy(&text);
    Some(text.lines().filter_map(name).collect())
}

/// `cgroups(7)`: the root of version 2 has `cgroup.controllers`; version 1 has a directory for each
/// controller there.
fn cgroup_v2(groups: &Path) -> Option<bool> {
    if groups.join("cgroup.controllers").exists() {
        return Some(true);
    }
    let found = names(groups).ok()?;
    (!found.is_empty()).then_some(false)
}

/// The list of version 2 is believed first. Where it lacks memory, a controller that `/proc/cgroups`
/// calls enabled belongs to version 1; one that neither knows is off. Raspberry Pi's firmware turns
/// it off by `cgroup_disable=memory`.
fn memory_cgroup(roots: &Roots, groups: &Path) -> Option<bool> {
    let controllers = line(&groups.join("cgroup.controllers"));
    let has = |text: &String| text.split(' ').any(|name| name == "memory");
    if controllers.as_ref().is_some_and(has) {
        return Some(true);
    }
    let table = fs::read(roots.proc.join("cgroups")).unwrap_or_default();
    let table = String::from_utf8_lossy(&table).into_owned();
    let row = table
        .lines()
        .map(|row| row.split_whitespace().collect::<Vec<_>>())
        .find(|row| row.first() == Some(&"memory"));
    match row.as_deref().and_then(<[&str]>::last) {
        Some(&"1") => Some(true),
        Some(&"0") => Some(false),
        // A namespace may show an empty list: that tells nothing.
        _ => controllers.map(|_| false),
    }
}

/// `/sys/module/apparmor/parameters/enabled` says `Y` where it confines.
fn apparmor(modules: &Path) -> Option<bool> {
    match line(&modules.join("apparmor/parameters/enabled")).as_deref() {
        Some("Y") => Some(true),
        Some("N") => Some(false),
        _ => modules.is_dir().then_some(false),
    }
}
