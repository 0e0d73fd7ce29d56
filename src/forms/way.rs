//! The way from form to form: where an opened face stands, what comes before and after each form.

use super::{Known, Step, preflight};
use crate::engine::node::{Role, Stage};
use crate::engine::picture::Picture;
use crate::engine::picture::wizard::AddressRow;
use crate::engine::wizard::Part;

/// Where a face that was just opened stands: none where the picture is on Review, Install or Done.
pub fn natural(picture: &Picture) -> Option<Step> {
    if picture.unattended {
        return None;
    }
    match (picture.stage, picture.role) {
        (Stage::Forming, Role::Worker) => Some(Step::Disks),
        (Stage::Forming, _) => Some(Step::Peers),
        (Stage::Idle, role) => idle(picture, role),
        _ => None,
    }
}

fn idle(picture: &Picture, role: Role) -> Option<Step> {
    let wizard = &picture.wizard;
    if wizard.member.is_some() {
        return Some(Step::Home);
    }
    match (role, wizard.part) {
        // It joins by a token or a preseed: Review shows that it waits.
        (Role::Worker, None) => None,
        (Role::Worker, Some(_)) => Some(Step::Disks),
        _ if is_called(picture) => Some(Step::Trust),
        (_, None) => Some(Step::Welcome),
        // Whether a run that was cut off is taken up is asked there.
        _ if wizard.unfinished.is_some() && wizard.trouble.is_none() => Some(Step::Welcome),
        (_, Some(part)) if preflight::has_doubts(picture) => Some(match (part, &wizard.trouble) {
            // The operator was past the checks already.
            (_, Some(_)) if !preflight::is_blocked(picture) => after_checks(picture, part),
            _ => Step::Preflight,
        }),
        (_, Some(part)) => Some(after_checks(picture, part)),
    }
}

/// What Esc shows; none where there is nothing before. Following it never comes round.
pub fn back(step: Step, picture: &Picture) -> Option<Step> {
    match step {
        Step::Welcome | Step::Home => None,
        // What a worker was asked before it had its certificate is over.
        Step::Network => Some(Step::Disks),
        _ if picture.role == Role::Worker => None,
        Step::Preflight => Some(Step::Welcome),
        Step::Address => Some(Step::Preflight),
        Step::Peers => Some(Step::Address),
        Step::Trust => Some(Step::Peers),
        Step::Disks => Some(Step::Trust),
    }
}

/// Whether `step` can be shown with this picture. Where it cannot, for instance because a joiner
/// was let in while its operator looked at the words, the face goes to [`natural`].
pub fn fits(step: Step, picture: &Picture) -> bool {
    let wizard = &picture.wizard;
    if picture.stage == Stage::Idle && wizard.member.is_some() {
        return step == Step::Home;
    }
    match (picture.role, step) {
        (Role::Worker, _) => matches!(step, Step::Disks | Step::Network),
        (Role::Leader, _) => step != Step::Home,
        (_, Step::Welcome | Step::Preflight | Step::Address) => true,
        // Between Enter and the engine's next picture both are shown while nothing says no.
        (_, Step::Peers) => wizard.part != Some(Part::Initiator) || wizard.trouble.is_none(),
        (_, Step::Trust) => wizard.joining.is_some() || wizard.trouble.is_none(),
        (_, Step::Disks | Step::Network | Step::Home) => false,
    }
}

/// What comes after Welcome where this node is to be `part`.
pub(super) fn from_welcome(known: Known<'_>, part: Part) -> Step {
    if preflight::is_open(known) {
        Step::Preflight
    } else {
        after_checks(known.picture, part)
    }
}

/// Whether this node was looked at and the checks have nothing to say.
pub fn passes(picture: &Picture) -> bool {
    picture.wizard.part.is_some() && !preflight::has_doubts(picture)
}

/// What comes after Preflight.
pub(super) fn after_checks(picture: &Picture, part: Part) -> Step {
    match part {
        _ if is_called(picture) => Step::Trust,
        Part::Joiner if plain_address(picture).is_some() => Step::Peers,
        Part::Initiator | Part::Joiner => Step::Address,
    }
}

/// What comes after Address on a joiner: the words, where a session was chosen before.
pub(super) fn after_address(picture: &Picture) -> Step {
    if picture.wizard.joining.is_some() {
        Step::Trust
    } else {
        Step::Peers
    }
}

/// Whether the words of a session can be asked for: one was chosen, and the address to call from is
/// not to be chosen still.
fn is_called(picture: &Picture) -> bool {
    let wizard = &picture.wizard;
    let looks = wizard.host.is_none();
    let has_address = looks || wizard.address.is_some() || plain_address(picture).is_some();
    wizard.joining.is_some() && has_address
}

/// The address, where only one can be meant and nothing is to be said about it.
pub(super) fn plain_address(picture: &Picture) -> Option<std::net::IpAddr> {
    let rows = picture.wizard.addresses.iter();
    let mut usable = rows.filter(|row| is_usable(row));
    match (usable.next(), usable.next()) {
        (Some(row), None) if row.warnings.is_empty() => row.address.map(|net| net.addr()),
        _ => None,
    }
}

/// Whether a row of Address can be chosen.
pub(super) const fn is_usable(row: &AddressRow) -> bool {
    row.unusable.is_none() && row.address.is_some()
}
