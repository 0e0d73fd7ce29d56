//! snapd's words, as recorded from 2.68.3; what no recording shows is worded after its source.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::answer::Refusal;
use super::changes::Change;
use super::store;
use crate::engine::Millis;
use serde_json::json;

/// How long snapd tries before it says that the store cannot be reached, in milliseconds.
const NO_STORE: u64 = 19_133;

/// A moment as snapd writes it.
pub(super) fn moment(at: Millis) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000);
    at.ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// What the resolver says when it is asked for the store, and nobody answers.
pub(super) fn no_store() -> String {
    "Post \"https://api.snapcraft.io/v2/snaps/refresh\": dial tcp: lookup api.snapcraft.io on \
     127.0.0.53:53: read udp 127.0.0.1:56290->127.0.0.53:53: read: connection refused"
        .to_owned()
}

/// The store closes the connection in the middle of a download.
pub(super) fn cut_off(snap: &str) -> String {
    format!(
        "cannot download snap \"{snap}\": read tcp 10.77.0.11:40112->185.125.188.59:443: read: \
         connection reset by peer"
    )
}

/// The disk is full in the middle of a download.
pub(super) fn full(snap: &str) -> String {
    format!(
        "cannot download snap \"{snap}\": write /var/lib/snapd/snaps/{snap}.snap.partial: no space \
         left on device"
    )
}

/// What MicroOVN's hook says beside another Open vSwitch; other snaps' hooks merely fail.
pub(super) fn hook(snap: &str, reason: &str) -> String {
    let words = match snap {
        "microovn" => "An already running copy of Open vSwitch detected in current namespace.",
        _ => reason,
    };
    format!("run hook \"install\": \n-----\n{words}\n-----")
}

/// Why a change failed, from its failed tasks.
pub(super) fn failed(tasks: &[(String, String)]) -> String {
    let lines = tasks
        .iter()
        .map(|(summary, why)| format!("- {summary} ({why})"));
    let lines: Vec<String> = lines.collect();
    format!("cannot perform the following tasks:\n{}", lines.join("\n"))
}

pub(super) fn not_found() -> Refusal {
    Refusal::new(404, "not found")
}

pub(super) fn no_change(id: &str) -> Refusal {
    Refusal::new(404, format!("cannot find change with id \"{id}\""))
}

/// Reading a snap that is not there.
pub(super) fn no_snap(snap: &str) -> Refusal {
    Refusal::new(404, "snap not installed").kind("snap-not-found", snap)
}

/// Reading the connections of a snap that is not there.
pub(super) fn no_plugs(snap: &str) -> Refusal {
    Refusal::new(404, "no state entry for key \"snaps\"").kind("snap-not-found", snap)
}

/// Doing something with a snap that is not there. What refreshes and holds says so without a kind.
pub(super) fn not_installed(action: &str, snap: &str) -> Refusal {
    let words = format!("snap \"{snap}\" is not installed");
    match action {
        "refresh" | "hold" => Refusal::new(400, format!("cannot {action} \"{snap}\": {words}")),
        _ => Refusal::new(400, words).kind("snap-not-installed", snap),
    }
}

pub(super) fn already_installed(snap: &str) -> Refusal {
    let words = format!("snap \"{snap}\" is already installed");
    Refusal::new(400, words).kind("snap-already-installed", snap)
}

pub(super) fn no_update(snap: &str) -> Refusal {
    let words = format!("snap \"{snap}\" has no updates available");
    Refusal::new(400, words).kind("snap-no-update-available", snap)
}

pub(super) fn conflict(change: &Change, snap: &str) -> Refusal {
    let words = format!("snap \"{snap}\" has \"{}\" change in progress", change.kind);
    let value = json!({ "change-kind": change.kind, "snap-name": snap });
    Refusal::new(409, words).kind("snap-change-conflict", value)
}

/// The store cannot be reached; snapd has no kind for it.
pub(super) fn unreachable(action: &str, snap: &str) -> Refusal {
    let words = format!("cannot {action} \"{snap}\": {}", no_store());
    Refusal::new(400, words).after(NO_STORE)
}

pub(super) fn no_space(action: &str, snap: &str) -> Refusal {
    let kind = format!("{action}-snap");
    let words = format!(
        "insufficient space in \"/var/lib/snapd\" to perform \"{kind}\" change for the following \
         snaps: {snap}"
    );
    let value = json!({ "snap-names": [snap], "change-kind": kind });
    Refusal::new(507, words).kind("insufficient-disk-space", value)
}

/// What the store has instead of what was asked for.
pub(super) fn lacks(
    lacks: store::Lacks,
    (action, snap): (&str, &str),
    what: (&str, &str),
) -> Refusal {
    let (channel, arch) = what;
    match lacks {
        store::Lacks::Snap => Refusal::new(404, "snap not found").kind("snap-not-found", snap),
        store::Lacks::Revision => {
            let words = "no snap revision available as specified";
            Refusal::new(404, words).kind("snap-revision-not-available", snap)
        }
        store::Lacks::Channel => {
            let released = store::channels(snap)
                .map(|channel| json!({ "architecture": arch, "channel": channel }));
            let value = json!({
                "snap-name": snap, "action": action, "channel": channel, "architecture": arch,
                "releases": released.collect::<Vec<_>>(),
            });
            let words = "no snap revision on specified channel";
            Refusal::new(404, words).kind("snap-channel-not-available", value)
        }
    }
    .after(640)
}
