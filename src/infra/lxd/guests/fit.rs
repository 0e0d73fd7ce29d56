//! Which members can run the proof's guests: the image is for the architecture of the node that makes it.

use crate::engine::message::Message;
use crate::infra::lxd::types::Member;

/// The `planned` members on which a guest for `architecture` runs, and what is to be said about the
/// others, if there are any. A member that does not say what it is counts as fitting.
pub(super) fn fitting(
    found: &[Member],
    planned: &[String],
    architecture: &str,
) -> (Vec<String>, Option<Message>) {
    let other = |name: &&String| {
        let mut found = found.iter();
        found.any(|it| {
            it.server_name == **name
                && !it.architecture.is_empty()
                && it.architecture != architecture
        })
    };
    let (out, fit): (Vec<&String>, Vec<&String>) = planned.iter().partition(other);
    let fit = fit.into_iter().cloned().collect();
    if out.is_empty() {
        return (fit, None);
    }
    let members: Vec<&str> = out.into_iter().map(String::as_str).collect();
    let says = Message::new("lxd.guests-other-architecture")
        .with("members", members.join(", "))
        .with("architecture", architecture);
    (fit, Some(says))
}
