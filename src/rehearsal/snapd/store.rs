//! The store as the simulated nodes see it: what is released, how large it is, what it connects to.

/// One release of a snap. Revisions are made up; sizes are near those of arm64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) snap: &'static str,
    pub(super) channel: &'static str,
    pub(super) version: &'static str,
    pub(super) revision: &'static str,
    pub(super) bytes: u64,
    /// The snap it stands on; empty where it needs none.
    pub(super) base: &'static str,
    /// `app`, `base` or `snapd`.
    pub(super) kind: &'static str,
}

const fn release(
    [snap, channel]: [&'static str; 2],
    [version, revision]: [&'static str; 2],
    megabytes: u64,
) -> Release {
    Release {
        snap,
        channel,
        version,
        revision,
        bytes: megabytes * 1_000_000 + 4096,
        base: "core24",
        kind: "app",
    }
}

const RELEASES: [Release; 7] = [
    release(["lxd", "5.21/stable"], ["5.21.7-2a5d3c1", "38469"], 150),
    release(["lxd", "6/stable"], ["6.9-a83edf2", "38820"], 158),
    release(["microceph", "squid/stable"], ["19.2.3+snap", "1601"], 104),
    release(["microovn", "22.03/stable"], ["22.03.3+snap", "667"], 30),
    release(["microovn", "24.03/stable"], ["24.03.6+snap", "1043"], 32),
    Release {
        base: "",
        kind: "snapd",
        ..release(["snapd", "latest/stable"], ["2.73", "26383"], 45)
    },
    Release {
        base: "",
        kind: "base",
        ..release(["core24", "latest/stable"], ["20260812", "1402"], 68)
    },
];

/// A plug of a snap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plug {
    pub(super) snap: &'static str,
    pub(super) name: &'static str,
    pub(super) interface: &'static str,
    /// The snap whose slot it is made for; empty for the system.
    pub(super) slot_snap: &'static str,
    pub(super) slot: &'static str,
    /// The channel that has it; empty for all.
    pub(super) channel: &'static str,
}

/// The plugs that the store connects by itself: those to the system.
const OF_SYSTEM: [(&str, &str); 17] = [
    ("lxd", "lxd-support"),
    ("lxd", "system-observe"),
    ("microceph", "block-devices"),
    ("microceph", "dm-crypt"),
    ("microceph", "hardware-observe"),
    ("microceph", "load-rbd"),
    ("microceph", "microceph-support"),
    ("microceph", "mount-observe"),
    ("microceph", "process-control"),
    ("microovn", "firewall-control"),
    ("microovn", "hardware-observe"),
    ("microovn", "hugepages-control"),
    ("microovn", "network-control"),
    ("microovn", "network-setup-control"),
    ("microovn", "openvswitch-support"),
    ("microovn", "process-control"),
    ("microovn", "system-trace"),
];

/// Those that somebody must connect: plug, the snap whose slot has its name, the channel that alone
/// has it.
const OF_OTHERS: [(&str, &str, &str); 4] = [
    ("ceph-conf", "microceph", ""),
    ("ovn-certificates", "microovn", ""),
    ("ovn-chassis", "microovn", ""),
    ("ovn-env", "microovn", "6/stable"),
];

const SERVICES: [(&str, &[&str]); 3] = [
    ("lxd", &["activate", "daemon", "user-daemon"]),
    ("microceph", &["daemon", "mds", "mgr", "mon", "osd"]),
    ("microovn", &["central", "chassis", "daemon", "switch"]),
];

/// Why the store has nothing to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lacks {
    Snap,
    Channel,
    Revision,
}

/// A channel with its track and its risk, as snapd writes it.
fn whole(channel: &str) -> String {
    match channel {
        "" => "latest/stable".to_owned(),
        "stable" | "candidate" | "beta" | "edge" => format!("latest/{channel}"),
        track if !track.contains('/') => format!("{track}/stable"),
        whole => whole.to_owned(),
    }
}

/// What the store gives for a name, a channel and, where one is named, a revision.
pub(super) fn find(snap: &str, channel: &str, revision: &str) -> Result<Release, Lacks> {
    let named = || RELEASES.iter().filter(|release| release.snap == snap);
    if named().next().is_none() {
        return Err(Lacks::Snap);
    }
    let wanted = whole(channel);
    let here = named().find(|release| release.channel == wanted);
    let here = here.ok_or(Lacks::Channel)?;
    if revision.is_empty() || here.revision == revision {
        return Ok(*here);
    }
    // An older or newer revision of the same channel is the same in all but its number.
    let older = OLDER.iter().find(|(_, number)| *number == revision);
    let older = older.filter(|(name, _)| *name == snap);
    older
        .map(|(_, revision)| Release { revision, ..*here })
        .ok_or(Lacks::Revision)
}

/// Revisions that channels had before.
const OLDER: [(&str, &str); 3] = [
    ("lxd", "38331"),
    ("microceph", "1584"),
    ("microovn", "1021"),
];

/// All channels of a snap.
pub(super) fn channels(snap: &str) -> impl Iterator<Item = &'static str> {
    RELEASES
        .iter()
        .filter(move |release| release.snap == snap)
        .map(|release| release.channel)
}

/// The plugs of a snap in a channel.
pub(super) fn plugs(snap: &str, channel: &str) -> Vec<Plug> {
    let system = OF_SYSTEM.iter().filter(|(name, _)| *name == snap);
    let mut plugs: Vec<Plug> = system.map(|(snap, plug)| of_system(snap, plug)).collect();
    if snap == "lxd" {
        let others = OF_OTHERS.iter().map(|(plug, from, channel)| Plug {
            snap: "lxd",
            name: plug,
            interface: "content",
            slot_snap: from,
            slot: plug,
            channel,
        });
        plugs.extend(others.filter(|plug| plug.channel.is_empty() || plug.channel == channel));
    }
    plugs
}

fn of_system(snap: &'static str, plug: &'static str) -> Plug {
    let interface = match plug {
        "load-rbd" => "kernel-module-load",
        plug => plug,
    };
    Plug {
        snap,
        name: plug,
        interface,
        slot_snap: "",
        slot: interface,
        channel: "",
    }
}

/// The slots of a snap from a channel: MicroOVN had no `ovn-env` at first.
pub(super) fn slots(snap: &str, channel: &str) -> Vec<&'static str> {
    let own = OF_OTHERS.iter().filter(|(_, from, _)| *from == snap);
    let early = channel.starts_with("22.03/");
    own.map(|(name, ..)| *name)
        .filter(|name| !(early && *name == "ovn-env"))
        .collect()
}

/// Whether a snap from a channel, or the system where none is named, has a slot of that name.
pub(super) fn has_slot((snap, channel): (&str, &str), slot: &str) -> bool {
    match snap {
        "" => OF_SYSTEM
            .iter()
            .any(|(of, plug)| of_system(of, plug).slot == slot),
        snap => slots(snap, channel).contains(&slot),
    }
}

/// The services of a snap.
pub(super) fn services(snap: &str) -> &'static [&'static str] {
    let found = SERVICES.iter().find(|(name, _)| *name == snap);
    found.map_or(&[], |(_, services)| services)
}
