//! snapd: through it the services' snaps are installed, held and connected.

use super::{Check, Verdict};
use crate::engine::message::Message;
use crate::engine::services::{NodeFacts, SnapdState};

/// Installing from channels and holding need snapd 2.59 (`MicroCloud` asks for 2.59.1).
const LEAST: (u32, u32) = (2, 59);

/// A node's snapd; none where it has none: the services' own checks say what that means.
pub(super) fn check_snapd(node: &str, facts: &NodeFacts) -> Option<Check> {
    let say = |code: &str| Message::new(code).with("node", node);
    let warn = |says| Check::new("snapd", node, Verdict::Warning, says);
    let check = match &facts.snapd {
        SnapdState::Absent => return None,
        SnapdState::Stopped => warn(say("snapd.stopped")).fix(say("snapd.stopped-fix")),
        SnapdState::NotPermitted => {
            warn(say("snapd.not-permitted")).fix(say("snapd.not-permitted-fix"))
        }
        SnapdState::Broken(words) => {
            warn(say("snapd.broken").with("words", words)).fix(say("snapd.broken-fix"))
        }
        SnapdState::Answers(snapd) => {
            let say = |code: &str| say(code).with("version", &snapd.version);
            let found = if is_old(&snapd.version) {
                warn(say("snapd.old")).fix(say("snapd.old-fix"))
            } else if matches!(snapd.confinement.as_str(), "partial" | "none") {
                let says = say("snapd.confinement");
                warn(says.with("confinement", &snapd.confinement)).fix(say("snapd.confinement-fix"))
            } else {
                Check::new("snapd", node, Verdict::Good, say("snapd.good"))
            };
            found.read(
                "GET /v2/system-info",
                format!("{} {}", snapd.version, snapd.confinement),
            )
        }
    };
    Some(check.means("snapd.means"))
}

/// Whether a version such as `2.57.6+deb12` is too old; one that cannot be read is not.
fn is_old(version: &str) -> bool {
    let mut parts = version.split(|c: char| !c.is_ascii_digit());
    let mut number = || parts.next()?.parse::<u32>().ok();
    match (number(), number()) {
        (Some(major), Some(minor)) => (major, minor) < LEAST,
        _ => false,
    }
}
