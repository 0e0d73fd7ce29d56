//! The machine and its system: 64 bits, identity, memory, clock, power, heat.

use super::{Check, Verdict};
use crate::engine::answers::Answers;
use crate::engine::facts::HostFacts;
use crate::engine::message::Message;

const MIB: u64 = 1024 * 1024;

/// Below this nothing can work: one idle LXD in a cluster keeps 66 MB (measured), Ubuntu Server asks
/// for 1 GB, and a board sold with 512 MB tells less than this.
const LEAST_MEMORY: u64 = 512 * MIB;

/// Below this there is no room for guests beside the services: boards sold with 2 GB tell about
/// 1.85 GiB, those with 1 GB at most 0.95 GiB.
const ENOUGH_MEMORY: u64 = 1536 * MIB;

/// A Raspberry Pi slows its processor down from 80 degrees (its documentation, "Frequency
/// management and thermal control").
const HOT: i32 = 80;

/// The names by which the kernel calls architectures of 32 bits begin with these. `MicroCeph` and
/// `MicroOVN` are not made for them, LXD's snap for few.
const NARROW: &[&str] = &["armv6", "armv7", "armv8l", "i386", "i486", "i586", "i686"];

/// The host names that images are delivered with: two nodes that were never named have the same.
const DELIVERED: &[&str] = &[
    "alarm",
    "armbian",
    "debian",
    "dietpi",
    "fedora",
    "localhost",
    "orangepi",
    "pi",
    "raspberry",
    "raspberrypi",
    "rock",
    "ubuntu",
];

/// Its system, kernel and architecture.
pub(super) fn system(node: &str, host: &HostFacts) -> Option<Check> {
    if host.arch.is_empty() {
        return None;
    }
    let narrow = NARROW.iter().any(|start| host.arch.starts_with(start));
    let say = |code: &str| {
        Message::new(code)
            .with("node", node)
            .with(
                "os",
                if host.os.is_empty() {
                    "Linux"
                } else {
                    &host.os
                },
            )
            .with("kernel", &host.kernel)
            .with("arch", &host.arch)
    };
    let check = if narrow {
        Check::new("system", node, Verdict::Warning, say("check.system-narrow"))
            .fix(Message::new("check.system-narrow-fix"))
    } else {
        Check::new("system", node, Verdict::Good, say("check.system"))
    };
    let check = check.read("uname", format!("{} {}", host.kernel, host.arch));
    Some(check.means("check.system-means"))
}

/// What board it is; one without a serial number is told apart by its network addresses.
pub(super) fn board(node: &str, host: &HostFacts) -> Option<Check> {
    let (code, read) = match &host.serial {
        Some(serial) => ("check.board", serial.as_str()),
        None if host.model.is_empty() => return None,
        None => ("check.board-nameless", ""),
    };
    let says = Message::new(code)
        .with("node", node)
        .with("model", &host.model)
        .with("serial", read);
    let check = Check::new("board", node, Verdict::Good, says);
    Some(
        check
            .read("serial-number", if read.is_empty() { "-" } else { read })
            .means("check.board-means"),
    )
}

/// Its host name is what every service calls it by: a DNS label, and not that of a fresh image.
pub(super) fn name(node: &str, host: &HostFacts) -> Option<Check> {
    let label = host.hostname.split('.').next()?;
    if label.is_empty() {
        return None;
    }
    let say = |code: &str| Message::new(code).with("node", node).with("name", label);
    let wrong = |code| Check::new("name", node, Verdict::Warning, say(code));
    let check = if !is_label(label) {
        wrong("check.name-label").fix(Message::new("check.name-fix"))
    } else if DELIVERED.contains(&label) {
        wrong("check.name-delivered").fix(Message::new("check.name-fix"))
    } else {
        Check::new("name", node, Verdict::Good, say("check.name"))
    };
    let read = check.read("/etc/hostname", &host.hostname);
    Some(read.means("check.name-means"))
}

/// The kernel calls a node as the plan does: Ceph's and OVN's services ask it for the name.
pub(super) fn kernel_name(node: &str, host: &HostFacts, answers: &Answers) -> Option<Check> {
    let found = host.nodename.as_str();
    let asked = answers.has_ceph() || answers.has_ovn();
    if !asked || found.is_empty() || found == node {
        return None;
    }
    let say = |code: &str| Message::new(code).with("node", node).with("found", found);
    let check = Check::new("name", node, Verdict::Blocking, say("check.name-kernel"));
    let check = check.fix(say("check.name-kernel-fix"));
    Some(check.read("uname -n", found).means("check.name-means"))
}

/// RFC 1123, 2.1, in lower case: microk8s issue 1736 is what capitals do.
fn is_label(label: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    label.len() <= 63
        && label.chars().all(plain)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Its memory is enough for the services.
pub(super) fn memory(node: &str, host: &HostFacts) -> Option<Check> {
    if host.memory == 0 {
        return None;
    }
    let amount = host.memory / MIB;
    let say = |code: &str| {
        let least = LEAST_MEMORY / MIB;
        let says = Message::new(code).with("node", node);
        says.with("memory", amount).with("least", least)
    };
    let check = |verdict, code| Check::new("memory", node, verdict, say(code));
    let check = if host.memory < LEAST_MEMORY {
        check(Verdict::Blocking, "check.memory-none").fix(Message::new("check.memory-none-fix"))
    } else if host.memory < ENOUGH_MEMORY {
        check(Verdict::Warning, "check.memory-low").fix(Message::new("check.memory-low-fix"))
    } else {
        check(Verdict::Good, "check.memory")
    };
    let read = check.read("/proc/meminfo", format!("{amount} MiB"));
    Some(read.means("check.memory-means"))
}

/// A time server has set its clock: certificates and Ceph rely on it, and a Pi has no battery.
pub(super) fn clock(node: &str, host: &HostFacts) -> Option<Check> {
    let set = host.clock_synchronized?;
    let say = |code: &str| Message::new(code).with("node", node);
    let (check, found) = if set {
        let check = Check::new("clock", node, Verdict::Good, say("check.clock"));
        (check, "there")
    } else {
        let check = Check::new("clock", node, Verdict::Warning, say("check.clock-unset"));
        (
            check.fix(Message::new("check.clock-unset-fix")),
            "not there",
        )
    };
    let read = check.read("/run/systemd/timesync/synchronized", found);
    Some(read.means("check.clock-means"))
}

/// Its supply holds the voltage: below 4.63 V disks drop out and SD cards are damaged.
pub(super) fn power(node: &str, host: &HostFacts) -> Option<Check> {
    let weak = host.under_voltage?;
    let say = |code: &str| Message::new(code).with("node", node);
    let (check, found) = if weak {
        let check = Check::new("power", node, Verdict::Warning, say("check.power-weak"));
        (check.fix(Message::new("check.power-weak-fix")), 1)
    } else {
        let check = Check::new("power", node, Verdict::Good, say("check.power"));
        (check, 0)
    };
    let read = check.read("rpi_volt in0_lcrit_alarm", found);
    Some(read.means("check.power-means"))
}

/// It is cool enough, and was not slowed down. A weak supply slows it down as well, and says so.
pub(super) fn heat(node: &str, host: &HostFacts) -> Option<Check> {
    let degrees = host.temperature?;
    let slowed = host.throttled == Some(true) && host.under_voltage != Some(true);
    let say = |code: &str| {
        let says = Message::new(code).with("node", node);
        says.with("degrees", degrees)
    };
    let warn = |code| {
        let check = Check::new("heat", node, Verdict::Warning, say(code));
        check.fix(Message::new("check.heat-fix"))
    };
    let check = if degrees >= HOT {
        warn("check.heat-hot")
    } else if slowed {
        warn("check.heat-slowed")
    } else {
        Check::new("heat", node, Verdict::Good, say("check.heat"))
    };
    let read = check.read("/sys/class/thermal", degrees);
    Some(read.means("check.heat-means"))
}
