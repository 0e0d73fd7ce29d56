//! The connections that the services need, and what must start again once they are made.

/// A plug and the slot it belongs in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Plug {
    /// The snap that has the plug.
    pub snap: String,
    /// The plug's name.
    pub plug: String,
    /// The snap that has the slot; empty for the system.
    pub slot_snap: String,
    /// The slot's name.
    pub slot: String,
}

/// LXD's snap.
pub(super) const LXD: &str = "lxd";

/// What MicroCeph asks of the system. Builds from the store are connected by the store's word;
/// others are not. `dm-crypt` is for encrypted disks.
const MICROCEPH: [&str; 7] = [
    "block-devices",
    "dm-crypt",
    "hardware-observe",
    "load-rbd",
    "microceph-support",
    "mount-observe",
    "process-control",
];

/// What MicroOVN asks of the system.
const MICROOVN: [&str; 8] = [
    "firewall-control",
    "hardware-observe",
    "hugepages-control",
    "network-control",
    "network-setup-control",
    "openvswitch-support",
    "process-control",
    "system-trace",
];

/// The plugs whose slot on the system is not called as they are.
const KERNEL_MODULES: (&str, &str) = ("load-rbd", "kernel-module-load");

/// What LXD takes from the other services: plug, and the snap whose slot has the same name. LXD
/// 5.21 has no `ovn-env`: it is told the address of OVN's database by its own config.
const FROM_OTHERS: [(&str, &str); 4] = [
    ("ceph-conf", "microceph"),
    ("ovn-certificates", "microovn"),
    ("ovn-chassis", "microovn"),
    ("ovn-env", "microovn"),
];

/// What reads its connections only when it starts, by snap: LXD's and MicroCeph's daemons, and all
/// services of MicroOVN.
const RESTARTS: [(&str, &str); 3] = [
    (LXD, "lxd.daemon"),
    ("microceph", "microceph.daemon"),
    ("microovn", "microovn"),
];

/// The connections that these snaps need of the system and of each other.
pub fn wanted(snaps: &[&str]) -> Vec<Plug> {
    let mut wanted = Vec::new();
    for (snap, plugs) in [("microceph", &MICROCEPH[..]), ("microovn", &MICROOVN[..])] {
        if snaps.contains(&snap) {
            wanted.extend(plugs.iter().map(|plug| of_system(snap, plug)));
        }
    }
    if snaps.contains(&LXD) {
        let there = FROM_OTHERS.iter().filter(|(_, from)| snaps.contains(from));
        wanted.extend(there.map(|(plug, from)| Plug {
            snap: LXD.to_owned(),
            plug: (*plug).to_owned(),
            slot_snap: (*from).to_owned(),
            slot: (*plug).to_owned(),
        }));
    }
    wanted
}

fn of_system(snap: &str, plug: &str) -> Plug {
    let (own, system) = KERNEL_MODULES;
    Plug {
        snap: snap.to_owned(),
        plug: plug.to_owned(),
        slot_snap: String::new(),
        slot: if plug == own { system } else { plug }.to_owned(),
    }
}

/// What of a snap must start again to see a new connection.
pub(super) fn restarts(snap: &str) -> Option<&'static str> {
    let found = RESTARTS.iter().find(|(name, _)| *name == snap);
    found.map(|(_, service)| *service)
}
