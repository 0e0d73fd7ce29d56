//! Durations and counts in words, beside the sentences that every face has.

use crate::engine::Millis;

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

/// What the step called `id` does, by its class; a step that a newer mcloud knows is named as it is.
pub(super) fn step(id: &str) -> String {
    let class = id.split('@').next().unwrap_or(id);
    say(match class {
        "lxd.ready" => "step-name.lxd-ready",
        "control.state" => "step-name.control-state",
        "control.agent" => "step-name.control-agent",
        "lxd.address" => "step-name.lxd-address",
        "lxd.bootstrap" => "step-name.lxd-bootstrap",
        "lxd.join" => "step-name.lxd-join",
        "lxd.leader" => "step-name.lxd-leader",
        "lxd.pool-pending" => "step-name.lxd-pool-pending",
        "lxd.pool" => "step-name.lxd-pool",
        "lxd.profile" => "step-name.lxd-profile",
        "lxd.proof" => "step-name.lxd-proof",
        other => return other.to_owned(),
    })
}
