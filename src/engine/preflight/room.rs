//! Whether the files of the local pool have room where they are made.

use std::collections::BTreeMap;

use super::{Check, Verdict};
use crate::engine::message::Message;
use crate::engine::picture::bytes_in_words;
use crate::engine::plan::Plan;
use crate::engine::services::NodeFacts;

/// What is to be said against the files that a plan makes for nodes without a disk for the local pool.
/// A file takes its room as it is filled: one that is larger than what is free is no mistake yet.
pub fn check_room(plan: &Plan, facts: &BTreeMap<String, NodeFacts>) -> Vec<Check> {
    let checked = plan.files().filter_map(|(node, size)| {
        let known = facts.get(node)?;
        let free = known.host.room.filter(|free| *free < size)?;
        let say = |code: &str| {
            Message::new(code)
                .with("node", node)
                .with("size", bytes_in_words(size))
                .with("free", bytes_in_words(free))
        };
        let new = known.made_pool(node).is_none();
        let check = Check::new("room", node, Verdict::Warning, say("check.file-room"));
        let check = check.read("statvfs /var/lib", bytes_in_words(free));
        new.then(|| check.fix(say("check.file-room-fix")))
    });
    checked.collect()
}
