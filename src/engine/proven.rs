//! What a sentence among those of the proof is to the reader.

use super::message::Message;
use super::preflight::Verdict;

/// What says that something was not found out: neither good nor bad.
const UNKNOWN: [&str; 4] = [
    "lxd.guests-no-dns",
    "lxd.guests-no-image",
    "lxd.guests-no-vm",
    "microceph.health-unknown",
];

/// What is worth a thought though all is there.
const WARNS: [&str; 1] = ["microceph.health-warns"];

/// Whether it was proven, or is worth a thought; none where it was not found out.
pub fn verdict(says: &Message) -> Option<Verdict> {
    let code = says.code.as_str();
    if UNKNOWN.contains(&code) {
        None
    } else if WARNS.contains(&code) {
        Some(Verdict::Warning)
    } else {
        Some(Verdict::Good)
    }
}
