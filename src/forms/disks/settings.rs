//! What is chosen once for all nodes: the local pool's driver, how Ceph is to be, the snaps.

use super::super::parts::{deed, fill, intend, leader, list, note};
use super::super::{Known, Row, Tone};
use super::{driver_of, has_ceph, sums};
use crate::engine::Intent;
use crate::engine::answers::{CephStorage, DriverChoice, LocalPool, SnapChannels};
use crate::engine::picture::wizard::CephView;
use crate::text::say;

/// A choice between two or more, for all nodes.
struct Setting {
    id: &'static str,
    label: &'static str,
    value: String,
    about: String,
    tone: Tone,
    change: Intent,
}

pub(super) fn rows(known: Known<'_>, leads: bool) -> Vec<Row> {
    let mut all = vec![driver(known)];
    all.extend(ceph(known));
    all.extend(snaps(known));
    let not_here = fill(
        "disks.driver-not-here",
        &[("leader", &leader(&known.picture.leader))],
    );
    let row = |it: Setting| Row {
        id: it.id.to_owned(),
        cells: vec![say(it.label), it.value],
        tone: it.tone,
        about: vec![if leads {
            note(Tone::Plain, it.about)
        } else {
            note(Tone::Dim, not_here.clone())
        }],
        press: leads
            .then(|| intend(it.change))
            .and_then(|wish| deed("key.next-value", wish)),
        ..Row::default()
    };
    all.into_iter().map(row).collect()
}

/// The local pool's driver.
fn driver(known: Known<'_>) -> Setting {
    let pool = &known.picture.wizard.pool;
    let (word, next) = match pool.local.driver {
        DriverChoice::Auto => ("disks.auto", DriverChoice::Zfs),
        DriverChoice::Zfs => ("disks.zfs", DriverChoice::Btrfs),
        DriverChoice::Btrfs => ("disks.btrfs", DriverChoice::Dir),
        DriverChoice::Dir => ("disks.dir", DriverChoice::None),
        DriverChoice::None => ("disks.no-pool", DriverChoice::Auto),
    };
    let comes_to = driver_of(known).map_or_else(|| say("disks.not-known"), str::to_owned);
    let wrong = sums::wrong_pool(known).is_some();
    Setting {
        id: "driver",
        label: "disks.driver",
        value: fill(word, &[("driver", &comes_to)]),
        about: say("disks.driver-about"),
        tone: if wrong { Tone::Bad } else { Tone::Plain },
        change: Intent::Local {
            local: LocalPool {
                driver: next,
                ..pool.local.clone()
            },
        },
    }
}

/// How Ceph is to be, where it is part of the cluster or there already.
fn ceph(known: Known<'_>) -> Vec<Setting> {
    let view = &known.picture.wizard.ceph;
    let now = &view.storage;
    let mut all = Vec::new();
    if !view.members.is_empty() {
        all.push(reuse(view));
    }
    if has_ceph(known) {
        all.push(files(view));
    }
    if has_ceph(known) && !now.reuse {
        let value = if now.tune {
            "disks.tune-yes"
        } else {
            "disks.tune-no"
        };
        let ceph = CephStorage {
            tune: !now.tune,
            ..now.clone()
        };
        let words = ["disks.tune", value, "disks.tune-about"];
        all.push(setting("tune", words, ceph));
    }
    all
}

/// The file system beside the block pool: where an LXD makes none, only one that was made by hand.
fn files(view: &CephView) -> Setting {
    let now = &view.storage;
    let ceph = CephStorage {
        filesystem: !now.filesystem,
        ..now.clone()
    };
    if !view.no_files.is_empty() {
        let nodes = list(view.no_files.iter().map(String::as_str));
        let (code, about, tone) = if now.filesystem {
            let about = "disks.files-though-about";
            ("disks.files-though", about, Tone::Warning)
        } else {
            ("disks.files-not", "disks.files-not-about", Tone::Dim)
        };
        let words = ["disks.files", code, about];
        return Setting {
            value: fill(code, &[("nodes", &nodes)]),
            tone,
            ..setting("files", words, ceph)
        };
    }
    let value = if now.filesystem {
        "disks.files-yes"
    } else {
        "disks.files-no"
    };
    setting("files", ["disks.files", value, "disks.files-about"], ceph)
}

/// One of Ceph's settings; `label`, `value` and `about` are codes.
fn setting(
    id: &'static str,
    [label, value, about]: [&'static str; 3],
    ceph: CephStorage,
) -> Setting {
    Setting {
        id,
        label,
        value: say(value),
        about: say(about),
        tone: Tone::Plain,
        change: Intent::Storage { ceph },
    }
}

/// Whether a Ceph that is there is used, and whose it is.
fn reuse(view: &CephView) -> Setting {
    let now = &view.storage;
    let value = if now.reuse {
        "disks.reuse-yes"
    } else {
        "disks.reuse-no"
    };
    let ceph = CephStorage {
        reuse: !now.reuse,
        ..now.clone()
    };
    let members = list(view.members.iter().map(String::as_str));
    let osds = view.osds.to_string();
    let with = [("members", members.as_str()), ("count", osds.as_str())];
    Setting {
        value: fill(value, &with),
        ..setting("reuse", ["disks.reuse", value, "disks.reuse-about"], ceph)
    }
}

/// LXD's channels that are offered; the first one is the default.
const LXD_CHANNELS: [&str; 2] = ["5.21/stable", "6/stable"];

/// Whether missing snaps are installed, and which LXD.
fn snaps(known: Known<'_>) -> Option<Setting> {
    let view = &known.picture.wizard.ceph;
    let now = &view.snaps;
    if view.lacking.is_empty() {
        return None;
    }
    let [first, second] = LXD_CHANNELS;
    let picks_lxd = view.lacking.iter().any(|snap| snap == "lxd");
    let (install, lxd) = match (now.install, now.lxd == first && picks_lxd) {
        (true, true) => (true, second),
        (true, false) => (false, first),
        (false, _) => (true, first),
    };
    let names = view.lacking.iter().map(|snap| {
        let channel = match snap.as_str() {
            "lxd" => &now.lxd,
            "microceph" => &now.microceph,
            _ => &now.microovn,
        };
        format!("{snap} {channel}")
    });
    let names: Vec<_> = names.collect();
    let all = names.join(", ");
    let value = if now.install {
        "disks.snaps-yes"
    } else {
        "disks.snaps-no"
    };
    Some(Setting {
        id: "snaps",
        label: "disks.snaps",
        value: fill(value, &[("snaps", &all)]),
        about: say("disks.snaps-about"),
        tone: Tone::Plain,
        change: Intent::Snaps {
            snaps: SnapChannels {
                install,
                lxd: lxd.to_owned(),
                ..now.clone()
            },
        },
    })
}
