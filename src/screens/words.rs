//! Durations and counts in words, beside the sentences that every face has.

use crate::engine::Millis;
use crate::engine::message::Message;
use crate::text::sentence;

pub(super) use crate::text::{ago, fill, list, say};

/// How long something took: `<1 s`, `41 s`, `1:48`, `1:02:05`.
pub(super) fn took(ms: u64) -> String {
    match ms / 1_000 {
        0 => "<1 s".to_owned(),
        s @ 1..60 => format!("{s} s"),
        _ => clock(ms),
    }
}

/// A running time: `0:41`, `1:48`, `1:02:05`.
pub(super) fn clock(ms: u64) -> String {
    let s = ms / 1_000;
    if s < 3_600 {
        format!("{}:{:02}", s / 60, s % 60)
    } else {
        format!("{}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60)
    }
}

/// A usual time as people say it: `about 4 s`, `about 40 s`, `about 8 min`, `about 2 h`.
pub(super) fn about(ms: u64) -> String {
    fill("screen.about", &[("time", &estimate(ms))])
}

/// The same without `about`, for columns: `4 s`, `40 s`, `8 min`, `2 h`.
pub(super) fn estimate(ms: u64) -> String {
    match ms.div_ceil(1_000) {
        s @ 0..10 => format!("{} s", s.max(1)),
        s @ 10..90 => format!("{} s", to_five(s)),
        s @ 90..5_400 => format!("{} min", (s + 30) / 60),
        s => format!("{} h", (s + 1_800) / 3_600),
    }
}

/// What usually happens to a usual time, 0.8 to 1.4 of it: `40 to 70 s`, `4 to 7 min`.
pub(super) fn range(usual_ms: u64) -> String {
    let (low, high) = (usual_ms.saturating_mul(8) / 10, usual_most(usual_ms));
    let (low, high) = (low.div_ceil(1_000), high.div_ceil(1_000));
    let (low, high, unit) = match high {
        0..20 => (low.max(1), high.max(2), "s"),
        20..120 => (to_five(low), to_five(high), "s"),
        120..7_200 => ((low + 30) / 60, high.div_ceil(60), "min"),
        _ => (low / 3_600, high.div_ceil(3_600), "h"),
    };
    fill(
        "screen.range",
        &[
            ("low", &low.to_string()),
            ("high", &high.to_string()),
            ("unit", unit),
        ],
    )
}

/// The longest that is still usual, in ms: never less than is said, in whole seconds.
pub(super) fn usual_most(usual_ms: u64) -> u64 {
    (usual_ms.saturating_mul(14) / 10).max(2_000)
}

/// A time of day, UTC: `12:03:40`.
pub(super) fn time_of_day(at: Millis) -> String {
    let s = at / 1_000 % 86_400;
    format!("{:02}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60)
}

/// `1 step`, `19 steps`.
pub(super) fn steps(n: usize) -> String {
    count(n, "step", "steps")
}

/// `1 phase`, `5 phases`.
pub(super) fn phases(n: usize) -> String {
    count(n, "phase", "phases")
}

/// `1 disk`, `2 disks`.
pub(super) fn disks(n: usize) -> String {
    count(n, "disk", "disks")
}

/// `1 member`, `3 members`.
pub(super) fn members(n: usize) -> String {
    count(n, "member", "members")
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn to_five(s: u64) -> u64 {
    (s + 2) / 5 * 5
}

/// The classes of steps, each with the code of its name.
const STEPS: [(&str, &str); 39] = [
    ("snap.lxd", "step-name.snap-lxd"),
    ("snap.microceph", "step-name.snap-microceph"),
    ("snap.microovn", "step-name.snap-microovn"),
    ("snap.connect", "step-name.snap-connect"),
    ("snap.hold", "step-name.snap-hold"),
    ("lxd.ready", "step-name.lxd-ready"),
    ("microceph.ready", "step-name.microceph-ready"),
    ("microovn.ready", "step-name.microovn-ready"),
    ("control.state", "step-name.control-state"),
    ("control.agent", "step-name.control-agent"),
    ("lxd.address", "step-name.lxd-address"),
    ("lxd.bootstrap", "step-name.lxd-bootstrap"),
    ("lxd.join", "step-name.lxd-join"),
    ("lxd.leader", "step-name.lxd-leader"),
    ("microceph.bootstrap", "step-name.microceph-bootstrap"),
    ("microceph.join", "step-name.microceph-join"),
    ("microceph.tune", "step-name.microceph-tune"),
    ("microceph.untune", "step-name.microceph-untune"),
    ("microceph.disk", "step-name.microceph-disk"),
    ("microceph.pool-size", "step-name.microceph-pool-size"),
    ("microceph.proof", "step-name.microceph-proof"),
    ("microovn.bootstrap", "step-name.microovn-bootstrap"),
    ("microovn.join", "step-name.microovn-join"),
    ("microovn.chassis", "step-name.microovn-chassis"),
    ("lxd.northbound", "step-name.lxd-northbound"),
    ("lxd.pool-pending", "step-name.lxd-pool-pending"),
    ("lxd.pool", "step-name.lxd-pool"),
    ("lxd.volumes", "step-name.lxd-volumes"),
    ("lxd.remote-pending", "step-name.lxd-remote-pending"),
    ("lxd.remote", "step-name.lxd-remote"),
    ("lxd.remote-fs-pending", "step-name.lxd-remote-fs-pending"),
    ("lxd.remote-fs", "step-name.lxd-remote-fs"),
    ("lxd.uplink-pending", "step-name.lxd-uplink-pending"),
    ("lxd.uplink", "step-name.lxd-uplink"),
    ("lxd.network", "step-name.lxd-network"),
    ("lxd.profile", "step-name.lxd-profile"),
    ("lxd.metadata", "step-name.lxd-metadata"),
    ("lxd.proof", "step-name.lxd-proof"),
    ("lxd.guests", "step-name.lxd-guests"),
];

/// What the step called `id` does: its class, and after that what it is about, such as a disk. A step
/// that a newer mcloud knows is named as it is.
pub(super) fn step(id: &str) -> String {
    let id = id.split('@').next().unwrap_or(id);
    let is_it = |(class, _): &&(&str, &str)| {
        let rest = id.strip_prefix(class);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    match STEPS.iter().find(is_it) {
        Some((class, code)) => {
            let part = id.strip_prefix(class).unwrap_or_default();
            sentence(&Message::new(code).with("part", part.trim_start_matches('.')))
        }
        None => id.to_owned(),
    }
}
