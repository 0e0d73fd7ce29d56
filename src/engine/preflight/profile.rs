//! The default profile: what it has already, and what becomes of that.

use super::{Check, Verdict};
use crate::engine::answers::{Answers, ProfileChoice};
use crate::engine::message::Message;
use crate::engine::plan::{OtherDevice, ProfileWants};
use crate::engine::services::{LxdState, NodeFacts};

/// What is to be said of devices that the initiator's profile has otherwise than mcloud would: its
/// profile becomes the cluster's, those of joiners go with their databases.
pub(super) fn check_profile(node: &str, facts: &NodeFacts, answers: &Answers) -> Vec<Check> {
    let LxdState::Answers(lxd) = &facts.lxd else {
        return Vec::new();
    };
    if node != answers.initiator {
        return Vec::new();
    }
    let others = ProfileWants::of(answers).compare(&lxd.profile).others;
    let code = match answers.profile {
        ProfileChoice::Keep => "check.profile-kept",
        ProfileChoice::Replace => "check.profile-replaced",
    };
    let check = |other: OtherDevice| {
        let found = OtherDevice::in_words(&other.found);
        let says = Message::new(code)
            .with("device", &other.name)
            .with("found", &found)
            .with("planned", OtherDevice::in_words(&other.planned));
        let check = Check::new("profile", node, Verdict::Warning, says)
            .read("GET /1.0/profiles/default", found)
            .means("check.profile-means");
        match answers.profile {
            ProfileChoice::Keep => check.fix(Message::new("check.profile-kept-fix")),
            ProfileChoice::Replace => check.fix(Message::new("check.profile-replaced-fix")),
        }
    };
    others.into_iter().map(check).collect()
}
