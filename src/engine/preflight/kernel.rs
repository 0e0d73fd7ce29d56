//! The kernel: control groups, modules, confinement, virtual machines, uid maps.

use super::{Check, Verdict};
use crate::engine::answers::{Answers, Purpose};
use crate::engine::facts::{HostFacts, Module};
use crate::engine::message::Message;

/// What LXD's containers and networks need of the kernel.
const NEEDED: &[&str] = &["bridge", "nf_tables", "veth", "vxlan"];

/// A container has 65 536 users (LXD, "Idmaps for user namespace").
const LEAST_UIDS: u64 = 65_536;

/// Control groups of version 2: what LXD limits containers with.
pub(super) fn control_groups(node: &str, host: &HostFacts) -> Option<Check> {
    let second = host.cgroup_v2?;
    let say = |code: &str| Message::new(code).with("node", node);
    let check = if second {
        Check::new("cgroups", node, Verdict::Good, say("check.cgroups"))
    } else {
        Check::new("cgroups", node, Verdict::Warning, say("check.cgroups-old"))
            .fix(Message::new("check.cgroups-old-fix"))
    };
    let found = if second { "there" } else { "not there" };
    let read = check.read("/sys/fs/cgroup/cgroup.controllers", found);
    Some(read.means("check.cgroups-means"))
}

/// Memory is accounted: Raspberry Pi OS switches it off (k3s issues 2067 to 10755).
pub(super) fn memory_group(node: &str, host: &HostFacts) -> Option<Check> {
    let there = host.memory_cgroup?;
    let say = |code: &str| Message::new(code).with("node", node);
    let (check, found) = if there {
        let says = say("check.memory-group");
        let check = Check::new("memory-cgroup", node, Verdict::Good, says);
        (check, "memory")
    } else {
        let says = say("check.memory-group-off");
        let check = Check::new("memory-cgroup", node, Verdict::Warning, says);
        let fix = if host.model.starts_with("Raspberry Pi") {
            Message::new("check.memory-group-pi-fix")
        } else {
            Message::new("check.memory-group-fix")
        };
        (check.fix(fix), "no memory")
    };
    let read = check.read("/sys/fs/cgroup/cgroup.controllers, /proc/cgroups", found);
    Some(read.means("check.memory-group-means"))
}

/// The modules that LXD's containers and networks need are there or can be loaded.
pub(super) fn modules(node: &str, host: &HostFacts) -> Option<Check> {
    let state = |name: &&&str| host.modules.get(**name).copied();
    let known: Vec<_> = NEEDED.iter().filter(|name| state(name).is_some()).collect();
    let missing: Vec<_> = known
        .iter()
        .filter(|name| state(name) == Some(Module::Missing))
        .map(|name| **name)
        .collect();
    if missing.is_empty() && known.len() < NEEDED.len() {
        return None;
    }
    let say = |code: &str| Message::new(code).with("node", node);
    let check = if missing.is_empty() {
        Check::new("modules", node, Verdict::Good, say("check.modules"))
    } else {
        let says = say("check.modules-missing").with("modules", missing.join(", "));
        Check::new("modules", node, Verdict::Warning, says).fix(modules_fix(host))
    };
    let place = format!("/sys/module, /lib/modules/{}", host.kernel);
    let names: Vec<_> = known.iter().map(|name| **name).collect();
    let read = check.read(&place, names.join(" "));
    Some(read.means("check.modules-means"))
}

/// What the services that were chosen need of the kernel; a module that is missing says what will not
/// work. What is not known is not said.
pub(super) fn chosen_services(node: &str, host: &HostFacts, answers: &Answers) -> Vec<Check> {
    let own = answers.node(node);
    let encrypts = own.is_some_and(|own| {
        let mut disks = own.disks_for(Purpose::Ceph);
        disks.any(|choice| choice.encrypt)
    });
    let (ceph, ovn) = (answers.has_ceph(), answers.has_ovn());
    let several = answers.nodes.len() > 1;
    let wanted = [
        ("openvswitch", "kernel.openvswitch", ovn, Verdict::Blocking),
        ("geneve", "kernel.geneve", ovn && several, Verdict::Blocking),
        ("rbd", "kernel.rbd", ceph, Verdict::Blocking),
        (
            "ceph",
            "kernel.ceph",
            ceph && answers.ceph.filesystem,
            Verdict::Warning,
        ),
        ("dm_crypt", "kernel.dm-crypt", encrypts, Verdict::Blocking),
    ];
    let missing = |name: &str| host.modules.get(name) == Some(&Module::Missing);
    wanted
        .into_iter()
        .filter(|(name, _, wanted, _)| *wanted && missing(name))
        .map(|(name, code, _, verdict)| {
            let says = Message::new(code).with("node", node);
            let place = format!("/lib/modules/{}", host.kernel);
            let read = Check::new("modules", node, verdict, says).read(&place, name);
            read.fix(modules_fix(host)).means("kernel.means")
        })
        .collect()
}

/// How to come by missing modules. Until 6.7 Ubuntu for Raspberry Pi had them in a package of their own.
fn modules_fix(host: &HostFacts) -> Message {
    if host.kernel.ends_with("-raspi") {
        Message::new("check.modules-raspi-fix")
    } else {
        Message::new("check.modules-fix").with("kernel", &host.kernel)
    }
}

/// `AppArmor`: LXD confines containers with it, and goes on without it.
pub(super) fn confinement(node: &str, host: &HostFacts) -> Option<Check> {
    let (code, found) = if host.apparmor? {
        ("check.apparmor", "Y")
    } else {
        ("check.apparmor-off", "N")
    };
    let says = Message::new(code).with("node", node);
    let check = Check::new("apparmor", node, Verdict::Good, says);
    let read = check.read("/sys/module/apparmor/parameters/enabled", found);
    Some(read.means("check.apparmor-means"))
}

/// KVM: without it there are containers, and no virtual machines.
pub(super) fn machines(node: &str, host: &HostFacts) -> Option<Check> {
    let (code, found) = if host.kvm? {
        ("check.kvm", "there")
    } else {
        ("check.kvm-off", "not there")
    };
    let says = Message::new(code).with("node", node);
    let check = Check::new("kvm", node, Verdict::Good, says);
    Some(check.read("/dev/kvm", found).means("check.kvm-means"))
}

/// Root's range of user ids is wide enough; without one LXD takes a range of its own.
pub(super) fn uid_map(node: &str, host: &HostFacts) -> Option<Check> {
    let uids = host.root_uids?;
    let say = |code: &str| {
        let says = Message::new(code).with("node", node);
        says.with("uids", uids).with("least", LEAST_UIDS)
    };
    let check = if uids < LEAST_UIDS {
        Check::new(
            "uid-map",
            node,
            Verdict::Warning,
            say("check.uid-map-narrow"),
        )
        .fix(Message::new("check.uid-map-fix"))
    } else {
        Check::new("uid-map", node, Verdict::Good, say("check.uid-map"))
    };
    let read = check.read("/etc/subuid", format!("root {uids}"));
    Some(read.means("check.uid-map-means"))
}
